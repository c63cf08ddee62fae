/*
 * scanner/act/archive_*.c: an archive with some members replaced, and nothing
 * else; its file in the place of the old one, or beside it.
 *
 * What other programs make of it is tests/cli/test_archive.py.
 */
#include "t.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_replace.h"
#include "archive_rewrite.h"
#include "folder.h"
#include "kernel_calls.h"
#include "undo.h"

#define MEMBERS 3u

static const struct span texts[MEMBERS] = {
	{ (const uint8_t *)"a\nb\n", 4 },
	{ (const uint8_t *)"", 0 },
	{ (const uint8_t *)"From: x@example.org\r\n\r\n.\n.\r\n", 29 },
};
static const char *const names[MEMBERS] = { "one", "dir/two", "three" };

/*
 * Archives, by hand.
 */

static void
pad(struct buf *b, size_t align)
{
	while (b->n % align != 0)
		buf_byte(b, 0);
}

static void
tar_member(struct buf *b, const char *name, char type, struct span s)
{
	uint8_t h[512] = { 0 };
	unsigned sum = 0;

	(void)snprintf((char *)h, 100, "%s", name);
	memcpy(h + 100, "0000644\0" "0000000\0" "0000000\0", 24);
	(void)snprintf((char *)h + 124, 12, "%011zo", s.n);
	memcpy(h + 136, "00000001234\0        ", 20);
	h[156] = (uint8_t)type;
	memcpy(h + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
	h[155] = ' ';
	buf_add(b, h, sizeof(h));
	buf_add(b, s.p, s.n);
	pad(b, 512);
}

static void
make_tar(struct buf *b, const struct span *s, unsigned without)
{
	static const uint8_t end[1024];

	tar_member(b, "dir/", '5', SPAN(""));
	for (unsigned i = 0; i < MEMBERS; i++)
		if (i != without)
			tar_member(b, names[i], '0', s[i]);
	buf_add(b, end, sizeof(end));
}

static void
cpio_member(struct buf *b, const char *name, unsigned mode, unsigned ino,
    struct span s)
{
	unsigned sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += s.p[i];
	buf_printf(b, "070702%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X"
	    "%08X%08X", ino, mode, 0u, 0u, 1u, 1234u, (unsigned)s.n, 0u, 0u,
	    0u, 0u, (unsigned)strlen(name) + 1, sum);
	buf_add(b, name, strlen(name) + 1);
	pad(b, 4);
	buf_add(b, s.p, s.n);
	pad(b, 4);
}

static void
make_cpio(struct buf *b, const struct span *s, unsigned without)
{
	cpio_member(b, "dir", 040755, 9, SPAN(""));
	for (unsigned i = 0; i < MEMBERS; i++)
		if (i != without)
			cpio_member(b, names[i], 0100644, i + 1, s[i]);
	cpio_member(b, "TRAILER!!!", 0, 0, SPAN(""));
}

static void
little(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_byte(b, (uint8_t)(v >> 8 * i));
}

/* A bit at a time; APPNOTE 4.4.7. */
static uint32_t
naive_crc(struct span s)
{
	uint32_t c = UINT32_MAX;

	for (size_t i = 0; i < s.n; i++) {
		c ^= s.p[i];
		for (unsigned k = 0; k < 8; k++)
			c = c >> 1 ^ (0xedb88320u & (0u - (c & 1)));
	}
	return ~c;
}

/* What both headers of a member have in common. */
static void
zip_common(struct buf *b, const char *name, struct span s)
{
	little(b, 0, 4);			/* flags, stored */
	little(b, 0x58216123, 4);		/* time */
	little(b, naive_crc(s), 4);
	little(b, s.n, 4);
	little(b, s.n, 4);
	little(b, strlen(name), 2);
	little(b, 0, 2);
}

static void
zip_member(struct buf *b, struct buf *dir, const char *name, struct span s)
{
	const size_t at = b->n;

	buf_str(b, "PK\3\4\n");
	buf_byte(b, 0);
	zip_common(b, name, s);
	buf_str(b, name);
	buf_add(b, s.p, s.n);
	buf_str(dir, "PK\1\2\n");
	buf_byte(dir, 3);
	little(dir, 10, 2);
	zip_common(dir, name, s);
	little(dir, 0, 6);
	little(dir, (name[strlen(name) - 1] == '/' ? 040755u : 0100644u) <<
	    16, 4);
	little(dir, at, 4);
	buf_str(dir, name);
}

static void
zip_end(struct buf *b, const struct buf *dir, unsigned n)
{
	const size_t at = b->n;

	buf_add(b, dir->p, dir->n);
	buf_str(b, "PK\5\6");
	little(b, 0, 4);
	little(b, n, 2);
	little(b, n, 2);
	little(b, dir->n, 4);
	little(b, at, 4);
	little(b, 0, 2);
}

static void
make_zip(struct buf *b, const struct span *s, unsigned without)
{
	struct buf dir = { 0 };
	unsigned n = 1;

	zip_member(b, &dir, "dir/", SPAN(""));
	for (unsigned i = 0; i < MEMBERS; i++)
		if (i != without) {
			zip_member(b, &dir, names[i], s[i]);
			n++;
		}
	zip_end(b, &dir, n);
	buf_free(&dir);
}

#define NONE_LEFT_OUT MEMBERS

typedef void make_fn(struct buf *, const struct span *, unsigned without);
static make_fn *const makers[] = { make_tar, make_cpio, make_zip };
#define KINDS (sizeof(makers) / sizeof(makers[0]))

/*
 * Rewriting.
 */

struct rig {
	struct folder folder;
	int from, to, a, b;
};

struct script {
	unsigned ordinal;	/* that is to change */
	bool all;
	enum archive_answer answer;
	struct span text;
	uint64_t size;		/* said to be; UINT64_MAX: the text's */
	bool (*wants)(void *, const struct archive_member *);
	unsigned shown;
};

static int
temporary(const struct folder *f)
{
	const int fd = openat(f->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
	    0600);

	assert_true(fd >= 0);
	return fd;
}

static int
setup(void **state)
{
	static struct rig r;

	folder_make(&r.folder);
	r.from = temporary(&r.folder);
	r.to = temporary(&r.folder);
	r.a = temporary(&r.folder);
	r.b = temporary(&r.folder);
	*state = &r;
	return 0;
}

static int
teardown(void **state)
{
	struct rig *r = *state;

	(void)close(r->from);
	(void)close(r->to);
	(void)close(r->a);
	(void)close(r->b);
	folder_remove(&r->folder);
	return 0;
}

static void
set_file(int fd, struct span s)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(call_write(fd, s.p, s.n, 0), 0);
}

static void
get_file(int fd, uint64_t n, struct buf *out)
{
	uint8_t piece[4096];
	ssize_t k;

	buf_clear(out);
	while ((k = call_read(fd, piece, sizeof(piece), out->n)) > 0)
		buf_add(out, piece, (size_t)k);
	assert_true(k == 0 && buf_ok(out) && out->n == n);
}

static enum archive_answer
on_member(void *ctx, const struct archive_member *m, int fd, int to,
    uint64_t *size, struct err *e)
{
	struct script *s = ctx;

	(void)fd;
	s->shown++;
	if (m->ordinal != s->ordinal && !s->all)
		return ARCHIVE_KEEP;
	if (s->answer == ARCHIVE_STOP)
		(void)err_set(e, ST_DEAD, 0, "stopped");
	assert_int_equal(call_write(to, s->text.p, s->text.n, 0), 0);
	*size = s->size == UINT64_MAX ? s->text.n : s->size;
	return s->answer;
}

static int
rewrite(struct rig *r, struct span old, struct script *s,
    struct archive_facts *f, struct err *e)
{
	const struct archive_rewrite_sink sink = { .member = on_member,
	    .wants = s->wants, .ctx = s };

	set_file(r->from, old);
	assert_int_equal(ftruncate(r->to, 0), 0);
	return archive_rewrite(r->from, r->to, r->a, r->b, &sink, f, e);
}

/* It must be just what one makes who writes that archive by hand. */
static void
a_change_is_that_and_no_other(void **state)
{
	static const struct span news[] = {
		{ (const uint8_t *)"", 0 }, { (const uint8_t *)"x", 1 },
		{ (const uint8_t *)"a\r\nb\r\n", 6 },
	};
	struct buf old = { 0 }, want = { 0 }, got = { 0 };

	for (size_t k = 0; k < KINDS; k++)
		for (unsigned i = 0; i < MEMBERS; i++)
			for (unsigned n = 0; n < 3; n++) {
				struct script s = { .ordinal = i + 1,
				    .answer = ARCHIVE_REPLACE,
				    .text = news[n], .size = UINT64_MAX };
				struct span all[MEMBERS];
				struct archive_facts f;

				memcpy(all, texts, sizeof(all));
				buf_clear(&old);
				buf_clear(&want);
				makers[k](&old, texts, NONE_LEFT_OUT);
				all[i] = news[n];
				makers[k](&want, all, NONE_LEFT_OUT);
				assert_int_equal(rewrite(*state,
				    buf_span(&old), &s, &f, NULL), ST_OK);
				assert_int_equal(s.shown, MEMBERS);
				if (span_eq(texts[i], news[n])) {
					assert_int_equal(f.size, 0);
					continue;
				}
				assert_int_equal(f.replaced, 1);
				get_file(((struct rig *)*state)->to, f.size,
				    &got);
				assert_true(span_eq(buf_span(&got),
				    buf_span(&want)));
			}
	buf_free(&old);
	buf_free(&want);
	buf_free(&got);
}

static void
a_member_left_out_leaves_no_trace(void **state)
{
	struct buf old = { 0 }, want = { 0 }, got = { 0 };

	for (size_t k = 0; k < KINDS; k++)
		for (unsigned i = 0; i < MEMBERS; i++) {
			struct script s = { .ordinal = i + 1,
			    .answer = ARCHIVE_DROP };
			struct archive_facts f;

			buf_clear(&old);
			buf_clear(&want);
			makers[k](&old, texts, NONE_LEFT_OUT);
			makers[k](&want, texts, i);
			assert_int_equal(rewrite(*state, buf_span(&old), &s,
			    &f, NULL), ST_OK);
			assert_int_equal(f.dropped, 1);
			get_file(((struct rig *)*state)->to, f.size, &got);
			assert_true(span_eq(buf_span(&got), buf_span(&want)));
		}
	buf_free(&old);
	buf_free(&want);
	buf_free(&got);
}

static void
all_members_can_be_left_out(void **state)
{
	struct rig *r = *state;
	struct buf old = { 0 }, got = { 0 };

	for (size_t k = 0; k < KINDS; k++) {
		struct script s = { .all = true, .answer = ARCHIVE_DROP };
		struct archive_facts f;

		buf_clear(&old);
		makers[k](&old, texts, NONE_LEFT_OUT);
		if (makers[k] == make_tar) {	/* without its folder */
			memmove(old.p, old.p + 512, old.n - 512);
			old.n -= 512;
		} else if (makers[k] == make_zip) {
			struct buf dir = { 0 };

			buf_clear(&old);
			for (unsigned i = 0; i < MEMBERS; i++)
				zip_member(&old, &dir, names[i], texts[i]);
			zip_end(&old, &dir, MEMBERS);
			buf_free(&dir);
		}
		assert_int_equal(rewrite(r, buf_span(&old), &s, &f, NULL),
		    ST_OK);
		assert_int_equal(f.dropped, MEMBERS);
		get_file(r->to, f.size, &got);
		assert_int_equal(rewrite(r, buf_span(&got), &s, &f, NULL),
		    ST_OK);
		assert_int_equal(f.members, makers[k] == make_cpio ? 1 : 0);
		assert_int_equal(f.size, 0);
	}
	buf_free(&old);
	buf_free(&got);
}

/* Every prefix, and every single bit: an answer, and no more than that. */
static void
damage_never_does_harm(void **state)
{
	const bool longer = getenv("CHECK_LONG") != NULL;
	struct buf old = { 0 };
	unsigned refused = 0;

	for (size_t k = 0; k < KINDS; k++) {
		buf_clear(&old);
		makers[k](&old, texts, NONE_LEFT_OUT);
		for (size_t n = 0; n < old.n; n++) {
			struct script s = { .ordinal = 1,
			    .answer = ARCHIVE_REPLACE, .text = SPAN("new"),
			    .size = UINT64_MAX };
			struct archive_facts f;
			int rc;

			if (!longer && old.p[n] == 0 && n % 16 != 5)
				continue;	/* padding, mostly */
			assert_int_equal(rewrite(*state, (struct span){
			    old.p, n }, &s, &f, NULL), ST_BAD);
			for (unsigned bit = 0; bit < 8; bit++) {
				if (!longer && bit != n % 8)
					continue;
				old.p[n] ^= (uint8_t)(1u << bit);
				rc = rewrite(*state, buf_span(&old), &s, &f,
				    NULL);
				assert_true(rc == ST_OK || rc == ST_BAD);
				refused += rc == ST_BAD;
				old.p[n] ^= (uint8_t)(1u << bit);
			}
		}
	}
	assert_true(refused > 500);
	buf_free(&old);
}

static bool
second_only(void *ctx, const struct archive_member *m)
{
	(void)ctx;
	return m->ordinal == 2;
}

static void
only_what_is_wanted_is_shown(void **state)
{
	struct script s = { .ordinal = 3, .answer = ARCHIVE_DROP,
	    .wants = second_only };
	struct buf old = { 0 };

	for (size_t k = 0; k < KINDS; k++) {
		struct archive_facts f;

		buf_clear(&old);
		s.shown = 0;
		makers[k](&old, texts, NONE_LEFT_OUT);
		assert_int_equal(rewrite(*state, buf_span(&old), &s, &f,
		    NULL), ST_OK);
		assert_int_equal(s.shown, 1);
		assert_int_equal(f.members, MEMBERS + 1);
		assert_int_equal(f.size + f.dropped + f.replaced, 0);
	}
	buf_free(&old);
}

static void
a_sink_may_stop_it_or_fail(void **state)
{
	const struct {
		enum archive_answer answer;
		uint64_t size;
		int rc;
		const char *text;
	} table[] = {
		{ ARCHIVE_STOP, 0, ST_DEAD, "stopped" },
		{ ARCHIVE_REPLACE, 1000, ST_DEAD, "cannot read what" },
		{ ARCHIVE_REPLACE, ARCHIVE_CHANGED_MAX + 1, ST_BAD,
		    "too long" },
	};
	struct buf old = { 0 };

	for (size_t k = 0; k < KINDS; k++) {
		buf_clear(&old);
		makers[k](&old, texts, NONE_LEFT_OUT);
		for (size_t i = 0; i < 3; i++) {
			struct rig *r = *state;
			struct script s = { .ordinal = 1,
			    .answer = table[i].answer,
			    .size = table[i].size, .text = SPAN("x") };
			struct archive_facts f;
			struct err e;

			assert_int_equal(ftruncate(r->b, 0), 0);
			assert_int_equal(rewrite(r, buf_span(&old), &s, &f,
			    &e), table[i].rc);
			assert_non_null(strstr(e.text, table[i].text));
		}
	}
	buf_free(&old);
}

static void
what_cannot_be_written_is_an_error(void **state)
{
	struct rig *r = *state;
	struct script s = { .ordinal = 1, .answer = ARCHIVE_REPLACE,
	    .text = SPAN("x"), .size = UINT64_MAX };
	const struct archive_rewrite_sink sink = { .member = on_member,
	    .ctx = &s };
	const int full = open("/dev/full", O_RDWR | O_CLOEXEC);
	const int read_only = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct archive_facts f;
	struct buf old = { 0 };
	struct err e;

	assert_true(full >= 0 && read_only >= 0);
	for (size_t k = 0; k < KINDS; k++) {
		buf_clear(&old);
		makers[k](&old, texts, NONE_LEFT_OUT);
		set_file(r->from, buf_span(&old));
		assert_int_equal(archive_rewrite(r->from, full, r->a, r->b,
		    &sink, &f, &e), ST_DEAD);
		assert_true(e.num != 0);
		assert_int_equal(archive_rewrite(r->from, r->to, read_only,
		    r->b, &sink, &f, &e), ST_DEAD);
		assert_true(e.num != 0);
	}
	(void)close(full);
	(void)close(read_only);
	buf_free(&old);
}

static void
the_check_believes_nobody(void **state)
{
	struct rig *r = *state;
	struct archive_change c[2] = { { .ordinal = 1, .size = 1 },
	    { .ordinal = 2, .drop = true } };
	struct buf old = { 0 }, new = { 0 };
	struct span all[MEMBERS];

	memcpy(all, texts, sizeof(all));
	all[0] = SPAN("x");
	for (size_t k = 0; k < KINDS; k++) {
		buf_clear(&old);
		buf_clear(&new);
		makers[k](&old, texts, NONE_LEFT_OUT);
		makers[k](&new, all, 1);
		set_file(r->from, buf_span(&old));
		set_file(r->to, buf_span(&new));
		assert_int_equal(sum_bytes(all[0], c[0].sha, NULL), ST_OK);
		assert_int_equal(archive_check(r->from, r->to, c, 2, NULL),
		    ST_OK);
		assert_int_equal(archive_check(r->from, r->to, c, 1, NULL),
		    ST_BAD);
		assert_int_equal(archive_check(r->from, r->to, c + 1, 1,
		    NULL), ST_BAD);
		c[0].sha[0] ^= 1;
		assert_int_equal(archive_check(r->from, r->to, c, 2, NULL),
		    ST_BAD);
		c[0].ordinal = 99;
		assert_int_equal(archive_check(r->from, r->to, c, 2, NULL),
		    ST_BAD);
		c[0].ordinal = 1;
	}
	buf_free(&old);
	buf_free(&new);
}

/*
 * Its file.
 */

struct home {
	struct folder folder, state;
	struct statedir statedir;
	struct run run;
	int spools[2];
	bool touch;		/* the old archive is written to meanwhile */
};

static void
home_open(struct home *h)
{
	*h = (struct home){ .touch = false };
	folder_make(&h->folder);
	folder_make(&h->state);
	h->spools[0] = temporary(&h->folder);
	h->spools[1] = temporary(&h->folder);
	assert_int_equal(statedir_open(&h->statedir, h->state.path, "test",
	    NULL), ST_OK);
	assert_int_equal(run_begin(&h->run, &h->statedir, "test", NULL),
	    ST_OK);
}

static void
home_close(struct home *h)
{
	char command[128];

	run_end(&h->run);
	statedir_close(&h->statedir);
	(void)close(h->spools[0]);
	(void)close(h->spools[1]);
	(void)close(h->state.fd);
	(void)snprintf(command, sizeof(command), "rm -r %s", h->state.path);
	assert_int_equal(system(command), 0);
	folder_remove(&h->folder);
}

static int
on_write(void *ctx, struct filling *from, int to, struct said *said,
    struct err *e)
{
	struct home *h = ctx;
	struct script s = { .ordinal = 1, .answer = ARCHIVE_REPLACE,
	    .text = SPAN("new"), .size = UINT64_MAX };
	const struct archive_rewrite_sink sink = { .member = on_member,
	    .ctx = &s };
	struct archive_facts f;
	int rc;

	rc = archive_rewrite(from->fd, to, h->spools[0], h->spools[1], &sink,
	    &f, e);
	if (rc == ST_OK)
		*said = said_sha(f.sha);
	if (h->touch)
		folder_write(&h->folder, "old", SPAN("another file"));
	return rc;
}

static enum outcome_kind
replace(struct home *h, const char *output, struct outcome *o)
{
	const struct target t = { .folder = h->folder.path, .name = "old",
	    .root = strlen(h->folder.path) };
	const struct change c = { .write = on_write, .ctx = h };
	char path[128];
	struct err e;

	(void)snprintf(path, sizeof(path), "%s/%s", h->folder.path,
	    output != NULL ? output : "");
	assert_int_equal(archive_replace(&h->run, &t, &c, output != NULL ?
	    path : NULL, o, &e), ST_OK);
	return o->kind;
}

static void
assert_file(const struct home *h, const char *name, const struct buf *want)
{
	struct buf got = { 0 };

	folder_read(&h->folder, name, &got);
	assert_true(span_eq(buf_span(&got), buf_span(want)));
	buf_free(&got);
}

static void
make_pair(struct buf *old, struct buf *new)
{
	struct span all[MEMBERS];

	memcpy(all, texts, sizeof(all));
	all[0] = SPAN("new");
	make_tar(old, texts, NONE_LEFT_OUT);
	make_tar(new, all, NONE_LEFT_OUT);
}

static void
it_takes_the_place_of_the_old_one(void **state)
{
	struct buf old = { 0 }, new = { 0 };
	struct outcome o;
	struct home h;
	char id[40];

	(void)state;
	home_open(&h);
	make_pair(&old, &new);
	folder_write(&h.folder, "old", buf_span(&old));
	assert_int_equal(replace(&h, NULL, &o), OUTCOME_DONE);
	assert_file(&h, "old", &new);
	memcpy(id, h.run.id, sizeof(id));
	run_end(&h.run);
	assert_int_equal(run_again(&h.run, &h.statedir, id, NULL), ST_OK);
	assert_int_equal(undo_run(&h.run, UNDO_ALL, NULL, NULL,
	    &(struct err){ 0 }), ST_OK);
	assert_file(&h, "old", &old);
	home_close(&h);
	buf_free(&old);
	buf_free(&new);
}

static void
it_is_a_new_file(void **state)
{
	struct buf old = { 0 }, new = { 0 };
	struct outcome o;
	struct stat st;
	struct home h;

	(void)state;
	home_open(&h);
	make_pair(&old, &new);
	folder_write(&h.folder, "old", buf_span(&old));
	assert_int_equal(replace(&h, "new", &o), OUTCOME_DONE);
	assert_file(&h, "old", &old);
	assert_file(&h, "new", &new);
	assert_int_equal(fstatat(h.folder.fd, "new", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);

	assert_int_equal(replace(&h, "new", &o), OUTCOME_REFUSED);
	assert_int_equal(replace(&h, "old", &o), OUTCOME_REFUSED);
	assert_int_equal(replace(&h, "", &o), OUTCOME_REFUSED);
	assert_int_equal(replace(&h, "..", &o), OUTCOME_REFUSED);
	assert_int_equal(replace(&h, "no/folder", &o), OUTCOME_REFUSED);
	assert_int_equal(symlinkat("gone", h.folder.fd, "link"), 0);
	assert_int_equal(replace(&h, "link", &o), OUTCOME_REFUSED);
	assert_file(&h, "old", &old);

	h.touch = true;
	assert_int_equal(replace(&h, "third", &o), OUTCOME_CHANGED);
	assert_int_equal(faccessat(h.folder.fd, "third", F_OK, 0), -1);
	h.touch = false;
	assert_int_equal(replace(&h, "third", &o), OUTCOME_REFUSED);
	assert_non_null(strstr(o.reason, "no tar, cpio or zip"));
	home_close(&h);
	buf_free(&old);
	buf_free(&new);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_that_and_no_other),
		cmocka_unit_test(a_member_left_out_leaves_no_trace),
		cmocka_unit_test(all_members_can_be_left_out),
		cmocka_unit_test(damage_never_does_harm),
		cmocka_unit_test(only_what_is_wanted_is_shown),
		cmocka_unit_test(a_sink_may_stop_it_or_fail),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		cmocka_unit_test(the_check_believes_nobody),
		cmocka_unit_test(it_takes_the_place_of_the_old_one),
		cmocka_unit_test(it_is_a_new_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * formats/mbox.c: messages and framing are the file, however it is read.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "drip.h"
#include "mboxes.h"
#include "split.h"
#include "store.h"

#define RANDOM_MBOXES 3000u
#define SEP "From a@example.org Thu Jan  1 00:00:00 1970\n"

struct fixture {
	struct splitter splitter;
	struct store *store;
};

static int
set_up(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	splitter_open(&x->splitter);
	x->store = store_new(NULL);
	*state = x;
	return x->store == NULL;
}

static int
tear_down(void **state)
{
	struct fixture *x = *state;

	splitter_close(&x->splitter);
	store_free(x->store);
	free(x);
	return 0;
}

/* An unnamed file with these bytes. */
static int
file_of(struct span s)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t done = 0; done < s.n; ) {
		const ssize_t w = write(fd, s.p + done, s.n - done);

		assert_true(w > 0);
		done += (size_t)w;
	}
	assert_true(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* What a store said; its place in the file is checked as it is read. */
struct got {
	size_t n;
	struct split_message m[SPLIT_MAX];
	uint64_t first, position;
	struct dialects seen;
	int rc;			/* of what ended it */
};

/* Read the message at hand; its bytes are those of the file. */
static int
read_message(struct store *s, struct span file, const struct msg *m)
{
	uint64_t at = m->off;
	struct span part;
	int rc;

	while ((rc = store_read(s, &part, NULL)) == ST_OK) {
		assert_true(part.n > 0 && part.n <= file.n - at);
		assert_memory_equal(part.p, file.p + at, part.n);
		at += part.n;
	}
	if (rc == ST_END)
		assert_true(m->len == at - m->off);
	return rc;
}

static void
read_all(struct store *s, struct span file, bool twice, struct got *g)
{
	struct msg m;

	g->first = store_first(s);
	while ((g->rc = store_next(s, &m, NULL)) == ST_OK) {
		assert_true(m.raw_off == m.off);
		assert_true(m.index == g->n + 1);
		assert_string_equal(m.format, "mbox");
		if ((g->rc = read_message(s, file, &m)) != ST_END)
			break;
		if (twice && store_can_again(s)) {
			store_again(s);
			assert_int_equal(read_message(s, file, &m), ST_END);
		}
		assert_true(g->n < SPLIT_MAX);
		g->m[g->n++] = (struct split_message){ .separator = m.from,
		    .off = m.off, .len = m.len };
	}
	g->position = store_position(s);
	assert_true(store_take_dialects(s, &g->seen));
}

static void
run_source(struct fixture *x, struct drip *d, bool twice, struct got *g)
{
	const struct store_how how = { .format = NULL };

	memset(g, 0, sizeof(*g));
	g->rc = store_open_source(x->store, drip_source(d), &how, NULL);
	if (g->rc == ST_OK)
		read_all(x->store, d->bytes, twice, g);
	store_close(x->store);
}

static void
run_drip(struct fixture *x, struct span file, size_t step, bool twice,
    struct got *g)
{
	struct drip d = { .bytes = file, .step = step, .seed = 1 + file.n,
	    .seekable = twice, .fail_at = DRIP_NEVER };

	run_source(x, &d, twice, g);
}

static void
run_fd(struct fixture *x, struct span file, const struct store_how *how,
    bool twice, struct got *g)
{
	memset(g, 0, sizeof(*g));
	g->rc = store_open(x->store, file_of(file), file.n, how, NULL);
	assert_int_equal(g->rc, ST_OK);
	assert_string_equal(store_format(x->store), "mbox");
	assert_true(store_splits(x->store));
	read_all(x->store, file, twice, g);
	store_close(x->store);
}

static void
same_dialects(const struct dialects *a, const struct dialects *b)
{
	assert_true(a->messages == b->messages);
	assert_true(a->any_from == b->any_from);
	assert_true(a->blank_from == b->blank_from);
	assert_true(a->no_length == b->no_length);
	assert_true(a->by_length == b->by_length);
	assert_true(a->internal == b->internal);
	assert_true(a->disputes == b->disputes);
	for (size_t i = 0; i < a->disputes && i < DIALECTS_KEPT; i++) {
		assert_true(a->dispute[i].off == b->dispute[i].off);
		assert_int_equal(a->dispute[i].kind, b->dispute[i].kind);
	}
}

static void
same_messages(const struct got *g, const struct split *want, size_t n)
{
	assert_true(g->n >= n && n <= want->n);
	for (size_t i = 0; i < n; i++) {
		assert_true(g->m[i].separator == want->m[i].separator);
		assert_true(g->m[i].off == want->m[i].off);
		assert_true(g->m[i].len == want->m[i].len);
	}
}

static void
same_split(const struct got *g, const struct split *want)
{
	assert_int_equal(g->rc, ST_END);
	assert_int_equal(g->n, want->n);
	same_messages(g, want, want->n);
	same_dialects(&g->seen, &want->seen);
}

/* What is between the messages is From_ lines and empty lines alone. */
static void
check_framing(const struct split *s, struct span f)
{
	const uint8_t last = split_last(f);
	uint64_t at = 0;

	if (s->seen.internal > 0)
		return;
	for (size_t i = 0; i <= s->n; i++) {
		const uint64_t sep = i < s->n ? s->m[i].separator : f.n;
		const uint64_t off = i < s->n ? s->m[i].off : f.n;

		assert_true(sep - at <= 2);
		for (; at < sep; at++)
			assert_true(f.p[at] == '\r' || f.p[at] == '\n');
		if (i == s->n)
			break;
		assert_memory_equal(f.p + sep, "From ", 5);
		assert_true(f.p[off - 1] == last);
		assert_ptr_equal(memchr(f.p + sep, last, f.n - sep),
		    f.p + off - 1);
		at = off + s->m[i].len;
	}
}

/* The mbox of this seed; the ends and Content-Length change with it. */
static struct span
make(struct buf *b, uint64_t seed, bool lengths, unsigned most)
{
	const struct mboxes_how how = { .ends = seed % MBOXES_ENDS,
	    .lengths = lengths, .most = most };

	buf_clear(b);
	mboxes_make(b, &how, seed * 7919 + 1);
	assert_true(buf_ok(b));
	return buf_span(b);
}

static void
messages_and_framing_are_the_file(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (uint64_t seed = 1; seed <= RANDOM_MBOXES; seed++) {
		const struct span f = make(&b, seed, seed % 3 != 0, 9);
		const struct store_how how = { .format = NULL };

		split_file(&x->splitter, f, true, &want);
		check_framing(&want, f);
		run_fd(x, f, &how, true, &g);
		same_split(&g, &want);
	}
	buf_free(&b);
}

static void
chunks_do_not_matter(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 0 };
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (uint64_t seed = 1; seed <= RANDOM_MBOXES; seed++) {
		const struct span f = make(&b, seed, seed % 3 == 0, 6);
		const size_t i = (size_t)seed % 6;

		split_file(&x->splitter, f, true, &want);
		run_drip(x, f, steps[i], seed % 2, &g);
		same_split(&g, &want);
		run_drip(x, f, SIZE_MAX, false, &g);
		same_split(&g, &want);
	}
	buf_free(&b);
}

static void
skipped_messages_do_not_matter(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct dialects seen;
	struct split want;
	struct msg m;
	struct span part;

	for (uint64_t seed = 1; seed <= 300; seed++) {
		const struct span f = make(&b, seed, true, 9);
		const struct store_how how = { .format = NULL };
		size_t n = 0;

		split_file(&x->splitter, f, true, &want);
		assert_int_equal(store_open(x->store, file_of(f), f.n, &how,
		    NULL), ST_OK);
		while (store_next(x->store, &m, NULL) == ST_OK) {
			assert_true(m.off == want.m[n].off);
			if (n++ % 3 == 1)
				(void)store_read(x->store, &part, NULL);
			if (n % 4 != 1)
				continue;
			while (store_read(x->store, &part, NULL) == ST_OK)
				;
			store_again(x->store);
		}
		assert_int_equal(n, want.n);
		assert_true(store_take_dialects(x->store, &seen));
		same_dialects(&seen, &want.seen);
		store_close(x->store);
	}
	buf_free(&b);
}

/* Whole files of few lines: every one of up to 5 pieces. */
static void
every_short_mbox_is_split_by_the_rule(void **state)
{
	static const char *const pieces[] = {
		SEP, "From \n", "S: x\n", "\n", "\r\n", "a",
		"From text\n", "Content-Length: 1\n",
	};
	struct fixture *x = *state;
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (size_t code = 0; code < n * n * n * n * n; code++) {
		const struct store_how how = { .format = NULL };

		buf_clear(&b);
		buf_str(&b, SEP "S: 1\n");
		for (size_t c = code; c > 0; c /= n)
			buf_str(&b, pieces[c % n]);
		split_file(&x->splitter, buf_span(&b), true, &want);
		run_fd(x, buf_span(&b), &how, false, &g);
		same_split(&g, &want);
	}
	buf_free(&b);
}

static void
a_read_error_at_any_byte_is_dead(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		const struct span f = make(&b, seed, false, 4);

		split_file(&x->splitter, f, true, &want);
		for (uint64_t fail = 0; fail <= f.n; fail++) {
			struct drip d = { .bytes = f, .step = 1 + fail % 5,
			    .fail_at = fail };

			run_source(x, &d, false, &g);
			assert_int_equal(g.rc, ST_DEAD);
			same_messages(&g, &want, g.n);
		}
	}
	buf_free(&b);
}

/* Errors so late that messages were delivered before. */
static void
a_late_read_error_is_dead_behind_whole_messages(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	size_t delivered = 0;
	struct got g;

	for (unsigned i = 0; i < 40; i++) {
		buf_str(&b, SEP "Subject: x\n\n");
		for (unsigned k = 0; k < 300; k++)
			buf_str(&b, "a line of a long message\n");
		buf_str(&b, "\n");
	}
	split_file(&x->splitter, buf_span(&b), true, &want);
	for (uint64_t fail = 0; fail <= b.n; fail += 1013) {
		struct drip d = { .bytes = buf_span(&b), .seed = 1 + fail,
		    .fail_at = fail };

		run_source(x, &d, false, &g);
		assert_int_equal(g.rc, ST_DEAD);
		same_messages(&g, &want, g.n);
		delivered += g.n;
	}
	assert_true(delivered > 100);
	buf_free(&b);
}

static void
add_got(struct got *all, const struct got *part)
{
	assert_int_equal(part->rc, ST_END);
	for (size_t i = 0; i < part->n; i++)
		all->m[all->n++] = part->m[i];
	dialects_add(&all->seen, &part->seen);
	all->rc = part->rc;
}

static void
ranges_cut_anywhere_join_to_the_whole(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got all, part;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		const struct span f = make(&b, seed, false, 5);

		split_file(&x->splitter, f, true, &want);
		for (uint64_t k = 1; k < f.n; k++) {
			struct store_how how = { .to = k };
			uint64_t next;

			run_fd(x, f, &how, false, &all);
			next = all.position;
			assert_true(next >= k || next == f.n);
			how = (struct store_how){ .from = k };
			run_fd(x, f, &how, false, &part);
			if (part.n > 0 || part.seen.internal > 0)
				assert_true(part.first == next);
			add_got(&all, &part);
			same_split(&all, &want);
		}
	}
	buf_free(&b);
}

/* A range of bytes that may hold no separator at all. */
static void
three_ranges_join_to_the_whole(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got all, part;
	uint64_t seed = 77;

	for (unsigned i = 0; i < 4000; i++) {
		const struct span f = make(&b, 1 + i % 60, false, 3);
		const uint64_t k = 1 + drip_random(&seed) % (f.n - 1);
		const uint64_t j = k + 1 + drip_random(&seed) % (f.n - k);
		struct store_how how = { .to = k };

		split_file(&x->splitter, f, true, &want);
		run_fd(x, f, &how, false, &all);
		how = (struct store_how){ .from = k, .to = j };
		run_fd(x, f, &how, false, &part);
		if (part.n == 0)
			assert_true(part.first == j);
		add_got(&all, &part);
		if (j < f.n) {
			how = (struct store_how){ .from = j };
			run_fd(x, f, &how, false, &part);
			add_got(&all, &part);
		}
		same_split(&all, &want);
	}
	buf_free(&b);
}

static void
a_range_from_where_the_one_before_ended_joins_with_lengths(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got all, part;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		const struct span f = make(&b, seed, true, 5);

		split_file(&x->splitter, f, true, &want);
		for (uint64_t k = 1; k < f.n; k += 1 + seed % 3) {
			struct store_how how = { .to = k };

			run_fd(x, f, &how, false, &all);
			if (all.position < f.n) {
				how = (struct store_how){ .exact = true,
				    .from = all.position };
				run_fd(x, f, &how, false, &part);
				assert_true(part.first == all.position);
				add_got(&all, &part);
			}
			same_split(&all, &want);
		}
	}
	buf_free(&b);
}

/* An mbox whose second separator starts at byte at. */
static struct span
padded(struct buf *b, size_t at, const char *end)
{
	buf_clear(b);
	buf_str(b, SEP "Subject: 1\n\nFrom text\n");
	while (b->n + 1 < at)
		buf_byte(b, b->n % 71 == 0 && b->n + 3 < at ? '\n' : 'F');
	buf_byte(b, '\n');
	if (end[0] == '\n')
		b->p[b->n - 2] = '\n';
	buf_str(b, SEP "Subject: 2\n\nbody\n\nFrom text\n");
	buf_str(b, SEP "Subject: 3\n\n");
	for (unsigned i = 0; i < 5000; i++)
		buf_byte(b, 'z');
	return buf_span(b);
}

static void
check_padded(const struct got *g, size_t at, bool blank)
{
	assert_int_equal(g->rc, ST_END);
	assert_int_equal(g->n, 3);
	assert_true(g->m[0].off + g->m[0].len == at - blank);
	assert_true(g->m[1].off == at + sizeof(SEP) - 1);
	assert_int_equal(g->m[1].len, 28);
	assert_true(g->seen.any_from == 5);
	assert_true(g->seen.disputes == 4u - blank);
}

static void
separators_around_buffer_ends_are_found(void **state)
{
	static const size_t edges[] = { INPUT_PEEK_MAX, 128 << 10,
	    (128 << 10) - 2048, INPUT_BUFFER, INPUT_BUFFER - 2048,
	    INPUT_BUFFER - INPUT_PEEK_MAX };
	const struct store_how how = { .format = NULL };
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct got g;

	for (size_t e = 0; e < sizeof(edges) / sizeof(edges[0]); e++)
		for (size_t at = edges[e] - 70; at <= edges[e] + 70; at++) {
			const bool blank = at % 2;
			const struct span f = padded(&b, at,
			    blank ? "\n" : "");

			run_fd(x, f, &how, false, &g);
			check_padded(&g, at, blank);
			run_drip(x, f, 4096, true, &g);
			check_padded(&g, at, blank);
		}
	buf_free(&b);
}

/* An mbox whose first message ends at byte `at`, as its Content-Length says;
 * in its body stands what else would be a separator. */
static struct span
with_length(struct buf *b, size_t at)
{
	const size_t head = sizeof(SEP "Content-Length: 1234567\n\n") - 1;

	buf_clear(b);
	buf_str(b, SEP "Content-Length: ");
	for (size_t i = 1000000; i > at - head; i /= 10)
		buf_byte(b, '0');
	buf_u64(b, at - head);
	buf_str(b, "\n\n" SEP "Subject: inside\n\n");
	while (b->n < at)
		buf_byte(b, b->n + 1 == at || (b->n % 71 == 0 &&
		    b->n + 2 < at) ? '\n' : 'F');
	buf_str(b, SEP "Subject: 2\n\n");
	for (unsigned i = 0; i < 5000; i++)
		buf_byte(b, 'z');
	return buf_span(b);
}

static void
lengths_that_end_around_buffer_ends_are_followed(void **state)
{
	static const size_t edges[] = { INPUT_PEEK_MAX, INPUT_PEEK_MAX - 2051,
	    INPUT_BUFFER, INPUT_BUFFER - 2051 };
	const struct store_how how = { .format = NULL };
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct got g;

	for (size_t e = 0; e < sizeof(edges) / sizeof(edges[0]); e++)
		for (size_t at = edges[e] - 20; at <= edges[e] + 20; at++) {
			run_fd(x, with_length(&b, at), &how, true, &g);
			assert_int_equal(g.rc, ST_END);
			assert_int_equal(g.n, 2);
			assert_true(g.m[0].off + g.m[0].len == at);
			assert_true(g.seen.by_length == 1);
			assert_true(g.seen.disputes == 2);
		}
	buf_free(&b);
}

/* The judgement of a From_ line needs what is behind it: cut it anywhere. */
static void
long_header_lines_do_not_depend_on_chunks(void **state)
{
	static const size_t lengths[] = { 900, 960, 1000, 1990, 2003, 2004,
	    2005, 2010, 2047, 2048, 2049, 3000 };
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		buf_clear(&b);
		buf_str(&b, SEP "Subject: 1\n\nbody\n\n" SEP);
		for (size_t n = 0; n < lengths[i]; n++)
			buf_byte(&b, 'n');
		buf_str(&b, ": x\n\nbody\n");
		split_file(&x->splitter, buf_span(&b), false, &want);
		for (size_t step = 0; step < 3; step++) {
			run_drip(x, buf_span(&b), step == 2 ? SIZE_MAX : step,
			    false, &g);
			same_split(&g, &want);
		}
		for (size_t n = 0; n < 6000; n++)
			buf_byte(&b, 'x');
		split_file(&x->splitter, buf_span(&b), false, &want);
		for (size_t step = 0; step < 3; step++) {
			run_drip(x, buf_span(&b), step == 2 ? SIZE_MAX : step,
			    false, &g);
			same_split(&g, &want);
		}
	}
	buf_free(&b);
}

/* No more than a few KiB are at hand: the end of them must not decide. */
static void
long_separators_are_found_wherever_they_are_cut(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct got g;

	for (size_t at = 72000; at < 78000; at += 131) {
		buf_clear(&b);
		buf_str(&b, SEP "Subject: 1\n\n");
		while (b.n < at)
			buf_byte(&b, b.n + 2 < at ? 'x' : '\n');
		buf_str(&b, "From ");
		for (unsigned i = 0; i < 900; i++)
			buf_byte(&b, 'y');
		buf_str(&b, " Thu Jan  1 00:00:00 1970\nSubject: 2\n\n");
		while (b.n < 82000)
			buf_byte(&b, 'z');
		for (size_t step = 0; step < 3; step++) {
			run_drip(x, buf_span(&b), step == 2 ? 4096 : step,
			    true, &g);
			assert_int_equal(g.n, 2);
			assert_true(g.m[0].off + g.m[0].len == at - 1);
		}
	}
	buf_free(&b);
}

/* Content-Length behind 64 KiB of header is not seen; before, it is. */
static void
huge_header_blocks_are_split_too(void **state)
{
	struct fixture *x = *state;
	struct buf b = { 0 };
	struct split want;
	struct got g;

	for (size_t fill = 65400; fill <= 65560; fill++) {
		const struct store_how how = { .format = NULL };

		buf_clear(&b);
		buf_str(&b, SEP "Content-Length: 60\nX: ");
		while (b.n < sizeof(SEP) - 1 + fill)
			buf_byte(&b, b.n % 60 == 0 ? '\n' : ' ');
		buf_str(&b, "\n\nfirst\n" SEP "Subject: x\n\n");
		buf_str(&b, SEP "Subject: y\n\nlast\n");
		split_file(&x->splitter, buf_span(&b), true, &want);
		run_fd(x, buf_span(&b), &how, false, &g);
		same_split(&g, &want);
	}
	buf_free(&b);
}

static const struct {
	const char *what, *data;
	size_t messages;
	uint64_t by_length, internal, disputes;
} cases[] = {
	{ "one message", SEP "S: x\n\nbody\n", 1, 0, 0, 0 },
	{ "no body", SEP "S: x\n\n" SEP "S: y\n", 2, 0, 0, 0 },
	{ "no empty line between", SEP "S: x\n\nb\n" SEP "S: y\n", 2, 0, 0, 1 },
	{ "undated text", SEP "S: x\n\n\nFrom here\nS: y\n", 1, 0, 0, 1 },
	{ "dated, then no field", SEP "S: x\n\n\n" SEP "text\n", 1, 0, 0, 1 },
	{ "a right length hides a separator", SEP "Content-Length: 56\n\nb\n\n"
	    SEP "S: y\n\nb\n\n" SEP "S: z\n", 2, 1, 0, 1 },
	{ "a length that meets nothing", SEP "Content-Length: 9\n\nb\n\n"
	    SEP "S: y\n", 2, 0, 0, 0 },
	{ "a length into the middle of a line", SEP "Content-Length: 3\n\nabc"
	    SEP "S: y\n\n" SEP "S: z\n", 2, 0, 0, 0 },
	{ "the length of the next message, which no empty line precedes",
	    SEP "S: x\n" SEP "Content-Length: 2\n\na\n", 2, 1, 0, 1 },
	{ "folder data", SEP "X-IMAP: 1 2\n\nDON'T\n\n" SEP "S: y\n\nb\n",
	    1, 0, 1, 0 },
	{ "folder data twice: the second is mail", SEP "X-IMAP: 1 2\n\nD\n\n"
	    SEP "X-IMAP: 1 2\n\nD\n", 1, 0, 1, 0 },
	{ "X-IMAPbase is in a real message", SEP "X-IMAPbase: 1 2\n\nb\n",
	    1, 0, 0, 0 },
	{ "Thunderbird", "From \r\nS: x\n\nb\n\r\nFrom \r\nS: y\r\n\r\nb\r\n"
	    "\r\n", 2, 0, 0, 0 },
};

static void
known_cases_are_split_as_said(void **state)
{
	const struct store_how how = { .format = NULL };
	struct fixture *x = *state;
	struct got g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].what);
		run_fd(x, (struct span){ (const uint8_t *)cases[i].data,
		    strlen(cases[i].data) }, &how, true, &g);
		assert_int_equal(g.rc, ST_END);
		assert_int_equal(g.n, cases[i].messages);
		assert_int_equal(g.seen.by_length, cases[i].by_length);
		assert_int_equal(g.seen.internal, cases[i].internal);
		assert_int_equal(g.seen.disputes, cases[i].disputes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_cases_are_split_as_said),
		cmocka_unit_test(every_short_mbox_is_split_by_the_rule),
		cmocka_unit_test(messages_and_framing_are_the_file),
		cmocka_unit_test(chunks_do_not_matter),
		cmocka_unit_test(skipped_messages_do_not_matter),
		cmocka_unit_test(a_read_error_at_any_byte_is_dead),
		cmocka_unit_test(
		    a_late_read_error_is_dead_behind_whole_messages),
		cmocka_unit_test(ranges_cut_anywhere_join_to_the_whole),
		cmocka_unit_test(three_ranges_join_to_the_whole),
		cmocka_unit_test(
		    a_range_from_where_the_one_before_ended_joins_with_lengths),
		cmocka_unit_test(separators_around_buffer_ends_are_found),
		cmocka_unit_test(
		    lengths_that_end_around_buffer_ends_are_followed),
		cmocka_unit_test(long_header_lines_do_not_depend_on_chunks),
		cmocka_unit_test(
		    long_separators_are_found_wherever_they_are_cut),
		cmocka_unit_test(huge_header_blocks_are_split_too),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

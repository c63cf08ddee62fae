/*
 * scanner/selection.c: which messages and files a report names, and what is no
 * report.
 */
#include "t.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "gen.h"
#include "json.h"
#include "selection.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define LINE_MOST (16u << 20)

/* The report with this text.  It is deleted before the test ends. */
static int
read_text(struct span text, struct selection **out, struct err *e)
{
	const int fd = memfd_create("report", MFD_CLOEXEC);
	char path[40];
	int rc;

	*out = NULL;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = selection_read(path, out, e);
	(void)close(fd);
	return rc;
}

struct record {
	unsigned off, len;
	uint8_t sha;		/* all bytes of it */
	char path;		/* all of it */
	bool maildir;
};

static void
write_record(struct buf *b, const struct record *r)
{
	buf_printf(b, "{\"type\":\"message\",\"path\":\"%c\",\"format\":"
	    "\"%s\",\"index\":1,\"offset\":%u,\"length\":%u,\"sha256\":\"",
	    r->path, r->maildir ? "maildir" : "eml", r->off, r->len);
	for (unsigned i = 0; i < HASH_SIZE; i++)
		buf_printf(b, "%02x", r->sha);
	buf_str(b, "\"}\n");
}

static bool
has(const struct selection *s, const struct record *r)
{
	uint8_t sha[HASH_SIZE];

	memset(sha, r->sha, sizeof(sha));
	return selection_has(s, (struct span){ (const uint8_t *)&r->path, 1 },
	    r->off, r->len, sha, NULL);
}

/* --- which messages */

static bool
is_listed(const struct record *list, size_t n, const struct record *r)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].off == r->off && list[i].len == r->len &&
		    list[i].sha == r->sha && list[i].path == r->path)
			return true;
	return false;
}

static void
compare_all(const struct selection *s, const struct record *list, size_t n)
{
	struct record r;

	for (unsigned i = 0; i < 4 * 4 * 4 * 3; i++) {
		r.off = i % 4;
		r.len = i / 4 % 4;
		r.sha = (uint8_t)(i / 16 % 4);
		r.path = "xyz"[i / 64];
		assert_int_equal(has(s, &r), is_listed(list, n, &r));
	}
}

static void
those_of_the_report_and_no_others(void **state)
{
	struct record list[200];
	struct gen *g = calloc(1, sizeof(*g));
	struct selection *s;
	struct buf b = { 0 };

	(void)state;
	assert_non_null(g);
	g->seed = 0x5e1ec7;
	for (unsigned k = 0; k < 300; k++) {
		const size_t n = gen_below(g, k % 10 == 0 ? N(list) : 8);

		buf_clear(&b);
		for (size_t i = 0; i < n; i++) {
			list[i] = (struct record){
				.off = (unsigned)gen_below(g, 4),
				.len = (unsigned)gen_below(g, 4),
				.sha = (uint8_t)gen_below(g, 4),
				.path = "xy"[gen_below(g, 2)] };
			write_record(&b, &list[i]);
			if (gen_below(g, 4) == 0)
				buf_str(&b, "{\"type\":\"store\"}\n\r\n \n");
		}
		assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
		compare_all(s, list, n);
		selection_free(s);
	}
	buf_free(&b);
	free(g);
}

static void
each_bit_of_the_hash_counts(void **state)
{
	const struct record r = { .off = 7, .len = 9, .sha = 0x5a,
	    .path = 'x' };
	struct selection *s;
	struct buf b = { 0 };
	uint8_t sha[HASH_SIZE];

	(void)state;
	write_record(&b, &r);
	assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
	memset(sha, 0x5a, sizeof(sha));
	for (unsigned i = 0; i < 8 * HASH_SIZE; i++) {
		sha[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(selection_has(s, SPAN("x"), 7, 9, sha, NULL));
		sha[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_true(selection_has(s, SPAN("x"), 7, 9, sha, NULL));
		if (i < 64) {
			assert_false(selection_has(s, SPAN("x"),
			    7 ^ 1ull << i, 9, sha, NULL));
			assert_false(selection_has(s, SPAN("x"), 7,
			    9 ^ 1ull << i, sha, NULL));
		}
	}
	selection_free(s);
	buf_free(&b);
}

static void
huge_numbers_are_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = {
		{ "9223372036854775807", INT64_MAX },
		{ "\"9223372036854775808\"", 1ull << 63 },
		{ "\"18446744073709551615\"", UINT64_MAX },
		{ "9007199254740993", 9007199254740993 },
		{ "\"0\"", 0 },
	};
	uint8_t sha[HASH_SIZE] = { 0 };
	struct selection *s;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct buf b = { 0 };

		buf_printf(&b, "{\"type\":\"message\",\"path\":\"x\","
		    "\"offset\":%s,\"length\":%s,\"sha256\":\"%064d\"}",
		    cases[i].text, cases[i].text, 0);
		assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
		assert_true(selection_has(s, SPAN("x"), cases[i].value,
		    cases[i].value, sha, NULL));
		assert_false(selection_has(s, SPAN("x"), cases[i].value - 1,
		    cases[i].value, sha, NULL));
		selection_free(s);
		buf_free(&b);
	}
}

/* --- which files */

/* Every report of up to five messages in three files. */
static void
each_file_once_and_in_order(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= 5; n++)
		for (unsigned code = 0; code < 1u << (2 * n); code++) {
			char want[4] = "", path[2] = "";
			struct selection *s;
			struct buf b = { 0 };
			size_t i;

			for (unsigned k = 0; k < n; k++) {
				path[0] = "abcd"[code >> 2 * k & 3];
				write_record(&b, &(struct record){ .off = k,
				    .path = path[0],
				    .maildir = path[0] == 'b' });
				if (memchr(want, path[0], sizeof(want)) ==
				    NULL)
					want[strnlen(want, 4)] = path[0];
			}
			assert_int_equal(read_text(buf_span(&b), &s, NULL),
			    ST_OK);
			for (i = 0; i < 4 && want[i] != '\0'; i++) {
				path[0] = want[i];
				assert_string_equal(selection_path(s, i),
				    path);
				assert_int_equal(selection_is_maildir(s, i),
				    path[0] == 'b');
			}
			assert_null(selection_path(s, i));
			selection_free(s);
			buf_free(&b);
		}
}

static void
path_comes_back(struct span path)
{
	struct selection *s;
	struct buf b = { 0 };
	struct json j = json_begin(&b);

	json_open(&j, '{');
	json_key_text(&j, "type", "message");
	json_bytes(&j, "path", path);
	json_key_u64(&j, "offset", 0);
	json_key_u64(&j, "length", 0);
	json_key(&j, "sha256");
	json_hex(&j, (const uint8_t[HASH_SIZE]){ 0 }, HASH_SIZE);
	json_close(&j, '}');
	assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
	assert_int_equal(strlen(selection_path(s, 0)), path.n);
	assert_memory_equal(selection_path(s, 0), path.p, path.n);
	selection_free(s);
	buf_free(&b);
}

static void
paths_of_any_bytes_come_back(void **state)
{
	uint8_t two[2];

	(void)state;
	for (unsigned a = 1; a < 256; a++) {
		two[0] = (uint8_t)a;
		path_comes_back((struct span){ two, 1 });
		for (unsigned c = 1; c < 256; c += a % 16 == 0 ? 1 : 17) {
			two[1] = (uint8_t)c;
			path_comes_back((struct span){ two, 2 });
		}
	}
}

/* --- where they are */

/* Below a folder of the test's own, in which there are a/1, b/2, ab/3, and the
 * links `to` to b and b/4 to ../a/1. */
static const char *const files[] = { "a/1", "./b//2", "ab/3", "to/2",
    "gone/5", "b/6", "b/4", "nix/../a/1" };

static const struct {
	const char *paths[3];	/* to be chosen by */
	const char *has;	/* digit i: files[i] is within; NULL: refused */
} within_cases[] = {
	{ { NULL }, "01234567" },
	{ { "." }, "0123456" },
	{ { "" }, "0123456" },
	{ { "a" }, "0" },
	{ { "a/" }, "0" },
	{ { "./a/." }, "0" },
	{ { "ab" }, "2" },
	{ { "b" }, "1356" },
	{ { "to" }, "1356" },
	{ { "a/../b/2" }, "13" },
	{ { "a/1" }, "0" },
	{ { "b/4" }, "0" },	/* a link, to what is in a */
	{ { "a", "b/2" }, "013" },
	{ { "a", "a/1" }, "0" },
	{ { "gone" }, "4" },
	{ { "gone/5" }, "4" },
	{ { "gone/./5" }, "4" },
	{ { "b/6" }, "5" },
	{ { "gone/../a" }, NULL },
	{ { "nix" }, NULL },
	{ { "a", "nix" }, NULL },
	{ { "a/1/x" }, NULL },
	{ { "a/11" }, NULL },
};

static void
make_tree(struct folder *f)
{
	char path[sizeof(f->path) + 8];
	static const char *const folders[] = { "a", "b", "ab" };

	folder_make(f);
	for (size_t i = 0; i < N(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->path,
		    folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	folder_write(f, "a/1", SPAN("x"));
	folder_write(f, "b/2", SPAN("x"));
	folder_write(f, "ab/3", SPAN("x"));
	(void)snprintf(path, sizeof(path), "%s/to", f->path);
	assert_int_equal(symlink("b", path), 0);
	(void)snprintf(path, sizeof(path), "%s/b/4", f->path);
	assert_int_equal(symlink("../a/1", path), 0);
}

/* A report of all files, each with its number as the offset; top may be "". */
static struct selection *
select_files(const char *top)
{
	struct selection *s;
	struct buf b = { 0 };

	for (size_t i = 0; i < N(files); i++)
		buf_printf(&b, "{\"type\":\"message\",\"path\":\"%s%s\","
		    "\"offset\":%zu,\"length\":2,\"sha256\":\"%064d\"}\n",
		    top, files[i], i, 0);
	assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
	buf_free(&b);
	return s;
}

/* Which of files is left, by what is not seen, and by the places. */
static void
compare_within(const struct selection *s, const char *want)
{
	char got[N(files) + 1] = "";
	struct unseen u;
	size_t i = 0;

	while (selection_unseen(s, &i, &u))
		got[u.off] = 'x';
	for (i = 0; i < N(files); i++)
		assert_int_equal(got[i] != '\0',
		    strchr(want, (int)('0' + i)) != NULL);
	for (i = 0; selection_path(s, i) != NULL; i++)
		;
	assert_int_equal(i, strlen(want));
}

static void
choose(const char *top, const char *const *names, const char *want)
{
	char texts[3][80], *paths[3] = { NULL };
	struct selection *s = select_files(top);
	struct err e = { .text = "" };
	int rc;

	for (size_t i = 0; names[i] != NULL; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%s%s", top,
		    names[i]);
		paths[i] = texts[i];
	}
	if (top[0] == '\0' && paths[0] != NULL && paths[0][0] == '\0')
		paths[0][0] = '.', paths[0][1] = '\0';
	rc = selection_within(s, paths, &e);
	assert_int_equal(rc, want != NULL ? ST_OK : ST_BAD);
	if (want != NULL)
		compare_within(s, want);
	else
		assert_true(e.text[0] != '\0');
	selection_free(s);
}

/* However both are written: from here, from the root, one of each. */
static void
paths_choose_by_where_files_are(void **state)
{
	char top[80], *here = getcwd(NULL, 0);
	struct folder f;

	(void)state;
	make_tree(&f);
	(void)snprintf(top, sizeof(top), "%s/", f.path);
	assert_int_equal(chdir(f.path), 0);
	for (size_t i = 0; i < N(within_cases); i++) {
		choose(top, within_cases[i].paths, within_cases[i].has);
		choose("", within_cases[i].paths, within_cases[i].has);
	}
	assert_int_equal(chdir(here), 0);
	free(here);
	folder_remove_tree(f.path);
}

static void
a_report_of_nothing_is_within_all(void **state)
{
	char *paths[] = { (char[]){ "nix" }, NULL };
	struct selection *s;

	(void)state;
	assert_int_equal(read_text(SPAN(""), &s, NULL), ST_OK);
	assert_int_equal(selection_within(s, paths, NULL), ST_OK);
	selection_free(s);
}

/* --- members of archives */

static void
add_member(struct buf *b, const char *path, bool member)
{
	buf_printf(b, "{\"type\":\"message\",\"path\":\"%s\",%s"
	    "\"offset\":1,\"length\":2,\"sha256\":\"%064d\"}\n", path,
	    member ? "\"member\":[3]," : "", 0);
}

/* The archive once; a file may have a '!' in its name, and so may it. */
static void
an_archive_is_a_file_too(void **state)
{
	const uint8_t sha[HASH_SIZE] = { 0 };
	char *here = getcwd(NULL, 0);
	struct selection *s;
	struct buf b = { 0 };
	struct folder f;

	(void)state;
	folder_make(&f);
	folder_write(&f, "a!b.tar", SPAN("x"));
	assert_int_equal(chdir(f.path), 0);
	add_member(&b, "x.tar!d/1", true);
	add_member(&b, "y!z", false);
	add_member(&b, "a!b.tar!m!n", true);
	add_member(&b, "x.tar!d//2", true);
	assert_int_equal(read_text(buf_span(&b), &s, NULL), ST_OK);
	assert_string_equal(selection_path(s, 0), "x.tar");
	assert_string_equal(selection_path(s, 1), "y!z");
	assert_string_equal(selection_path(s, 2), "a!b.tar");
	assert_null(selection_path(s, 3));
	assert_true(selection_is_archive(s, 0));
	assert_false(selection_is_archive(s, 1));
	assert_true(selection_has(s, SPAN("x.tar!d/1"), 1, 2, sha, NULL));
	assert_true(selection_has(s, SPAN("x.tar!d//2"), 1, 2, sha, NULL));
	assert_false(selection_has(s, SPAN("x.tar"), 1, 2, sha, NULL));
	assert_int_equal(chdir(here), 0);
	selection_free(s);
	buf_free(&b);
	free(here);
	folder_remove(&f);
}

/* --- which were there */

static void
what_was_seen_is_not_unseen(void **state)
{
	(void)state;
	for (unsigned seen = 0; seen < 1u << N(files); seen++) {
		struct selection *s = select_files("");
		uint8_t sha[HASH_SIZE] = { 0 };
		unsigned left = 0;
		struct unseen u;
		size_t i, which;

		for (i = 0; i < N(files); i++) {
			const char *path = i == 1 ? "./b/2" : files[i];

			assert_true(selection_has(s, span_text(path), i, 2,
			    sha, &which));
			if ((seen >> i & 1) != 0)
				selection_see(s, which);
		}
		selection_see(s, N(files));
		for (i = 0; selection_unseen(s, &i, &u); )
			left |= 1u << u.off;
		assert_int_equal(left, ~seen & ((1u << N(files)) - 1));
		selection_free(s);
	}
}

/* --- what is no report */

#define SHA "\"sha256\":\"0000000000000000000000000000000000000000000000000" \
	"000000000000000\""
#define OFF "\"offset\":1,"
#define LEN "\"length\":2,"
#define PATH "\"path\":\"x\","
#define TYPE "\"type\":\"message\","
#define OTHER "{\"type\":\"header\"}\n"
#define GOOD "{" TYPE PATH OFF LEN SHA "}"

static const struct {
	const char *text;
	int rc;
	size_t messages, line;	/* the line that is wrong */
} cases[] = {
	{ "", ST_OK, 0, 0 },
	{ "\n\n", ST_OK, 0, 0 },
	{ GOOD, ST_OK, 1, 0 },
	{ GOOD "\r\n", ST_OK, 1, 0 },
	{ "\n \t\n" GOOD "\n", ST_OK, 1, 0 },
	{ OTHER GOOD "\n" OTHER, ST_OK, 1, 0 },
	{ " { \"x\" : [ {} ] , " TYPE PATH OFF LEN SHA "}", ST_OK, 1, 0 },
	/* Other kinds of records, and what they lack. */
	{ OTHER, ST_OK, 0, 0 },
	{ "{\"type\":\"Message\"}", ST_OK, 0, 0 },
	{ "{\"type\":\"message\\u0000\"}", ST_OK, 0, 0 },
	{ "{\"type\":\"\"}", ST_OK, 0, 0 },
	{ "{}", ST_BAD, 0, 1 },
	{ "{\"type\":1}", ST_BAD, 0, 1 },
	{ "{\"type\":null}", ST_BAD, 0, 1 },
	/* No objects. */
	{ "x", ST_BAD, 0, 1 },
	{ OTHER "[]", ST_BAD, 0, 2 },
	{ "\n\n" OTHER "\n[" GOOD "]", ST_BAD, 0, 5 },
	{ GOOD GOOD, ST_BAD, 0, 1 },
	{ GOOD "\n" GOOD ",\n", ST_BAD, 0, 2 },
	{ GOOD "\n{" TYPE PATH, ST_BAD, 0, 2 },
	{ "\xef\xbb\xbf" GOOD, ST_BAD, 0, 1 },
	{ "From a@example.com\n", ST_BAD, 0, 1 },
	{ "{" TYPE TYPE PATH OFF LEN SHA "}", ST_BAD, 0, 1 },
	/* A message that lacks something. */
	{ "{" TYPE PATH OFF LEN "\"x\":1}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH OFF SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH LEN SHA "}", ST_BAD, 0, 1 },
	{ GOOD "\n{" TYPE OFF LEN SHA "}", ST_BAD, 0, 2 },
	{ "{" TYPE "\"path\":\"\"," OFF LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE "\"path\":7," OFF LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE "\"path\":\"a\\u0000b\"," OFF LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE "\"path_b64\":\"AA==\"," OFF LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"path_b64\":\"!\"," OFF LEN SHA "}", ST_BAD, 0, 1 },
	/* Numbers that are none. */
	{ "{" TYPE PATH "\"offset\":-1," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":1.0," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":1e1," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":\"\"," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":\" 1\"," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":\"+1\"," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":\"0x1\"," LEN SHA "}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":\"18446744073709551616\"," LEN SHA "}",
	    ST_BAD, 0, 1 },
	{ "{" TYPE PATH "\"offset\":18446744073709551615," LEN SHA "}",
	    ST_BAD, 0, 1 },
	/* Hashes that are none. */
	{ "{" TYPE PATH OFF LEN "\"sha256\":\"\"}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH OFF LEN "\"sha256\":0}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH OFF LEN "\"sha256\":\"000000000000000000000000000000"
	    "000000000000000000000000000000000G\"}", ST_BAD, 0, 1 },
	{ "{" TYPE PATH OFF LEN "\"sha256\":\"000000000000000000000000000000"
	    "00000000000000000000000000000000000\"}", ST_BAD, 0, 1 },
};

static void
what_is_no_report_is_refused(void **state)
{
	const uint8_t sha[HASH_SIZE] = { 0 };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct err e = { .text = "" };
		char line[32];
		struct selection *s;
		const int rc = read_text((struct span){
		    (const uint8_t *)cases[i].text, strlen(cases[i].text) },
		    &s, &e);

		(void)snprintf(line, sizeof(line), "line %zu: ",
		    cases[i].line);
		if (rc != cases[i].rc ||
		    (rc == ST_BAD && strstr(e.text, line) != e.text))
			fail_msg("case %zu: %d, %s", i, rc, e.text);
		if (rc != ST_OK) {
			assert_null(s);
			continue;
		}
		assert_int_equal(selection_has(s, SPAN("x"), 1, 2, sha, NULL),
		    cases[i].messages > 0);
		assert_int_equal(selection_path(s, 0) != NULL,
		    cases[i].messages > 0);
		selection_free(s);
	}
}

/* What begins, or ends, in the middle of a line is not taken for less. */
static void
a_report_may_be_cut_between_lines_alone(void **state)
{
	static const char text[] = OTHER GOOD "\n" OTHER GOOD "\n";
	struct selection *s;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		const bool whole = i == 0 || i == sizeof(text) - 1 ||
		    text[i] == '\n' || text[i - 1] == '\n';
		const bool nothing = i == sizeof(text) - 1;
		int rc = read_text((struct span){ (const uint8_t *)text, i },
		    &s, NULL);

		assert_int_equal(rc, whole ? ST_OK : ST_BAD);
		if (rc == ST_OK)
			assert_int_equal(selection_path(s, 0) != NULL,
			    i >= sizeof(OTHER GOOD) - 1);
		selection_free(s);
		rc = read_text((struct span){ (const uint8_t *)text + i,
		    sizeof(text) - 1 - i }, &s, NULL);
		assert_int_equal(rc, whole ? ST_OK : ST_BAD);
		if (rc == ST_OK)
			assert_int_equal(selection_path(s, 0) != NULL,
			    !nothing && text[i + 1] != '\0');
		selection_free(s);
	}
}

static void
lines_have_an_end(void **state)
{
	uint8_t *p = malloc(LINE_MOST + 2);
	struct selection *s;
	struct err e;

	(void)state;
	assert_non_null(p);
	memset(p, ' ', LINE_MOST + 2);
	memcpy(p, GOOD, sizeof(GOOD) - 1);
	assert_int_equal(read_text((struct span){ p, LINE_MOST }, &s, &e),
	    ST_OK);
	assert_non_null(selection_path(s, 0));
	selection_free(s);
	p[LINE_MOST] = '\n';
	assert_int_equal(read_text((struct span){ p, LINE_MOST + 1 }, &s, &e),
	    ST_OK);
	selection_free(s);
	p[LINE_MOST] = ' ';
	p[LINE_MOST + 1] = '\n';
	assert_int_equal(read_text((struct span){ p, LINE_MOST + 2 }, &s, &e),
	    ST_BAD);
	assert_null(s);
	free(p);
}

static void
what_cannot_be_read_is_dead(void **state)
{
	struct selection *s = NULL;
	struct err e;

	(void)state;
	assert_int_equal(selection_read("/nowhere/x", &s, &e), ST_DEAD);
	assert_int_equal(e.num, ENOENT);
	assert_int_equal(selection_read("/", &s, &e), ST_DEAD);
	assert_int_equal(e.num, EISDIR);
	assert_null(s);
}

static void
standard_input_is_a_report_too(void **state)
{
	const int fd = memfd_create("report", MFD_CLOEXEC);
	struct selection *s;

	(void)state;
	assert_int_equal(write(fd, GOOD, sizeof(GOOD) - 1), sizeof(GOOD) - 1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(dup2(fd, 0), 0);
	(void)close(fd);
	assert_int_equal(selection_read("-", &s, NULL), ST_OK);
	assert_string_equal(selection_path(s, 0), "x");
	selection_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_the_report_and_no_others),
		cmocka_unit_test(each_bit_of_the_hash_counts),
		cmocka_unit_test(huge_numbers_are_exact),
		cmocka_unit_test(each_file_once_and_in_order),
		cmocka_unit_test(paths_of_any_bytes_come_back),
		cmocka_unit_test(paths_choose_by_where_files_are),
		cmocka_unit_test(a_report_of_nothing_is_within_all),
		cmocka_unit_test(an_archive_is_a_file_too),
		cmocka_unit_test(what_was_seen_is_not_unseen),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(a_report_may_be_cut_between_lines_alone),
		cmocka_unit_test(lines_have_an_end),
		cmocka_unit_test(what_cannot_be_read_is_dead),
		cmocka_unit_test(standard_input_is_a_report_too),
	};

	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}

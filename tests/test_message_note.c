/*
 * scanner/message_note.c: a note of any message is one line of JSON without
 * unsafe characters, and says what the message is.
 */
#include "t.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "json_read.h"
#include "mboxes.h"
#include "message_note.h"

static const struct report_options plain = { .min_severity = SEV_LOW };

static struct store *
open_text(struct span text, const char *format)
{
	const struct store_how how = { .format = format };
	struct store *st = store_new(NULL);
	const int fd = memfd_create("mail", MFD_CLOEXEC);

	assert_true(st != NULL && fd >= 0 &&
	    pwrite(fd, text.p, text.n, 0) == (ssize_t)text.n);
	assert_int_equal(store_open(st, fd, text.n, &how, NULL), ST_OK);
	return st;
}

/* The next message, read to its end.  False: there is none. */
static bool
next_message(struct store *st, struct msg *m)
{
	struct span part;

	if (store_next(st, m, NULL) != ST_OK)
		return false;
	while (store_read(st, &part, NULL) == ST_OK)
		;
	return true;
}

/* It is what it has to be, whatever it says. */
static struct json_object *
note(struct store *st, const struct report_message *r, const char *cwd)
{
	struct buf b = { 0 };
	struct json_object *o;

	message_note(&b, st, r, cwd, &plain);
	assert_true(buf_ok(&b));
	for (size_t i = 0; i < b.n; i++)
		assert_true(b.p[i] >= 0x20 && b.p[i] != 0x7f);
	assert_non_null(o = json_parse(buf_span(&b)));
	buf_free(&b);
	return o;
}

static void
must_be(const struct json_object *o, const char *key, struct span want)
{
	struct buf b = { 0 };

	assert_true(json_member_bytes(o, key, &b));
	if (!span_eq(buf_span(&b), want))
		fail_msg("%s: %s", key, buf_text(&b));
	buf_free(&b);
}

static void
must_not_be(const struct json_object *o, const char *key)
{
	struct buf b = { 0 };

	assert_false(json_member_bytes(o, key, &b));
	buf_free(&b);
}

static struct verdict *
new_verdict(void)
{
	struct verdict *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	return v;
}

/* --- every message */

static void
check_note(struct store *st, struct span f, const struct msg *m,
    const struct verdict *v)
{
	const struct report_message r = { .path = SPAN("box"), .msg = m,
	    .verdict = v };
	struct json_object *o = note(st, &r, "/home/a");
	struct span line = { f.p + m->from, (size_t)(m->off - m->from) };
	uint64_t n;

	must_be(o, "path", SPAN("/home/a/box"));
	assert_true(json_member_is(o, "format", "mbox"));
	assert_true(json_member_u64(o, "index", &n) && n == m->index);
	assert_true(json_member_u64(o, "offset", &n) && n == m->off);
	assert_true(json_member_u64(o, "length", &n) && n == m->len);
	assert_true(json_member_is(o, "reason", ""));
	must_not_be(o, "sha256");
	while (line.n > 0 && (line.p[line.n - 1] == '\n' ||
	    line.p[line.n - 1] == '\r'))
		line.n--;
	if (line.n > 0)
		must_be(o, "separator", line);
	else
		must_not_be(o, "separator");
	json_free(o);
}

static void
each_message_of_an_mbox_has_its_note(void **state)
{
	struct verdict *v = new_verdict();
	struct buf b = { 0 };
	size_t notes = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		const struct mboxes_how how = { .ends = seed % MBOXES_ENDS,
		    .lengths = seed % 3 != 0, .most = 6 };
		struct store *st;
		struct msg m;

		buf_clear(&b);
		mboxes_make(&b, &how, seed);
		st = open_text(buf_span(&b), "mbox");
		for (; next_message(st, &m); notes++)
			check_note(st, buf_span(&b), &m, v);
		store_free(st);
	}
	assert_true(notes > 500);
	buf_free(&b);
	free(v);
}

/* --- its header block */

static const struct {
	const char *field, *key;	/* field: of the message */
	const char *value;		/* NULL: none */
} fields[] = {
	{ "From: a@example.com\n", "from", "a@example.com" },
	{ "FROM : a@example.com\n", "from", "a@example.com" },
	{ "To: a,\n b\n", "to", "a, b" },
	{ "To: a,\r\n\tb\r\n", "to", "a,\tb" },
	{ "Subject:\n", "subject", "" },
	{ "Subject: \x1b[2J\xe2\x80\xae\n", "subject", "\x1b[2J\xe2\x80\xae" },
	{ "Subject: \xff\xfe\"\\\n", "subject", "\xff\xfe\"\\" },
	{ "Message-ID: <1@example.com>\n", "message_id", "<1@example.com>" },
	{ "Date: x\nDate: y\n", "date", "x" },
	{ "X: y\n", "subject", NULL },
	{ "X: y\n\nSubject: z\n", "subject", NULL },
	{ "\n", "from", NULL },
};

static void
fields_are_shown_and_only_those(void **state)
{
	struct verdict *v = new_verdict();

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct span text = { (const uint8_t *)fields[i].field,
		    strlen(fields[i].field) };
		struct store *st = open_text(text, "eml");
		struct msg m;
		struct report_message r = { .msg = &m, .verdict = v };
		struct json_object *o;
		const struct json_object *h;

		assert_true(next_message(st, &m));
		o = note(st, &r, NULL);
		must_not_be(o, "path");
		must_not_be(o, "separator");
		assert_non_null(h = json_member(o, "headers"));
		if (fields[i].value == NULL)
			must_not_be(h, fields[i].key);
		else
			must_be(h, fields[i].key, (struct span){
			    (const uint8_t *)fields[i].value,
			    strlen(fields[i].value) });
		json_free(o);
		store_free(st);
	}
	free(v);
}

/* Of a value of any length there is a beginning. */
static void
long_values_are_cut(void **state)
{
	static uint8_t text[100000];
	struct verdict *v = new_verdict();
	struct buf b = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "Subject: ", 9);
	for (size_t n = 1; n < sizeof(text) - 10; n += 1 + n / 3) {
		struct store *st = open_text((struct span){ text, 9 + n },
		    "eml");
		struct msg m;
		struct report_message r = { .msg = &m, .verdict = v };
		struct json_object *o;

		assert_true(next_message(st, &m));
		o = note(st, &r, NULL);
		buf_clear(&b);
		assert_true(json_member_bytes(json_member(o, "headers"),
		    "subject", &b));
		assert_true(b.n == n || (b.n < n && b.n >= 200 && b.n < 999));
		json_free(o);
		store_free(st);
	}
	buf_free(&b);
	free(v);
}

/* --- the rest */

static void
paths_are_absolute_where_that_is_known(void **state)
{
	static const struct {
		const char *path, *cwd, *want;
	} cases[] = {
		{ "a", "/x", "/x/a" }, { "/a", "/x", "/a" },
		{ "a", NULL, "a" }, { "\xff", "/\xfe", "/\xfe/\xff" },
	};
	struct verdict *v = new_verdict();
	struct store *st = open_text(SPAN("From: a@example.com\n"), "eml");
	struct msg m;

	(void)state;
	assert_true(next_message(st, &m));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct report_message r = { .msg = &m, .verdict = v,
		    .path = { (const uint8_t *)cases[i].path,
		    strlen(cases[i].path) } };
		struct json_object *o = note(st, &r, cases[i].cwd);

		must_be(o, "path", (struct span){
		    (const uint8_t *)cases[i].want, strlen(cases[i].want) });
		json_free(o);
	}
	store_free(st);
	free(v);
}

static void
what_was_found_is_the_reason(void **state)
{
	struct verdict *v = new_verdict();
	struct store *st = open_text(SPAN("From: a@example.com\n"), "eml");
	struct msg m;
	struct report_message r = { .msg = &m, .verdict = v, .hashed = true };
	uint8_t sha[HASH_SIZE];
	struct json_object *o;

	(void)state;
	memset(r.sha256, 0xab, sizeof(r.sha256));
	v->list[v->n++] = (struct finding){ .code = CODE_EOL_BARE_CR,
	    .severity = SEV_LOW };
	v->list[v->n++] = (struct finding){ .code = CODE_EOL_BARE_LF,
	    .severity = SEV_INFO };
	v->list[v->n++] = (struct finding){ .code = CODE_LIMIT_NUL,
	    .severity = SEV_HIGH };
	assert_true(next_message(st, &m));
	o = note(st, &r, NULL);
	assert_true(json_member_is(o, "reason", "eol.bare-cr limit.nul"));
	assert_true(json_member_hex(o, "sha256", sha, sizeof(sha)));
	assert_memory_equal(sha, r.sha256, sizeof(sha));
	json_free(o);
	store_free(st);
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_of_an_mbox_has_its_note),
		cmocka_unit_test(fields_are_shown_and_only_those),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(paths_are_absolute_where_that_is_known),
		cmocka_unit_test(what_was_found_is_the_reason),
	};

	return cmocka_run_group_tests_name("message_note", tests, NULL, NULL);
}

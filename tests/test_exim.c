/*
 * formats/exim.c and exim_lines.c: two files to a message.
 */
#include "t.h"

#include <stdlib.h>

#include "exim_lines.h"
#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define ID "1xUsmb-0006p7-27"
#define NEW_ID "1xUsmb-00000006p7a-0027"

#define BEGIN(id) id "-H\nDebian-exim 101 103\n<alice@example.com>\n" \
	"1700000000 0\n-received_time_usec .123456\n-helo_name x\n"
#define TREE "YY carol@example.org\nNN b@example.org\n" \
	"NY d@example.org\nNN e@example.org\n"
#define RECIPIENTS "3\nbob@example.net\ndave@example.net <x>  0,-1#1\n" \
	"eve@example.net  0,0  0,-1#3\n\n"
#define FIELDS "024F From: alice@example.com\n023* Bcc: deleted@x.example\n" \
	"019  Subject: a\n\tfolded\n"
#define HEADER "From: alice@example.com\nSubject: a\n\tfolded\n"
#define BODY "hello\n.\na\rb\n"
#define ENVELOPE(id) id " from alice@example.com at 1700000000 for " \
	"bob@example.net,dave@example.net <x>,eve@example.net"

static const char plain[] = BEGIN(ID) "-body_linecount 3\n--aclc _a 5\n-x\n-y"
    "\n-aclm 0 0\n\n-frozen 1700000001\n" TREE RECIPIENTS FIELDS;
static const char wire[] = BEGIN(NEW_ID) "-spool_file_wireformat\nXX\n"
    RECIPIENTS FIELDS;

static struct spool
spool_of(struct span file, struct lent *o)
{
	return (struct spool){ .format = "exim", .native = BRK_LF,
	    .how = { .sibling = lent_open, .sibling_ctx = o },
	    .file = file, .message = SPAN(HEADER "\n" BODY),
	    .envelope = ENVELOPE(ID) };
}

static int
status_of(struct store *s, struct span file, struct lent *o,
    struct buf *got, struct err *e)
{
	const struct store_how how = { .sibling = o != NULL ? lent_open :
	    NULL, .sibling_ctx = o };
	struct drip d = { .bytes = file, .step = 7, .fail_at = DRIP_NEVER };
	struct buf said = { 0 };
	const int rc = spool_read(s, &d, &how, got, &said, e);

	buf_free(&said);
	return rc;
}

static void
two_files_are_one_message_however_they_are_cut(void **state)
{
	const struct span d = SPAN(ID "-D\n" BODY);
	struct lent o = lent_of(ID "-D", d, NULL);
	struct spool x = spool_of((struct span){ (const uint8_t *)plain,
	    sizeof(plain) - 1 }, &o);
	struct store *s = store_new(NULL);

	(void)state;
	for (o.d.step = 1; o.d.step <= d.n + 1; o.d.step += 4)
		spool_is_whole(s, &x);
	o.d.step = 2;
	spool_never_shorter(s, &x);
	spool_lent_never_shorter(s, &x, &o);
	store_free(s);
}

static void
the_wire_format_has_crlf(void **state)
{
	struct lent o = lent_of(NEW_ID "-D", SPAN(NEW_ID "-D\n"
	    "hello\r\n.\r\n..\r\na\nb\rc"), NULL);
	struct spool x = spool_of((struct span){ (const uint8_t *)wire,
	    sizeof(wire) - 1 }, &o);
	struct store *s = store_new(NULL);

	(void)state;
	x.native = BRK_CRLF;
	x.message = SPAN("From: alice@example.com\r\nSubject: a\r\n\tfolded\r\n"
	    "\r\nhello\r\n.\r\n..\r\na\nb\rc");
	x.envelope = ENVELOPE(NEW_ID);
	spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	store_free(s);
}

/* But where a field ends: nothing says how many there are. */
static void
what_is_cut_off_is_told(void **state)
{
	const struct span h = { (const uint8_t *)plain, sizeof(plain) - 1 };
	const struct span d = SPAN(ID "-D\n" BODY);
	struct lent o = lent_of(ID "-D", d, NULL);
	struct store *s = store_new(NULL);
	struct buf got = { 0 };
	unsigned whole = 0;

	(void)state;
	for (size_t n = sizeof(ID "-H\n") - 1; n < h.n; n++) {
		struct err e = { 0 };
		const int rc = status_of(s, (struct span){ h.p, n }, &o, &got,
		    &e);

		whole += rc == ST_END;
		assert_true(rc == ST_END || rc == ST_DEAD);
		if (rc == ST_DEAD)
			assert_non_null(strstr(e.text, "Exim"));
	}
	assert_int_equal(whole, 3);
	for (size_t n = 0; n < d.n; n++) {
		o.d.bytes.n = n;
		assert_int_equal(status_of(s, h, &o, &got, NULL), ST_DEAD);
	}
	buf_free(&got);
	store_free(s);
}

static void
half_a_message_is_none(void **state)
{
	const struct span h = { (const uint8_t *)plain, sizeof(plain) - 1 };
	const struct span d = SPAN(ID "-D\n" BODY);
	struct lent none = lent_of("none", d, NULL);
	struct lent o = lent_of(ID "-H", h, NULL);
	struct store *s = store_new(NULL);
	struct buf got = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(status_of(s, h, &none, &got, &e), ST_DEAD);
	assert_non_null(strstr(e.text, "there is no " ID "-D"));
	assert_int_equal(status_of(s, d, &none, &got, &e), ST_DEAD);
	assert_non_null(strstr(e.text, "there is no " ID "-H"));
	assert_int_equal(status_of(s, h, NULL, &got, &e), ST_DEAD);
	assert_int_equal(status_of(s, d, &o, &got, &e), ST_BAD);
	assert_non_null(strstr(e.text, "see " ID "-H"));
	buf_free(&got);
	store_free(s);
}

static const struct {
	const char *what;
	struct span file;
	const char *says;
} damages[] = {
	{ "no sender", BYTES(ID "-H\nroot 0 0\nalice\n1 0\nXX\n0\n\n"),
	    "no sender" },
	{ "no length", BYTES(ID "-H\nroot 0 0\n<>\n1 0\n-aclc x\nXX\n0\n\n"),
	    "an ACL variable" },
	{ "no tree", BYTES(ID "-H\nroot 0 0\n<>\n1 0\n\n0\n\n"), "served" },
	{ "no number", BYTES(ID "-H\nroot 0 0\n<>\n1 0\nXX\nx\n\n"),
	    "number of recipients" },
	{ "more recipients", BYTES(ID "-H\nroot 0 0\n<>\n1 0\nXX\n1\na\nb\n"),
	    "end of the recipients" },
	{ "a field that is longer", BYTES(ID "-H\nroot 0 0\n<>\n1 0\nXX\n0\n\n"
	    "009F From: a\n008  To: b\n"), "a field without" },
	{ "a field without flag", BYTES(ID "-H\nroot 0 0\n<>\n1 0\nXX\n0\n\n"
	    "008From: a\n"), "without flag" },
	{ "another count", BYTES(ID "-H\nroot 0 0\n<>\n1 0\n"
	    "-body_linecount 4\nXX\n0\n\n008F From: a\n"), "has 3 lines" },
};

static void
damage_is_named(void **state)
{
	struct lent o = lent_of(ID "-D", SPAN(ID "-D\n" BODY), NULL);
	struct store *s = store_new(NULL);
	struct buf got = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++) {
		struct err e = { 0 };

		print_message("# %s\n", damages[i].what);
		assert_int_equal(status_of(s, damages[i].file, &o, &got, &e),
		    ST_DEAD);
		if (strstr(e.text, damages[i].says) == NULL)
			fail_msg("%s", e.text);
	}
	o = lent_of(ID "-D", SPAN("1xUsmb-0006p7-28-D\n" BODY), NULL);
	assert_int_equal(status_of(s, (struct span){ (const uint8_t *)plain,
	    sizeof(plain) - 1 }, &o, &got, NULL), ST_DEAD);
	/* As many line ends as there should be, and then more. */
	o = lent_of(ID "-D", SPAN(ID "-D\n" BODY "x"), NULL);
	assert_int_equal(status_of(s, (struct span){ (const uint8_t *)plain,
	    sizeof(plain) - 1 }, &o, &got, NULL), ST_DEAD);
	buf_free(&got);
	store_free(s);
}

static void
only_spool_files_have_such_a_first_line(void **state)
{
	static const struct {
		struct span line;
		size_t n;
	} table[] = {
		{ BYTES(ID "-H\n"), 16 }, { BYTES(ID "-D\n"), 16 },
		{ BYTES(NEW_ID "-H\nx"), 23 }, { BYTES(ID "-J\n"), 0 },
		{ BYTES(ID "-H"), 0 }, { BYTES(ID "-H\r\n"), 0 },
		{ BYTES("1xUsmb-0006p7-2-H\n"), 0 },
		{ BYTES("1xUsmb-0006p7-0027-H\n"), 0 },
		{ BYTES("1xUsm_-0006p7-27-H\n"), 0 },
		{ BYTES("From: a@example.com\n"), 0 }, { BYTES(""), 0 },
	};
	char which;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(exim_id(table[i].line, &which), table[i].n);
}

static void
addresses_are_found_in_all_that_was_ever_written(void **state)
{
	static const char *const table[][2] = {
		{ "a@example.com", "a@example.com" },
		{ "a@example.com 12,-1,0", "a@example.com 12,-1,0" },
		{ "a@example.com 12,3,0", "a@example.com" },
		{ "a@example.com 7", "a@example.com" },
		{ "a@example.com  0,-1#1", "a@example.com" },
		{ "a@example.com e@example.org 13,2#1", "a@example.com" },
		{ "a@example.com rfc822;a 8,3  0,-1#3", "a@example.com" },
		{ "\"a b 1\"@example.com", "\"a b 1\"@example.com" },
		{ "a@x123", "a@x123" }, { "123", "123" }, { "", "" },
		{ "#1", "" }, { "999,1#1", "" }, { "a 99999,1#1", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct span got = exim_address((struct span){
		    (const uint8_t *)table[i][0], strlen(table[i][0]) });

		if (got.n != strlen(table[i][1]) ||
		    memcmp(got.p, table[i][1], got.n) != 0)
			fail_msg("%s: %.*s", table[i][0], (int)got.n,
			    (const char *)got.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    two_files_are_one_message_however_they_are_cut),
		cmocka_unit_test(the_wire_format_has_crlf),
		cmocka_unit_test(what_is_cut_off_is_told),
		cmocka_unit_test(half_a_message_is_none),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(only_spool_files_have_such_a_first_line),
		cmocka_unit_test(
		    addresses_are_found_in_all_that_was_ever_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

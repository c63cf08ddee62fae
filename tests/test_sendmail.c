/*
 * formats/sendmail.c and sendmail_records.c: two files to a message.
 */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

#include "sendmail_records.h"
#include "spoollaws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define ID "6ATHNTGb023707"
#define HEAD(v) "V" v "\nT1700000000\nK0\nN2\nP-30042\n"
#define MIDDLE "I254/1/77\nFbs\n$_root@localhost\n${daemon_flags}c u\n" \
	"MDeferred: a host\n\tis down\nSalice@example.com\nAalice\n" \
	"C:root@example.com\nQrfc822;bob\nrRFC822; bob@example.net\n" \
	"RPFD:bob@example.net\nRPFDA:<\"d:e\"@example.net>\nR:eve\n"
#define FIELDS "H?P?Return-Path: <\x81g>\nH??From: alice@example.com\n" \
	"H?D?Date: today\nH?x?Full-Name: A\n\tB\n C\nH?${if}?X-If: 1\n" \
	"H??BCC: x@example.com\n\t, y\nH??Bccs: z\n" \
	"H??Return-Path: <x>\nH??content-Length: 1\n" \
	"H?lM?Message-Id: <1@x>\nH??Subject: a\n\tfolded\n .\n" \
	"H??X: a\xff\xff\xff\x81g\xff" "b\x81\xff\x9f\xff\xa0\n" \
	"Mlate\n\tlater\n"
#define HEADER "From: alice@example.com\nDate: today\nX-If: 1\n" \
	"Bccs: z\n" \
	"Message-Id: <1@x>\nSubject: a\n\tfolded\n .\n" \
	"X: a\xff\x81g\xff" "b\x81\x9f\xff\xa0\n"
#define BODY "hello\n.\na\rb\nthe end"
#define ENVELOPE " from alice@example.com at 1700000000 for " \
	"bob@example.net,\"d:e\"@example.net,eve"

static const char plain[] = HEAD("8") MIDDLE FIELDS ".\n";
static const char old[] = HEAD("2") "Salice@example.com\nRPFD:eve\n"
    "Fr\nHBcc: x\nHFrom: alice@example.com\nH?D?Date: today\n.\n";

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static struct spool
spool_of(const char *file, struct lent *b)
{
	return (struct spool){ .format = "sendmail", .native = BRK_LF,
	    .how = { .name = SPAN("mqueue/qf" ID), .sibling = lent_open,
	    .sibling_ctx = b }, .file = text_span(file),
	    .message = SPAN(HEADER "\n" BODY), .envelope = ID ENVELOPE };
}

static int
status_of(struct store *s, struct span file, const struct store_how *how,
    struct buf *got, struct err *e)
{
	struct drip d = { .bytes = file, .step = 7, .fail_at = DRIP_NEVER };
	struct buf said = { 0 };
	const int rc = spool_read(s, &d, how, got, &said, e);

	buf_free(&said);
	return rc;
}

static void
two_files_are_one_message_however_they_are_cut(void **state)
{
	struct lent b = lent_of("df" ID, SPAN(BODY), NULL);
	struct spool x = spool_of(plain, &b);
	struct store *s = store_new(NULL);

	(void)state;
	for (b.d.step = 1; b.d.step < sizeof(BODY) + 1; b.d.step += 5)
		spool_is_whole(s, &x);
	spool_never_shorter(s, &x);
	spool_lent_never_shorter(s, &x, &b);
	spool_tells_cuts(s, &x, x.file.n);
	x.file = text_span(old);
	x.message = SPAN("Bcc: x\nFrom: alice@example.com\nDate: today\n\n"
	    BODY);
	x.envelope = ID " from alice@example.com at 1700000000 for eve";
	spool_is_whole(s, &x);
	store_free(s);
}

/* Each name that a body may have, and where one may be named. */
static void
the_body_is_looked_for(void **state)
{
	static const char *const table[][3] = {
		{ "", "q/qf" ID, "df" ID }, { "", "hf" ID, "df" ID },
		{ "", "./Qf" ID, "../df/df" ID },
		{ "", "qf/qf" ID, "../df/df" ID },
		{ "dq2\n", "qf/qf" ID, "../../q2/df/df" ID },
		{ "dq2\n", "qf" ID, "../q2/df" ID },
		{ "d/mail/q2/df\n", "qf" ID, "../../q2/df/df" ID },
		{ "d/mail/q2/\n", "qf" ID, "../q2/df" ID },
		{ "dq2\n", "qf" ID, "df" ID },
		{ "d..\n", "qf" ID, "df" ID }, { "d/\n", "qf" ID, "df" ID },
	};
	struct store *s = store_new(NULL);
	struct buf got = { 0 };
	char file[256];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct lent b = lent_of(table[i][2], SPAN("x\n"), NULL);
		const struct store_how how = { .name = text_span(table[i][1]),
		    .sibling = lent_open, .sibling_ctx = &b };

		print_message("# %s\n", table[i][2]);
		(void)snprintf(file, sizeof(file), HEAD("8") "%sH??A: b\n.\n",
		    table[i][0]);
		assert_int_equal(status_of(s, text_span(file), &how, &got,
		    NULL), ST_END);
		assert_string_equal(buf_text(&got), "A: b\n\nx\n");
	}
	buf_free(&got);
	store_free(s);
}

static void
what_is_no_message_is_told(void **state)
{
	static const struct {
		const char *name, *beside;
		enum store_place place;
		int rc;
		const char *says;
	} table[] = {
		{ "qf" ID, "none", PLACE_OTHER, ST_DEAD, "there is no df" ID },
		{ "qf" ID, NULL, PLACE_OTHER, ST_DEAD, "not at hand" },
		{ "a copy", "df" ID, PLACE_OTHER, ST_DEAD, "not at hand" },
		{ "tf" ID, "df" ID, PLACE_OTHER, ST_BAD, "was writing" },
		{ "Tf" ID, "df" ID, PLACE_OTHER, ST_BAD, "see qf" ID },
		{ "df" ID, "qf" ID, PLACE_SENDMAIL_BODY, ST_BAD,
		    "sendmail: see qf" ID },
		{ "df" ID, "../qf/hf" ID, PLACE_SENDMAIL_BODY, ST_BAD,
		    "sendmail: see ../qf/hf" ID },
		{ "df" ID, NULL, PLACE_SENDMAIL_BODY, ST_BAD,
		    "sendmail: see qf" ID },
	};
	struct store *s = store_new(NULL);
	struct buf got = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct lent b = lent_of(table[i].beside, SPAN("x"), NULL);
		const struct store_how how = { .name = text_span(
		    table[i].name), .place = table[i].place,
		    .sibling = table[i].beside != NULL ? lent_open : NULL,
		    .sibling_ctx = &b };
		struct err e = { 0 };

		assert_int_equal(status_of(s, text_span(plain), &how, &got,
		    &e), table[i].rc);
		if (strstr(e.text, table[i].says) == NULL)
			fail_msg("%s: %s", table[i].name, e.text);
	}
	buf_free(&got);
	store_free(s);
}

static const struct {
	struct span file;
	const char *says;
} damages[] = {
	{ BYTES(HEAD("9") ".\n"), "version 9" },
	{ BYTES(HEAD("8") "H??A: b\n.\nextra"), "behind its end" },
	{ BYTES(HEAD("8") "H??A: b\n.x\n"), "behind its end" },
	{ BYTES(HEAD("8") "H?no end\n.\n"), "conditions" },
	{ BYTES(HEAD("8") "H?no\nH??A: b\n.\n"), "conditions" },
	{ BYTES(HEAD("8") "H??A: b\n\n.\n"), "an empty record" },
	{ BYTES(HEAD("8") "\1\n.\n"), "an unknown record" },
	{ BYTES(HEAD("8") "H??A: b\n"), "no end" },
};

static void
damage_is_named(void **state)
{
	struct lent b = lent_of("df" ID, SPAN(BODY), NULL);
	const struct store_how how = spool_of(plain, &b).how;
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, large = { 0 };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++) {
		assert_int_equal(status_of(s, damages[i].file, &how, &got,
		    &e), ST_DEAD);
		if (strstr(e.text, damages[i].says) == NULL)
			fail_msg("%s: %s", damages[i].says, e.text);
	}
	/* A field may be longer than what is looked at, others not. */
	for (unsigned i = 0; i < 2; i++) {
		buf_clear(&large);
		buf_str(&large, i == 0 ? HEAD("8") "H??X: " : HEAD("8") "M");
		for (size_t n = 0; n < 200000; n++)
			buf_byte(&large, 'x');
		buf_str(&large, "\n.\n");
		assert_int_equal(status_of(s, buf_span(&large), &how, &got,
		    &e), i == 0 ? ST_END : ST_DEAD);
	}
	assert_non_null(strstr(e.text, "without end"));
	buf_free(&got);
	buf_free(&large);
	store_free(s);
}

/* --- any records, against a reader that sees all at once */

static bool
quoted(const char *p)
{
	return p[0] == '\xff' && (p[1] == '\xff' || p[1] == '\x80');
}

/* One line from its text on. */
static void
put_text(struct buf *out, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (quoted(p))
			p++;
		buf_byte(out, (uint8_t)*p);
	}
	buf_byte(out, '\n');
}

/* False: damaged. */
static bool
oracle(const char *p, struct buf *out)
{
	bool shown = false;

	for (const char *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
		const char *from = p;

		if (*p == '.')
			return p[1] == '\n' && p[2] == '\0';
		if (*p == 'H' && p[1] == '?') {
			const char *q = strchr(p + 2, '?');

			if (q == NULL || q > end)
				return false;
			from = q + 1;
			shown = q == p + 2 ||
			    memchr(p + 2, 'D', (size_t)(q - p) - 2) != NULL;
		} else if (*p == 'H') {
			from++;
			shown = true;
		} else if (*p != ' ') {
			shown = false;
			if (p == end || *p < 0)
				return false;
		}
		if (shown)
			put_text(out, from, end);
	}
	return false;
}

static void
any_records_are_read_as_they_are_written(void **state)
{
	static const char abc[] = "H?D\n .\xff\x80";
	struct lent b = lent_of("df" ID, SPAN("x"), NULL);
	const struct store_how how = spool_of(plain, &b).how;
	struct store *s = store_new(NULL);
	struct buf got = { 0 }, want = { 0 };
	unsigned whole = 0;

	(void)state;
	for (size_t n = 0; n <= 4; n++)
		for (unsigned code = 0; code < 1u << (3 * n); code++) {
			char file[64] = HEAD("8");
			const size_t head = strlen(file);
			bool good;

			for (size_t i = 0; i < n; i++)
				file[head + i] = abc[code >> (3 * i) & 7];
			for (unsigned end = 0; end < 2; end++) {
				buf_clear(&want);
				good = oracle(file + head, &want);
				buf_str(&want, "\nx");
				whole += good;
				assert_int_equal(status_of(s, text_span(file),
				    &how, &got, NULL), good ? ST_END :
				    ST_DEAD);
				assert_true(!good || (got.n == want.n &&
				    memcmp(got.p, want.p, got.n) == 0));
				memcpy(file + head + n, "\n.\n", 4);
			}
		}
	assert_true(whole > 500);
	buf_free(&got);
	buf_free(&want);
	store_free(s);
}

/* --- what stands in records */

static void
only_queue_files_begin_so(void **state)
{
	static const struct {
		struct span head;
		bool is;
	} table[] = {
		{ BYTES(HEAD("8")), true }, { BYTES(HEAD("1") "S"), true },
		{ BYTES("V8\nT1\nK0\nN0\nP0\n"), true },
		{ BYTES("V8\nT1\nK0\nN0\nP0"), false },
		{ BYTES("V8\nT1\nK0\nN0\n"), false },
		{ BYTES("V-8\nT1\nK0\nN0\nP0\n"), false },
		{ BYTES("V8\nK1\nT0\nN0\nP0\n"), false },
		{ BYTES("V8\r\nT1\nK0\nN0\nP0\n"), false },
		{ BYTES("V\nT1\nK0\nN0\nP0\n"), false },
		{ BYTES("From: a@example.com\n"), false }, { BYTES(""), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(sendmail_records(table[i].head),
		    table[i].is);
}

static void
names_addresses_and_folders_are_found(void **state)
{
	static const struct { const char *name; char kind; } names[] = {
		{ "qf" ID, 'q' }, { "hf1", 'h' }, { "Qfa", 'Q' },
		{ "dfAA01", 'd' }, { "tf1", 't' }, { "Tf1", 'T' },
		{ "qf", 0 }, { "xf1", 0 }, { "qf1.bak", 0 }, { "qg1", 0 },
		{ "", 0 }, { "q", 0 }, { "qf1/2", 0 },
		{ "qf7777777777777777777777777777777777777777777777777777777"
		    "777777777", 'q' },
		{ "qf7777777777777777777777777777777777777777777777777777777"
		    "7777777777", 0 },
	};
	static const char *const addresses[][2] = {
		{ "Salice@example.com", "alice@example.com" },
		{ "S<alice@example.com>", "alice@example.com" },
		{ "S<>", "" }, { "S", "" }, { "S<", "<" },
		{ "SAB:c@example.com", "AB:c@example.com" },
		{ "RPFD:bob", "bob" }, { "R:bob", "bob" }, { "Rbob", "bob" },
		{ "RPFD:<bob>", "bob" }, { "RPFD:", "" }, { "RPF", "PF" },
		{ "RPFD:A:b@example.com", "A:b@example.com" },
	};
	static const char *const folders[][2] = {
		{ "q1", "q1" }, { "/a/q1", "q1" }, { "/a/q1//", "q1" },
		{ "/a/q1/df", "q1" }, { "q1/df/", "q1" }, { "df", "df" },
		{ "/df", "df" }, { "..", "" }, { "/a/..", "" }, { "", "" },
		{ "/", "" }, { ".q", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(sendmail_name(text_span(names[i].name)),
		    names[i].kind);
	for (size_t i = 0; i < COUNT(addresses); i++)
		if (!span_eq(sendmail_address(text_span(addresses[i][0])),
		    text_span(addresses[i][1])))
			fail_msg("%s", addresses[i][0]);
	for (size_t i = 0; i < COUNT(folders); i++)
		if (!span_eq(sendmail_directory(text_span(folders[i][0])),
		    text_span(folders[i][1])))
			fail_msg("%s", folders[i][0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    two_files_are_one_message_however_they_are_cut),
		cmocka_unit_test(the_body_is_looked_for),
		cmocka_unit_test(what_is_no_message_is_told),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(any_records_are_read_as_they_are_written),
		cmocka_unit_test(only_queue_files_begin_so),
		cmocka_unit_test(names_addresses_and_folders_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

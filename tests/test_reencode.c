/*
 * Encoded parts: all short bodies, lines around the longest, whole messages,
 * and what is left alone; what the check says of all short texts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conform.h"
#include "encode.h"
#include "encodelaws.h"
#include "gen.h"
#include "rig.h"
#include "t.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const enum brk breaks[2] = { BRK_LF, BRK_CRLF };
static const enum transfer_encoding encodings[2] = { TRANSFER_QP,
    TRANSFER_BASE64 };

/* --- bodies */

/* Which of 16 ways: encoding, lines or not, native and new breaks. */
static void
check_body(struct span old, unsigned way, struct reencode_check *check)
{
	const struct encode e = { .old = old, .lines = (way & 2) != 0,
	    .native = breaks[way >> 2 & 1], .to = breaks[way >> 3 & 1] };
	const enum transfer_encoding encoding = encodings[way & 1];
	const size_t n = encode_body(&e, encoding, NULL);
	uint8_t *text = malloc(n > 0 ? n : 1);
	const char *bad;

	assert_non_null(text);
	assert_true(encode_body(&e, encoding, text) == n);
	bad = encodelaws_text(old, e.lines, e.native, e.to, encoding,
	    (struct span){ text, n });
	if (bad != NULL)
		fail_msg("way %u: %s: %.*s", way, bad, (int)n, text);
	reencode_check_begin(check, encoding, e.lines, e.native);
	reencode_check_old(check, old);
	reencode_check_text(check, (struct span){ text, n });
	assert_true(reencode_check_end(check));
	free(text);
}

static void
every_short_body_can_be_decoded(void **state)
{
	static const struct span abc[] = { S("\r\n.= \xe9" "F"),
	    S("\n.-\t\r") };
	struct reencode_check *check = reencode_check_new();
	uint8_t buf[8];

	(void)state;
	assert_non_null(check);
	for (size_t k = 0; k < COUNT(abc); k++) {
		const size_t max = getenv("CHECK_LONG") != NULL ? 6 : 4;

		for (size_t i = 0; i < rig_strings(abc[k], max); i++) {
			const struct span s = { buf,
			    rig_string(abc[k], i, buf) };

			for (unsigned way = 0; way < 16; way++)
				check_body(s, way, check);
		}
	}
	reencode_check_free(check);
}

/* Behind so many bytes that the line becomes too long in there. */
static void
lines_are_broken_well(void **state)
{
	static const struct span tails[] = { S("From x"), S("--b\n"),
	    S("...."), S(" \t \n"), S("====="), S("\xe9\xe9\xe9"),
	    S("x .\n"), S("F\nFrom \n"), S(".\r\n.\r\n"), S("\r\r\r\n") };
	struct reencode_check *check = reencode_check_new();
	uint8_t buf[200];

	(void)state;
	assert_non_null(check);
	for (size_t k = 0; k < COUNT(tails); k++)
		for (size_t n = 60; n < 160; n++)
			for (unsigned way = 0; way < 16; way++) {
				memset(buf, 'x', n);
				memcpy(buf + n, tails[k].p, tails[k].n);
				check_body((struct span){ buf,
				    n + tails[k].n }, way, check);
			}
	reencode_check_free(check);
}

static void
random_bodies_can_be_decoded(void **state)
{
	static struct gen g = { .seed = 41, .native = S("\r\n"), .rare = 3 };
	struct reencode_check *check = reencode_check_new();
	uint8_t buf[400];

	(void)state;
	assert_non_null(check);
	for (unsigned i = 0; i < 1000; i++) {
		const size_t n = gen_below(&g, sizeof(buf));
		const size_t of = 1 + gen_below(&g, 256);

		for (size_t k = 0; k < n; k++)
			buf[k] = (uint8_t)gen_below(&g, of);
		gen_message(&g, 1 + gen_below(&g, 600));
		for (unsigned way = 0; way < 16; way++) {
			check_body((struct span){ buf, n }, way, check);
			check_body((struct span){ g.p, g.n }, way, check);
		}
	}
	reencode_check_free(check);
}

/* --- what the check takes */

static bool
is_taken(struct reencode_check *c, enum transfer_encoding encoding,
    struct span old, struct span text)
{
	reencode_check_begin(c, encoding, false, BRK_CRLF);
	reencode_check_text(c, text);
	reencode_check_old(c, old);
	return reencode_check_end(c);
}

/* None of the lines that it must refuse, and one kind of break. */
static bool
is_safe(struct span s)
{
	bool lf = false, crlf = false;

	for (size_t i = 0; i < s.n; i++) {
		const bool first = i == 0 || s.p[i - 1] == '\n';

		if (first && (s.p[i] == '.' || (s.p[i] == '-' &&
		    i + 1 < s.n && s.p[i + 1] == '-')))
			return false;
		if (s.p[i] == '\n' && i > 0 && s.p[i - 1] == '\r')
			crlf = true;
		else if (s.p[i] == '\n')
			lf = true;
	}
	return !lf || !crlf;
}

static void
check_takes(enum transfer_encoding encoding, struct span abc, size_t max)
{
	struct reencode_check *check = reencode_check_new();
	size_t taken = 0;
	uint8_t buf[10], old[24];

	assert_non_null(check);
	for (size_t i = 0; i < rig_strings(abc, max); i++) {
		const struct span text = { buf, rig_string(abc, i, buf) };
		size_t n;
		const bool want = is_safe(text) &&
		    encodelaws_decode(encoding, text, old, &n);
		const bool got = is_taken(check, encoding,
		    (struct span){ old, want ? n : 0 }, text);

		if (got != want)
			fail_msg("string %zu: %d, not %d", i, got, want);
		taken += got;
		if (!want)
			continue;
		old[n] = 'x';
		assert_false(is_taken(check, encoding,
		    (struct span){ old, n + 1 }, text));
		assert_false(n > 0 && is_taken(check, encoding,
		    (struct span){ old, n - 1 }, text));
		old[0] ^= 1;
		assert_false(n > 0 && is_taken(check, encoding,
		    (struct span){ old, n }, text));
	}
	assert_true(taken > 50);
	reencode_check_free(check);
}

static void
the_check_takes_what_is_right_alone(void **state)
{
	(void)state;
	check_takes(TRANSFER_QP, (struct span)S("=4A\r\n .-"), 5);
	check_takes(TRANSFER_QP, (struct span)S("=2a\n"), 7);
	check_takes(TRANSFER_BASE64, (struct span)S("AQ=/\n\r"), 6);
	check_takes(TRANSFER_BASE64, (struct span)S("Ag="), 8);
}

static void
the_check_sees_long_and_bad_lines(void **state)
{
	static const struct {
		enum transfer_encoding encoding;
		struct span old, text;
		bool taken;
	} cases[] = {
		{ TRANSFER_QP, S("From x"), S("From x"), false },
		{ TRANSFER_QP, S("From x"), S("=46rom x"), true },
		{ TRANSFER_QP, S("xFrom x"), S("x=\nFrom x"), false },
		{ TRANSFER_QP, S("xFrom x"), S("xFrom x"), true },
		{ TRANSFER_QP, S("x\r\nFrom x"), S("x\nFrom x"), false },
		{ TRANSFER_QP, S("x.x"), S("x=\n.x"), false },
		{ TRANSFER_QP, S("x--b"), S("x=\n--b"), false },
		{ TRANSFER_QP, S("x--b"), S("x=\n=2D-b"), true },
		{ TRANSFER_QP, S("ab"), S("a=\r\nb=\n"), false },
		{ TRANSFER_QP, S("a\r\nb\r\n"), S("a\r\nb\n"), false },
		{ TRANSFER_QP, S("a\xe9"), S("a\xe9"), false },
		{ TRANSFER_QP, S("a\x7f"), S("a\x7f"), false },
		{ TRANSFER_QP, S("a \r\nb"), S("a \nb"), false },
		{ TRANSFER_QP, S("a "), S("a "), false },
		{ TRANSFER_QP, S("a "), S("a=20"), true },
		{ TRANSFER_QP, S("P"), S("=4G"), false },
		{ TRANSFER_QP, S("J"), S("=4a"), false },
		{ TRANSFER_QP, S("J"), S("=4A"), true },
		{ TRANSFER_QP, S("a\r\n"), S("a=4\n"), false },
		{ TRANSFER_QP, S("\x04"), S("\r4"), false },
		{ TRANSFER_QP, S("\x04"), S("=\r4"), false },
		{ TRANSFER_QP, S("a\r\nb"), S("a\r\r\nb"), false },
		{ TRANSFER_QP, S("a\rb"), S("a\rb"), false },
		{ TRANSFER_NONE, S("a"), S("a"), false },
		{ TRANSFER_BASE64, S("a\0"), S("YQ=A"), false },
		{ TRANSFER_BASE64, S("a\r\n"), S("YQ0K"), true },
		{ TRANSFER_BASE64, S("a\r\n"), S("YQ\n0K\n"), true },
		{ TRANSFER_BASE64, S("a\r\n"), S("YQ\n\n0K"), false },
		{ TRANSFER_BASE64, S("a\r\n"), S("YQ 0K"), false },
		{ TRANSFER_BASE64, S("ab"), S("YWI=\r\n"), true },
		{ TRANSFER_BASE64, S("ab"), S("YWI=\r"), false },
		{ TRANSFER_BASE64, S("ab"), S("YWJ="), false },
		{ TRANSFER_BASE64, S("ab"), S("YWI"), false },
		{ TRANSFER_BASE64, S("aab"), S("YQ==YWI="), false },
	};
	struct reencode_check *check = reencode_check_new();
	uint8_t line[80];

	(void)state;
	assert_non_null(check);
	for (size_t i = 0; i < COUNT(cases); i++)
		if (is_taken(check, cases[i].encoding, cases[i].old,
		    cases[i].text) != cases[i].taken)
			fail_msg("case %zu", i);
	memset(line, 'x', sizeof(line));
	for (size_t n = 70; n < 80; n++)
		assert_int_equal(is_taken(check, TRANSFER_QP,
		    (struct span){ line, n }, (struct span){ line, n }),
		    n <= 76);
	reencode_check_free(check);
}

/* --- whole messages */

static const struct {
	struct span m;
	size_t part;
	struct reencode_how how;
	struct span want;
} messages[] = {
	/* a lone dot that is one to some; an LF beside CRLFs is data */
	{ S("A: b\r\n\r\nx\n.\r\ny\r\n"), 0, { BRK_CRLF, BRK_CRLF, 0, 0, 0 },
	    S("A: b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "x=0A.\r\ny\r\n") },
	{ S("A: b\n\nx\n.\ny\n"), 0, { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("A: b\nContent-Transfer-Encoding: quoted-printable\n\n"
	    "x\n=2E\ny\n") },
	{ S("A: b\n\nx\n.\ny\n"), 0, { BRK_LF, BRK_CRLF, 0, 0, 0 },
	    S("A: b\nContent-Transfer-Encoding: quoted-printable\r\n\n"
	    "x\r\n=2E\r\ny\r\n") },
	{ S("A: b\n\nx\r.\0y"), 0, { BRK_LF, BRK_LF, TRANSFER_QP, 0, 0 },
	    S("A: b\nContent-Transfer-Encoding: quoted-printable\n\n"
	    "x=0D.=00y") },
	{ S("A: b\r\n\r\nx\r\r\ny"), 0, { BRK_CRLF, BRK_CRLF, 0, 0, 0 },
	    S("A: b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "x=0D\r\ny") },
	/* the field that is there, whatever it is written like */
	{ S("content-transfer-encoding :  8BIT \nContent-Type: text/plain;\n"
	    "\tcharset=\"utf-8\"\n\nGr\xc3\xbc\xc3\x9f" "e\n"), 0,
	    { BRK_LF, BRK_LF, TRANSFER_QP, 0, 0 },
	    S("content-transfer-encoding :  quoted-printable\n"
	    "Content-Type: text/plain;\n"
	    "\tcharset=\"utf-8\"\n\nGr=C3=BC=C3=9Fe\n") },
	/* mostly not ASCII; lines are CRLFs */
	{ S("Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: 8bit\n\n\xc3\xbc\xc3\x9f\n"), 0,
	    { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\nw7zDnw0K\n") },
	{ S("Content-Type: text/plain; charset=utf-8\n\n\xc3\xbc\n"), 0,
	    { BRK_LF, BRK_LF, TRANSFER_QP, 0, 0 },
	    S("Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n=C3=BC\n") },
	/* not said to be in a charset */
	{ S("A: b\n\n\xe9\xe9.\n"), 0,
	    { BRK_LF, BRK_LF, TRANSFER_BASE64, 1, 0 },
	    S("A: b\nContent-Transfer-Encoding: base64\n\n6ekuDQo=\n") },
	/* binary data: each byte stands for itself */
	{ S("Content-Type: a/b\nContent-Transfer-Encoding: binary\n\n"
	    "\n\r\0\r\n"), 0, { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n"
	    "Cg0ADQo=\n") },
	{ S("Content-Type: a/b\nContent-Transfer-Encoding: binary\n\n"
	    "abc\n"), 0, { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n"
	    "YWJjCg==\n") },
	/* ... and where CRLFs are breaks, lines are just that too */
	{ S("Content-Type: a/b\r\n\r\n\n\r\0\r\n"), 0,
	    { BRK_CRLF, BRK_CRLF, TRANSFER_BASE64, 0, 0 },
	    S("Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "Cg0ADQo=\r\n") },
	/* ... but not in text */
	{ S("Content-Type: text/x\nContent-Transfer-Encoding: binary\n\n"
	    "a\nb"), 0, { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: text/x\nContent-Transfer-Encoding: "
	    "quoted-printable\n\na\nb") },
	/* parts: without a header, and in a message within */
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n.\n--b\n"
	    "A: b\n\nx\n--b--\n"), 1, { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n=2E\n--b\n"
	    "A: b\n\nx\n--b--\n") },
	{ S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\n.\r\n"
	    "--b--\r\n"), 2, { BRK_CRLF, BRK_CRLF, 0, 0, 0 },
	    S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: message/rfc822\r\n\r\nA: b\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=2E\r\n"
	    "--b--\r\n") },
	/* a line that would be a delimiter where it is cut, and one that is
	 * none */
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n"
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "12345678901234--b\n--\n--b--\n"), 1,
	    { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "12345678901234=\n=2D-b\n=2D-\n--b--\n") },
	{ S("From x Mon Jan  1 00:00:00 2024\nA: b\n\nFrom y\n>From z \n"), 0,
	    { BRK_LF, BRK_LF, 0, 0, 0 },
	    S("From x Mon Jan  1 00:00:00 2024\nA: b\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "=46rom y\n>From z=20\n") },
};

static void
one_part_changes(void **state)
{
	struct encodelaws *l = *state;
	struct span made;

	for (size_t i = 0; i < COUNT(messages); i++) {
		const char *bad = encodelaws_message(l, messages[i].m,
		    &messages[i].how);

		if (bad != NULL)
			fail_msg("message %zu: %s", i, bad);
		if (!encodelaws_part(l, messages[i].m, messages[i].part,
		    &messages[i].how, &made))
			fail_msg("message %zu: %s", i, l->why_not);
		if (!span_eq(made, messages[i].want))
			fail_msg("message %zu: %.*s", i, (int)made.n, made.p);
	}
	assert_int_equal(l->refused, 0);
}

static const struct {
	struct span m;
	size_t part;
	const char *why_not;
} alone[] = {
	{ S("Content-Transfer-Encoding: base64\n\nYQ==\n"), 0,
	    "it is encoded" },
	{ S("Content-Transfer-Encoding: Quoted-Printable\n\nYQ==\n"), 0,
	    "it is encoded" },
	{ S("Content-Transfer-Encoding: x-uuencode\n\nYQ==\n"), 0,
	    "its Content-Transfer-Encoding is not 7bit, 8bit or binary" },
	{ S("Content-Transfer-Encoding:\n\nx\n"), 0,
	    "its Content-Transfer-Encoding is not 7bit, 8bit or binary" },
	{ S("Content-Transfer-Encoding: 8bit (x)\n\nx\n"), 0,
	    "its Content-Transfer-Encoding is not 7bit, 8bit or binary" },
	{ S("Content-Transfer-Encoding:\n 8bit\n\nx\n"), 0,
	    "its Content-Transfer-Encoding is not 7bit, 8bit or binary" },
	{ S("Content-Transfer-Encoding: 8bit\n"
	    "Content-Transfer-Encoding: 7bit\n\nx\n"), 0,
	    "a field that is there twice" },
	{ S("Content-Type: text/plain\nContent-type: text/html\n\nx\n"), 0,
	    "a field that is there twice" },
	{ S("A: b\n\n"), 0, "its body is empty" },
	{ S("A: b\n"), 0, "its body is empty" },
	{ S("A: b\nno field\n\nx\n"), 0, "a line in its header is no field" },
	{ S(" A: b\n\nx\n"), 0, "a line in its header is no field" },
	{ S("A: b\rC: d\n\nx\n"), 0, "a bare CR in its header" },
	{ S("A: b\r\r\n\r\nx\n"), 0, "a bare CR in its header" },
	{ S("A: b\n\nx\xe9\n"), 0, "it is not valid in its charset" },
	{ S("Content-Type: text/plain; charset=utf-8\n\nx\xe9\n"), 0,
	    "it is not valid in its charset" },
	{ S("Content-Type: text/plain; charset=utf-8\n\nx\xc3\n\xbc"), 0,
	    "it is not valid in its charset" },
	{ S("Content-Type: text/plain; charset=utf-8\n\nx\xc3"), 0,
	    "it is not valid in its charset" },
	{ S("Content-Type: text/plain; charset=nothing\n\nx\n"), 0,
	    "its charset is not known" },
	{ S("Content-Type: text/plain; charset=utf-16le\n\nx\0\n\0"), 0,
	    "its charset has no line breaks of one byte" },
	{ S("Content-Type: text/plain; charset=utf-8;\n\nx\n"), 0,
	    "its Content-Type cannot be read" },
	{ S("Content-Type: image/png\n\n\0\n"), 0,
	    "it may be binary data" },
	{ S("Content-Type: image/png\n\nx\ry\n"), 0,
	    "it may be binary data" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"), 0,
	    "a multipart or message must not be encoded" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n"), 1,
	    "it is not closed" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b--\n"),
	    2, "it is not closed" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: message/rfc822\n\nA: b\n\nx\n--b--\n"), 1,
	    "a multipart or message must not be encoded" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\nx\n--b--\n"),
	    1, "no empty line behind its header" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\nA: b\nx\n"
	    "--b--\n"), 1, "no empty line behind its header" },
	{ S("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\r"
	    "--b--\n"), 1, "a bare CR ends it" },
	{ S("Content-Type: message/delivery-status\n\nA: b\n"), 0,
	    "a multipart or message must not be encoded" },
};

static void
the_rest_is_left_alone(void **state)
{
	const struct reencode_how how = { .native = BRK_LF, .to = BRK_LF };
	struct encodelaws *l = *state;
	struct span made;

	for (size_t i = 0; i < COUNT(alone); i++) {
		if (encodelaws_part(l, alone[i].m, alone[i].part, &how, &made))
			fail_msg("case %zu: it was encoded", i);
		if (strcmp(l->why_not, alone[i].why_not) != 0)
			fail_msg("case %zu: %s", i, l->why_not);
		assert_false(l->facts.list[0].cut);	/* not itself */
	}
}

static void
what_does_not_fit_is_left_alone(void **state)
{
	struct encodelaws *l = *state;
	const struct reencode_how how = { .native = BRK_LF, .to = BRK_CRLF };
	const struct mime_part other = { .type = "text/plain",
	    .encoding = "7bit", .body = 33, .end = 35 };
	struct mime_part p = { .type = "text/plain", .encoding = "7bit",
	    .body = 1 };
	uint8_t *m = malloc(REENCODE_MAX + 2u);
	struct reencoded r;

	assert_non_null(m);
	memset(m, '\n', REENCODE_MAX + 2u);
	p.end = REENCODE_MAX + 1u;
	assert_true(reencode_part(l->reencode, &p, (struct span){ m,
	    REENCODE_MAX + 1u }, &how, &r));
	assert_true(r.encoding == TRANSFER_QP);
	assert_true(r.body.ins.n == 2 * REENCODE_MAX);
	memset(m + 1, 0, REENCODE_MAX + 1u);	/* base64 at its longest */
	assert_true(reencode_part(l->reencode, &p, (struct span){ m,
	    REENCODE_MAX + 1u }, &how, &r));
	assert_true(r.encoding == TRANSFER_BASE64);
	p.end++;
	assert_false(reencode_part(l->reencode, &p, (struct span){ m, 0 },
	    &how, &r));
	assert_string_equal(r.why_not, "too large to encode");
	p.end = 3;
	assert_false(reencode_part(l->reencode, &p, (struct span){ m, 2 },
	    &how, &r));
	assert_string_equal(r.why_not, "its bytes are not at hand");
	assert_false(reencode_part(l->reencode, &other, (struct span)S(
	    "Content-Transfer-Encoding: 8bit\n\nx\n"), &how, &r));
	assert_string_equal(r.why_not, "its header says something else");
	free(m);
}

/* --- KumoMTA's flags */

static bool
needs_encoding(struct span m)
{
	struct engine_options o = { .checks = 1u << CONFORM_TRANSFER,
	    .codes = conform_codes(1u << CONFORM_TRANSFER) };
	struct engine *first = engine_new(&o), *again;
	struct verdict *v;
	bool found = false;

	o.topics = TOPIC_CONFORM;
	again = engine_new(&o);
	assert_non_null(first);
	assert_non_null(again);
	engine_begin(first, BRK_LF);
	engine_begin_again(again, BRK_LF, NULL);
	engine_feed(first, m);
	engine_feed(again, m);
	v = engine_end(first);
	engine_end_again(again, v);
	for (size_t i = 0; i < v->n; i++)
		found |= v->list[i].code == CODE_CONFORM_TRANSFER;
	engine_free(first);
	engine_free(again);
	return found;
}

static void
kumomta_wants_no_encoding_then(void **state)
{
	static const struct span cases[] = {
		S("Content-Type: text/plain; charset=utf-8\r\n\r\n"
		    "Gr\xc3\xbc\xc3\x9f" "e\r\nfrom here\r\n"),
		S("Content-Type: text/plain; charset=utf-8\n\n\xc3\xbc\n"),
		S("Content-Type: text/html; charset=iso-8859-1\n"
		    "Content-Transfer-Encoding: 8bit\n\n<p>\xe9\xe8 and so on"
		    "</p>\n"),
		S("Content-Type: text/plain; charset=shift_jis\n\n"
		    "\x93\xfa\x96\x7b\n\x93\xfa"),
		S("Content-Type: text/plain; charset=gb18030\n\n"
		    "\xc4\xe3\n\x81\x30\x81\x30\n"),
		S("Content-Type: image/png\nContent-Transfer-Encoding: "
		    "binary\n\n\x89PNG\r\n\x1a\n\0\xff"),
		S("Content-Type: application/x\n\n\xff\xfe\n"),
	};
	struct encodelaws *l = *state;
	struct span made;

	for (size_t i = 0; i < COUNT(cases); i++)
		for (unsigned way = 0; way < 8; way++) {
			const struct reencode_how how = {
				.native = breaks[way & 1],
				.to = breaks[way >> 1 & 1],
				.encoding = (way & 4) != 0 ? TRANSFER_QP : 0,
			};

			assert_true(needs_encoding(cases[i]));
			if (!encodelaws_part(l, cases[i], 0, &how, &made))
				fail_msg("case %zu: %s", i, l->why_not);
			if (needs_encoding(made))
				fail_msg("case %zu: it still does", i);
		}
}

/* --- messages by chance */

static const char *
one_of(struct gen *g, const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return list[gen_below(g, n)];
}

static void
put(struct gen *g, const char *s)
{
	gen_add(g, (struct span){ (const uint8_t *)s, strlen(s) });
}

static void
put_part(struct gen *g, unsigned depth)
{
	static const char *const heads[] = { "", "A: b\n", "A: b\r\n",
	    "Content-Type: text/plain; charset=utf-8\r\n",
	    "Content-Type: text/html; charset=iso-8859-1\n",
	    "Content-Type: image/png\n", "Content-Type: message/rfc822\n\n",
	    "Content-Transfer-Encoding: binary\nContent-Type: x/y\r\n",
	    "Content-Transfer-Encoding: 8bit\r\n", "x\n", "\rA: b\n", NULL };
	static const char *const ends[] = { "\n", "\r\n", "\r", "\r\r\n",
	    "\n", "\r\n", "\n", NULL };
	static const char *const texts[] = { ".", "..", "From x", "--", "--b",
	    "--b1 ", "text", "\xe9", "\xc3\xbc\xc3\xbc\xc3\xbc", "=", "a b ",
	    "-- ", "--b0x", ">From x", "a: b", "\x01", "0123456789012345678"
	    "90123456789012345678901234567890123456789012345678901--b1",
	    NULL };
	char boundary[8];

	if (depth > 0 && depth < 4 && gen_below(g, 3) == 0) {
		(void)snprintf(boundary, sizeof(boundary), "b%u", depth);
		put(g, "Content-Type: multipart/mixed; boundary=");
		put(g, boundary);
		put(g, "\n\n");
		for (size_t i = gen_below(g, 3) + 1; i > 0; i--) {
			put(g, "\n--");
			put(g, boundary);
			put(g, "\n");
			put_part(g, depth - 1);
		}
		if (gen_below(g, 4) > 0) {
			put(g, one_of(g, ends));
			put(g, "--");
			put(g, boundary);
			put(g, "--\n");
		}
		return;
	}
	for (size_t i = gen_below(g, 3); i > 0; i--)
		put(g, one_of(g, heads));
	if (gen_below(g, 8) > 0)
		put(g, one_of(g, ends));
	for (size_t i = gen_below(g, 6); i > 0; i--) {
		put(g, one_of(g, texts));
		put(g, one_of(g, ends));
	}
	put(g, one_of(g, texts));
}

static void
nothing_else_changes(void **state)
{
	static struct gen g = { .seed = 977 };
	struct encodelaws *l = *state;

	l->tried = l->done = 0;
	for (unsigned i = 0; i < 20000; i++) {
		const struct reencode_how how = {
			.native = breaks[gen_below(&g, 2)],
			.to = breaks[gen_below(&g, 2)],
			.encoding = (enum transfer_encoding)gen_below(&g, 3),
			.any_charset = gen_below(&g, 2) == 0,
		};
		const char *bad;

		g.n = 0;
		put_part(&g, 3);
		for (size_t k = 0; k + 1 < g.n && (i & 1) != 0; k++)
			if (g.p[k] == '\r' && g.p[k + 1] != '\n')
				g.p[k] = '\n';
		bad = encodelaws_message(l, (struct span){ g.p, g.n }, &how);
		if (bad != NULL)
			fail_msg("message %u, part %zu: %s: %.*s", i,
			    l->part, bad, (int)g.n, g.p);
	}
	print_message("# %zu of %zu parts were encoded, %zu refused\n",
	    l->done, l->tried, l->refused);
	assert_true(l->refused < l->done / 20);
	assert_true(l->done > l->tried / 10);
}

static int
open_laws(void **state)
{
	static struct encodelaws l;

	*state = &l;
	return encodelaws_open(&l, GEN_MAX) ? 0 : -1;
}

static int
close_laws(void **state)
{
	encodelaws_close(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_body_can_be_decoded),
		cmocka_unit_test(lines_are_broken_well),
		cmocka_unit_test(random_bodies_can_be_decoded),
		cmocka_unit_test(the_check_takes_what_is_right_alone),
		cmocka_unit_test(the_check_sees_long_and_bad_lines),
		cmocka_unit_test(one_part_changes),
		cmocka_unit_test(the_rest_is_left_alone),
		cmocka_unit_test(what_does_not_fit_is_left_alone),
		cmocka_unit_test(kumomta_wants_no_encoding_then),
		cmocka_unit_test(nothing_else_changes),
	};

	return cmocka_run_group_tests(tests, open_laws, close_laws);
}

/*
 * KumoMTA's conformance checks: its published cases, and the laws that the
 * flags are those of a whole message in memory, whatever the spans are.
 */
#include "conform_oracle.h"

#include <stdio.h>
#include <stdlib.h>

#include "rig.h"
#include "t.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

#define COLON (1u << CONFORM_COLON)
#define LINE_ENDS (1u << CONFORM_LINE_ENDS)
#define NAME_SPACE (1u << CONFORM_NAME_SPACE)
#define LINE_LONG (1u << CONFORM_LINE_LONG)
#define TRANSFER (1u << CONFORM_TRANSFER)
#define DATE (1u << CONFORM_DATE)
#define MESSAGE_ID (1u << CONFORM_MESSAGE_ID)
#define MIME_VERSION (1u << CONFORM_MIME_VERSION)
#define MIME_HEADERS (1u << CONFORM_MIME_HEADERS)
#define TOP (DATE | MESSAGE_ID | MIME_VERSION)

/* What one engine says of a message. */
struct said {
	unsigned flags;
	bool error;
	const struct verdict *verdict;
};

struct pair {
	struct engine *first, *again;
};

static struct pair
pair_new(enum eol_mode eol, unsigned checks)
{
	struct engine_options o = { .eol = eol, .checks = checks,
	    .codes = conform_codes(checks) };
	struct pair p = { .first = engine_new(&o) };

	o.topics = TOPIC_CONFORM;
	p.again = engine_new(&o);
	assert_non_null(p.first);
	assert_non_null(p.again);
	return p;
}

static void
pair_free(struct pair *p)
{
	engine_free(p->first);
	engine_free(p->again);
}

/* Pieces in memory of their own, so that the sanitizer sees a byte too far. */
static void
feed(struct pair *p, struct span s)
{
	uint8_t *own = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(own);
	if (s.n > 0)
		memcpy(own, s.p, s.n);
	engine_feed(p->first, (struct span){ own, s.n });
	engine_feed(p->again, (struct span){ own, s.n });
	free(own);
}

static struct said
said_of(const struct verdict *v)
{
	struct said out = { .verdict = v };

	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == CODE_CONFORM_PARSE)
			out.error = true;
		else
			out.flags |= 1u << (v->list[i].code -
			    CODE_CONFORM_COLON);
	return out;
}

/* In pieces of step bytes. */
static struct said
judge(struct pair *p, struct span m, size_t step)
{
	struct verdict *v;

	engine_begin(p->first, BRK_CRLF);
	engine_begin_again(p->again, BRK_CRLF, NULL);
	for (size_t i = 0; i < m.n; i += step)
		feed(p, (struct span){ m.p + i,
		    m.n - i < step ? m.n - i : step });
	v = engine_end(p->first);
	engine_end_again(p->again, v);
	return said_of(v);
}

/* --- KumoMTA's own cases */

#define LONG "Hello this is a really long line Hello this is a really " \
	"long line Hello this is a really long line "

static const struct {
	struct span m;
	unsigned flags;
} cases[] = {
	{ S(""), TOP },
	{ S("Subject: hello there\nFrom:  Someone <someone@example.com>\n\n"
	    "I am the body"), TOP | LINE_ENDS },
	{ S("Subject: hello there\r\nFrom: <someone@example.com>\r\n\r\n"
	    "I am the body"), TOP },
	{ S("Subject\r\nOther:\r\n"
	    "Content-Type: multipart/alternative; boundary=foobar\r\n"
	    "Mime-Version: 1.0\r\n"
	    "Date: Sun, 02 Oct 2016 07:06:22 -0700 (PDT)\r\n\r\n"
	    "The body.\r\n"), COLON | MESSAGE_ID },
	{ S("X-Hello: there\r\nX-Header: value\r\nSubject: Hello\r\n"
	    "X-Header: another value\r\nFrom :Someone@example\r\n\r\nBody"),
	    TOP | NAME_SPACE },
	{ S("Subject: hello\r\nMessage-ID: <<1234@example.com>>\r\n\r\n"
	    "Hello"), TOP },
	{ S("Subject: hello\r\nMessage-ID: <<1234@example.com>>\r\n\r\n"
	    LONG LONG "\n"), TOP | LINE_LONG | LINE_ENDS },
	{ S("Subject: \xa3\r\n\r\nGBP\r\n"), TOP | TRANSFER },
	{ S("Subject: hello\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "2KrYs9iqDQoNCg==\r\n"), TOP | TRANSFER },
	{ S("Subject: hello\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "2KrYs9iqDQoNCg==\r\n"), TOP },
	{ S("Subject: hello\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "VGhlIGNvc3QgaXMgozQyLjAwCg==\r\n"), TOP | TRANSFER },
	{ S("Subject: hello\r\nContent-Type: text/plain; charset=latin1\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "VGhlIGNvc3QgaXMgozQyLjAwCg==\r\n"), TOP },
	{ S("Subject: hello\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nowo=\r\n"),
	    TOP | TRANSFER },
	{ S("Subject: hello there\r\nMime-Version: 1.0\r\n"
	    "Content-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nhello\r\n"),
	    DATE | MESSAGE_ID | TRANSFER },
	{ S("Mime-Version: 1.0\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\naHRtbD4NCi==\r\n"),
	    DATE | MESSAGE_ID },
	{ S("Subject: This is a test email\n"
	    "Content-Type: multipart/alternative; boundary=foobar\n"
	    "Mime-Version: 1.0\n"
	    "Date: Sun, 02 Oct 2016 07:06:22 -0700 (PDT)\n\n--foobar\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "Proof by Euro: =E2=82=AC\n--foobar\nContent-Type: text/html\n"
	    "Content-Transfer-Encoding: base64\n\n"
	    "PGh0bWw+PGJvZHk+VGhpcyBpcyB0aGUgPGI+SFRNTDwvYj4gdmVyc2lvbiwgaW4"
	    "g \ndXMtYXNjaWkuIFByb29mIGJ5IEV1cm86ICZldXJvOzwvYm9keT48L2h0bWw"
	    "+Cg== \n--foobar--\nAfter the final boundary\n"),
	    MESSAGE_ID | LINE_ENDS },
	{ S("Content-Disposition: attachment; filename=@\n\n\n"),
	    TOP | LINE_ENDS | MIME_HEADERS },
	{ S("Content-Disposition: attachment; filename= "
	    "=?UTF-8?B?5pel5pys?=\r\n\r\n"), TOP },
	{ S("Content-Disposition: attachment; filename="
	    "\"=?UTF-8?B?5pel5pys?=\"\r\nContent-Type: text/plain;\r\n"
	    "   name=\"=?UTF-8?B?5pel5pys?=\"\r\n\r\n\r\n"), TOP },
	/* and some of our own */
	{ S("Mime-Version: 1.0\r\nDate: Mon, 02 Oct 2016 07:06:22 -0700\r\n"
	    "Message-ID: <1@example.com>\r\n\r\n"), DATE },
	{ S("Mime-Version \nMime-Version:   1.0\r\n\r\n"),
	    DATE | MESSAGE_ID | NAME_SPACE | COLON | LINE_ENDS },
	{ S("Mime-Version\nMime-Version: 1.0\r\n\r\n"),
	    TOP | COLON | LINE_ENDS },
	{ S("Mime-Version:\t1.0\r\n\r\n"), TOP },
	{ S("Mime-Version : 1.0\r\n\r\n"),
	    DATE | MESSAGE_ID | NAME_SPACE },
	{ S("A\r\nMime-Version"), TOP | COLON },
	{ S("A: b\r\nMime-Version "), TOP | NAME_SPACE },
	{ S("Content-Type: text/plain; charset=utf-8;\r\n\r\n\r\n"),
	    TOP | MIME_HEADERS },
	{ S("Content-Transfer-Encoding: 8-bit\r\n\r\n\r\n"),
	    TOP | MIME_HEADERS },
	{ S("Content-Type: text/plain; charset=x-nope\r\n\r\n\r\n"),
	    TOP | TRANSFER },
	{ S("Content-Type: image/png; charset=x-nope\r\n\r\n\r\n"), TOP },
	{ S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: text/plain; charset=x-nope\r\n\r\n--b--\r\n"),
	    TOP | TRANSFER },
	{ S("Content-Type: Multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: text/plain; charset=x-nope\r\n\r\n--b--\r\n"),
	    TOP },	/* in lower case only */
	{ S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n"
	    "Content-ID: 1\r\n\r\n"), TOP | MIME_HEADERS },
	{ S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
	    "--b--\r\nContent-ID: 1\r\n\r\n"), TOP },
};

static void
its_published_cases_have_its_flags(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step < 4096; step *= 8) {
			const struct said s = judge(&p, cases[i].m, step);

			if (s.error || s.flags != cases[i].flags)
				fail_msg("case %zu, step %zu: %x, not %x: %s",
				    i, step, s.flags, cases[i].flags,
				    s.verdict->would_reject);
		}
	pair_free(&p);
}

/* --- what it answers */

static const struct {
	struct span m;
	const char *text;
	uint64_t off;
} errors[] = {
	{ S(" x"), "invalid header: header block must not start with spaces",
	    0 },
	{ S("\fx"), "invalid header: header block must not start with spaces",
	    0 },
	{ S("A: b\r\n\fC: d\r\n\r\n"),
	    "invalid header: header cannot start with space", 6 },
	{ S("A\r\n b\r\n\r\n"),
	    "invalid header: header cannot start with space", 3 },
	{ S("A: b\r\n\rC: d\r\n\r\n"), "invalid header: lone CR in header",
	    6 },
	{ S("A: b\r\n\r"), "invalid header: lone CR in header", 6 },
	{ S("A: b\r\nC\xc3\xa4: d\r\n\r\n"), "invalid header: header name "
	    "must be comprised of printable US-ASCII characters. Found 195",
	    7 },
	{ S("A\x7f: b"), "invalid header: header name must be comprised of "
	    "printable US-ASCII characters. Found 127", 1 },
	{ S("A\x01: b"), "invalid header: header name must be comprised of "
	    "printable US-ASCII characters. Found 1", 1 },
	{ S("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    " text\r\n--b--\r\n"),
	    "invalid header: header block must not start with spaces", 50 },
};

static void
what_it_cannot_parse_has_its_error(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		for (size_t step = 1; step < 128; step += 3) {
			const struct said s = judge(&p, errors[i].m, step);

			assert_true(s.error);
			assert_int_equal(s.flags, 0);
			assert_string_equal(s.verdict->would_reject,
			    errors[i].text);
			assert_true(s.verdict->list[0].where->off[0] ==
			    errors[i].off);
		}
	pair_free(&p);
}

static void
only_what_is_checked_is_reported(void **state)
{
	static const struct span m = S("From :a@example.com\r\n\r\nx\n");
	struct pair all = pair_new(EOL_WIRE, CONFORM_ALL);
	struct pair two = pair_new(EOL_WIRE, LINE_ENDS | COLON);
	struct pair none = pair_new(EOL_WIRE, 0);
	struct said s = judge(&all, m, 7);

	(void)state;
	assert_string_equal(s.verdict->would_reject, "Message has conformance "
	    "issues: MISSING_DATE_HEADER|MISSING_MESSAGE_ID_HEADER|"
	    "MISSING_MIME_VERSION|NAME_ENDS_WITH_SPACE|"
	    "NON_CANONICAL_LINE_ENDINGS");
	s = judge(&two, m, 7);
	assert_int_equal(s.flags, LINE_ENDS);
	assert_string_equal(s.verdict->would_reject, "Message has conformance "
	    "issues: NON_CANONICAL_LINE_ENDINGS");
	s = judge(&none, m, 7);
	assert_int_equal(s.flags, 0);
	assert_null(s.verdict->would_reject);
	pair_free(&all);
	pair_free(&two);
	pair_free(&none);
}

static void
names_are_kumomtas(void **state)
{
	struct span bad;
	unsigned checks = 99;

	(void)state;
	assert_true(conform_parse("", &checks, &bad));
	assert_int_equal(checks, 0);
	assert_true(conform_parse("LINE_TOO_LONG|MISSING_COLON_VALUE",
	    &checks, &bad));
	assert_int_equal(checks, LINE_LONG | COLON);
	assert_true(conform_parse("|all|", &checks, &bad));
	assert_int_equal(checks, CONFORM_ALL);
	assert_false(conform_parse("LINE_TOO_LONG|spoon|COLON", &checks,
	    &bad));
	assert_true(span_eq(bad, SPAN("spoon")));
	assert_int_equal(checks, CONFORM_ALL);
	assert_false(conform_parse("line_too_long", &checks, &bad));
	for (size_t i = 1; i < CONFORM_FLAGS; i++)
		assert_true(strcmp(conform_names[i - 1].name,
		    conform_names[i].name) < 0);
}

/* --- places and counts */

static const struct {
	struct span m;
	enum conform_flag flag;
	uint64_t count, off[3];
} places[] = {
	{ S("A: b\r\n\r\nx\ny\rz\r\n\n"), CONFORM_LINE_ENDS, 3,
	    { 9, 11, 15 } },
	{ S("A: b\r\n\r\nx\r\r\n"), CONFORM_LINE_ENDS, 1, { 9 } },
	{ S("A : b\r\nC \t: d\r\n\r\n"), CONFORM_NAME_SPACE, 2, { 1, 8 } },
	{ S("A: b\r\nC\r\nD\n\r\n"), CONFORM_COLON, 2, { 6, 9 } },
	{ S("A: \x80\r\n\r\n\xff\xfe"), CONFORM_TRANSFER, 3, { 3, 8, 9 } },
	{ S("Content-Transfer-Encoding: base64\r\n\r\nAA!A"),
	    CONFORM_TRANSFER, 1, { 39 } },
	{ S("Content-Transfer-Encoding: base64\r\n\r\nAAA"),
	    CONFORM_TRANSFER, 1, { 40 } },
	{ S("A: b\r\nContent-Type: text/x; charset=x\r\n\r\n"),
	    CONFORM_TRANSFER, 1, { 6 } },
	{ S("A: b\r\nContent-Type: x\r\nContent-ID: x\r\n\r\n"),
	    CONFORM_MIME_HEADERS, 2, { 6, 23 } },
	{ S("A: b\r\nDate: x\r\n\r\n"), CONFORM_DATE, 1, { 6 } },
	{ S("A: b\r\n\r\nDate: x\r\n"), CONFORM_DATE, 1, { 6 } },
	{ S("A: b\r\n"), CONFORM_DATE, 1, { 6 } },
};

static void
each_flag_says_where(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (size_t step = 1; step < 64; step *= 3) {
			const struct said s = judge(&p, places[i].m, step);
			const struct spots *w = NULL;

			for (size_t k = 0; k < s.verdict->n; k++)
				if (s.verdict->list[k].code ==
				    CODE_CONFORM_COLON + places[i].flag)
					w = s.verdict->list[k].where;
			assert_non_null(w);
			assert_true(w->count == places[i].count);
			for (size_t k = 0; k < w->count; k++)
				if (w->off[k] != places[i].off[k])
					fail_msg("place %zu.%zu: %u", i, k,
					    (unsigned)w->off[k]);
		}
	pair_free(&p);
}

/* A line of n bytes, behind `before`, that ends with `after`. */
static unsigned
flags_of_line(struct pair *p, const char *before, size_t n, const char *after)
{
	struct span m;
	uint8_t buf[256];
	size_t len = strlen(before);

	memcpy(buf, before, len);
	memset(buf + len, 'x', n);
	memcpy(buf + len + n, after, strlen(after));
	m = (struct span){ buf, len + n + strlen(after) };
	return judge(p, m, 50).flags & LINE_LONG;
}

static void
lines_are_measured_from_lf_to_lf(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);

	(void)state;
	for (size_t n = 70; n < 90; n++) {
		const unsigned at_77 = n >= 77 ? LINE_LONG : 0;
		const unsigned at_78 = n >= 78 ? LINE_LONG : 0;
		const unsigned at_79 = n >= 79 ? LINE_LONG : 0;

		assert_int_equal(flags_of_line(&p, "A: b\r\n\r\n", n, "\r\n"),
		    at_77);
		assert_int_equal(flags_of_line(&p, "A: b\r\n\r\n", n, "\n"),
		    at_78);
		assert_int_equal(flags_of_line(&p, "A: b\r\n\r\n", n, ""), 0);
		assert_int_equal(flags_of_line(&p, "", n, "\r\n"), at_77);
		assert_int_equal(flags_of_line(&p, "", n, ""), at_79);
		assert_int_equal(flags_of_line(&p, "x: ", n - 3, "\r\n"),
		    at_78);
		assert_int_equal(flags_of_line(&p, "x: ", n - 3, ""), at_79);
		assert_int_equal(flags_of_line(&p, "a: b\nx: ", n - 3, ""),
		    at_79);
	}
	pair_free(&p);
}

/* --- the laws */

static void
show(struct span m)
{
	for (size_t i = 0; i < m.n; i++)
		if (m.p[i] >= ' ' && m.p[i] < 127)
			print_error("%c", m.p[i]);
		else
			print_error("\\x%02x", m.p[i]);
	print_error("\n");
}

static void
agree(struct pair *p, struct span m, struct span wire, size_t step)
{
	const struct said s = judge(p, m, step);
	struct conform_oracle o;

	conform_oracle(&o, wire);
	assert_false(o.beyond);
	if (s.error == (o.error != HEAD_FINE) &&
	    (s.error || s.flags == o.flags))
		return;
	show(m);
	fail_msg("step %zu: %x, error %d; not %x, error %d", step, s.flags,
	    (int)s.error, o.flags, (int)o.error);
}

static void
lone_crs_and_lfs_are_found_in_all_short_strings(void **state)
{
	struct pair p = pair_new(EOL_WIRE, LINE_ENDS);
	uint8_t buf[2 + 7] = "\r\n";

	(void)state;
	for (size_t i = 0; i < rig_strings(SPAN("\r\nx"), 7); i++) {
		const struct span m = { buf, 2 + rig_string(SPAN("\r\nx"),
		    i, buf + 2) };

		for (size_t step = 1; step < 4; step++)
			assert_int_equal(judge(&p, m, step).flags,
			    oracle_has_lone(m) ? LINE_ENDS : 0);
	}
	pair_free(&p);
}

static void
all_short_header_blocks_are_read_as_kumomta_does(void **state)
{
	static const struct span abc = S("A: \r\n\x80");
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);
	uint8_t buf[8];

	(void)state;
	for (size_t i = 0; i < rig_strings(abc, 6); i++) {
		const struct span m = { buf, rig_string(abc, i, buf) };

		agree(&p, m, m, 1 + i % 5);
	}
	pair_free(&p);
}

/* What a MIME message may be made of. */
static const struct span pieces[] = {
	S("\r\n"), S("\n"), S("\r"), S("\r\n\r\n"), S("\n\n"), S("--b"),
	S("\n--b"), S("\r\n--b\r\n"), S("\n--bc\n"), S("\r\n--b--"), S("--"),
	S("-"), S("c"), S("\n--bc--\n"), S("x y"), S("Content-ID: <a@b>"),
	S("Content-ID: a"), S("A: b"), S("A : b"), S(" "), S("\xc3\xa4"),
	S("Content-Type: multipart/mixed; boundary=b\r\n"),
	S("Content-Type: multipart/mixed; boundary=bc\r\n"),
	S("Content-Type: text/plain; charset=utf-8\r\n"),
	S("Content-Type: text/plain; charset=x\r\n"),
	S("Content-Type: multipart/x; boundary=\"\"\r\n\r\n"),
	S("Content-Transfer-Encoding: base64\r\n"),
	S("Content-Transfer-Encoding: quoted-printable\r\n\r\n"), S("AAAA"),
	S("A=="), S("=C3=A4"), S("=\r\n"), S("=C3"),
	S("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b"),
	S("Content-Disposition: x;"), S("Mime-Version: 1.0\r\n"),
	S("0123456789012345678901234567890123456789"),
};

#define PIECES_N (sizeof(pieces) / sizeof(pieces[0]))

static uint32_t seed;

static size_t
some(size_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (size_t)(seed >> 8) % n;
}

/* Often a multipart at the start: else little of the rest is of use. */
static size_t
make_message(uint8_t *out)
{
	size_t len = 0;

	for (size_t n = some(14); n > 0; n--) {
		const struct span s = pieces[len == 0 && some(2) == 0 ?
		    21 + some(2) : some(PIECES_N)];

		memcpy(out + len, s.p, s.n);
		len += s.n;
	}
	return len;
}

static void
mime_is_read_as_kumomta_does(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);
	uint8_t buf[1024];

	(void)state;
	seed = 1;
	for (size_t i = 0; i < 60000; i++) {
		const struct span m = { buf, make_message(buf) };

		agree(&p, m, m, 1 + some(40));
	}
	pair_free(&p);
}

static void
what_stands_for_crlf_is_one(void **state)
{
	struct pair lf = pair_new(EOL_LF, CONFORM_ALL);
	struct pair wire = pair_new(EOL_AUTO, CONFORM_ALL);
	uint8_t buf[1024], out[2048];

	(void)state;
	seed = 2;
	for (size_t i = 0; i < 10000; i++) {
		const struct span m = { buf, make_message(buf) };
		const size_t step = 1 + some(40);
		const enum convention c =
		    judge(&wire, m, step).verdict->convention;
		struct span w = m;

		agree(&lf, m, (struct span){ out,
		    oracle_expand(m, '\n', out) }, step);
		if (c != CONV_CRLF)
			w = (struct span){ out, oracle_expand(m,
			    c == CONV_LF ? '\n' : '\r', out) };
		agree(&wire, m, w, step);
	}
	pair_free(&lf);
	pair_free(&wire);
}

static void
assert_same(const struct verdict *a, const struct verdict *b, struct span m)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++) {
		const struct spots *x = a->list[i].where;
		const struct spots *y = b->list[i].where;

		same = a->list[i].code == b->list[i].code &&
		    x->count == y->count && memcmp(x->off, y->off,
		    spots_kept(x) * sizeof(x->off[0])) == 0 &&
		    x->context.off == y->context.off &&
		    x->context.n == y->context.n && memcmp(x->context.bytes,
		    y->context.bytes, x->context.n) == 0;
	}
	if (same)
		return;
	show(m);
	fail_msg("it matters how the message is cut");
}

static void
spans_do_not_matter(void **state)
{
	struct pair whole = pair_new(EOL_AUTO, CONFORM_ALL);
	struct pair parts = pair_new(EOL_AUTO, CONFORM_ALL);
	uint8_t buf[1024];

	(void)state;
	seed = 3;
	for (size_t i = 0; i < 20000; i++) {
		const struct span m = { buf, make_message(buf) };

		assert_same(judge(&whole, m, SIZE_MAX / 2).verdict,
		    judge(&parts, m, 1 + some(30)).verdict, m);
	}
	pair_free(&whole);
	pair_free(&parts);
}

/* A message that is too long to be kept until its convention is known. */
static size_t
make_long_message(uint8_t *out)
{
	const uint8_t eol = some(2) == 0 ? '\r' : '\n';
	size_t n = make_message(out);

	for (const size_t end = n + (260u << 10); n < end; n++)
		out[n] = n % 64 == 0 ? eol : 'x';
	return n + make_message(out + n);
}

static void
a_second_look_says_the_same(void **state)
{
	struct pair p = pair_new(EOL_AUTO, CONFORM_ALL);
	struct pair q = pair_new(EOL_AUTO, CONFORM_ALL);
	static uint8_t buf[300000];

	(void)state;
	seed = 4;
	for (size_t i = 0; i < 2200; i++) {
		const struct span m = { buf, i < 200 ?
		    make_long_message(buf) : make_message(buf) };
		const size_t step = i < 200 ? 1 + some(90000) : 5;
		struct verdict *v;

		engine_begin(q.first, BRK_CRLF);
		engine_feed(q.first, m);
		v = engine_end(q.first);
		engine_begin_again(q.again, BRK_CRLF, v);
		engine_feed(q.again, m);
		engine_end_again(q.again, v);
		assert_same(judge(&p, m, step).verdict, v, m);
	}
	pair_free(&p);
	pair_free(&q);
}

/* --- limits */

static void
many_levels_and_long_values_do_no_harm(void **state)
{
	struct pair p = pair_new(EOL_WIRE, CONFORM_ALL);
	static uint8_t buf[400000];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 60; i++)
		n += (size_t)snprintf((char *)buf + n, sizeof(buf) - n,
		    "Content-Type: multipart/x; boundary=b%zu\r\n\r\n"
		    "--b%zu\r\n", i, i);
	assert_int_equal(judge(&p, (struct span){ buf, n }, 100).flags, TOP);
	n = (size_t)snprintf((char *)buf, sizeof(buf),
	    "Date: x\r\nContent-Type: text/plain; x=");
	memset(buf + n, 'x', 300000);
	assert_int_equal(judge(&p, (struct span){ buf, n + 300000 },
	    70000).flags, TOP | LINE_LONG);
	for (n = 0; n < sizeof(buf); n++)
		buf[n] = n % 3 == 0 ? '\n' : '-';
	assert_true(judge(&p, (struct span){ buf, n }, 4096).flags != 0);
	pair_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_published_cases_have_its_flags),
		cmocka_unit_test(what_it_cannot_parse_has_its_error),
		cmocka_unit_test(only_what_is_checked_is_reported),
		cmocka_unit_test(names_are_kumomtas),
		cmocka_unit_test(each_flag_says_where),
		cmocka_unit_test(lines_are_measured_from_lf_to_lf),
		cmocka_unit_test(
		    lone_crs_and_lfs_are_found_in_all_short_strings),
		cmocka_unit_test(
		    all_short_header_blocks_are_read_as_kumomta_does),
		cmocka_unit_test(mime_is_read_as_kumomta_does),
		cmocka_unit_test(what_stands_for_crlf_is_one),
		cmocka_unit_test(spans_do_not_matter),
		cmocka_unit_test(a_second_look_says_the_same),
		cmocka_unit_test(many_levels_and_long_values_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Repairs of header blocks: laws on all short ones, and named cases.
 */
#include <stdlib.h>

#include "date.h"
#include "gen.h"
#include "headlaws.h"
#include "t.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX 65536u
#define DATE "Tue, 5 Aug 2025 09:03:07 +0000"
#define ID "<1@example.com>"
#define X10 "xxxxxxxxxx"
#define X20 X10 X10
#define X40 X20 X20
#define A30 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define ALL HEADER_FIX_FLAGS

static const struct header_fix_options all = { .flags = ALL, .to = BRK_LF,
    .date = DATE, .message_id = ID };

/* --- laws */

static void
check(struct headlaws *l, struct span m, unsigned how)
{
	struct headlaws_case c = { .m = m, .o = all, .step = 1 + how % 3,
	    .convention = how & 1 ? CONV_CRLF : CONV_LF };
	const char *bad;

	c.o.to = how & 1 ? BRK_CRLF : BRK_LF;
	c.o.breaks_fixed = (how >> 1) % 4 == 3;
	if (how % 5 == 4)
		c.o.flags = how >> 3;
	bad = headlaws_check(l, &c);
	if (bad != NULL)
		fail_msg("%s: how %u of [%.*s]", bad, how, (int)m.n,
		    (const char *)m.p);
}

static const struct {
	const char *p;
	size_t n;
} tokens[] = {
#define T(s) { s, sizeof(s) - 1 }
	T("\n"), T("\r"), T(" "), T(":"), T("."), T("Date"), T("Status: "),
	T("Content-Type: text/plain; name=\""), T("\r\n"), T("\t"), T(X40),
	T(X20 " " X40), T("\0"), T("Subject: "), T("\n\nx"), T("From "),
	T("                                        "), T("\""), T("\\"),
	T("Message-ID:" ID "\n"), T("Mime-Version: 1.0\r\n"),
	T("multipart/mixed; boundary=\"a b\""), T("\xe9"),
#undef T
};

static void
laws_hold_for_every_short_header(void **state)
{
	const size_t all_tokens = N(tokens);
	struct headlaws l;
	uint8_t m[256];

	(void)state;
	headlaws_open(&l, sizeof(m));
	for (size_t n = 0, count = 1; n <= 3; n++, count *= all_tokens)
		for (size_t i = 0; i < count; i++) {
			size_t size = 0;

			for (size_t k = 0, r = i; k < n; k++) {
				const size_t t = r % all_tokens;

				memcpy(m + size, tokens[t].p, tokens[t].n);
				size += tokens[t].n;
				r /= all_tokens;
			}
			check(&l, (struct span){ m, size }, (unsigned)i);
		}
	headlaws_close(&l);
}

static void
laws_hold_for_random_headers(void **state)
{
	struct gen *g = malloc(sizeof(*g));
	struct headlaws l;

	(void)state;
	assert_non_null(g);
	g->seed = 0x4ead;
	headlaws_open(&l, GEN_MAX);
	for (size_t i = 0; i < 15000; i++) {
		const size_t fields = gen_below(g, 4) + 1;

		g->n = 0;
		for (size_t f = 0; f < fields; f++) {
			const size_t k = gen_below(g, 12);

			gen_add(g, SPAN("Subject: "));
			for (size_t j = 0; j < k; j++) {
				const size_t t = gen_below(g, N(tokens));

				gen_add(g, (struct span){ (const uint8_t *)
				    tokens[t].p, tokens[t].n });
				gen_fill(g, 'x', gen_below(g, 12));
			}
			gen_add(g, (i & 1) != 0 ? SPAN("\r\n") : SPAN("\n"));
		}
		gen_add(g, (i & 1) != 0 ? SPAN("\r\nbody\r\n") :
		    SPAN("\nbody\n"));
		check(&l, (struct span){ g->p, g->n },
		    (unsigned)(gen_below(g, 4096) << 1 | (i & 1)));
	}
	headlaws_close(&l);
	free(g);
}

/* --- named cases */

struct fix_case {
	const char *what;
	const char *old, *new;
	unsigned flags, left;
	const char *why_not;
};

#define HAS "Date: " DATE "\nMessage-ID: " ID "\nMime-Version: 1.0\n"
#define NOTHING "there is no value for a field that is missing"

static const struct fix_case fix_cases[] = {
	{ "all that is missing", "Subject: x\n\nbody\n",
	    "Subject: x\nDate: " DATE "\nMessage-ID: " ID
	    "\nMIME-Version: 1.0\n\nbody\n", ALL, 0, NULL },
	{ "only what was asked", "Subject: x\n\nbody\n",
	    "Subject: x\nMIME-Version: 1.0\n\nbody\n",
	    1u << CONFORM_MIME_VERSION, 0, NULL },
	{ "no fields at all", "\nbody\n", "Date: " DATE "\n\nbody\n",
	    1u << CONFORM_DATE, 0, NULL },
	{ "nothing to do", HAS "\nbody\n", HAS "\nbody\n", ALL, 0, NULL },
	{ "a name in another case", "DATE: " DATE "\n\n",
	    "DATE: " DATE "\n\n", 1u << CONFORM_DATE, 0, NULL },
	{ "a Date that cannot be read", "Date: yesterday\n\nbody\n",
	    "Date: yesterday\n\nbody\n", 1u << CONFORM_DATE,
	    1u << CONFORM_DATE, "the Date cannot be read" },
	{ "a Message-ID that cannot be read", "Message-ID: <<1@a>>\n\n",
	    "Message-ID: <<1@a>>\n\n", 1u << CONFORM_MESSAGE_ID,
	    1u << CONFORM_MESSAGE_ID, "the Message-ID cannot be read" },
	{ "a Date in the body is none", "A: b\n\nDate: " DATE "\n",
	    "A: b\nDate: " DATE "\n\nDate: " DATE "\n", 1u << CONFORM_DATE, 0,
	    NULL },
	{ "no empty line", "A: b\n", "A: b\n", 1u << CONFORM_DATE,
	    1u << CONFORM_DATE,
	    "there is no empty line behind the header block" },
	{ "a line that is no field", "A: b\nwhat is this\n\n",
	    "A: b\nwhat is this\n\n", 1u << CONFORM_DATE, 1u << CONFORM_DATE,
	    "a line of the header block is none to other readers" },
	{ "spaces before colons", HAS "A : b\nB\t \t \t: c\n\nx : y\n",
	    HAS "A: b\nB: c\n\nx : y\n", ALL, 0, NULL },
	{ "a space inside a name", HAS "A b: c\n\n", HAS "A b: c\n\n",
	    1u << CONFORM_NAME_SPACE, 1u << CONFORM_NAME_SPACE,
	    "a line of the header block is none to other readers" },
	{ "notes of a store", HAS "Status : R\nX-UID: 1" X40 " " X40 "\n\n",
	    HAS "Status : R\nX-UID: 1" X40 " " X40 "\n\n", ALL,
	    1u << CONFORM_NAME_SPACE | 1u << CONFORM_LINE_LONG,
	    "a field is a store's own" },
	{ "padding stays", HAS "X-Keywords:" X20 "            "
	    "                                                 \n\n",
	    HAS "X-Keywords:" X20 "            "
	    "                                                 \n\n", ALL,
	    1u << CONFORM_LINE_LONG, "a field is a store's own" },
	{ "76 bytes are fine", HAS "Subj: " A30 " " A30 " xxxxxxxx\n\n",
	    HAS "Subj: " A30 " " A30 " xxxxxxxx\n\n", ALL, 0, NULL },
	{ "77 are not", HAS "Subj: " A30 " " A30 " xxxxxxxxx\n\n",
	    HAS "Subj: " A30 " " A30 "\n xxxxxxxxx\n\n", ALL, 0, NULL },
	{ "77 in the first line are", "Subj: " A30 " " A30 " xxxxxxxxx\n"
	    HAS "\n", "Subj: " A30 " " A30 " xxxxxxxxx\n" HAS "\n", ALL, 0,
	    NULL },
	{ "... if it has a colon", X40 X20 X10 "xxxxxxx\n" HAS "\n",
	    X40 X20 X10 "xxxxxxx\n" HAS "\n", ALL, 1u << CONFORM_LINE_LONG,
	    "a line of the header block is none to other readers" },
	{ "a word that is too long", HAS "A: b " X40 X40 " c\n\n",
	    HAS "A: b\n " X40 X40 "\n c\n\n", ALL, 1u << CONFORM_LINE_LONG,
	    "a line of the header block has no place to fold" },
	{ "no fold before the value begins", HAS "A:  " X40 X40 "\n\n",
	    HAS "A:  " X40 X40 "\n\n", ALL, 1u << CONFORM_LINE_LONG,
	    "a line of the header block has no place to fold" },
	{ "quoted strings of MIME fields stay whole",
	    HAS "Content-Type: text/plain; name=\"" A30 " " A30 " " A30
	    "\"\n\n", HAS "Content-Type: text/plain;\n name=\"" A30 " " A30
	    " " A30 "\"\n\n", ALL, 1u << CONFORM_LINE_LONG,
	    "a line of the header block has no place to fold" },
	{ "... over more than one line",
	    HAS "Content-Type: text/plain; name=\"a\n " A30 " " A30 " " A30
	    "\"\n\n", HAS "Content-Type: text/plain; name=\"a\n " A30 " " A30
	    " " A30 "\"\n\n", ALL, 1u << CONFORM_LINE_LONG,
	    "a line of the header block has no place to fold" },
	{ "... but not into the next field",
	    HAS "Content-Type: text/plain; name=\"a\nContent-Language: " A30
	    " " A30 "\n\n", HAS "Content-Type: text/plain; name=\"a\n"
	    "Content-Language: " A30 "\n " A30 "\n\n", ALL, 0, NULL },
	{ "those of others need not",
	    HAS "To: \"" A30 " " A30 " " A30 "\" <a@example.com>\n\n",
	    HAS "To: \"" A30 " " A30 "\n " A30 "\" <a@example.com>\n\n", ALL,
	    0, NULL },
	{ "encoded words",
	    HAS "Subject: =?utf-8?q?" A30 "?= =?utf-8?q?" A30 "?= =?utf-8?q?"
	    A30 "?=\n\n", HAS "Subject: =?utf-8?q?" A30 "?=\n =?utf-8?q?" A30
	    "?=\n =?utf-8?q?" A30 "?=\n\n", ALL, 0, NULL },
	{ "a line that cannot be read", "A: b\n\rB: c\n\n",
	    "A: b\n\rB: c\n\n", 1u << CONFORM_DATE, 1u << CONFORM_DATE,
	    "KumoMTA cannot read the header block" },
	{ "white space first", " A: b\n\n", " A: b\n\n", 1u << CONFORM_DATE,
	    1u << CONFORM_DATE, "KumoMTA cannot read the header block" },
	{ "other flags are no business of ours", "A: b\n\nx\n",
	    "A: b\n\nx\n", 1u << CONFORM_TRANSFER, 0, NULL },
};

static void
every_named_case(void **state)
{
	struct headlaws l;

	(void)state;
	headlaws_open(&l, MAX);
	for (size_t i = 0; i < N(fix_cases); i++) {
		const struct fix_case *t = &fix_cases[i];
		struct headlaws_case c = { .o = all, .step = 1,
		    .m = { (const uint8_t *)t->old, strlen(t->old) },
		    .convention = CONV_LF };
		const char *bad;

		c.o.flags = t->flags;
		bad = headlaws_check(&l, &c);
		if (bad != NULL)
			fail_msg("%s: %s", t->what, bad);
		if (l.made_n != strlen(t->new) ||
		    memcmp(l.made, t->new, l.made_n) != 0)
			fail_msg("%s: [%.*s]", t->what, (int)l.made_n,
			    (const char *)l.made);
		if (l.left != t->left)
			fail_msg("%s: left %x", t->what, l.left);
		if (t->why_not == NULL)
			assert_null(l.why_not);
		else
			assert_string_equal(l.why_not, t->why_not);
	}
	headlaws_close(&l);
}

static void
too_many_edits_are_none(void **state)
{
	static uint8_t m[MAX];
	struct headlaws l;
	struct headlaws_case c = { .o = all, .step = 999,
	    .convention = CONV_LF };
	size_t n = 0;

	(void)state;
	headlaws_open(&l, MAX);
	c.o.flags = 1u << CONFORM_NAME_SPACE;
	for (size_t i = 0; i < HEADER_FIX_MAX; i++) {
		memcpy(m + n, "A : b\n", 6);
		n += 6;
	}
	c.m = (struct span){ m, n };
	assert_null(headlaws_check(&l, &c));
	assert_int_equal(l.n, HEADER_FIX_MAX);
	memcpy(m + n, "A : b\n", 6);
	c.m.n = n + 6;
	assert_null(headlaws_check(&l, &c));
	assert_int_equal(l.n, 0);
	assert_int_equal(l.left, c.o.flags);
	assert_string_equal(l.why_not,
	    "more edits than anyone wants to keep");
	headlaws_close(&l);
}

/* A line that is longer than what is kept, then an ordinary one; and a block
 * that does not end. */
static void
what_is_too_long_stays(void **state)
{
	static uint8_t m[2 * HEADER_FIX_BYTES];
	struct headlaws l;
	struct headlaws_case c = { .o = all, .step = 4096,
	    .convention = CONV_LF };
	size_t n = 3;

	(void)state;
	headlaws_open(&l, sizeof(m));
	memcpy(m, "A: ", 3);
	for (; n < HEADER_FIX_LINE; n++)
		m[n] = n % 50 == 0 ? ' ' : 'x';
	m[n++] = 'x';
	memcpy(m + n, "\nB : c\n\n", 8);
	c.m = (struct span){ m, n + 8 };
	assert_null(headlaws_check(&l, &c));
	assert_int_equal(l.n, 4);
	assert_int_equal(l.left, 1u << CONFORM_LINE_LONG);
	assert_string_equal(l.why_not,
	    "a line of the header block is too long");
	memset(m, 'A', sizeof(m));
	c.m.n = sizeof(m);
	assert_null(headlaws_check(&l, &c));
	assert_int_equal(l.n, 0);
	assert_string_equal(l.why_not, "the header block is too large");
	headlaws_close(&l);
}

static void
values_that_are_none_are_not_put(void **state)
{
	static const struct {
		const char *date, *id;
	} bad[] = { { NULL, NULL }, { "", "" }, { "a\nB: c", "<a@b>\n" },
	    { " x", "a@b" }, { "\xe9", "<ab>" } };
	struct headlaws l;
	struct headlaws_case c = { .m = SPAN("A: b\n\n"), .o = all,
	    .step = 1, .convention = CONV_LF };

	(void)state;
	headlaws_open(&l, MAX);
	for (size_t i = 0; i < N(bad); i++) {
		c.o.date = bad[i].date;
		c.o.message_id = bad[i].id;
		assert_null(headlaws_check(&l, &c));
		assert_int_equal(l.n, 1);
		assert_int_equal(l.left, 1u << CONFORM_DATE |
		    1u << CONFORM_MESSAGE_ID);
		assert_string_equal(l.why_not, NOTHING);
	}
	headlaws_close(&l);
}

static void
old_macintosh_text_is_left(void **state)
{
	struct headlaws l;
	struct headlaws_case c = { .m = SPAN("A : b\r\rbody"), .o = all,
	    .step = 1, .convention = CONV_CR };

	(void)state;
	headlaws_open(&l, MAX);
	(void)headlaws_check(&l, &c);
	assert_int_equal(l.n, 0);
	assert_string_equal(l.why_not, "its lines end in CR");
	headlaws_close(&l);
}

/* --- dates */

static void
dates_are_those_of_other_clocks(void **state)
{
	static const struct {
		time_t t;
		const char *text;
	} cases[] = {	/* from `date -u -R -d @N` */
		{ 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
		{ 1754384587, "Tue, 5 Aug 2025 09:03:07 +0000" },
		{ -2208988800, "Mon, 1 Jan 1900 00:00:00 +0000" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000" },
		{ -2208988801, "" }, { 253402300800, "" },
		{ INT64_MAX, "" }, { INT64_MIN, "" },
	};
	char out[DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(date_rfc5322(cases[i].t, out),
		    cases[i].text[0] != '\0');
		assert_string_equal(out, cases[i].text);
	}
	/* KumoMTA reads each. */
	for (time_t t = 0; t < 2000000000; t += 987654) {
		assert_true(date_rfc5322(t, out));
		assert_true(conform_date((struct span){ (uint8_t *)out,
		    strlen(out) }));
	}
	/* And means that moment; from 1900 to 2199. */
	for (int64_t t = -2208988800; t < 7258118400; t += 86399) {
		int64_t at = 0;

		assert_true(date_rfc5322((time_t)t, out));
		assert_true(conform_date_at((struct span){ (uint8_t *)out,
		    strlen(out) }, &at));
		assert_int_equal(at, t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(laws_hold_for_every_short_header),
		cmocka_unit_test(laws_hold_for_random_headers),
		cmocka_unit_test(every_named_case),
		cmocka_unit_test(too_many_edits_are_none),
		cmocka_unit_test(what_is_too_long_stays),
		cmocka_unit_test(values_that_are_none_are_not_put),
		cmocka_unit_test(old_macintosh_text_is_left),
		cmocka_unit_test(dates_are_those_of_other_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

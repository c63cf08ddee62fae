/*
 * Header values as KumoMTA reads them: what it publishes in its own tests,
 * and the odd ends of its grammars.
 */
#include "conform_value.h"

#include "t.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

struct value_case {
	struct span value;
	bool fine;
};

static void
check(const char *what, bool (*is_fine)(struct span),
    const struct value_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_fine(c[i].value) != c[i].fine)
			fail_msg("%s: %.*s", what, (int)c[i].value.n,
			    (const char *)c[i].value.p);
}

#define CHECK(is_fine, cases) \
	check(#is_fine, is_fine, cases, sizeof(cases) / sizeof((cases)[0]))

static const struct value_case dates[] = {
	{ S("Tue, 1 Jul 2003 10:52:37 +0200"), true },
	{ S("Thu, 02 Jul 26 18:55:38 UTC"), true },
	{ S("Thu, 02 Jul 26 18:55:38 EST"), true },
	{ S("Thu, 02 Jul 26 18:55:38 CEST"), true },
	{ S("Thu, 02 Jul 26 18:55:38 IST"), true },
	{ S("Thu, 02 Jul 26 18:55:38 nowhere"), true },
	{ S("Thu, 02 Jul 26 18:55:38 UTC (Coordinated)"), true },
	{ S("Thu, 02 Jul 26 (comment) 18:55:38 UTC"), true },
	{ S("Thu, 02 Jul 26 (comment) 18:55:38 +0000"), false },
	{ S("Sun, 02 Oct 2016 07:06:22 -0700 (PDT)"), true },
	{ S("Sun, 02 Oct 2016 07:06:22 -0700 (a (b) \\) c) (d)"), true },
	{ S("Sun, 02 Oct 2016 07:06:22 -0700 (PDT"), false },
	{ S("Sun,\r\n 02 Oct 2016\r\n\t07:06:22 -0700"), true },
	{ S("Sun, 02 Oct 2016 07:06:22 -0700 "), false },
	{ S("Sun, 02 Oct 2016 07:06:22 GMT "), true },
	{ S("Mon, 02 Oct 2016 07:06:22 -0700"), false },
	{ S("02 Oct 2016 07:06:22 -0700"), true },
	{ S("2 Oct 2016 07:06 -0700"), true },
	{ S("2 Oct 2016 7:06 -0700"), false },
	{ S("2 Oct 2016 07 : 06 : 22 -0700"), false },
	{ S("2 Oct 2016 07 : 06 :22 -0700"), true },
	{ S("2 Oct 2016 07:06:60 -0700"), true },
	{ S("2 Oct 2016 07:06:61 -0700"), false },
	{ S("2 Oct 2016 24:06:00 -0700"), false },
	{ S("2 Oct 2016 07:60:00 -0700"), false },
	{ S("2 October 2016 07:06:00 -0700"), false },
	{ S("2-Oct-2016 07:06:00 -0700"), false },
	{ S("2 oCT 2016 07:06:00 -0700"), true },
	{ S("2 Oct 2016 07:06:00 -070"), false },
	{ S("2 Oct 2016 07:06:00 -07000"), false },
	{ S("2 Oct 2016 07:06:00 +2359"), true },
	{ S("2 Oct 2016 07:06:00 +2400"), false },
	{ S("2 Oct 2016 07:06:00 +0060"), false },
	{ S("2 Oct 2016 07:06:00 Z"), true },
	{ S("2 Oct 2016 07:06:00 J"), true },	/* any word */
	{ S("2 Oct 2016 07:06:00"), false },
	{ S("2 Oct 2016 07:06:00 GMT+1"), false },
	{ S("29 Feb 2016 07:06:00 Z"), true },
	{ S("29 Feb 2015 07:06:00 Z"), false },
	{ S("29 Feb 1900 07:06:00 Z"), false },
	{ S("29 Feb 2000 07:06:00 Z"), true },
	{ S("Tue, 29 Feb 2000 07:06:00 Z"), true },
	{ S("Fri, 31 Dec 1999 07:06:00 Z"), true },
	{ S("Sat, 1 Jan 100 07:06:00 Z"), true },	/* 2000 */
	{ S("Thu, 1 Jan 70 07:06:00 Z"), true },
	{ S("0 Oct 2016 07:06:00 Z"), false },
	{ S("31 Nov 2016 07:06:00 Z"), false },
	{ S("2 Oct 6 07:06:00 Z"), false },
	{ S("2 Oct 262142 07:06:00 Z"), true },
	{ S("2 Oct 262143 07:06:00 Z"), false },
	{ S("2 Oct 99999999999999999999 07:06:00 Z"), false },
	{ S("2\xc2\xa0Oct 2016 07:06:00 Z"), true },	/* no-break space */
	{ S("2 Oct 2016 07:06:00 Z \xff"), false },
	{ S("not a date"), false },
	{ S("Sunday, 2 Oct 2016 07:06:00 Z"), false },
	{ S("Sun 2 Oct 2016 07:06:00 Z"), false },
	{ S(""), false },
};

static const struct value_case ids[] = {
	{ S("<foo@example.com>"), true },
	{ S("<\"legacy\"@example.com>"), true },
	{ S("<literal@[127.0.0.1]>"), true },
	{ S("<<1234@example.com>>"), false },
	{ S("1234@example.com"), false },
	{ S("<1234>"), true },
	{ S("<>"), true },
	{ S("<a b@c d>"), true },
	{ S("<\xff>"), true },
	{ S("<a@b> "), true },
	{ S(" (x) <a@b> (y)\r\n\t(z)"), true },
	{ S("<a@b> x"), false },
	{ S("<a@b>(x"), false },
	{ S("<a@b>(x(y)z)"), true },
	{ S("<a@b>(\\()"), true },
	{ S("<a@b><c@d>"), false },
	{ S("<\"a>\"@b>"), true },
	{ S("<\"a>\"b>"), false },
	{ S("<a.b.@c>"), true },
	{ S("<a@b"), false },
	{ S("<\na>"), true },
	{ S("\xff<a@b>"), false },
	{ S("(\xff)<a@b>"), false },
	{ S("(\xc3\xa4)<a@b>"), true },
	{ S(""), false },
};

static const struct value_case versions[] = {
	{ S("1.0"), true },
	{ S("1.0 "), false },
	{ S("\t1.0"), false },
	{ S("1.0 (produced by x)"), false },
	{ S("\r\n 1.0"), false },
	{ S("1\r.0"), true },
	{ S("=?utf-8?q?1.0?="), true },
	{ S("=?utf-8?b?MS4w?="), true },
	{ S("=?utf-8?q?1.?= =?utf-8?q?0?="), true },
	{ S("=?utf-8?q?1.?= 0"), false },
	{ S("1. =?utf-8?q?0?="), false },
	{ S("=?x-nope?q?1.0?="), false },
	{ S("1.1"), false },
	{ S(""), false },
	{ S("1.0\xff"), false },
};

static const struct value_case dispositions[] = {
	{ S("attachment"), true },
	{ S("inline; filename=a.txt"), true },
	{ S("attachment; filename=@"), false },
	{ S("attachment; filename="), true },
	{ S("attachment; filename=\"a b\""), true },
	{ S("attachment; filename=a b"), false },
	{ S("attachment; filename=a/b"), false },
	{ S("attachment;"), false },
	{ S("attachment; a=b;"), false },
	{ S("attachment;; a=b"), false },
	{ S("attachment a=b c=d"), true },
	{ S("attachment (x); (y) a (z) = (q) b (r)"), true },
	{ S("attachment; filename= =?UTF-8?B?5pel5pys6Kqe?="), true },
	{ S("attachment; filename==?UTF-8?B?5pel5pys6Kqe?="), true },
	{ S("attachment; filename==?UTF-8?B?5pel5pys6Kq?="), false },
	{ S("attachment; filename==?x-nope?q?a?="), false },
	{ S("attachment; filename=\"=?x-nope?q?a?=\""), true },
	{ S("attachment; filename==?utf-8?q?a?=b"), false },
	{ S("attachment; filename=\"=?utf-8?q?a\"b?=\""), true },
	{ S("attachment; filename=\"a"), false },
	{ S("attachment;\r\n\tfilename*0*=UTF-8''%D0%A7;\r\n"
	    "\tfilename*1*=%D0%BA"), true },
	{ S("x; title*0*=us-ascii'en'This%20is;\ttitle*2=\"isn't it!\""),
	    true },
	{ S("x; a*='%41"), false },
	{ S("x; a*=''%4"), false },
	{ S("x; a*=%41"), true },
	{ S("x; a**=b"), false },
	{ S("x; a*99999999999=b"), false },
	{ S("x; a*4294967295=b"), true },
	{ S("x; a*4294967296=b"), false },
	{ S("x; a*0=\"b\""), true },
	{ S("attachment; filename=\"\xc3\xa4\""), true },
	{ S("attachment; filename=\"\xe4\""), false },
	{ S("attachment; filename=\xc3\xa4"), true },
	{ S("\xc3\xa4"), true },
	{ S(""), false },
	{ S("(x"), false },
};

static void
dates_ids_versions_and_dispositions_are_read(void **state)
{
	(void)state;
	CHECK(conform_date, dates);
	CHECK(conform_message_id, ids);
	CHECK(conform_mime_version, versions);
	CHECK(conform_disposition, dispositions);
}

static void
encodings_are_five(void **state)
{
	static const struct {
		struct span value;
		bool fine;
		enum transfer_encoding encoding;
	} cases[] = {
		{ S("7bit"), true, TRANSFER_NONE },
		{ S("8BIT"), true, TRANSFER_NONE },
		{ S("binary"), true, TRANSFER_NONE },
		{ S("Base64"), true, TRANSFER_BASE64 },
		{ S("quoted-printable (x)"), true, TRANSFER_QP },
		{ S("base64; x=y"), true, TRANSFER_BASE64 },
		{ S("base64;"), false, TRANSFER_NONE },
		{ S("8-bit"), false, TRANSFER_NONE },
		{ S("x-uuencode"), false, TRANSFER_NONE },
		{ S(""), false, TRANSFER_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum transfer_encoding encoding;

		assert_int_equal(conform_encoding(cases[i].value, &encoding),
		    cases[i].fine);
		assert_int_equal(encoding, cases[i].encoding);
	}
}

static const struct {
	struct span value;
	bool fine, text, multipart;
	const char *charset;		/* NULL: not known */
	const char *boundary;		/* NULL: no parts */
} types[] = {
	{ S("text/plain"), true, true, false, "us-ascii", NULL },
	{ S("text/plain; charset=us-ascii"), true, true, false, "us-ascii",
	    NULL },
	{ S("text/plain; charset=\"UTF-8\""), true, true, false, "utf-8",
	    NULL },
	{ S("text/plain; charset=x"), true, true, false, NULL, NULL },
	{ S("text/plain; charset="), true, true, false, NULL, NULL },
	{ S("Text/plain"), true, false, false, "us-ascii", NULL },
	{ S("text"), false, true, false, "us-ascii", NULL },
	{ S("text/plain;"), false, true, false, "us-ascii", NULL },
	{ S("text / (x) plain charset=latin1"), true, true, false, "l1",
	    NULL },
	{ S("multipart/mixed; boundary=foo"), true, false, true, "us-ascii",
	    "foo" },
	{ S("message/x; boundary=foo"), true, false, true, "us-ascii",
	    "foo" },
	{ S("message/rfc822"), true, false, true, "us-ascii", NULL },
	{ S("image/png; boundary=foo"), true, false, false, "us-ascii",
	    NULL },
	{ S("multipart/mixed; boundary=\"a b\\\"c\""), true, false, true,
	    "us-ascii", "a b\"c" },
	{ S("multipart/mixed; boundary=\"\""), true, false, true, "us-ascii",
	    "" },
	{ S("multipart/mixed; boundary=a; BOUNDARY=b"), true, false, true,
	    "us-ascii", "ab" },
	{ S("multipart/mixed; boundary*1=b; boundary*0=a"), true, false,
	    true, "us-ascii", "ab" },
	{ S("multipart/mixed; boundary*=utf-8''a%2Db"), true, false, true,
	    "us-ascii", "a-b" },
	{ S("multipart/mixed; boundary*=a%2Db"), true, false, true,
	    "us-ascii", "a%2Db" },
	{ S("multipart/mixed; boundary*=x''a%2Db"), true, false, true,
	    "us-ascii", "a%2Db" },
	{ S("multipart/mixed; boundary*0*=utf-8''a%2D; boundary*1*=%2Db"),
	    true, false, true, "us-ascii", "a--b" },
	{ S("multipart/mixed; boundary*=utf-8''%ff"), true, false, true,
	    "us-ascii", "" },
	{ S("multipart/mixed; boundary=\"=?utf-8?q?a_b?=\""), true, false,
	    true, "us-ascii", "a b" },
	{ S("multipart/mixed; boundary=\"a\r\n b\""), true, false, true,
	    "us-ascii", NULL },
	{ S("multipart/mixed; boundary=a=b"), false, true, false,
	    "us-ascii", NULL },
	{ S("multipart/mixed; boundary=----=_Part"), false, true, false,
	    "us-ascii", NULL },
};

static void
content_types_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct conform_type t;
		const bool fine = conform_content_type(types[i].value, &t);
		const char *charset = types[i].charset;
		const char *boundary = types[i].boundary;

		if (fine != types[i].fine || t.text != types[i].text ||
		    t.multipart != types[i].multipart ||
		    t.parted != (boundary != NULL) ||
		    t.charset != (charset == NULL ? NULL :
		    charset_named((struct span){ (const uint8_t *)charset,
		    strlen(charset) })))
			fail_msg("type %zu", i);
		if (boundary != NULL && (t.boundary_n != strlen(boundary) ||
		    memcmp(t.boundary, boundary, t.boundary_n) != 0))
			fail_msg("boundary of %zu", i);
	}
}

/* Zones, years of two digits, comments: `date -u -d ... +%s` says the same. */
static void
dates_are_moments(void **state)
{
	static const struct {
		struct span s;
		int64_t at;
	} cases[] = {
		{ S("Tue, 1 Jul 2003 10:52:37 +0200"), 1057049557 },
		{ S("1 Jul 2003 10:52:37 -0230"), 1057065757 },
		{ S("Thu, 02 Jul 26 18:55:38 UTC"), 1783018538 },
		{ S("Thu, 02 Jul 26 18:55:38 EST"), 1783036538 },
		{ S("Thu, 02 Jul 26 18:55:38 pdt"), 1783043738 },
		{ S("Thu, 02 Jul 26 18:55:38 nowhere"), 1783018538 },
		{ S("31 Dec 1969 23:59 (x) GMT"), -60 },
		{ S("29 Feb 2000 00:00:00 +0000"), 951782400 },
		{ S("1 Mar 1900 00:00:00 +0000"), -2203891200 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at = 0;

		assert_true(conform_date_at(cases[i].s, &at));
		assert_int_equal(at, cases[i].at);
	}
}

/* Long and deep: no more than time passes. */
static void
values_may_be_long(void **state)
{
	static uint8_t buf[30000];
	struct conform_type t;
	struct span s = { buf, sizeof(buf) };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		memset(buf, "(;a\""[i], sizeof(buf));
		memcpy(buf, "multipart/x; boundary=", 22);
		assert_int_equal(conform_content_type(s, &t), i == 2);
		assert_false(t.parted);
		assert_false(conform_message_id(s));
		assert_false(conform_date(s));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_ids_versions_and_dispositions_are_read),
		cmocka_unit_test(encodings_are_five),
		cmocka_unit_test(content_types_are_read),
		cmocka_unit_test(dates_are_moments),
		cmocka_unit_test(values_may_be_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Transfer encodings and charsets: what can be decoded, against slow decoders
 * of whole strings, and the bytes that each charset leaves undefined.
 */
#include "rig.h"
#include "t.h"
#include "transfer.h"

#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

/* The body can be decoded, fed in pieces of step bytes. */
static bool
decodes(enum transfer_encoding encoding, const char *charset, struct span s,
    size_t step, uint64_t *failed_at)
{
	static struct transfer t;
	bool fine;

	transfer_begin(&t, encoding, charset == NULL ? NULL :
	    charset_named((struct span){ (const uint8_t *)charset,
	    strlen(charset) }));
	for (size_t i = 0; i < s.n; i += step)
		transfer_feed(&t, (struct span){ s.p + i,
		    s.n - i < step ? s.n - i : step }, i);
	fine = transfer_end(&t, s.n);
	*failed_at = fine ? 0 : t.failed_at;
	return fine;
}

/* --- base64 */

static bool
slow_base64(struct span s)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char block[4];
	size_t n = 0, pads;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != 0 && strchr(" \t\r\n", s.p[i]) != NULL)
			continue;
		block[n++] = (char)s.p[i];
		if (n < 4)
			continue;
		for (pads = 0; pads < 2 && block[3 - pads] == '='; )
			pads++;
		for (size_t k = 0; k < 4 - pads; k++)
			if (block[k] == '\0' ||
			    strchr(symbols, block[k]) == NULL)
				return false;
		n = 0;
	}
	return n == 0;
}

static void
base64_is_blocks_of_four(void **state)
{
	static const struct span abc = S("A=\n!");
	uint64_t at, again;
	uint8_t buf[9];

	(void)state;
	for (size_t i = 0; i < rig_strings(abc, 9); i++) {
		const struct span s = { buf, rig_string(abc, i, buf) };
		const bool fine = slow_base64(s);

		assert_int_equal(decodes(TRANSFER_BASE64, NULL, s, 1, &at),
		    fine);
		assert_int_equal(decodes(TRANSFER_BASE64, "utf-8", s, 9,
		    &again), fine);
		assert_true(at == again);
	}
}

static void
base64_is_decoded(void **state)
{
	static const struct {
		struct span in, out;
		bool loose, strict;
	} cases[] = {
		{ S("aHRtbD4NCg=="), S("html>\r\n"), true, true },
		{ S("aHRtbD4NCi=="), S("html>\r\n"), true, false },
		{ S("YWI="), S("ab"), true, true },
		{ S("YWJ="), S("ab"), true, false },
		{ S("YQ==YWI=YWJj"), S("aababc"), true, true },
		{ S("+/+/"), S("\xfb\xff\xbf"), true, true },
		{ S("YQ"), S(""), false, false },
		{ S("YQ="), S(""), false, false },
		{ S("YQ=a"), S(""), false, false },
		{ S("Y==="), S(""), false, false },
		{ S("===="), S(""), false, false },
		{ S("YW-_"), S(""), false, false },
		{ S(""), S(""), true, true },
	};
	uint8_t out[32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(transfer_decode(TRANSFER_BASE64, true,
		    cases[i].in, out, &n), cases[i].strict);
		assert_int_equal(transfer_decode(TRANSFER_BASE64, false,
		    cases[i].in, out, &n), cases[i].loose);
		assert_true(!cases[i].loose || span_eq(cases[i].out,
		    (struct span){ out, n }));
	}
}

/* --- quoted-printable */

static bool
is_hex(uint8_t c)
{
	return c != 0 && strchr("0123456789ABCDEFabcdef", c) != NULL;
}

static uint8_t
hex(uint8_t c)
{
	return (uint8_t)(strchr("0123456789abcdef", ascii_lower(c)) -
	    "0123456789abcdef");
}

/* Line by line, white space at the end of each cut off. */
static size_t
slow_qp(struct span s, uint8_t *out)
{
	uint8_t kept[64], line[64];
	size_t n = 0, len = 0, i = 0;

	for (size_t k = 0; k < s.n; k++)
		if ((s.p[k] >= ' ' && s.p[k] <= '~') || s.p[k] == '\t' ||
		    s.p[k] == '\r' || s.p[k] == '\n')
			kept[n++] = s.p[k];
	while (i < n) {
		size_t m = 0, k = 0;
		bool soft = false, broken;

		while (i < n && kept[i] != '\n')
			line[m++] = kept[i++];
		broken = i < n;
		i += broken;
		while (m > 0 && strchr(" \t\r", line[m - 1]) != NULL)
			m--;
		while (k < m) {
			if (line[k] != '=') {
				out[len++] = line[k++];
			} else if (k + 1 == m) {
				soft = true;
				k++;
			} else if (k + 2 < m && is_hex(line[k + 1]) &&
			    is_hex(line[k + 2])) {
				out[len++] = (uint8_t)(hex(line[k + 1]) << 4 |
				    hex(line[k + 2]));
				k += 3;
			} else {	/* all three as they are */
				for (size_t e = k + 3; k < e && k < m; )
					out[len++] = line[k++];
			}
		}
		if (broken && !soft) {
			out[len++] = '\r';
			out[len++] = '\n';
		}
	}
	return len;
}

static void
quoted_printable_is_decoded(void **state)
{
	static const struct span abc = S("=4c \n\r\x80");
	uint8_t buf[7], slow[64], out[64];
	size_t n, len;

	(void)state;
	for (size_t i = 0; i < rig_strings(abc, 7); i++) {
		const struct span s = { buf, rig_string(abc, i, buf) };

		len = slow_qp(s, slow);
		for (size_t k = 0; k < len; k++)	/* all the same to us */
			if (slow[k] == '\r' && (k + 1 == len ||
			    slow[k + 1] != '\n'))
				slow[k] = ' ';
		assert_true(transfer_decode(TRANSFER_QP, false, s, out, &n));
		if (n != len || memcmp(out, slow, n) != 0)
			fail_msg("string %zu: %zu, not %zu bytes", i, n, len);
	}
}

/* --- charsets */

static const struct {
	const char *charset;
	struct span s;
	bool valid;
} texts[] = {
	{ "us-ascii", S("abc\x7f"), true },
	{ "us-ascii", S("\x80"), false },
	{ "us-ascii", S("\xef\xbb\xbf"), false },
	{ "utf-8", S("\xef\xbb\xbf\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	    true },
	{ "utf-8", S("\xc3"), false },
	{ "utf-8", S("\xc0\xaf"), false },
	{ "utf-8", S("\xed\xa0\x80"), false },
	{ "utf-8", S("\xf4\x90\x80\x80"), false },
	{ "utf-8", S("\x80"), false },
	{ "iso-8859-1", S("\x81\xff"), true },
	{ "ansi_x3.4-1968", S("\x81\xff"), true },
	{ "iso-8859-1", S("\xef\xbb\xbf\xff"), false },	/* it is UTF-8 */
	{ "iso-8859-1", S("\xef\xbb\xff"), true },
	{ "iso-8859-1", S("\xef\xbb"), true },
	{ "iso-8859-1", S("\xff\xfe\xff"), false },	/* it is UTF-16 */
	{ "windows-1253", S("\xaa"), false },
	{ "windows-1253", S("\xab"), true },
	{ "iso-8859-8", S("\xbe"), true },
	{ "iso-8859-8", S("\xbf"), false },
	{ "iso-8859-8", S("\xde"), false },
	{ "iso-8859-8", S("\xdf"), true },
	{ "koi8-r", S("\x80\xff"), true },
	{ "gb2312", S("\x80\xc4\xe3\x81\x30\x81\x30"), true },
	{ "gb18030", S("\xff"), false },
	{ "gb18030", S("\x81\x7f"), false },
	{ "gb18030", S("\x81\x30\x81"), false },
	{ "gb18030", S("\x84\x31\xa5\x30"), false },
	{ "gb18030", S("\x90\x30\x81\x30\xe3\x32\x9a\x35"), true },
	{ "gb18030", S("\xe3\x32\x9a\x36"), false },
	{ "big5", S("\xa4\xa4\xa4\xe5\x87\x40"), true },
	{ "big5", S("\x81\x40"), false },
	{ "big5", S("\xa4"), false },
	{ "big5", S("\xa4\x20"), false },
	{ "euc-jp", S("\xc6\xfc\xcb\xdc\x8e\xb1\x8f\xb0\xa1"), true },
	{ "euc-jp", S("\x8e\xe0"), false },
	{ "euc-jp", S("\x8f\xa1\xa1"), false },
	{ "euc-jp", S("\xa9\xa1"), false },
	{ "shift_jis", S("\x93\xfa\x96\x7b\xb1\x80\xf0\x40"), true },
	{ "shift_jis", S("\xa0"), false },
	{ "shift_jis", S("\x93\x7f"), false },
	{ "euc-kr", S("\xc7\xd1\xb1\xdb\x81\x41"), true },
	{ "euc-kr", S("\xc9\xa1"), false },
	{ "iso-2022-jp", S("a\x1b$BF|K\\\x1b(Bb"), true },
	{ "iso-2022-jp", S("\x1b$BF|K\\"), true },
	{ "iso-2022-jp", S("\x1b$BF"), false },
	{ "iso-2022-jp", S("\x1b$BF|\r\n"), false },
	{ "iso-2022-jp", S("\x1b(I12\x1b(J\\"), true },
	{ "iso-2022-jp", S("\x1b$B\x1b(B"), false },	/* nothing between */
	{ "iso-2022-jp", S("\x1b"), false },
	{ "iso-2022-jp", S("\x1b(X"), false },
	{ "iso-2022-jp", S("\x0e"), false },
	{ "iso-2022-jp", S("\x80"), false },
	{ "utf-16", S("a\0b\0"), true },
	{ "utf-16", S("a\0b"), false },
	{ "utf-16", S("\xfe\xff\0a\xd8\0\xdc\0"), true },
	{ "utf-16", S("\0\xd8\0\xdc"), true },
	{ "utf-16", S("\0\xd8"), false },
	{ "utf-16", S("\0\xdc"), false },
	{ "utf-16be", S("\xd8\0\0a"), false },
};

static void
charsets_leave_bytes_undefined(void **state)
{
	uint64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t step = 1; step < 9; step++)
			if (decodes(TRANSFER_NONE, texts[i].charset,
			    texts[i].s, step, &at) != texts[i].valid)
				fail_msg("text %zu, %s", i, texts[i].charset);
}

static void
names_of_charsets_are_known(void **state)
{
	static const char *const known[] = { "UTF-8", "utf8", "US-ASCII",
	    "Latin1", "iso-8859-15", "Windows-1252", "KOI8-R", "GB2312",
	    "ks_c_5601-1987", "Shift_JIS", "tis-620", "x-x-big5", "l1" };
	static const char *const unknown[] = { "", "x", "utf-7", "cp437",
	    "iso-2022-kr", "hz-gb-2312", "cp932", "iso-8859-8-i", "utf 8",
	    "unknown-8bit", "default", "ansi", "binary", "us-ascii " };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_non_null(charset_named((struct span){
		    (const uint8_t *)known[i], strlen(known[i]) }));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null(charset_named((struct span){
		    (const uint8_t *)unknown[i], strlen(unknown[i]) }));
	assert_ptr_equal(charset_named(SPAN("latin1")),
	    charset_named(SPAN("ISO_8859-1:1987")));
}

static void
places_do_not_depend_on_cuts(void **state)
{
	static const struct {
		enum transfer_encoding encoding;
		struct span s;
		uint64_t at;
	} cases[] = {
		{ TRANSFER_NONE, S("ab\xc3xyz"), 3 },
		{ TRANSFER_NONE, S("abc\xc3"), 4 },
		{ TRANSFER_BASE64, S("AAAA w6RBw0FB AAAA"), 12 },
		{ TRANSFER_BASE64, S("AAAA\r\nA!AA"), 7 },
		{ TRANSFER_BASE64, S("w0FB!AAA"), 3 },
		{ TRANSFER_QP, S("a=C3=A4=C3b"), 10 },
		{ TRANSFER_QP, S("a=C3=\r\n=A4 =FF"), 13 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step < 20; step++) {
			uint64_t at;

			assert_false(decodes(cases[i].encoding, "utf-8",
			    cases[i].s, step, &at));
			if (at != cases[i].at)
				fail_msg("case %zu, step %zu: %u", i, step,
				    (unsigned)at);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_blocks_of_four),
		cmocka_unit_test(base64_is_decoded),
		cmocka_unit_test(quoted_printable_is_decoded),
		cmocka_unit_test(charsets_leave_bytes_undefined),
		cmocka_unit_test(names_of_charsets_are_known),
		cmocka_unit_test(places_do_not_depend_on_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

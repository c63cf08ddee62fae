/*
 * formats/json_scan.c: what JSON is, against a reader of whole texts that is
 * written for nothing but being plain.
 */
#include "t.h"

#include <stdlib.h>

#include "buf.h"
#include "drip.h"
#include "json_scan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- the oracle: RFC 8259 by the letter, of the letters that are tried */

static const char *value(const char *s);

static const char *
space(const char *s)
{
	while (*s == ' ' || *s == '\n')
		s++;
	return s;
}

/* Behind the text; NULL: it is none. */
static const char *
text(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++)
		if (*s == '\0' || *s == '\n' || (*s == '\\' && *++s != '"' &&
		    *s != '\\'))
			return NULL;
	return s + 1;
}

static const char *
list(const char *s, char end, bool named)
{
	if (*(s = space(s)) == end)
		return s + 1;
	for (;;) {
		s = space(s);
		if (named && ((s = text(s)) == NULL || *(s = space(s)) != ':'))
			return NULL;
		if ((s = value(s + named)) == NULL)
			return NULL;
		if (*s == end)
			return s + 1;
		if (*s++ != ',')
			return NULL;
	}
}

static const char *
value(const char *s)
{
	s = space(s);
	if (*s == '{')
		s = list(s + 1, '}', true);
	else if (*s == '[')
		s = list(s + 1, ']', false);
	else if (*s == '"')
		s = text(s);
	else if (*s == '1')
		for (s++; *s == '1'; s++)
			;
	else
		s = NULL;
	return s != NULL ? space(s) : NULL;
}

static bool
is_json(const char *s)
{
	return (s = value(s)) != NULL && *s == '\0';
}

/* --- what json_scan says: "PATH=TEXT" of each value */

static void
note(void *ctx, const struct json_value *v)
{
	struct buf *out = ctx;

	buf_add(out, v->path.p, v->path.n);
	buf_str(out, v->is_text ? "=\"" : "=");
	buf_add(out, v->text.p, v->text.n);
	buf_str(out, v->is_text ? "\"" : "");
	buf_str(out, v->cut ? "...;" : ";");
}

static struct input *in;

static int
scan(struct span s, size_t step, uint64_t most, uint64_t fail_at,
    struct buf *out, uint64_t *end)
{
	struct drip d = { .bytes = s, .step = step, .seed = 1,
	    .fail_at = fail_at };
	struct err e = { 0 };
	int rc;

	buf_clear(out);
	input_open_source(in, drip_source(&d));
	rc = json_scan(in, most, note, out, &e);
	*end = input_offset(in);
	assert_true((rc == ST_OK) == (e.text[0] == '\0'));
	input_close(in);
	return rc;
}

static void
what_is_json_is_taken_and_nothing_else(void **state)
{
	static const char letters[] = "{}[]\",:1\\ \n";
	const size_t max = getenv("CHECK_LONG") != NULL ? 6 : 5;
	size_t at[8] = { 0 }, n = 0, good = 0;
	struct buf out = { 0 };
	char s[9] = "";
	uint64_t end;

	(void)state;
	for (;;) {
		const bool want = is_json(s);
		const int rc = scan(span_text(s), 0, UINT64_MAX, DRIP_NEVER,
		    &out, &end);

		if (rc != (want ? ST_OK : ST_BAD))
			fail_msg("%s: %d", s, rc);
		good += want;
		for (n = 0; n < max && at[n] == sizeof(letters) - 1; n++)
			at[n] = 1;
		if (n == max)
			break;
		at[n]++;
		for (n = 0; n < max && at[n] > 0; n++)
			s[n] = letters[at[n] - 1];
		s[n] = '\0';
	}
	print_message("# %zu good\n", good);
	assert_true(good > 100);
	buf_free(&out);
}

static const struct {
	const char *json, *says;	/* NULL: it is none */
} table[] = {
	{ "1", "=1;" }, { " \"x\"\r\n\t", "=\"x\";" }, { "", NULL },
	{ "{}", "" }, { "[]", "" }, { "[[],{}]", "" }, { "{} x", NULL },
	{ "{\"a\":1,\"b\":[2,{\"c\":\"d\"},3],\"e\":null}",
	    ".a=1;.b[]=2;.b[].c=\"d\";.b[]=3;.e=null;" },
	{ "{\"a\":{\"b\":{\"c\":{\"d\":1}}},\"z\":true}",
	    ".a.b.c?=1;.z=true;" },
	{ "{\"a[].b\":1,\"a.b\":2,\"\":3,\"a\":4}", "?=1;?=2;.=3;.a=4;" },
	{ "{\"abcdefghijklmnopqrstuvwxyz012345\":1}",
	    ".abcdefghijklmnopqrstuvwxyz012345=1;" },
	{ "{\"abcdefghijklmnopqrstuvwxyz0123456\":1}", "?=1;" },
	{ "[\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"]",
	    "[]=\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\";" },
	{ "[\"\\ud83d\",\"\\ude00\",\"\\ud83dx\",\"\\ud83d\\n\"]",
	    "[]=\"\xef\xbf\xbd\";[]=\"\xef\xbf\xbd\";[]=\"\xef\xbf\xbdx\";"
	    "[]=\"\xef\xbf\xbd\n\";" },
	{ "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[]=\"\"\\/\b\f\n\r\t\";" },
	{ "[\"\\x\"]", NULL }, { "[\"\\u00g0\"]", NULL }, { "[\"a", NULL },
	{ "[\"a\nb\"]", NULL }, { "[-0.5e+3,0,10,1E9]",
	    "[]=-0.5e+3;[]=0;[]=10;[]=1E9;" },
	{ "[01]", NULL }, { "[1.]", NULL }, { "[.]", NULL }, { "[-]", NULL },
	{ "[1e]", NULL }, { "[nul]", NULL }, { "[True]", NULL },
	{ "[\xff]", NULL }, { "[\"\xff\"]", "[]=\"\xff\";" },
	{ "[1,]", NULL }, { "{\"a\":1,}", NULL }, { "{1:2}", NULL },
	{ "[1}", NULL }, { "{\"a\"]", NULL }, { "]", NULL },
};

static void
values_come_with_where_they_are(void **state)
{
	struct buf out = { 0 };
	uint64_t end;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct span s = span_text(table[i].json);

		for (size_t step = 1; step <= s.n + 1; step++) {
			const int rc = scan(s, step, UINT64_MAX, DRIP_NEVER,
			    &out, &end);

			print_message("# %s\n", table[i].json);
			assert_int_equal(rc, table[i].says != NULL ? ST_OK :
			    ST_BAD);
			if (table[i].says != NULL)
				assert_string_equal(buf_text(&out),
				    table[i].says);
		}
	}
	buf_free(&out);
}

static void
only_so_many_bytes_are_taken(void **state)
{
	const struct span s = SPAN(" [1, 2]  [3]");
	struct buf out = { 0 };
	uint64_t end;

	(void)state;
	for (size_t step = 1; step <= s.n; step++)
		for (uint64_t most = 0; most <= s.n; most++) {
			const int rc = scan(s, step, most, DRIP_NEVER, &out,
			    &end);

			assert_int_equal(rc, most >= 7 && most <= 9 ? ST_OK :
			    ST_BAD);
			assert_true(most > 9 ? end <= most : end == most);
		}
	for (uint64_t n = 0; n <= 9; n++)
		assert_int_equal(scan(s, 1, UINT64_MAX, n, &out, &end),
		    ST_DEAD);
	buf_free(&out);
}

static void
what_is_long_or_deep_is_bounded(void **state)
{
	struct buf s = { 0 }, out = { 0 };
	uint64_t end;

	(void)state;
	buf_byte(&s, '"');
	for (unsigned i = 0; i < JSON_TEXT + 5; i++)
		buf_byte(&s, 'x');
	buf_byte(&s, '"');
	assert_int_equal(scan(buf_span(&s), 0, UINT64_MAX, DRIP_NEVER, &out,
	    &end), ST_OK);
	assert_int_equal(out.n, 1 + 1 + JSON_TEXT + 1 + 4);
	for (unsigned deep = JSON_DEPTH; deep <= JSON_DEPTH + 1; deep++)
		for (unsigned kind = 0; kind < 2; kind++) {
			buf_clear(&s);
			for (unsigned i = 0; i < deep; i++)
				buf_str(&s, kind ? "{\"abcdefghijklmnopqrstuvw"
				    "xyz012345\":" : "[");
			buf_str(&s, "1");
			for (unsigned i = 0; i < deep; i++)
				buf_byte(&s, kind ? '}' : ']');
			assert_int_equal(scan(buf_span(&s), 0, UINT64_MAX,
			    DRIP_NEVER, &out, &end), deep <= JSON_DEPTH ?
			    ST_OK : ST_BAD);
		}
	buf_free(&s);
	buf_free(&out);
}

static int
open_input(void **state)
{
	(void)state;
	return (in = input_new()) != NULL ? 0 : -1;
}

static int
close_input(void **state)
{
	(void)state;
	input_free(in);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_json_is_taken_and_nothing_else),
		cmocka_unit_test(values_come_with_where_they_are),
		cmocka_unit_test(only_so_many_bytes_are_taken),
		cmocka_unit_test(what_is_long_or_deep_is_bounded),
	};

	return cmocka_run_group_tests(tests, open_input, close_input);
}

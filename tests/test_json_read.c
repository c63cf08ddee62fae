/*
 * scanner/report/json_read.c: what json.c wrote comes back; all else is no
 * JSON to us, or harmless.
 */
#include "t.h"

#include <stdlib.h>

#include "json.h"
#include "json_read.h"

/*
 * The oracle: does s[a..b) derive from the grammar of RFC 8259, by trying
 * every way to cut it?  Strings are of the letters that no escape needs.
 */
static bool is_value(const char *s, size_t a, size_t b);

static bool
is_string(const char *s, size_t a, size_t b)
{
	if (b - a < 2 || s[a] != '"' || s[b - 1] != '"')
		return false;
	for (size_t i = a + 1; i + 1 < b; i++)
		if (s[i] == '"' || s[i] == '\\')
			return false;
	return true;
}

static bool
is_integer(const char *s, size_t a, size_t b)
{
	if (a < b && s[a] == '-')
		a++;
	if (a == b || (s[a] == '0' && b - a > 1))
		return false;
	for (; a < b; a++)
		if (s[a] < '0' || s[a] > '9')
			return false;
	return true;
}

static bool
is_member(const char *s, size_t a, size_t b)
{
	for (size_t i = a; i < b; i++)
		if (s[i] == ':' && is_string(s, a, i) &&
		    is_value(s, i + 1, b))
			return true;
	return false;
}

static bool
is_list(const char *s, size_t a, size_t b, bool members)
{
	if (members ? is_member(s, a, b) : is_value(s, a, b))
		return true;
	for (size_t i = a; i < b; i++)
		if (s[i] == ',' && (members ? is_member(s, a, i) :
		    is_value(s, a, i)) && is_list(s, i + 1, b, members))
			return true;
	return false;
}

static bool
is_object(const char *s, size_t a, size_t b)
{
	return b - a >= 2 && s[a] == '{' && s[b - 1] == '}' &&
	    (b - a == 2 || is_list(s, a + 1, b - 1, true));
}

static bool
is_value(const char *s, size_t a, size_t b)
{
	return a < b && (is_string(s, a, b) || is_integer(s, a, b) ||
	    is_object(s, a, b) || (b - a >= 2 && s[a] == '[' &&
	    s[b - 1] == ']' && (b - a == 2 ||
	    is_list(s, a + 1, b - 1, false))));
}

/* Every string over these letters, in braces. */
static void
objects_are_those_of_the_grammar(void **state)
{
	static const char abc[] = "{}\":,[]0-";
	const size_t letters = sizeof(abc) - 1, max = 6;
	char s[10] = "{";
	size_t objects = 0;

	(void)state;
	for (size_t n = 0; n <= max; n++) {
		size_t all = 1;

		for (size_t i = 0; i < n; i++)
			all *= letters;
		for (size_t code = 0; code < all; code++) {
			size_t rest = code;
			bool wanted;

			for (size_t i = 0; i < n; i++, rest /= letters)
				s[1 + i] = abc[rest % letters];
			s[1 + n] = '}';
			wanted = is_object(s, 0, n + 2);
			objects += wanted;
			if (json_checked((struct span){ (uint8_t *)s,
			    n + 2 }) != wanted)
				fail_msg("%.*s", (int)n + 2, s);
		}
	}
	assert_true(objects > 20);
}

static void
what_is_let_pass_and_what_is_not(void **state)
{
	static const struct { const char *text; bool ok; } cases[] = {
		{ "", false }, { "[]", false }, { "1", false },
		{ "{}", true }, { "{} ", false }, { " {}", false },
		{ "{\"a\": 1}", false }, { "{\"a\":1}\n", false },
		{ "{\"a\":true,\"b\":false,\"c\":null}", true },
		{ "{\"a\":tru}", false }, { "{\"a\":nul}", false },
		{ "{\"a\":1.5e+10}", true }, { "{\"a\":1e5}", true },
		{ "{\"a\":-0.1E-2}", true }, { "{\"a\":1.}", false },
		{ "{\"a\":.5}", false }, { "{\"a\":1e}", false },
		{ "{\"a\":+1}", false }, { "{\"a\":01}", false },
		{ "{\"a\":0x1}", false }, { "{\"a\":NaN}", false },
		{ "{\"a\":\"\\n\\t\\\"\\\\\\/\\b\\f\\r\"}", true },
		{ "{\"a\":\"\\x41\"}", false }, { "{\"a\":\"\\u00e\"}",
		    false }, { "{\"a\":\"\\u00eg\"}", false },
		{ "{\"a\":\"\\u001b\"}", true }, { "{\"a\":\"\\u0000\"}",
		    true }, { "{\"a\":\"\x1b\"}", false },
		{ "{\"a\":\"\x7f\"}", false }, { "{\"a\":\"\n\"}", false },
		{ "{\"a\":\"\xc3\xa4\"}", true }, { "{\"a\":\"\xc3\"}",
		    false }, { "{\"a\":\"\xc2\x9b\"}", false },
		{ "{\"a\":\"\xe2\x80\xae\"}", false },
		{ "{\"\xe2\x80\xae\":1}", false },
		{ "{\"a\":\"\\u202e\"}", true },
		{ "{\"a\":\"\\ud83d\\ude00\"}", true },
		{ "{\"a\":\"\\ud83d\"}", false },
		{ "{\"a\":\"\\ude00\"}", false },
		{ "{\"a\":\"\\ud83d\\u0041\"}", false },
		{ "{\"a\":1,}", false }, { "{,}", false },
		{ "{\"a\":1 \"b\":2}", false }, { "{a:1}", false },
		{ "{\"a\":[1,[2,{\"b\":[]}]]}", true },
		{ "{\"a\":\"", false }, { "{\"a\":\"\\", false },
		{ "{\"a\":\"\\u00", false }, { "{\"a\":", false },
		{ "{\"a\":[[[[[[[1]]]]]]]}", true },
		{ "{\"a\":[[[[[[[[1]]]]]]]]}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (json_checked(span_text(cases[i].text)) != cases[i].ok)
			fail_msg("case %zu: %s", i, cases[i].text);
	assert_false(json_checked((struct span){
	    (const uint8_t *)"{\"a\":\"\\\0\"}", 10 }));
}

/* Every byte, every pair of bytes, and longer ones, written and read. */
static void
comes_back(struct span s)
{
	struct buf b = { 0 }, got = { 0 };
	struct json j = json_begin(&b);

	json_open(&j, '{');
	json_bytes(&j, "x", (struct span){ (const uint8_t *)"y", 1 });
	json_bytes(&j, "path", s);
	json_key_u64(&j, "n", UINT64_MAX);
	json_close(&j, '}');
	assert_true(json_checked(buf_span(&b)));
	assert_true(json_member_bytes(buf_span(&b), "path", &got));
	assert_int_equal(got.n, s.n);
	assert_true(s.n == 0 || memcmp(got.p, s.p, s.n) == 0);
	buf_free(&b);
	buf_free(&got);
}

static void
all_bytes_come_back(void **state)
{
	uint8_t two[2], many[40];

	(void)state;
	comes_back((struct span){ two, 0 });
	for (unsigned a = 0; a < 256; a++) {
		two[0] = (uint8_t)a;
		comes_back((struct span){ two, 1 });
		for (unsigned c = 0; c < 256; c++) {
			two[1] = (uint8_t)c;
			comes_back((struct span){ two, 2 });
		}
	}
	srand(1);
	for (unsigned i = 0; i < 3000; i++) {
		const size_t n = (size_t)rand() % sizeof(many);

		for (size_t k = 0; k < n; k++)
			many[k] = (uint8_t)(rand() % 3 == 0 ? rand() :
			    "\xe2\x80\xae\xf0\x9f\x98\x80\\\"a"[rand() % 10]);
		comes_back((struct span){ many, n });
	}
}

static void
members_are_found(void **state)
{
	const struct span o = SPAN("{\"a\":1,\"b\":\"t\\u0041\","
	    "\"c\":{\"a\":7},\"big\":\"18446744073709551615\","
	    "\"over\":18446744073709551616,\"neg\":-1,\"d\":[],\"a\":2,"
	    "\"e_b64\":\"/w==\",\"f_b64\":\"!\",\"g_b64\":\"/w=\","
	    "\"h_b64\":7,\"f\":\"x\"}");
	struct buf b = { 0 };
	struct span v;
	uint64_t n;

	(void)state;
	assert_true(json_checked(o));
	assert_true(json_member_u64(o, "a", &n));
	assert_int_equal(n, 1);
	assert_true(json_member_u64(o, "big", &n));
	assert_true(n == UINT64_MAX);
	assert_false(json_member_u64(o, "over", &n));
	assert_false(json_member_u64(o, "neg", &n));
	assert_false(json_member_u64(o, "b", &n));
	assert_false(json_member_u64(o, "none", &n));
	assert_true(json_member_text(o, "b", &b));
	assert_string_equal(buf_text(&b), "tA");
	assert_false(json_member_text(o, "a", &b));
	assert_false(json_member_text(o, "c", &b));
	assert_true(json_member(o, "c", &v));
	assert_true(span_eq(v, SPAN("{\"a\":7}")));
	assert_true(json_member_u64(v, "a", &n));
	assert_int_equal(n, 7);
	buf_clear(&b);
	assert_true(json_member_bytes(o, "e", &b));
	assert_true(span_eq(buf_span(&b), SPAN("\xff")));
	assert_false(json_member_bytes(o, "f", &b));
	assert_false(json_member_bytes(o, "g", &b));
	assert_false(json_member_bytes(o, "h", &b));
	assert_false(json_member_bytes(o, "i", &b));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_those_of_the_grammar),
		cmocka_unit_test(what_is_let_pass_and_what_is_not),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(members_are_found),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}

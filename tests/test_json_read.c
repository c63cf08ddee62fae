/*
 * scanner/report/json_read.c: what json.c wrote comes back, whatever bytes it
 * was; and what is no such thing is none.
 */
#include "t.h"

#include <stdlib.h>

#include "json_read.h"

static void
comes_back(struct span s)
{
	struct buf b = { 0 }, got = { 0 }, again = { 0 };
	struct json j = json_begin(&b);
	struct json_object *o;
	uint64_t n;

	json_open(&j, '{');
	json_bytes(&j, "x", (struct span){ (const uint8_t *)"y", 1 });
	json_bytes(&j, "path", s);
	json_key_u64(&j, "n", UINT64_MAX);
	json_close(&j, '}');
	assert_non_null(o = json_parse(buf_span(&b)));
	assert_true(json_member_bytes(o, "path", &got));
	assert_int_equal(got.n, s.n);
	assert_true(s.n == 0 || memcmp(got.p, s.p, s.n) == 0);
	assert_true(json_member_u64(o, "n", &n));
	assert_true(n == UINT64_MAX);

	/* Copied, it is the same text. */
	j = json_begin(&again);
	json_open(&j, '{');
	json_copy_members(&j, o, NULL);
	json_close(&j, '}');
	assert_string_equal(buf_text(&again), buf_text(&b));
	json_free(o);
	buf_free(&b);
	buf_free(&got);
	buf_free(&again);
}

/* Every byte, every pair of bytes, and longer ones, written and read. */
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
what_is_no_object_is_refused(void **state)
{
	static const struct { const char *text; bool ok; } cases[] = {
		{ "", false }, { "[]", false }, { "1", false },
		{ "{}", true }, { " {} ", true }, { "{} {}", false },
		{ "{\"a\":1,\"a\":1}", false }, { "{\"a\":1,}", false },
		{ "{\"a\":\"\xc3\"}", false }, { "{\"a\":\"\n\"}", false },
		{ "{\"a\":\"\\ud83d\"}", false }, { "{\"a\":", false },
		{ "{\"a\":\"\\u0000\"}", true }, { "{\"a\":tru}", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *o =
		    json_parse(span_text(cases[i].text));

		if ((o != NULL) != cases[i].ok)
			fail_msg("case %zu: %s", i, cases[i].text);
		json_free(o);
	}
}

static void
members_are_found(void **state)
{
	struct json_object *o = json_parse(SPAN("{\"a\":1,"
	    "\"b\":\"t\\u0041\",\"c\":{\"a\":7},"
	    "\"big\":\"18446744073709551615\",\"over\":"
	    "\"18446744073709551616\",\"neg\":-1,\"nul\":\"1\\u00002\","
	    "\"d\":[],\"e_b64\":\"/w==\",\"f_b64\":\"!\",\"g_b64\":\"/w=\","
	    "\"h_b64\":7,\"f\":\"x\",\"hex\":\"00ff\",\"no\":\"00FF\"}"));
	uint8_t hex[2];
	struct buf b = { 0 };
	struct span s;
	uint64_t n;

	(void)state;
	assert_non_null(o);
	assert_true(json_member_u64(o, "a", &n));
	assert_int_equal(n, 1);
	assert_true(json_member_u64(o, "big", &n));
	assert_true(n == UINT64_MAX);
	assert_false(json_member_u64(o, "over", &n));
	assert_false(json_member_u64(o, "neg", &n));
	assert_false(json_member_u64(o, "nul", &n));
	assert_false(json_member_u64(o, "b", &n));
	assert_false(json_member_u64(o, "none", &n));
	assert_true(json_member_text(o, "b", &s));
	assert_true(span_eq(s, SPAN("tA")));
	assert_true(json_member_is(o, "b", "tA"));
	assert_false(json_member_is(o, "b", "t"));
	assert_false(json_member_text(o, "a", &s));
	assert_false(json_member_text(o, "c", &s));
	assert_non_null(json_member(o, "c"));
	assert_true(json_member_u64(json_member(o, "c"), "a", &n));
	assert_int_equal(n, 7);
	assert_null(json_member(o, "d"));
	assert_true(json_member_hex(o, "hex", hex, 2));
	assert_true(hex[0] == 0 && hex[1] == 0xff);
	assert_false(json_member_hex(o, "hex", hex, 1));
	assert_false(json_member_hex(o, "no", hex, 2));
	assert_true(json_member_bytes(o, "e", &b));
	assert_true(span_eq(buf_span(&b), SPAN("\xff")));
	assert_false(json_member_bytes(o, "f", &b));
	assert_false(json_member_bytes(o, "g", &b));
	assert_false(json_member_bytes(o, "h", &b));
	assert_false(json_member_bytes(o, "i", &b));
	buf_free(&b);
	json_free(o);
}

static void
what_is_copied_is_escaped_and_known(void **state)
{
	static const char *const but[] = { "path", NULL };
	struct json_object *o = json_parse(SPAN("{\"path\":\"x\","
	    "\"a\":\"\\u001b\\u202e\",\"r\":1.5,"
	    "\"l\":[1,null,\"\\u009b\",[]],\"z\":null,"
	    "\"\\u001b\":1,\"h\":{\"path\":\"y\",\"t\":true}}"));
	struct buf b = { 0 };
	struct json j = json_begin(&b);

	(void)state;
	assert_non_null(o);
	json_open(&j, '{');
	json_copy_members(&j, o, but);
	json_close(&j, '}');
	assert_string_equal(buf_text(&b), "{\"a\":\"\\u001b\\u202e\","
	    "\"l\":[1,\"\\u009b\",[]],\"h\":{\"path\":\"y\",\"t\":true}}");
	buf_free(&b);
	json_free(o);
}

static void
put_key(void *ctx, const char *key, const struct json_object *o)
{
	uint64_t n = 0;

	(void)json_member_u64(o, "n", &n);
	buf_printf(ctx, "%s=%u;", key, (unsigned)n);
}

static void
elements_are_found(void **state)
{
	struct json_object *o = json_parse(SPAN("{\"l\":[7,\"t\",{\"n\":1},"
	    "\"9007199254740993\",-1,null],\"s\":\"ab\",\"o\":{\"b\":"
	    "{\"n\":2},\"x\":[{}],\"a\":{}}}"));
	struct buf b = { 0 };
	struct span s;
	uint64_t n = 5;

	(void)state;
	assert_non_null(o);
	assert_int_equal(json_member_count(o, "l"), 6);
	assert_int_equal(json_member_count(o, "s"), 0);
	assert_int_equal(json_member_count(o, "none"), 0);
	assert_int_equal(json_member_count(NULL, "l"), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(json_member_at(o, "l", i) != NULL, i == 2);
		assert_int_equal(json_member_text_at(o, "l", i, &s), i == 1 ||
		    i == 3);
		assert_int_equal(json_member_u64_at(o, "l", i, &n), i == 0 ||
		    i == 3);
	}
	assert_true(n == 9007199254740993);
	assert_true(json_member_text_at(o, "l", 1, &s) &&
	    span_eq(s, SPAN("t")));
	assert_true(json_member_is(o, "s", "ab"));
	json_each_object(json_member(o, "o"), put_key, &b);
	json_each_object(NULL, put_key, &b);
	assert_string_equal(buf_text(&b), "b=2;a=0;");
	buf_free(&b);
	json_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_found),
		cmocka_unit_test(all_bytes_come_back),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(what_is_copied_is_escaped_and_known),
	};

	return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}

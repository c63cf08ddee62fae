/*
 * Content-Length and Lines, where they stand.
 */
#include <stdlib.h>

#include "edit.h"
#include "length_field.h"
#include "t.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct length_case {
	const char *block;
	struct length_field want;
};

static const struct length_case cases[] = {
	{ "", { .there = false } },
	{ "A: b\n\n", { .there = false } },
	{ "X-Content-Length: 1\n", { .there = false } },
	{ "A: b\n Content-Length: 1\n", { .there = false } },
	{ "Content-Length: 12\n", { .there = true, .digits = 2, .off = 16,
	    .value = 12 } },
	{ "content-length:0", { .there = true, .digits = 1, .off = 15 } },
	{ "A: b\r\nCONTENT-LENGTH \t:\t007  \r\n\r\n", { .there = true,
	    .digits = 3, .off = 24, .value = 7 } },
	{ "Content-Length: 18446744073709551615\n", { .there = true,
	    .digits = 20, .off = 16, .value = UINT64_MAX } },
	{ "Content-Length: 18446744073709551616\n", { .there = true,
	    .bad = true } },
	{ "Content-Length: 99999999999999999999\n", { .there = true,
	    .bad = true } },
	{ "Content-Length: 000000000000000000001\n", { .there = true,
	    .bad = true } },
	{ "Content-Length: 1\nContent-length: 2\n", { .there = true,
	    .many = true, .digits = 1, .off = 16, .value = 1 } },
	{ "Content-Length: x\nContent-length: 2\n", { .there = true,
	    .many = true, .bad = true } },
	{ "Content-Length:\n", { .there = true, .bad = true } },
	{ "Content-Length: -1\n", { .there = true, .bad = true } },
	{ "Content-Length: 1 2\n", { .there = true, .bad = true } },
	{ "Content-Length: 1 (a)\n", { .there = true, .bad = true } },
	{ "Content-Length:\n 1\n", { .there = true, .bad = true } },
	{ "Content-Length: 1\n \n", { .there = true, .bad = true } },
	{ "Content-Length\n", { .there = false } },
};

static void
every_named_case(void **state)
{
	struct fields *fs = calloc(1, sizeof(*fs));

	(void)state;
	assert_non_null(fs);
	for (size_t i = 0; i < N(cases); i++) {
		const struct length_field *want = &cases[i].want;
		const char *s = cases[i].block;
		struct length_field got;

		fields_read(fs, (struct span){ (const uint8_t *)s,
		    strlen(s) });
		length_field_find(fs, "content-length", &got);
		if (got.there != want->there || got.many != want->many ||
		    got.bad != want->bad || got.digits != want->digits ||
		    got.off != want->off || got.value != want->value)
			fail_msg("%s", s);
		length_field_find(fs, "lines", &got);
		assert_false(got.there);
	}
	fields_read(fs, SPAN("Lines: 3\nContent-Length: 44\n"));
	for (size_t i = 0; i < 2; i++) {
		struct length_field got;

		length_field_find(fs, i == 0 ? "lines" : "content-length",
		    &got);
		assert_int_equal(got.value, i == 0 ? 3 : 44);
		assert_int_equal(got.off, i == 0 ? 7 : 25);
	}
	free(fs);
}

static void
numbers_are_written_as_they_are_read(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} numbers[] = { { 0, "0" }, { 9, "9" }, { 10, "10" },
	    { 1234567890, "1234567890" },
	    { UINT64_MAX, "18446744073709551615" } };
	uint8_t out[LENGTH_DIGITS];

	(void)state;
	for (size_t i = 0; i < N(numbers); i++) {
		assert_int_equal(length_field_text(numbers[i].value, out),
		    strlen(numbers[i].text));
		assert_memory_equal(out, numbers[i].text,
		    strlen(numbers[i].text));
	}
}

static void
count(void *ctx, struct span s)
{
	*(size_t *)ctx += s.n;
}

/* What is found and written splice takes. */
static void
a_length_can_be_replaced(void **state)
{
	const struct span m = SPAN("A: b\nContent-Length : 12 \n\nbody\n");
	struct fields *fs = calloc(1, sizeof(*fs));
	struct splice *s = malloc(sizeof(*s));
	uint8_t out[LENGTH_DIGITS];
	struct length_field f;
	struct graft g = { .kind = EDIT_LENGTH };
	struct edit e = { .graft = &g };
	size_t made = 0;

	(void)state;
	assert_non_null(fs);
	assert_non_null(s);
	fields_read(fs, m);
	length_field_find(fs, "content-length", &f);
	g.off = e.off = f.off;
	g.del = f.digits;
	g.ins = (struct span){ out, length_field_text(12345, out) };
	splice_begin(s, EDIT_LENGTH, count, &made);
	assert_int_equal(splice_feed(s, m, &e, 1), 1);
	assert_null(splice_end(s));
	assert_int_equal(made, m.n + 3);
	free(fs);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_named_case),
		cmocka_unit_test(numbers_are_written_as_they_are_read),
		cmocka_unit_test(a_length_can_be_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

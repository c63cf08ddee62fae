/*
 * What follows from a target's rows, over every set of findings that a few
 * small messages make.
 */
#include "engine.h"
#include "t.h"
#include "target.h"

#define BIT(c) (1ull << (c))

static const struct target_row rows[] = {
	{ true, BIT(CODE_EOL_BARE_LF), "554 bare", "refused", "a test" },
	{ false, BIT(CODE_EOL_BARE_CR) | BIT(CODE_LIMIT_NUL), NULL,
	    "changed", "a test" },
	{ true, BIT(CODE_LIMIT_NUL), "554 NUL", "refused", "a test" },
};
static const struct target_server target = { "test", "a test", rows, 3 };

static const struct {
	const char *text;
	size_t n;
	unsigned rows;		/* bits: those that apply */
} cases[] = {
#define M(s) s, sizeof(s) - 1
	{ M("A: b\r\n\r\nx\r\n"), 0 },
	{ M("A: b\r\n\r\nx\ny\r\n"), 1 },
	{ M("A: b\r\n\r\nx\ry\r\n"), 2 },
	{ M("A: b\r\n\r\nx\0y\r\n"), 2 | 4 },
	{ M("A: b\r\n\r\nx\ny\rz\r\n"), 1 | 2 },
	{ M("A: b\r\n\r\nx\ny\rz\0\r\n"), 1 | 2 | 4 },
	{ M("A: b\n\nx\n"), 0 },
	{ M("A: b\n\nx\ry\n"), 2 },
};

static struct engine *
engine_with(unsigned topics, const struct target_server *t)
{
	struct engine *g = engine_new(&(struct engine_options){
	    .codes = code_set_default(), .topics = topics, .target = t });

	assert_non_null(g);
	return g;
}

static const struct verdict *
judge(struct engine *first, struct engine *again, size_t i, size_t cut)
{
	const struct span m = { (const uint8_t *)cases[i].text, cases[i].n };
	struct engine *both[] = { first, again };
	struct verdict *v;

	engine_begin(first, BRK_CRLF);
	engine_begin_again(again, BRK_CRLF, NULL);
	for (size_t k = 0; k < 2; k++) {
		engine_feed(both[k], (struct span){ m.p, cut });
		engine_feed(both[k], (struct span){ m.p + cut, m.n - cut });
	}
	v = engine_end(first);
	engine_end_again(again, v);
	return v;
}

static void
check_rows(const struct verdict *v, unsigned expected)
{
	unsigned got = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct finding *f = &v->list[i];

		if (f->target == NULL)
			continue;
		assert_int_equal(f->code, f->target->refuses ?
		    CODE_TARGET_REFUSES : CODE_TARGET_CHANGES);
		assert_true(f->target->when >> f->because & 1);
		assert_true(f->where->count > 0);
		got |= 1u << (f->target - rows);
	}
	assert_int_equal(got, expected);
}

static void
each_row_applies_where_one_of_its_findings_is(void **state)
{
	struct engine *first = engine_with(0, NULL);
	struct engine *again = engine_with(TOPIC_TARGET, &target);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t cut = 0; cut <= cases[i].n; cut++)
			check_rows(judge(first, again, i, cut),
			    cases[i].rows);
	engine_free(first);
	engine_free(again);
}

static void
without_a_target_nothing_follows(void **state)
{
	struct engine *first = engine_with(0, NULL);
	struct engine *again = engine_with(TOPIC_TARGET, NULL);

	(void)state;
	check_rows(judge(first, again, 5, 0), 0);
	engine_free(first);
	engine_free(again);
}

static void
its_codes_are_those_of_all_rows(void **state)
{
	(void)state;
	assert_true(target_codes(&target) == (BIT(CODE_EOL_BARE_LF) |
	    BIT(CODE_EOL_BARE_CR) | BIT(CODE_LIMIT_NUL)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_applies_where_one_of_its_findings_is),
		cmocka_unit_test(without_a_target_nothing_follows),
		cmocka_unit_test(its_codes_are_those_of_all_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

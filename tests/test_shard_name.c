/*
 * Which shard this is, and what its file is called.
 */
#include <stdlib.h>

#include "t.h"
#include "shard_name.h"

static void
an_option_says_which_or_leaves_it_open(void **state)
{
	static const struct {
		const char *text;
		unsigned long i, n;
		bool ok;
	} cases[] = {
		{ "1/1", 1, 1, true }, { "3/16", 3, 16, true },
		{ "16/16", 16, 16, true },
		{ "99999/99999", 99999, 99999, true },
		{ "auto", 0, 0, true }, { "auto/8", 0, 8, true },
		{ "3", 3, 0, true }, { "0", 0, 0, false },
		{ "0/4", 0, 0, false }, { "5/4", 0, 0, false },
		{ "1/0", 0, 0, false }, { "auto/0", 0, 0, false },
		{ "1/100000", 0, 0, false }, { "", 0, 0, false },
		{ "/", 0, 0, false }, { "100000", 0, 0, false },
		{ "3/", 0, 0, false }, { "/4", 0, 0, false },
		{ "+3/4", 0, 0, false }, { " 3/4", 0, 0, false },
		{ "3/4 ", 0, 0, false }, { "3/4/5", 0, 0, false },
		{ "automatic/4", 0, 0, false }, { "-1/4", 0, 0, false },
		{ "18446744073709551617/4", 0, 0, false },
	};
	struct shard_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (shard_parse(cases[i].text, &id) != cases[i].ok)
			fail_msg("%s", cases[i].text);
		if (!cases[i].ok)
			continue;
		assert_int_equal(id.i, cases[i].i);
		assert_int_equal(id.n, cases[i].n);
	}
}

static const char *const names[] = { "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN", "JOB_COMPLETION_INDEX", "SGE_TASK_ID",
    "PARALLEL_SEQ" };

static void
the_environment_says_which(void **state)
{
	static const struct {
		const char *value[5];	/* of names, in their order */
		unsigned long want;	/* of 16 */
	} cases[] = {
		{ { NULL }, 0 },
		{ { "0", "0" }, 1 }, { { "15", "0" }, 16 },
		{ { "16", "0" }, 0 },
		{ { "1", "1" }, 1 }, { { "16", "1" }, 16 },
		{ { "17", "1" }, 0 }, { { "0", "1" }, 0 },
		{ { "7", "3" }, 7 },	/* --array=3,7-9, as merge lists it */
		{ { "3" }, 3 }, { { "16" }, 16 }, { { "3", "" }, 3 },
		{ { "0" }, 0 }, { { "17" }, 0 },	/* from 1, then */
		{ { "x" }, 0 }, { { "x", "0" }, 0 }, { { "3", "x" }, 0 },
		{ { "4294967299", "1" }, 0 },
		{ { NULL, NULL, "0" }, 1 }, { { NULL, NULL, "15" }, 16 },
		{ { NULL, NULL, "16" }, 0 }, { { NULL, NULL, "-1" }, 0 },
		{ { NULL, NULL, NULL, "1" }, 1 },
		{ { NULL, NULL, NULL, "0" }, 0 },
		{ { NULL, NULL, NULL, "undefined", "2" }, 2 },
		{ { NULL, NULL, NULL, NULL, "16" }, 16 },
		{ { NULL, NULL, "", NULL, "5" }, 5 },
		{ { "4", "0", "4", "5", "5" }, 5 },
		{ { "4", "0", "4", "5", "4" }, 0 },
		{ { "1", "1", NULL, NULL, "2" }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf why = { 0 };
		unsigned long got;

		for (size_t k = 0; k < 5; k++)
			if (cases[i].value[k] == NULL)
				(void)unsetenv(names[k]);
			else
				(void)setenv(names[k], cases[i].value[k], 1);
		got = shard_from_environment(16, &why);
		if (got != cases[i].want)
			fail_msg("case %zu: %lu", i, got);
		assert_int_equal(got == 0, why.n > 0);
		buf_free(&why);
	}
}

/* All sets of numbers up to 8, read again as a person would. */
static void
a_list_says_each_number_once(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << 8; set++) {
		struct shard_list l = { .first = 0 };
		unsigned got = 0;
		const char *at;
		char *end;

		for (unsigned i = 0; i < 8; i++)
			if ((set >> i & 1) != 0)
				shard_list_add(&l, i + 1);
		for (at = shard_list_end(&l); *at != '\0'; at = end +
		    (*end == ',')) {
			unsigned long a = strtoul(at, &end, 10), b = a;

			if (*end == '-')
				b = strtoul(end + 1, &end, 10);
			assert_true(a >= 1 && a <= b && b <= 8);
			for (; a <= b; a++)
				got |= 1u << (a - 1);
		}
		assert_int_equal(got, set);
		buf_free(&l.text);
	}
}

static void
its_file_sorts_by_its_number(void **state)
{
	struct buf b = { 0 };

	(void)state;
	shard_file_name(&b, (struct shard_id){ 3, 16 });
	assert_string_equal(buf_text(&b), "shard-00003-of-00016.ndjson");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_says_which_or_leaves_it_open),
		cmocka_unit_test(the_environment_says_which),
		cmocka_unit_test(a_list_says_each_number_once),
		cmocka_unit_test(its_file_sorts_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

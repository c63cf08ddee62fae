/*
 * scanner/act/mailname.c: names of Maildir messages with new contents.
 */
#include "t.h"

#include <stdio.h>

#include "mailname.h"
#include "names.h"

#define MARK "0123456789abcdef"

static const struct {
	const char *name, *renewed;
} cases[] = {
	{ "1.M2P3.host", "1.M2P3R" MARK ".host" },
	{ "1.M2P3.host:2,S", "1.M2P3R" MARK ".host:2,S" },
	{ "1.M2P3.host,S=5,W=6:2,FS", "1.M2P3R" MARK ".host,S=70,W=75:2,FS" },
	{ "1.M2P3.host,W=6,S=5", "1.M2P3R" MARK ".host,W=75,S=70" },
	{ "1.M2P3.host,S=5", "1.M2P3R" MARK ".host,S=70" },
	{ "1.M2P3.a.b.c,S=5:2,", "1.M2P3R" MARK ".a.b.c,S=70:2," },
	{ "1.M2P3.host,X=1,S=5,Y", "1.M2P3R" MARK ".host,X=1,S=70,Y" },
	{ "1.M2P3.host,S=,W=x,S", "1.M2P3R" MARK ".host,S=,W=x,S" },
	{ "1.M2P3.host:2,S,S=5", "1.M2P3R" MARK ".host:2,S,S=5" },
	{ "plain", "plainR" MARK },
	{ "a.b", "a.bR" MARK },
	{ "a.b,S=1", "a.bR" MARK ",S=70" },
	{ ",S=1", "R" MARK ",S=70" },
	/* marks are replaced, not gathered */
	{ "1.M2P3Rfedcba9876543210.host,S=5:2,S",
	    "1.M2P3R" MARK ".host,S=70:2,S" },
	{ "plainRfedcba9876543210", "plainR" MARK },
	{ "1.M2P3RFEDCBA9876543210.host",
	    "1.M2P3RFEDCBA9876543210R" MARK ".host" },
};

static const struct sum sum = { .size = 70, .lone_lf = 5 };

static void
names_are_renewed_with_right_sizes(void **state)
{
	struct mailname got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(mailname_renew(cases[i].name, &sum, MARK, &got));
		assert_string_equal(got.text, cases[i].renewed);
	}
}

static void
the_size_is_that_of_the_name(void **state)
{
	uint64_t n = 1;

	(void)state;
	assert_true(mailname_size("1.M2.host,S=0:2,S", &n) && n == 0);
	assert_true(mailname_size("1.M2.host,W=7,S=00512", &n) && n == 512);
	assert_true(mailname_size("1.M2.host,S=72057594037927935", &n));
	assert_true(n == UINT64_MAX >> 8);
	assert_false(mailname_size("1.M2.host,S=72057594037927936", &n));
	assert_false(mailname_size("1.M2.host,S=99999999999999999999999", &n));
	assert_false(mailname_size("1.M2.host,W=7", &n));
	assert_false(mailname_size("1.M2.host:2,S,S=5", &n));
	assert_false(mailname_size("1.M2.host,S=-5", &n));
	assert_true(n == UINT64_MAX >> 8);
}

static void
sizes_are_seen_in_the_base_only(void **state)
{
	(void)state;
	assert_true(mailname_has_sizes("1.M2.host,S=5:2,S"));
	assert_true(mailname_has_sizes("1.M2.host,X,W=5"));
	assert_false(mailname_has_sizes("1.M2.host:2,S,S=5"));
	assert_false(mailname_has_sizes("1.M2.host,S=,W=5x,S"));
	assert_false(mailname_has_sizes("1.M2.host"));
	assert_false(mailname_has_sizes(""));
}

static void
names_that_are_too_long_are_refused(void **state)
{
	char name[NAME_MAX + 1];
	struct mailname got;

	(void)state;
	for (size_t n = 1; n <= NAME_MAX; n++) {
		memset(name, 'x', n);
		name[n] = '\0';
		assert_int_equal(mailname_renew(name, &sum, MARK, &got),
		    n + 17 <= NAME_MAX);
	}
}

static void
flags_are_joined_to_a_base(void **state)
{
	struct mailname got;

	(void)state;
	assert_true(mailname_join("a,S=1:2,S", "b:2,FT", &got));
	assert_string_equal(got.text, "a,S=1:2,FT");
	assert_true(mailname_join("a:2,S", "b", &got));
	assert_string_equal(got.text, "a");
	assert_true(mailname_join("a", "b:2,", &got));
	assert_string_equal(got.text, "a:2,");
	assert_true(name_same_base("a", got.text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_renewed_with_right_sizes),
		cmocka_unit_test(the_size_is_that_of_the_name),
		cmocka_unit_test(sizes_are_seen_in_the_base_only),
		cmocka_unit_test(names_that_are_too_long_are_refused),
		cmocka_unit_test(flags_are_joined_to_a_base),
	};

	return cmocka_run_group_tests_name("mailname", tests, NULL, NULL);
}

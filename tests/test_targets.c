/*
 * Reading targets.conf: the one in the program, and what may be wrong.
 */
#include "t.h"
#include "targets.h"

static struct targets *
must_read(struct span text)
{
	char why[200];
	struct targets *ts = targets_read(text, why, sizeof(why));

	if (ts == NULL)
		fail_msg("%s", why);
	return ts;
}

static void
the_file_in_the_program_is_sound(void **state)
{
	static const char *const names[] = { "cyrus", "dovecot",
	    "exchange-online", "gmail", "kumomta", "postfix", "sendmail",
	    "stalwart", "generic" };
	struct targets *ts = must_read((struct span){ targets_conf,
	    targets_conf_size });
	const struct target_server *t;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(targets_find(ts, names[i]));
	for (size_t i = 0; (t = targets_at(ts, i)) != NULL; i++) {
		assert_ptr_equal(targets_find(ts, t->name), t);
		assert_true(t->n > 0);
		for (size_t k = 0; k < t->n; k++) {
			assert_true(t->rows[k].when != 0);
			assert_non_null(t->rows[k].what);
			assert_non_null(t->rows[k].source);
			/* The order of the report: refusals first. */
			assert_true(k == 0 || !t->rows[k].refuses ||
			    t->rows[k - 1].refuses);
		}
	}
	assert_null(targets_find(ts, "Cyrus"));
	assert_null(targets_find(ts, ""));
	targets_free(ts);
}

#define ROW "when = {\"eol.*\"} what = \"w\" source = \"s\""

static void
rows_say_what_the_file_says(void **state)
{
	struct targets *ts = must_read(SPAN("target a {\n title = \"A\"\n"
	    " changes x { " ROW " }\n refuses y { " ROW
	    " reply = \"554 no\" }\n}\n"));
	const struct target_server *t = targets_at(ts, 0);

	(void)state;
	assert_string_equal(t->name, "a");
	assert_string_equal(t->title, "A");
	assert_int_equal(t->n, 2);
	assert_true(t->rows[0].refuses);
	assert_string_equal(t->rows[0].reply, "554 no");
	assert_true(t->rows[0].when == code_set_glob("eol.*"));
	assert_false(t->rows[1].refuses);
	assert_null(t->rows[1].reply);
	assert_null(targets_at(ts, 1));
	targets_free(ts);
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "target a { title = \"A\" }", "target a: it has no row" },
		{ "target a { changes x { " ROW " } }",
		    "target a: it needs a title" },
		{ "target a { title = \"A\" changes x { when = {\"eol.*\"} } }",
		    "target a: x needs when, what and source" },
		{ "target a { title = \"A\" changes x { " ROW " }\n"
		    "changes y { when = {\"eool\"} } }",
		    "target a: no code is called eool" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[200];

		assert_null(targets_read((struct span){
		    (const uint8_t *)cases[i].text, strlen(cases[i].text) },
		    why, sizeof(why)));
		assert_string_equal(why, cases[i].why);
	}
}

static void
what_libconfuse_says_comes_with_the_line(void **state)
{
	static const char *const cases[] = { "target a {\n tittle = \"A\"\n}",
	    "x = 1\n", "target a {\n}}\n" };
	char why[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(targets_read((struct span){
		    (const uint8_t *)cases[i], strlen(cases[i]) }, why,
		    sizeof(why)));
		assert_memory_equal(why, "line ", 5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_in_the_program_is_sound),
		cmocka_unit_test(rows_say_what_the_file_says),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(what_libconfuse_says_comes_with_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

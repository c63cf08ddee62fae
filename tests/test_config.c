/*
 * Rule files: what is right becomes rules, what is wrong is told, all of it,
 * with its place and what to do.
 */
#include <stdlib.h>

#include "rules_load.h"
#include "t.h"

#define R(rest) "rule a {\nscope = body-line\npattern = 'x'\n" \
	"message = 'm'\n" rest "}\n"

static struct span
text_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* The errors of a text, one on each line; "": none. */
static char *
errors_of(const char *text)
{
	struct config *c = config_new();
	struct span e;
	char *out;

	assert_non_null(c);
	assert_true(config_text(c, "f", text_of(text)) ==
	    (config_errors(c).n == 0));
	e = config_errors(c);
	assert_true(config_rules(c)->n == 0 || e.n == 0);
	out = calloc(1, e.n + 1);
	assert_non_null(out);
	for (size_t i = 0; i < e.n; i++)
		out[i] = e.p[i] != 0 ? (char)e.p[i] : '\n';
	config_free(c);
	return out;
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "# nothing but a comment\n", "" },
		{ R(""), "" },
		{ "rule a {\nscope = bdy\npattern = 'x'\nmessage = 'm'\n}\n",
		    "f:2:9: unknown scope 'bdy': did you mean body-line? "
		    "Scopes are: header-field, header-block, body-line, "
		    "after-dot, raw and none\n" },
		{ "rule a {\nscope = afterdot\npattern = 'x'\n"
		    "message = 'm'\n}\n",
		    "f:2:9: unknown scope 'afterdot': did you mean after-dot? "
		    "Scopes are: header-field, header-block, body-line, "
		    "after-dot, raw and none\n" },
		{ R("severity = hihg\n"),
		    "f:5:12: unknown severity 'hihg': it is info, low, medium "
		    "or high\n" },
		{ R("patern = 'y'\n"),
		    "f:5:1: there is no 'patern' here: a file has rules, and "
		    "a rule has severity, scope, field, limit, pattern, "
		    "message and when\n" },
		{ "rule a {\nscope = raw\n  pattern = 'ab(c'\n"
		    "message = 'm'\n}\n",
		    "f:3:18: the pattern does not work: missing closing "
		    "parenthesis\n" },
		{ "rule a {\nscope = raw\n  pattern = 'a\\\\\\\\b[c'\n"
		    "message = 'm'\n}\n",
		    "f:3:22: the pattern does not work: missing terminating ] "
		    "for character class\n" },
		{ "rule a {\nscope = raw\npattern = ''\nmessage = 'm'\n}\n",
		    "f:3:12: the pattern is empty: it would match everything"
		    "\n" },
		{ "rule a {\nscope = raw\npattern = '(*UTF)x'\n"
		    "message = 'm'\n}\n",
		    "f:3:18: the pattern does not work: using UTF is disabled "
		    "by the application\n" },
		{ "rule a {\npattern = 'x'\nmessage = 'm'\n}\n",
		    "f:1:1: the rule has a pattern but no scope: say where to "
		    "look, for example scope = body-line\n" },
		{ "rule a {\nscope = raw\nmessage = 'm'\nwhen = 'eod.*'\n}\n",
		    "f:2:9: scope raw needs a pattern\n" },
		{ "rule a {\nscope = none\npattern = 'x'\nmessage = 'm'\n}\n",
		    "f:2:9: with scope none no pattern is looked for\n" },
		{ "\n\nrule a {\nmessage = 'm'\n}\n",
		    "f:3:1: the rule has neither a pattern nor a condition: "
		    "pattern = '...' or when = { \"eod.*\" }\n" },
		{ "rule a {\nscope = raw\npattern = 'x'\n}\n",
		    "f:1:1: the rule has no message: say what a match means, "
		    "message = \"...\"\n" },
		{ "rule A_b {\nmessage = 'm'\nwhen = 'eod.*'\n}\n",
		    "f:1:1: a rule's name is up to 64 of a to z, 0 to 9 and "
		    "-, not 'A_b'\n" },
		{ R("field = 'To'\n"),
		    "f:5:10: field is for scope header-field only\n" },
		{ "rule a {\nscope = header-field\npattern = 'x'\n"
		    "message = 'm'\n}\n",
		    "f:1:1: scope header-field needs the name of a field: "
		    "field = \"Subject\", or \"*\" for all\n" },
		{ "rule a {\nscope = header-field\nfield = 'To:'\n"
		    "pattern = 'x'\nmessage = 'm'\n}\n",
		    "f:3:10: 'To:' is no name of a field (without the colon)"
		    "\n" },
		{ R("limit = 5\n"), "f:5:9: limit is for scope raw only\n" },
		{ "rule a {\nscope = raw\npattern = 'x'\nmessage = 'm'\n"
		    "limit = 65537\n}\n",
		    "f:5:9: limit is a number of bytes from 1 to 65536, not "
		    "'65537'\n" },
		{ R("scope = raw\n"),
		    "f:5:9: scope is given twice in this rule\n" },
		{ R("when = { 'eod.*', 'eol.bare-rc' }\n"),
		    "f:5:20: eol.bare-rc is no code; did you mean eol.bare-cr"
		    "\n" },
		{ R("when = 'eod.*>x'\n"),
		    "f:5:9: behind eod.* a count is expected, such as >=3, "
		    ">3, =3, <3 or <=3\n" },
		{ R("when = { a, a, a, a, a, a, a, a, a }\n"),
		    NULL },
		{ R("") R(""),
		    "f:6:1: there is another rule of that name; baredot's own "
		    "have names too (--no-default-rules leaves them out)\n" },
		{ "colour = red\n" R(""),
		    "f:1:1: there is no 'colour' here: a file has rules, and "
		    "a rule has severity, scope, field, limit, pattern, "
		    "message and when\n" },
		{ "rule a {\nscope = 'x\n",
		    "f:3:1: unterminated string constant\n" },
		{ "rule {\n}\n", NULL }, { "}\n", NULL }, { "rule\n", NULL },
		{ "rule a { this-config(x) }\n", NULL },
		{ "rule a { this-config = x }\n", NULL },
		{ "this-config = x\n", NULL }, { "include('x')\n", NULL },
		{ "rule a rule b {\n}", NULL }, { "rule a {}\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *e = errors_of(cases[i][0]);

		if (cases[i][1] == NULL ? e[0] == '\0' :
		    strcmp(e, cases[i][1]) != 0)
			fail_msg("%s\nis told as\n%s", cases[i][0], e);
		free(e);
	}
}

/* In order of their lines, and nothing of the file is used. */
static void
all_that_is_wrong_is_told(void **state)
{
	char *e = errors_of("rule a {\nscope = bdy\npatern = 'x'\n"
	    "message = 'm'\npattern = '['\ncolor = 5\n}\n"
	    "rule b {\nseverity = x\nwhen = { 'a', 'b' }\n}\ncolor = 1\n");
	unsigned last = 0, n = 0;

	(void)state;
	for (char *p = e; *p != '\0'; p = strchr(p, '\n') + 1, n++) {
		const unsigned line = (unsigned)strtoul(p + 2, NULL, 10);

		assert_true(line >= last);
		last = line;
	}
	assert_int_equal(n, 9);
	free(e);
}

static void
what_is_right_becomes_a_rule(void **state)
{
	struct config *c = config_new();
	const struct pattern_rules *rules;
	const struct pattern_rule *r;

	(void)state;
	assert_true(config_text(c, "f", text_of(
	    "rule first-1 {\n\tseverity = high\n\tscope = header-field\n"
	    "\tfield = X-Spam\n\tpattern = '^yes\\b \\\\ \"$'\n"
	    "\tmessage = \"a \\\"b\\\"\"\n"
	    "\twhen = { \"eol.bare-cr>=3\", 'eod.*' }\n}\n"
	    "rule \"second\" { scope = raw limit = 100 pattern = a "
	    "message = m }\n")));
	assert_true(config_text(c, "g", text_of(
	    "rule third { message = m when = 'limit.nul' }")));
	rules = config_rules(c);
	assert_int_equal(rules->n, 3);
	r = rules->rule[0];
	assert_string_equal(r->name.name, "first-1");
	assert_string_equal(r->name.message, "a \"b\"");
	assert_string_equal(r->field, "x-spam");
	assert_int_equal(r->severity, SEV_HIGH);
	assert_int_equal(r->scope, SCOPE_HEADER_FIELD);
	assert_int_equal(r->n, 2);
	assert_int_equal(r->conditions[0].n, 3);
	assert_true(r->conditions[1].codes == code_set_glob("eod.*"));
	assert_non_null(r->pattern);
	assert_int_equal(rules->rule[1]->limit, 100);
	assert_int_equal(rules->rule[1]->severity, SEV_MEDIUM);
	assert_int_equal(rules->rule[2]->scope, SCOPE_NONE);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rules->rule[i]->name.index, i);
	config_free(c);
}

static void
a_text_that_is_wrong_leaves_the_others_as_they_were(void **state)
{
	struct config *c = config_new();

	(void)state;
	assert_true(config_text(c, "f", text_of(R(""))));
	assert_false(config_text(c, "g", text_of("rule b { message = m "
	    "when = 'eod.*' } rule a { message = m when = 'eod.*' }")));
	assert_false(config_text(c, "h", text_of("rule c { scope = \"")));
	assert_true(config_text(c, "i", text_of("rule b { message = m "
	    "when = 'eod.*' }")));
	assert_int_equal(config_rules(c)->n, 2);
	assert_string_equal(config_rules(c)->rule[1]->name.name, "b");
	config_free(c);
}

static void
there_are_64_rules_at_most(void **state)
{
	struct config *c = config_new();
	struct buf b = { 0 };

	(void)state;
	for (unsigned i = 0; i < USER_RULES_MAX; i++)
		buf_printf(&b, "rule r%u { message = m when = 'eod.*' }\n",
		    i);
	assert_true(config_text(c, "f", buf_span(&b)));
	assert_false(config_text(c, "g", text_of("rule more { message = m "
	    "when = 'eod.*' }\n")));
	assert_non_null(strstr((const char *)config_errors(c).p,
	    "g:1:1: this is one rule too many"));
	assert_int_equal(config_rules(c)->n, USER_RULES_MAX);
	buf_free(&b);
	config_free(c);
}

static void
what_is_no_text_is_refused(void **state)
{
	static const uint8_t nul[] = "rule a {\n\0}";
	struct config *c = config_new();
	uint8_t *much = malloc(CONFIG_BYTES_MAX + 1);

	(void)state;
	assert_non_null(much);
	memset(much, '\n', CONFIG_BYTES_MAX + 1);
	assert_false(config_text(c, "f", (struct span){ nul, 11 }));
	assert_false(config_text(c, "f", (struct span){ much,
	    CONFIG_BYTES_MAX + 1 }));
	assert_true(config_text(c, "f", (struct span){ NULL, 0 }));
	free(much);
	config_free(c);
}

static void
the_rules_that_come_along_are_right(void **state)
{
	int status;
	struct config *c = rules_load(true, NULL, 0, NULL, &status);

	(void)state;
	assert_non_null(c);
	assert_true(config_rules(c)->n >= 3 && config_rules(c)->n <= 6);
	assert_int_equal(pattern_rules_of(config_rules(c), false).n, 0);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(all_that_is_wrong_is_told),
		cmocka_unit_test(what_is_right_becomes_a_rule),
		cmocka_unit_test(
		    a_text_that_is_wrong_leaves_the_others_as_they_were),
		cmocka_unit_test(there_are_64_rules_at_most),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(the_rules_that_come_along_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

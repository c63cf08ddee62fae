/*
 * The list of codes: complete, stable, and found by name.
 */
#include "codes.h"
#include "t.h"

static bool
is_text(const char *s)
{
	return s != NULL && s[0] != '\0' && s[0] != ' ' &&
	    s[strlen(s) - 1] != ' ';
}

static void
every_code_says_all_that_there_is_to_say(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const struct code_info *c = code_info(i);

		if (!is_text(c->name) || !is_text(c->title) ||
		    !is_text(c->means) || !is_text(c->affects) ||
		    !is_text(c->todo) || !is_text(c->source) ||
		    (c->strings != NULL && !is_text(c->strings)))
			fail_msg("code %u, %s", i, c->name);
		if (strchr(c->title, '\n') != NULL || strlen(c->title) > 60)
			fail_msg("title of %s", c->name);
	}
}

/* Lower case, digits and hyphens, one dot: family.what */
static bool
is_code_name(const char *s)
{
	const char *dot = strchr(s, '.');

	return dot != NULL && dot != s && dot[1] != '\0' &&
	    strchr(dot + 1, '.') == NULL &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(s);
}

static void
names_are_unique_and_well_formed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		if (!is_code_name(code_info(i)->name))
			fail_msg("%s", code_info(i)->name);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(code_info(i)->name,
			    code_info(k)->name);
	}
}

/* The public names: one that is missing here was renamed or dropped. */
static const struct {
	enum code code;
	const char *name;
	enum severity severity;
} known[] = {
	{ CODE_EOL_BARE_CR, "eol.bare-cr", SEV_MEDIUM },
	{ CODE_EOL_BARE_LF, "eol.bare-lf", SEV_MEDIUM },
	{ CODE_EOL_CRLF, "eol.crlf", SEV_LOW },
	{ CODE_EOL_CRCRLF, "eol.crcrlf", SEV_MEDIUM },
	{ CODE_EOL_MIXED, "eol.mixed", SEV_LOW },
	{ CODE_EOL_CR_ONLY, "eol.cr-only", SEV_MEDIUM },
	{ CODE_EOL_NO_FINAL, "eol.no-final", SEV_INFO },
	{ CODE_EOD_CRLF_CRLF, "eod.crlf-dot-crlf", SEV_HIGH },
	{ CODE_EOD_CRLF_LF, "eod.crlf-dot-lf", SEV_HIGH },
	{ CODE_EOD_CRLF_CR, "eod.crlf-dot-cr", SEV_MEDIUM },
	{ CODE_EOD_LF_CRLF, "eod.lf-dot-crlf", SEV_HIGH },
	{ CODE_EOD_LF_LF, "eod.lf-dot-lf", SEV_HIGH },
	{ CODE_EOD_LF_CR, "eod.lf-dot-cr", SEV_MEDIUM },
	{ CODE_EOD_CR_CRLF, "eod.cr-dot-crlf", SEV_MEDIUM },
	{ CODE_EOD_CR_LF, "eod.cr-dot-lf", SEV_MEDIUM },
	{ CODE_EOD_CR_CR, "eod.cr-dot-cr", SEV_HIGH },
	{ CODE_EOD_DOT_CRCRLF, "eod.dot-crcrlf", SEV_HIGH },
	{ CODE_EOD_DOT_NUL, "eod.dot-nul", SEV_HIGH },
	{ CODE_EOD_NUL_DOT, "eod.nul-dot", SEV_MEDIUM },
	{ CODE_EOD_DOT_SPACE, "eod.dot-space", SEV_INFO },
	{ CODE_EOD_SPACE_DOT, "eod.space-dot", SEV_INFO },
	{ CODE_EOD_STUFFED_DOT, "eod.stuffed-dot", SEV_MEDIUM },
	{ CODE_LIMIT_LINE_998, "limit.line-998", SEV_LOW },
	{ CODE_LIMIT_LINE_78, "limit.line-78", SEV_INFO },
	{ CODE_LIMIT_NUL, "limit.nul", SEV_MEDIUM },
	{ CODE_LIMIT_8BIT_HEADER, "limit.8bit-header", SEV_LOW },
	{ CODE_LIMIT_NO_HEADER_END, "limit.no-header-end", SEV_LOW },
	{ CODE_MIME_UNCLOSED, "mime.unclosed", SEV_MEDIUM },
	{ CODE_MIME_NO_BOUNDARY, "mime.no-boundary", SEV_LOW },
	{ CODE_MIME_DUPLICATE, "mime.duplicate-field", SEV_LOW },
	{ CODE_MIME_NESTING, "mime.nesting", SEV_LOW },
	{ CODE_MIME_BINARY_EOL, "mime.binary-eol", SEV_INFO },
	{ CODE_MIME_ATTACHED_EOL, "mime.attached-eol", SEV_INFO },
	{ CODE_DKIM_MISMATCH, "dkim.body-mismatch", SEV_LOW },
	{ CODE_DKIM_FIX_RESTORES, "dkim.fix-restores", SEV_INFO },
	{ CODE_DKIM_FIX_BREAKS, "dkim.fix-breaks", SEV_LOW },
	{ CODE_DKIM_LENGTH, "dkim.length", SEV_LOW },
	{ CODE_DKIM_SHA1, "dkim.rsa-sha1", SEV_INFO },
	{ CODE_DKIM_UNUSABLE, "dkim.unusable", SEV_LOW },
	{ CODE_SMUGGLE_ATTEMPT, "smuggle.attempt", SEV_HIGH },
	{ CODE_SMUGGLE_PROBE, "smuggle.probe", SEV_MEDIUM },
	{ CODE_SMUGGLE_VERBS, "smuggle.verbs", SEV_LOW },
	{ CODE_SMUGGLE_QUOTED, "smuggle.quoted", SEV_INFO },
	{ CODE_CONFORM_COLON, "conform.missing-colon-value", SEV_LOW },
	{ CODE_CONFORM_LINE_ENDS, "conform.non-canonical-line-endings",
	    SEV_MEDIUM },
	{ CODE_CONFORM_NAME_SPACE, "conform.name-ends-with-space", SEV_LOW },
	{ CODE_CONFORM_LINE_LONG, "conform.line-too-long", SEV_LOW },
	{ CODE_CONFORM_TRANSFER, "conform.needs-transfer-encoding", SEV_LOW },
	{ CODE_CONFORM_DATE, "conform.missing-date-header", SEV_LOW },
	{ CODE_CONFORM_MESSAGE_ID, "conform.missing-message-id-header",
	    SEV_LOW },
	{ CODE_CONFORM_MIME_VERSION, "conform.missing-mime-version", SEV_LOW },
	{ CODE_CONFORM_MIME_HEADERS, "conform.invalid-mime-headers", SEV_LOW },
	{ CODE_CONFORM_PARSE, "conform.parse-error", SEV_MEDIUM },
	{ CODE_RULE_MATCH, "rule.match", SEV_MEDIUM },
	{ CODE_RULE_GAVE_UP, "rule.gave-up", SEV_LOW },
	{ CODE_TARGET_REFUSES, "target.refuses", SEV_MEDIUM },
	{ CODE_TARGET_CHANGES, "target.changes", SEV_LOW },
};

/* KumoMTA's checks are --check's. */
static bool
must_be_asked_for(enum code code)
{
	return code == CODE_LIMIT_LINE_78 ||
	    strncmp(code_info(code)->name, "conform.", 8) == 0;
}

static void
no_code_changes_its_name_or_goes_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct code_info *c = code_info(known[i].code);

		assert_string_equal(c->name, known[i].name);
		assert_int_equal(c->severity, known[i].severity);
		assert_int_equal(c->on, !must_be_asked_for(known[i].code));
	}
	assert_int_equal(sizeof(known) / sizeof(known[0]), CODE_COUNT);
	assert_true(CODE_COUNT <= 64);		/* bits of a code_set */
}

static void
the_rest_is_there_unasked(void **state)
{
	code_set set = 0;

	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (!must_be_asked_for((enum code)i))
			set |= 1ull << i;
	assert_true(code_set_default() == set);
}

/* How many codes begin with head and end with tail, without overlap. */
static code_set
slow_set(const char *head, const char *tail)
{
	const size_t nh = strlen(head), nt = strlen(tail);
	code_set set = 0;

	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const char *s = code_info(i)->name;
		const size_t n = strlen(s);

		if (n >= nh + nt && strncmp(s, head, nh) == 0 &&
		    strcmp(s + n - nt, tail) == 0)
			set |= 1ull << i;
	}
	return set;
}

static void
a_star_stands_for_any_bytes(void **state)
{
	(void)state;
	assert_true(code_set_glob("*") == (1ull << CODE_COUNT) - 1);
	assert_true(code_set_glob("eod.*") == slow_set("eod.", ""));
	assert_true(code_set_glob("*-dot-lf") == slow_set("", "-dot-lf"));
	assert_true(code_set_glob("eo*lf") == slow_set("eo", "lf"));
	assert_true(code_set_glob("e*d.*-dot-c*r") ==
	    (1ull << CODE_EOD_CRLF_CR | 1ull << CODE_EOD_LF_CR |
	    1ull << CODE_EOD_CR_CR));
	assert_true(code_set_glob("**") == (1ull << CODE_COUNT) - 1);
	assert_true(code_set_glob("limit.nul*") == 1ull << CODE_LIMIT_NUL);
	assert_true(code_set_glob("*limit.nul") == 1ull << CODE_LIMIT_NUL);
}

static void
without_a_star_the_whole_name_must_be_there(void **state)
{
	static const char *const none[] = { "", "eod", "eod.", "limit.nu",
	    "limit.null", "EOD.*", "eod.?f-dot-lf", "*.x", "[e]*", "eol.crlf ",
	    "*eod", "x*" };

	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++)
		assert_true(code_set_glob(code_info(i)->name) == 1ull << i);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_true(code_set_glob(none[i]) == 0);
}

static void
a_mistyped_code_finds_its_neighbour(void **state)
{
	static const char *const pairs[][2] = {
		{ "eol.bare_cr", "eol.bare-cr" },
		{ "eol.barecr", "eol.bare-cr" },
		{ "eod.lf-dot-lff", "eod.lf-dot-lf" },
		{ "eod.lf-dot-crl", "eod.lf-dot-crlf" },
		{ "limit.nil", "limit.nul" },
		{ "limit.lin-998", "limit.line-998" },
		{ "limit.8bit", "limit.8bit-header" },
		{ "eod.dot-crcrlff", "eod.dot-crcrlf" },
	};

	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++)
		assert_string_equal(code_nearest(code_info(i)->name),
		    code_info(i)->name);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(code_nearest(pairs[i][0]), pairs[i][1]);
	assert_non_null(code_nearest(""));
	assert_non_null(code_nearest("?"));
}

static void
severities_have_names_both_ways(void **state)
{
	static const char *const names[SEVERITIES] = { "info", "low",
	    "medium", "high" };
	enum severity s = SEV_LOW;

	(void)state;
	for (unsigned i = 0; i < SEVERITIES; i++) {
		assert_string_equal(severity_name(i), names[i]);
		assert_true(severity_parse(names[i], &s));
		assert_int_equal(s, i);
	}
	assert_false(severity_parse("HIGH", &s));
	assert_false(severity_parse("", &s));
	assert_false(severity_parse("hig", &s));
	assert_int_equal(s, SEV_HIGH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_says_all_that_there_is_to_say),
		cmocka_unit_test(names_are_unique_and_well_formed),
		cmocka_unit_test(no_code_changes_its_name_or_goes_away),
		cmocka_unit_test(the_rest_is_there_unasked),
		cmocka_unit_test(a_star_stands_for_any_bytes),
		cmocka_unit_test(without_a_star_the_whole_name_must_be_there),
		cmocka_unit_test(a_mistyped_code_finds_its_neighbour),
		cmocka_unit_test(severities_have_names_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Patterns: what they find does not depend on machine code, on windows or on
 * what is looked for first, and none of them goes on for ever.
 */
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "gen.h"
#include "searcher.h"
#include "needles.h"
#include "t.h"

#define TEXT_MAX 40000u

static struct span
text_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static struct pattern *
compiled(const char *s, bool jit)
{
	struct pattern_error e;
	struct pattern *p = pattern_new(text_of(s), jit, &e);

	if (p == NULL)
		fail_msg("%s: %s at %zu", s, e.text, e.at);
	return p;
}

/* --- one search */

static const char *const some[] = {
	"abc", "a*b", "(?i)ABC", "^a", "a$", "a.c", "\\s+a", "[^a]+",
	"(a|b)*c", "(?<=a)b", "a(?!b)", "\\ba", "(\\w)\\1", "^$", "\\Aa",
	"a\\z", "(?s)a.b", "\\R", "a{2,3}", "(?:ab|ba)+", "x?", "[\\r\\n]a",
	"(?<!a)b", "(?>a+)b", "(a+|b+)*c",
};
#define SOME (sizeof(some) / sizeof(some[0]))

static void
machine_code_changes_nothing(void **state)
{
	static const uint8_t abc[] = "aabbc \r\n";
	struct gen g = { .seed = 11 };
	struct matcher *m = matcher_new();
	uint8_t buf[40];

	(void)state;
	assert_non_null(m);
	for (size_t i = 0; i < SOME; i++) {
		struct pattern *p[2] = { compiled(some[i], false),
		    compiled(some[i], true) };

		for (unsigned k = 0; k < 2000; k++) {
			struct search s = { .subject = { buf,
			    gen_below(&g, sizeof(buf)) },
			    .goes_on = gen_below(&g, 2) == 0 };
			size_t at[2] = { 0 }, end[2] = { 0 };
			enum match is[2];

			for (size_t j = 0; j < s.subject.n; j++)
				buf[j] = abc[gen_below(&g, 8)];
			s.from = gen_below(&g, s.subject.n + 1);
			for (unsigned j = 0; j < 2; j++)
				is[j] = pattern_search(p[j], m, &s, &at[j],
				    &end[j]);
			assert_int_equal(is[0], is[1]);
			assert_int_equal(at[0], at[1]);
			assert_int_equal(end[0], end[1]);
		}
		pattern_free(p[0]);
		pattern_free(p[1]);
	}
	matcher_free(m);
}

static void
lines_end_in_any_break(void **state)
{
	static const char *const texts[] = { "a\rMAIL", "a\nMAIL",
	    "a\r\nMAIL", "MAIL\rb", "MAIL\r\nb", "MAIL" };
	struct pattern *p = compiled("^MAIL$", true);
	struct matcher *m = matcher_new();
	size_t at, end;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct search s = { .subject = text_of(texts[i]) };

		assert_int_equal(pattern_search(p, m, &s, &at, &end),
		    MATCH_YES);
		assert_int_equal(end - at, 4);
	}
	pattern_free(p);
	matcher_free(m);
}

/* Bytes, whatever they would be in UTF-8; and no subject is not a crash. */
static void
patterns_are_of_bytes(void **state)
{
	struct pattern *p = compiled("^..$", true), *q = compiled("^$", true);
	struct matcher *m = matcher_new();
	const struct search utf8 = { .subject = SPAN("\xc3\xa9") };
	const struct search bad = { .subject = SPAN("\xff\x00") };
	const struct search none = { .subject = { NULL, 0 } };
	size_t at, end;

	(void)state;
	assert_int_equal(pattern_search(p, m, &utf8, &at, &end), MATCH_YES);
	assert_int_equal(pattern_search(p, m, &bad, &at, &end), MATCH_YES);
	assert_int_equal(pattern_search(p, m, &none, &at, &end), MATCH_NO);
	assert_int_equal(pattern_search(q, m, &none, &at, &end), MATCH_YES);
	pattern_free(p);
	pattern_free(q);
	matcher_free(m);
}

static void
what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct {
		const char *pattern;
		size_t at;
		const char *text;
	} cases[] = {
		{ "ab(c", 4, "missing closing parenthesis" },
		{ "a[b", 3, "missing terminating ] for character class" },
		{ "x*)", 2, "unmatched closing parenthesis" },
		{ "ab**", 0, NULL },
		{ "*a", 0, "quantifier does not follow a repeatable item" },
		{ "(*UTF)a", 6, "using UTF is disabled by the application" },
		{ "(*UCP)a", 6, "using UCP is disabled by the application" },
		{ "(?<=a*)b", 0,
		    "lookbehind assertion is not fixed length" },
		{ "(?<=a{300})b", 0, "it looks more than 255 bytes behind" },
		{ "a\\", 2, "\\ at end of pattern" },
	};
	struct pattern_error e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern *p = pattern_new(text_of(cases[i].pattern),
		    true, &e);

		if (cases[i].text == NULL) {
			pattern_free(p);
			continue;
		}
		assert_null(p);
		if (strstr(e.text, cases[i].text) == NULL ||
		    (e.at != cases[i].at && cases[i].at != 0))
			fail_msg("%s: %s at %zu", cases[i].pattern, e.text,
			    e.at);
	}
}

static void
too_long_a_pattern_is_refused(void **state)
{
	static uint8_t p[PATTERN_MAX + 1];
	struct pattern_error e;

	(void)state;
	memset(p, 'a', sizeof(p));
	assert_null(pattern_new((struct span){ p, sizeof(p) }, true, &e));
	pattern_free(pattern_new((struct span){ p, PATTERN_MAX }, true, &e));
}

/* With little memory: deep, and again and again with frames of other sizes. */
static void
a_matcher_is_as_good_as_new_after_any_search(void **state)
{
	static const char *const deep[] = { "(?:(a)|(b))*c", "(a|b)*?c",
	    "((((a))))+b", "(a+)+$", "(?:a|b)*(x)(y)?(z)?" };
	static uint8_t buf[SUBJECT_MAX];
	struct matcher *m = matcher_new();

	(void)state;
	memset(buf, 'a', sizeof(buf));
	for (unsigned round = 0; round < 6; round++)
		for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
			struct pattern *p = compiled(deep[i],
			    round % 2 == 0);
			struct matcher *fresh = matcher_new();
			const struct search s = { .subject = { buf,
			    500u << round / 2 } };
			size_t a[2] = { 0 }, b[2] = { 0 };
			enum match is;

			buf[s.subject.n - 1] = round < 3 ? 'c' : 'b';
			is = pattern_search(p, m, &s, &a[0], &b[0]);
			if (i == 0)
				assert_int_equal(is, round < 3 ? MATCH_YES :
				    MATCH_NO);
			assert_int_equal(is,
			    pattern_search(p, fresh, &s, &a[1], &b[1]));
			assert_int_equal(a[0], a[1]);
			assert_int_equal(b[0], b[1]);
			buf[s.subject.n - 1] = 'a';
			matcher_free(fresh);
			pattern_free(p);
		}
	matcher_free(m);
}

static void
a_pattern_that_takes_too_long_gives_up(void **state)
{
	static uint8_t buf[SUBJECT_MAX];
	struct matcher *m = matcher_new();
	size_t at, end;

	(void)state;
	memset(buf, 'a', sizeof(buf));
	buf[sizeof(buf) - 1] = '!';
	for (unsigned jit = 0; jit < 2; jit++) {
		struct pattern *p = compiled("^(a+)+$", jit != 0);
		const struct search s = { .subject = { buf, sizeof(buf) } };

		assert_int_equal(pattern_search(p, m, &s, &at, &end),
		    MATCH_GAVE_UP);
		pattern_free(p);
	}
	matcher_free(m);
}

/* Neither limit of PCRE2 stops this one, which takes a minute. */
static void
without_machine_code_the_clock_is_watched(void **state)
{
	static uint8_t buf[SUBJECT_MAX];
	struct pattern *p = compiled("a*a*[bc]", false);
	struct matcher *m = matcher_new();
	struct stopwatch w;
	const struct search s = { .subject = { buf, sizeof(buf) },
	    .watch = &w };
	size_t at, end;

	(void)state;
	memset(buf, 'a', sizeof(buf));
	stopwatch_begin(&w);
	stopwatch_start(&w, sizeof(buf));
	assert_int_equal(pattern_search(p, m, &s, &at, &end), MATCH_GAVE_UP);
	assert_true(w.used < 20 * STOPWATCH_FIRST);
	pattern_free(p);
	matcher_free(m);
}

/* --- windows */

struct places {
	size_t n;
	size_t at[TEXT_MAX];
};

/* All matches in the whole text at once. */
static void
oracle_places(const char *pattern, struct span text, struct places *out)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	pcre2_match_data *d = pcre2_match_data_create(1, NULL);
	PCRE2_SIZE where, from = 0;
	pcre2_code *code;
	int num;

	(void)pcre2_set_newline(c, PCRE2_NEWLINE_ANYCRLF);
	code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
	    PCRE2_MULTILINE, &num, &where, c);
	assert_non_null(code);
	out->n = 0;
	while (from <= text.n && pcre2_match(code, text.p, text.n, from, 0, d,
	    NULL) >= 0) {
		const PCRE2_SIZE *v = pcre2_get_ovector_pointer(d);

		out->at[out->n++] = v[0];
		from = v[1] > v[0] ? v[1] : v[0] + 1;
	}
	pcre2_match_data_free(d);
	pcre2_code_free(code);
	pcre2_compile_context_free(c);
}

/* The longest that any of these matches, or looks at, is short. */
static const char *const brief[] = {
	"abc", "a{1,40}b", "(?i)ABCA", "^a", "a$", "c\\s{1,9}a", "^.{0,5}$",
	"(?<=ab)c", "a(?!b)", "\\bca", "(\\w)\\1\\1", "^$", "\\Aa", "a\\Z",
	"(?s)a.b.c", "[\\r\\n]aa", "(?<!a)bb", "^ab(?=.{0,99}$)", "b",
};

static void
windows_find_what_the_whole_text_has(void **state)
{
	static const uint8_t abc[] = "aabbcc \r\nabcabcx";
	static uint8_t buf[TEXT_MAX];
	static struct places want;
	static const size_t sizes[] = { 0, 1, 255, 6144, 8191, 8192, 8193,
	    10240, 14336, 16384, 30000 };
	struct gen g = { .seed = 5 };

	(void)state;
	for (size_t i = 0; i < sizeof(brief) / sizeof(brief[0]); i++)
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			struct pattern *p = compiled(brief[i], true);
			const struct pattern_rule r = { .pattern = p };
			const struct pattern_rules rules = { .n = 1,
			    .rule = { &r } };
			struct span text = { buf, sizes[k] };
			struct searcher *s = calloc(1, sizeof(*s));

			for (size_t j = 0; j < text.n; j++)
				buf[j] = gen_below(&g, 9) > 6 ? 'x' :
				    abc[gen_below(&g, 16)];
			assert_non_null(s);
			assert_true(searcher_open(s, &rules));
			searcher_begin(s);
			searcher_start(s, text.n);
			searcher_windows(s, 0, text, 100, false);
			oracle_places(brief[i], text, &want);
			if (s->found[0].match.count != want.n)
				fail_msg("%s in %zu bytes: %zu, not %zu",
				    brief[i], text.n,
				    (size_t)s->found[0].match.count, want.n);
			for (size_t j = 0; j < want.n && j < SPOTS_KEPT; j++)
				assert_int_equal(s->found[0].match.off[j],
				    want.at[j] + 100);
			assert_int_equal(s->found[0].gave_up.count, 0);
			searcher_close(s);
			free(s);
			pattern_free(p);
		}
}

/* --- literals */

static const char *const tokens[] = { "abc", "foo", "b+", "(ab|foo)", "[a-c]",
    "\\d", "x?", "(?i)", "a{2}", "a{0,2}", "^", "$", "\\.", "(?:abc){0,1}",
    "(?=foo)", "(?!abc)", "\\bfoo", "|", "(?<n>abc|foob)", "(?>fo+)", ".*",
    "(?:abc)+", "[^]x]", "[[:alpha:]]", "\\x41bc", "(?:a|(?:bcd|foo)x)",
    "(?-i)", "abcabc{3}", "\\Qa.b\\E", "(a)\\1", "foo(?#)", "(?x) f o",
    "(*ACCEPT)", "\\s", "{", "a{,2}", "fooabc", "(?|abc|foo)", "\\K",
    "[a\\]]", "(?s:abc.)", "A", "\\n", "(foo)?", "((abc))", "(?'q'foo)" };
#define TOKENS (sizeof(tokens) / sizeof(tokens[0]))

static const char *const pieces[] = { "abc", "foo", "ABC", "x", "aa", ".",
    " ", "b", "Foo", "a.b", "d", "1", "]", "f o", "bcd", "abcabcc" };

static bool
holds(struct span s, const struct literals *l)
{
	for (size_t at = 0; at < s.n; at++)
		for (size_t i = 0; i < l->n; i++)
			if (span_starts_nocase((struct span){ s.p + at,
			    s.n - at }, (struct span){ l->list[i].p,
			    l->list[i].n }))
				return true;
	return false;
}

static void
random_text(struct gen *g, char *out, size_t max, const char *const *from,
    size_t kinds, size_t n)
{
	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *s = from[gen_below(g, kinds)];

		if (strlen(out) + strlen(s) + 1 < max)
			memcpy(out + strlen(out), s, strlen(s) + 1);
	}
}

static void
no_match_is_without_its_literals(void **state)
{
	const unsigned rounds = getenv("CHECK_LONG") != NULL ? 400000 : 40000;
	struct gen g = { .seed = 77 };
	struct matcher *m = matcher_new();
	unsigned with = 0, matched = 0;

	(void)state;
	for (unsigned i = 0; i < rounds; i++) {
		char re[128], text[160];
		struct pattern_error e;
		struct literals l;
		struct pattern *p;

		random_text(&g, re, sizeof(re), tokens, TOKENS,
		    1 + gen_below(&g, 5));
		p = pattern_new(text_of(re), false, &e);
		if (p == NULL)
			continue;
		literals_of(text_of(re), &l);
		with += l.n > 0;
		for (unsigned k = 0; k < 8 && l.n > 0; k++) {
			struct search s;
			size_t at, end;

			random_text(&g, text, sizeof(text), pieces,
			    sizeof(pieces) / sizeof(pieces[0]),
			    gen_below(&g, 12));
			s = (struct search){ .subject = text_of(text) };
			if (pattern_search(p, m, &s, &at, &end) != MATCH_YES)
				continue;
			matched++;
			if (!holds(s.subject, &l))
				fail_msg("/%s/ matches \"%s\"", re, text);
		}
		pattern_free(p);
	}
	assert_true(with > rounds / 20 && matched > rounds / 20);
	matcher_free(m);
}

static void
literals_are_found_in_usual_patterns(void **state)
{
	static const struct {
		const char *pattern, *literals;
	} cases[] = {
		{ "abc", "abc" }, { "ABC", "abc" }, { "ab", "" },
		{ "^(?i)(?:mail from|rcpt to):\\s*<", "mail from,rcpt to" },
		{ "https?://", "http" },
		{ "\\bpassword\\s*(?:is|:)\\s*\\S{6,}", "password" },
		{ "-----BEGIN (?:[A-Z]+ )?PRIVATE", "-----begin " },
		{ "a.b.cde*f", "" }, { "a.b.cdef*", "cde" },
		{ "abc|de", "" }, { "abc|def", "abc,def" },
		{ "(abc)?defg", "defg" }, { "x(abcd)+", "abcd" },
		{ "\\x41bc\\.d", "abc.d" }, { "(?x)abc", "" },
		{ "abc(*ACCEPT)", "" }, { "(?!abcd)efg", "efg" },
		{ "\\d{3}\\.exe", ".exe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[200] = "";
		struct literals l;

		literals_of(text_of(cases[i].pattern), &l);
		for (size_t k = 0; k < l.n; k++) {
			const size_t n = strlen(got);

			memcpy(got + n, ",", 2);
			memcpy(got + n + (k > 0), l.list[k].p, l.list[k].n);
			got[n + (k > 0) + l.list[k].n] = '\0';
		}
		assert_string_equal(got, cases[i].literals);
	}
}

/* --- needles */

struct hits {
	unsigned n;
	uint64_t sum;		/* of places and owners, in any order */
	size_t first;
};

static bool
hit(void *ctx, size_t at, unsigned owner)
{
	struct hits *h = ctx;

	h->n++;
	h->sum += (at + 1) * 31 * (owner + 7) * (owner + 7);
	if (h->n == 1)
		h->first = at;
	return true;
}

static bool
hit_once(void *ctx, size_t at, unsigned owner)
{
	(void)hit(ctx, at, owner);
	return false;
}

static void
naive(const struct needles *t, struct span s, struct hits *h)
{
	for (size_t at = 0; at < s.n; at++)
		for (size_t i = 0; i < t->n; i++)
			if (span_starts_nocase((struct span){ s.p + at,
			    s.n - at }, (struct span){ t->list[i].text.p,
			    t->list[i].text.n }))
				hit(h, at, t->list[i].owner);
}

/* Any number of needles, some of them alike, and any text, byte for byte. */
static void
needles_are_found_on_every_kernel(void **state)
{
	static struct needles t;
	struct gen g = { .seed = 3 };
	const struct kernel *k;
	uint8_t *buf;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		const size_t n = gen_below(&g, 300), kinds = 2 +
		    gen_below(&g, 6);
		struct hits want = { 0 }, got;

		needles_clear(&t);
		for (size_t i = gen_below(&g, 40); i > 0; i--) {
			struct literals l = { .n = 1 };

			l.list[0].n = (uint8_t)(3 + gen_below(&g, 5));
			for (size_t j = 0; j < l.list[0].n; j++)
				l.list[0].p[j] = (uint8_t)("ab.c\0\xe9-z"[
				    gen_below(&g, kinds)]);
			assert_true(needles_add(&t, &l, (unsigned)i));
		}
		buf = malloc(n + 1);
		assert_non_null(buf);
		for (size_t i = 0; i < n; i++)
			buf[i] = (uint8_t)("aB.C\0\xe9-Z"[
			    gen_below(&g, kinds)]);
		for (size_t i = 0; (k = kernel_at(i)) != NULL; i++) {
			needles_ready(&t, k);
			got = want = (struct hits){ 0 };
			naive(&t, (struct span){ buf, n }, &want);
			needles_find(&t, (struct span){ buf, n }, hit, &got);
			assert_int_equal(got.n, want.n);
			assert_true(got.sum == want.sum);
			want = (struct hits){ 0 };
			needles_find(&t, (struct span){ buf, n }, hit_once,
			    &want);
			assert_int_equal(want.n, got.n > 0);
			assert_int_equal(want.first, got.first);
		}
		free(buf);
	}
}

static void
too_many_needles_are_refused_together(void **state)
{
	static struct needles t;
	struct literals l = { .n = LITERALS_MAX };
	size_t added = 0;

	(void)state;
	for (size_t i = 0; i < l.n; i++)
		l.list[i] = (struct literal){ .n = 3, .p = "abc" };
	needles_clear(&t);
	while (needles_add(&t, &l, 0))
		added += l.n;
	assert_int_equal(added, t.n);
	assert_true(t.n <= NEEDLES_MAX && t.n + l.n > NEEDLES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_code_changes_nothing),
		cmocka_unit_test(lines_end_in_any_break),
		cmocka_unit_test(patterns_are_of_bytes),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(too_long_a_pattern_is_refused),
		cmocka_unit_test(a_matcher_is_as_good_as_new_after_any_search),
		cmocka_unit_test(a_pattern_that_takes_too_long_gives_up),
		cmocka_unit_test(without_machine_code_the_clock_is_watched),
		cmocka_unit_test(windows_find_what_the_whole_text_has),
		cmocka_unit_test(no_match_is_without_its_literals),
		cmocka_unit_test(literals_are_found_in_usual_patterns),
		cmocka_unit_test(needles_are_found_on_every_kernel),
		cmocka_unit_test(too_many_needles_are_refused_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

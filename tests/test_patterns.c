/*
 * The rules of a user: what they are shown, when, and where they say that it
 * was; however the message is cut.
 */
#include <stdlib.h>
#include <time.h>

#include "dots.h"
#include "gen.h"
#include "patterns.h"
#include "rule.h"
#include "t.h"

#define SET_MAX 24u
#define ALL_CODES ((1ull << CODE_COUNT) - 1)

/* Rules, made one after another. */
struct set {
	struct pattern_rules rules;
	struct pattern_rule rule[SET_MAX];
	struct pattern *pattern[SET_MAX];
	char name[SET_MAX][8];
};

static struct pattern_rule *
add(struct set *s, enum scope scope, const char *pattern)
{
	const size_t i = s->rules.n++;
	struct pattern_rule *r = &s->rule[i];
	struct pattern_error e;
	struct span text;

	assert_true(i < SET_MAX);
	s->name[i][0] = (char)('a' + i);
	s->name[i][1] = '\0';
	*r = (struct pattern_rule){ .name = { s->name[i], "message",
	    (unsigned)i }, .severity = SEV_MEDIUM, .scope = scope,
	    .field = "*", .limit = RAW_USUAL };
	s->rules.rule[i] = r;
	if (pattern != NULL) {
		text = (struct span){ (const uint8_t *)pattern,
		    strlen(pattern) };
		s->pattern[i] = pattern_new(text, true, &e);
		assert_non_null(s->pattern[i]);
		r->pattern = s->pattern[i];
		literals_of(text, &r->literals);
	}
	return r;
}

static void
when(struct pattern_rule *r, const char *text)
{
	char why[CONDITION_WHY];

	assert_null(condition_parse(text, &r->conditions[r->n++], why));
}

static void
clear(struct set *s)
{
	for (size_t i = 0; i < s->rules.n; i++)
		pattern_free(s->pattern[i]);
	memset(s, 0, sizeof(*s));
}

/* Two engines, and how they are put to work. */
struct work {
	struct engine *first, *again;
	bool beside;		/* both at the same time */
	bool follow;
	size_t step;		/* bytes of a span */
};

static struct work
work_open(const struct set *s, bool beside, bool follow, size_t step)
{
	struct engine_options o = { .codes = ALL_CODES };
	struct work w = { .beside = beside, .follow = follow, .step = step };

	w.first = engine_new(&o);
	o.topics = TOPIC_PATTERNS;
	o.rules = &s->rules;
	w.again = engine_new(&o);
	assert_non_null(w.first);
	assert_non_null(w.again);
	if (follow)
		engine_follow(w.again, w.first);
	return w;
}

static void
work_close(struct work *w)
{
	engine_free(w->first);
	engine_free(w->again);
}

/* Feed each piece in memory of its own, gone at once. */
static void
feed(const struct work *w, struct span m, bool first, bool again)
{
	for (size_t at = 0, n; at < m.n; at += n) {
		uint8_t *p;

		n = m.n - at < w->step ? m.n - at : w->step;
		p = malloc(n);
		assert_non_null(p);
		memcpy(p, m.p + at, n);
		if (first)
			engine_feed(w->first, (struct span){ p, n });
		if (again)
			engine_feed(w->again, (struct span){ p, n });
		free(p);
	}
}

static const struct verdict *
judge(const struct work *w, struct span m)
{
	struct verdict *v;

	engine_begin(w->first, BRK_CRLF);
	if (w->beside) {
		engine_begin_again(w->again, BRK_CRLF, NULL);
		feed(w, m, true, true);
		v = engine_end(w->first);
	} else {
		feed(w, m, true, false);
		v = engine_end(w->first);
		engine_begin_again(w->again, BRK_CRLF, v);
		feed(w, m, false, true);
	}
	engine_end_again(w->again, v);
	return v;
}

static const struct finding *
found(const struct verdict *v, enum code code, unsigned rule)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == code && v->list[i].rule->index == rule)
			return &v->list[i];
	return NULL;
}

/* Matches of a rule in one message. */
static uint64_t
count(const struct set *s, unsigned rule, struct span m)
{
	struct work w = work_open(s, false, false, SIZE_MAX);
	const struct finding *f = found(judge(&w, m), CODE_RULE_MATCH, rule);
	const uint64_t n = f != NULL ? f->where->count : 0;

	work_close(&w);
	return n;
}

/* --- however it is cut */

static void
every_scope(struct set *s)
{
	struct pattern_rule *r;

	(void)add(s, SCOPE_HEADER_FIELD, "b");
	r = add(s, SCOPE_HEADER_FIELD, "^$");
	r->field = "x";
	(void)add(s, SCOPE_HEADER_BLOCK, "^\\S+:|\\.");
	(void)add(s, SCOPE_BODY_LINE, "xxx");
	(void)add(s, SCOPE_BODY_LINE, "x{2,}");
	(void)add(s, SCOPE_BODY_LINE, "^$");
	(void)add(s, SCOPE_BODY_LINE, "e$");
	(void)add(s, SCOPE_AFTER_DOT, ".");
	(void)add(s, SCOPE_AFTER_DOT, "^x|\\A[^x]");
	(void)add(s, SCOPE_RAW, "\\w+");
	r = add(s, SCOPE_RAW, "[\\r\\n.]+");
	r->limit = 700;
	r = add(s, SCOPE_NONE, NULL);
	when(r, "eod.*>=2");
	when(r, "eol.bare-cr<9");
	r = add(s, SCOPE_BODY_LINE, "[a-z]");
	when(r, "limit.nul=0");
}

static bool
same_spots(const struct spots *a, const struct spots *b)
{
	const struct context *c = &a->context, *d = &b->context;

	return a->count == b->count && memcmp(a->off, b->off,
	    spots_kept(a) * sizeof(a->off[0])) == 0 && c->off == d->off &&
	    c->at == d->at && c->n == d->n &&
	    memcmp(c->bytes, d->bytes, c->n) == 0;
}

static void
must_agree(const struct set *s, const struct verdict *a,
    const struct verdict *b)
{
	for (unsigned i = 0; i < s->rules.n; i++)
		for (unsigned k = 0; k < 2; k++) {
			const enum code code = k == 0 ? CODE_RULE_MATCH :
			    CODE_RULE_GAVE_UP;
			const struct finding *f = found(a, code, i);
			const struct finding *g = found(b, code, i);

			if ((f == NULL) != (g == NULL) || (f != NULL &&
			    !same_spots(f->where, g->where)))
				fail_msg("rule %u: %zu, not %zu", i,
				    f != NULL ? (size_t)f->where->count : 0,
				    g != NULL ? (size_t)g->where->count : 0);
		}
}

static void
cuts_change_nothing(void **state)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 100, 1000, 1024,
	    1025, 4000 };
	const unsigned rounds = getenv("CHECK_LONG") != NULL ? 4000 : 400;
	struct gen g = { .seed = 9, .native = SPAN("\r\n"), .rare = 4 };
	struct set s = { 0 };
	struct work whole, w[40];
	size_t n = 0;

	(void)state;
	every_scope(&s);
	whole = work_open(&s, false, false, SIZE_MAX);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		for (unsigned k = 0; k < 4; k++)
			w[n++] = work_open(&s, k & 1, k & 2, steps[i]);
	for (unsigned round = 0; round < rounds; round++) {
		const struct verdict *v;
		struct span m;

		gen_message(&g, 50 + gen_below(&g, round % 8 == 0 ? 7000 :
		    900));
		m = (struct span){ g.p, g.n };
		v = judge(&whole, m);
		for (size_t i = 0; i < n; i++)
			must_agree(&s, judge(&w[i], m), v);
	}
	for (size_t i = 0; i < n; i++)
		work_close(&w[i]);
	work_close(&whole);
	clear(&s);
}

/* A first line that is no field, of any length: all of it is the body. */
static void
a_body_without_a_header_is_seen_from_its_first_byte(void **state)
{
	static uint8_t buf[9000];
	struct set s = { 0 };

	(void)state;
	(void)add(&s, SCOPE_BODY_LINE, "\\Axab");
	(void)add(&s, SCOPE_RAW, "\\Axab");
	add(&s, SCOPE_RAW, "c")->limit = RAW_MAX;
	memset(buf, 'c', sizeof(buf));
	memcpy(buf, "xab", 3);
	for (size_t n = 3; n < sizeof(buf); n += n < 1100 ? 31 : 511)
		for (size_t step = 1; step < 5000; step = step * 3 + 1) {
			struct work w = work_open(&s, false, step % 2,
			    step);
			const struct verdict *v = judge(&w,
			    (struct span){ buf, n });

			assert_non_null(found(v, CODE_RULE_MATCH, 0));
			assert_non_null(found(v, CODE_RULE_MATCH, 1));
			assert_int_equal(n > 3 ? found(v, CODE_RULE_MATCH,
			    2)->where->count : 0, n - 3);
			work_close(&w);
		}
	clear(&s);
}

/* --- lines of the body, held against a loop */

/* Lines of the body, behind the empty line, that match; the first is at
 * *first. */
static uint64_t
slow_lines(struct set *s, size_t rule, struct matcher *m, struct span body,
    uint64_t off, uint64_t *first)
{
	uint64_t n = 0;

	for (size_t i = 0; i < body.n; ) {
		size_t len = 0, at, end;
		struct search in;

		while (i + len < body.n && body.p[i + len] != '\n' &&
		    body.p[i + len] != '\r')
			len++;
		in = (struct search){ .subject = { body.p + i,
		    len < LINE_HEAD ? len : LINE_HEAD },
		    .goes_on = len > LINE_HEAD };
		if (pattern_search(s->rule[rule].pattern, m, &in, &at,
		    &end) == MATCH_YES && n++ == 0)
			*first = off + i + at;
		i += len;
		if (i + 1 < body.n && body.p[i] == '\r' &&
		    body.p[i + 1] == '\n')
			i++;
		i++;
	}
	return n;
}

static void
lines_are_those_that_a_loop_finds(void **state)
{
	static const char *const patterns[] = { "foobar", "(?i)fOO", "^foo",
	    "bar$", "foo.*bar", "o{2}", "^$", ".", "(?:foo|bar)x", "\\Abar",
	    "x(?!f)", "^.{1020,}", "r\\z", "bar\\s*foo" };
	static const char *const parts[] = { "foo", "bar", "\n", "\r\n",
	    "\r", "x", "FOO", "foobar", " ", "\r\r\n", "\n\n", "." };
	const unsigned rounds = getenv("CHECK_LONG") != NULL ? 20000 : 2000;
	struct gen g = { .seed = 21 };
	struct matcher *m = matcher_new();
	struct set s = { 0 };
	struct work w[3];

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		(void)add(&s, SCOPE_BODY_LINE, patterns[i]);
	for (unsigned i = 0; i < 3; i++)
		w[i] = work_open(&s, false, i != 1, i == 0 ? SIZE_MAX :
		    i == 1 ? 1 : 13);
	for (unsigned round = 0; round < rounds; round++) {
		struct span body;

		g.n = 0;
		gen_add(&g, SPAN("A: b\n\n"));
		for (size_t i = gen_below(&g, 60); i > 0; i--) {
			const char *p = parts[gen_below(&g, 12)];

			gen_add(&g, (struct span){ (const uint8_t *)p,
			    strlen(p) });
			if (gen_below(&g, 40) == 0)
				gen_fill(&g, 'x', gen_below(&g, 2000));
		}
		body = (struct span){ g.p + 6, g.n - 6 };
		for (unsigned i = 0; i < 3; i++) {
			const struct verdict *v = judge(&w[i],
			    (struct span){ g.p, g.n });

			for (unsigned k = 0; k < s.rules.n; k++) {
				const struct finding *f = found(v,
				    CODE_RULE_MATCH, k);
				uint64_t first = 0;
				const uint64_t n = slow_lines(&s, k, m, body,
				    6, &first);

				if (n != (f != NULL ? f->where->count : 0) ||
				    (n > 0 && f->where->off[0] != first))
					fail_msg("/%s/ in round %u, %u: not "
					    "%zu", patterns[k], round, i,
					    (size_t)n);
			}
		}
	}
	for (unsigned i = 0; i < 3; i++)
		work_close(&w[i]);
	matcher_free(m);
	clear(&s);
}

/* --- the header block */

static void
a_field_is_matched_unfolded_by_its_name(void **state)
{
	const struct span m = SPAN("Subject: one\r\n\ttwo \r\nX-Subject: "
	    "one\r\nSUBJECT : three\r\nnot a field\r\n\r\nSubject: "
	    "one two\r\n");
	static const struct {
		const char *field, *pattern;
		uint64_t count, off;
	} cases[] = {
		{ "subject", "^one\ttwo$", 1, 0 },
		{ "subject", "one|three", 2, 0 },
		{ "*", "one", 2, 0 },
		{ "x-subject", "^one$", 1, 21 },
		{ "subjec", "one", 0, 0 }, { "*", "field", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set s = { 0 };
		struct pattern_rule *r = add(&s, SCOPE_HEADER_FIELD,
		    cases[i].pattern);
		struct work w;
		const struct finding *f;

		r->field = cases[i].field;
		w = work_open(&s, true, true, SIZE_MAX);
		f = found(judge(&w, m), CODE_RULE_MATCH, 0);
		assert_int_equal(f != NULL ? f->where->count : 0,
		    cases[i].count);
		if (f != NULL)
			assert_int_equal(f->where->off[0], cases[i].off);
		work_close(&w);
		clear(&s);
	}
}

static void
rules_on_the_header_alone_see_no_body(void **state)
{
	struct set s = { 0 };
	struct fields *fs = calloc(1, sizeof(*fs));
	struct engine_options o = { .codes = ALL_CODES, .rules = &s.rules };
	void *st = calloc(1, rule_patterns.state_size);

	(void)state;
	assert_non_null(fs);
	assert_non_null(st);
	(void)add(&s, SCOPE_HEADER_FIELD, "x");
	(void)add(&s, SCOPE_HEADER_BLOCK, "x");
	(void)add(&s, SCOPE_NONE, NULL);
	fields_read(fs, SPAN("A: b\n\n"));
	assert_true(rule_patterns.open(st, &o));
	rule_patterns.begin(st, BRK_LF, NULL);
	assert_int_equal(rule_patterns.header(st, fs), 0);
	rule_patterns.close(st);
	free(st);
	free(fs);
	clear(&s);
}

/* Where what is kept ends is no end of a line. */
static void
raw_text_does_not_end_at_the_limit(void **state)
{
	const struct span m = SPAN("A: b\n\nabcdefghij\nabc\n");

	(void)state;
	for (size_t limit = 1; limit <= m.n + 3; limit++) {
		struct set s = { 0 };
		size_t want = 0;

		add(&s, SCOPE_RAW, "\\w$")->limit = limit;
		add(&s, SCOPE_RAW, "never")->limit = RAW_MAX;
		for (size_t i = 0; i + 1 < m.n && i + 1 < limit; i++)
			want += m.p[i] > ' ' && m.p[i + 1] == '\n';
		assert_int_equal(count(&s, 0, m), want);
		clear(&s);
		add(&s, SCOPE_RAW, "\\w$")->limit = limit;
		assert_int_equal(count(&s, 0, m), want);
		clear(&s);
	}
}

/* --- behind a dot */

static void
what_follows_a_look_alike_is_seen(void **state)
{
	static const struct { const char *p; size_t n; } dots[] = {
#define D(s) { s, sizeof(s) - 1 }
		D("\r\n.\r\n"), D("\n.\n"), D("\n.\r\n"), D("\r\n.\n"),
		D("\r.\r"), D("\r.\n"), D("\r.\r\n"), D("\n.\r"),
		D("\r\n.\r"), D("\n.\r\r\n"), D("\r\n.\0\r\n"),
		D("\r\n\0.\r\n"), D("\r\n. \r\n"), D("\r\n .\r\n"),
		D("\r\n..\n"),
	};
	struct set s = { 0 };

	(void)state;
	(void)add(&s, SCOPE_AFTER_DOT, "^MAIL FROM:");
	for (size_t i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
		for (size_t step = 1; step < 40; step += 6) {
			struct work w = work_open(&s, step % 4 < 2,
			    step % 3 == 0, step);
			struct gen g = { .n = 0 };
			const struct finding *f;
			size_t at;

			gen_add(&g, SPAN("A: b\r\n\r\nMAIL FROM:x\r\ntext"));
			gen_add(&g, (struct span){
			    (const uint8_t *)dots[i].p, dots[i].n });
			at = g.n;
			gen_add(&g, SPAN("MAIL FROM:<>\r\nRCPT TO:<>\r\n"));
			f = found(judge(&w, (struct span){ g.p, g.n }),
			    CODE_RULE_MATCH, 0);
			assert_non_null(f);
			assert_int_equal(f->where->count, 1);
			assert_int_equal(f->where->off[0], at);
			work_close(&w);
		}
	clear(&s);
}

static void
no_more_than_8_kib_behind_a_look_alike_are_seen(void **state)
{
	struct set s = { 0 };

	(void)state;
	(void)add(&s, SCOPE_AFTER_DOT, "ab");
	for (unsigned i = 0; i < 4; i++) {
		static uint8_t m[SUBJECT_MAX + 20];

		memset(m, 'x', sizeof(m));
		memcpy(m, "A: b\r\n\r\n\r\n.\r\n", 13);
		memcpy(m + 13 + SUBJECT_MAX - 4 + i, "ab", 2);
		assert_int_equal(count(&s, 0, (struct span){ m,
		    sizeof(m) }), i < 3);
	}
	clear(&s);
}

static void
beyond_32_look_alikes_it_is_said_that_not_all_was_seen(void **state)
{
	struct set s = { 0 };

	(void)state;
	(void)add(&s, SCOPE_AFTER_DOT, "never");
	for (unsigned n = 30; n < 36; n++) {
		struct work w = work_open(&s, false, false, SIZE_MAX);
		struct gen g = { .n = 0 };

		gen_add(&g, SPAN("A: b\r\n\r\n"));
		for (unsigned i = 0; i < n; i++)
			gen_add(&g, SPAN(".\n"));
		assert_true((found(judge(&w, (struct span){ g.p, g.n }),
		    CODE_RULE_GAVE_UP, 0) != NULL) == (n > 32));
		work_close(&w);
	}
	clear(&s);
}

struct seen_dots {
	size_t n;
	uint64_t behind[16];
};

static void
see_line(void *ctx, const struct line *ln)
{
	struct seen_dots *d = ctx;

	if (ln->before != BRK_NONE && ln->after != BRK_NONE &&
	    ln->len <= DOTTY_MAX && line_is_dotty(ln->head.p, ln->head.n))
		d->behind[d->n++] = ln->off + ln->len +
		    (ln->after == BRK_CRLF ? 2 : 1);
}

/* What lines.c says of m, whose body begins at from; at every cut. */
static void
check_dots(struct span m, size_t from)
{
	static struct lines l;
	struct seen_dots want = { 0 };
	struct dots d;

	lines_init(&l, kernel_pick(NULL), false);
	l.fn = see_line;
	l.ctx = &want;
	lines_begin(&l, WANT_ALL);
	lines_feed(&l, m);
	lines_end(&l);
	for (size_t cut = from; cut <= m.n; cut++) {
		dots_begin(&d, from);
		dots_feed(&d, (struct span){ m.p + from, cut - from });
		dots_feed(&d, (struct span){ m.p + cut, m.n - cut });
		dots_end(&d);
		assert_int_equal(d.n, want.n);
		assert_memory_equal(d.behind, want.behind, d.n * 8);
	}
}

/* Every short string: as a message, and behind a line. */
static void
look_alikes_are_those_of_the_lines(void **state)
{
	static const uint8_t abc[6] = { '\r', '\n', '.', 0, ' ', 'x' };
	uint8_t buf[8] = { '\n' };

	(void)state;
	for (size_t n = 0; n <= 6; n++)
		for (unsigned code = 0, all; ; code++) {
			all = 1;
			for (size_t i = 0; i < n; i++, all *= 6)
				buf[1 + i] = abc[code / all % 6];
			if (code == all)
				break;
			check_dots((struct span){ buf + 1, n }, 0);
			check_dots((struct span){ buf, n + 1 }, 0);
			check_dots((struct span){ buf, n + 1 }, 1);
		}
}

/* --- conditions */

static void
conditions_hold_or_not(void **state)
{
	static const struct { const char *text; bool holds; } cases[] = {
		{ "eol.bare-cr", true }, { "eol.bare-cr>=3", true },
		{ "eol.bare-cr>=4", false }, { "eol.bare-cr>3", false },
		{ "eol.bare-cr=3", true }, { "eol.bare-cr == 3", true },
		{ "eol.bare-cr<=3", true }, { "eol.bare-cr<3", false },
		{ "eod.*", true }, { "eod.*=1", true }, { "limit.*", false },
		{ "limit.*=0", true }, { "limit.nul<1", true },
		{ "*>=5", true }, { "eod.nul-dot", false },
	};
	const struct span m = SPAN("A: b\r\n\r\nx\rx\rx\rx\r\nx\n.\r\n"
	    "x\r\n");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set s = { 0 };

		when(add(&s, SCOPE_NONE, NULL), cases[i].text);
		when(add(&s, SCOPE_BODY_LINE, "x"), cases[i].text);
		if ((count(&s, 0, m) > 0) != cases[i].holds ||
		    (count(&s, 1, m) > 0) != cases[i].holds)
			fail_msg("%s", cases[i].text);
		clear(&s);
	}
}

static void
bad_conditions_are_explained(void **state)
{
	static const char *const cases[][2] = {
		{ "", "a condition is a code" }, { " ", "a condition is" },
		{ ">=3", "a condition is a code" },
		{ "eol.bare-rc", "did you mean eol.bare-cr" },
		{ "eol.bare-cr>=", "a count is expected" },
		{ "eol.bare-cr=>3", "a count is expected" },
		{ "eol.bare-cr>=-3", "a count is expected" },
		{ "eol.bare-cr>=3x", "a count is expected" },
		{ "eol.bare-cr 3", "a count is expected" },
		{ "eol.bare-cr>=99999999999999999999", "a count is" },
		{ "rule.match", "codes that are built in" },
	};
	char why[CONDITION_WHY];
	struct condition c;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bad = condition_parse(cases[i][0], &c, why);

		if (bad == NULL || strstr(bad, cases[i][1]) == NULL)
			fail_msg("%s: %s", cases[i][0],
			    bad != NULL ? bad : "nothing");
	}
}

/* A rule goes to the second look exactly if no calm message can fire it. */
static void
rules_are_split_by_what_they_wait_for(void **state)
{
	static const struct {
		enum scope scope;
		const char *when;
		bool suspects;
	} cases[] = {
		{ SCOPE_BODY_LINE, NULL, false },
		{ SCOPE_AFTER_DOT, NULL, true },
		{ SCOPE_BODY_LINE, "eod.*", true },
		{ SCOPE_BODY_LINE, "eod.*>=0", false },
		{ SCOPE_BODY_LINE, "eod.*=0", false },
		{ SCOPE_BODY_LINE, "eod.*<3", false },
		{ SCOPE_BODY_LINE, "eod.*>0", true },
		{ SCOPE_BODY_LINE, "eol.*", false },	/* eol.no-final */
		{ SCOPE_BODY_LINE, "eol.bare-*", true },
		{ SCOPE_NONE, "limit.line-998", false },
		{ SCOPE_NONE, "limit.nul", true },
		{ SCOPE_HEADER_FIELD, "mime.*", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct set s = { 0 };
		struct pattern_rule *r = add(&s, cases[i].scope, "x");

		if (cases[i].when != NULL)
			when(r, cases[i].when);
		if (pattern_rules_of(&s.rules, true).n !=
		    (cases[i].suspects ? 1 : 0) ||
		    pattern_rules_of(&s.rules, false).n !=
		    (cases[i].suspects ? 0 : 1))
			fail_msg("case %zu", i);
		clear(&s);
	}
}

/* --- time */

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Patterns that take their time, each on mail made for it: all give up, and
 * what does not is not disturbed by what does, as long as it comes first. */
static void
no_pattern_stalls_a_message(void **state)
{
	static const char *const slow[] = { "^(a+)+$", "a*[bc]",
	    "(a|a)*[bc]", "(?:a*)*[bc]", "a*a*a*[bc]",
	    "(.*)(.*)(.*)[bc]" };
	const size_t n = 8u << 20;
	uint8_t *m = malloc(n);

	(void)state;
	assert_non_null(m);
	memset(m, 'a', n);
	memcpy(m, "A: aaaa\n\n", 9);
	for (size_t i = 1000; i < n; i += 1000)
		m[i] = '\n';
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		for (enum scope sc = SCOPE_BODY_LINE; sc < SCOPES_N; sc++) {
			struct set s = { 0 };
			const double start = seconds();
			struct pattern_rule *r = add(&s, sc, slow[i]);
			struct work w;

			r->limit = RAW_MAX;
			(void)add(&s, SCOPE_HEADER_FIELD, "^aaaa$");
			w = work_open(&s, true, true, 1u << 20);
			assert_non_null(found(judge(&w, (struct span){ m,
			    n }), CODE_RULE_MATCH, 1));
			if (seconds() - start > 20)
				fail_msg("%s took %.0f s", slow[i],
				    seconds() - start);
			work_close(&w);
			clear(&s);
		}
	free(m);
}

static void
who_uses_up_the_time_is_said(void **state)
{
	const size_t n = 8u << 20;
	uint8_t *m = malloc(n);
	struct set s = { 0 };
	struct work w;
	const struct verdict *v;

	(void)state;
	assert_non_null(m);
	memset(m, 'a', n);
	memcpy(m, "A: b\n\n", 6);
	for (size_t i = 1000; i < n; i += 1000)
		m[i] = '\n';
	/* One of them takes about as long as is allowed: six do so on faster
	 * machines too. */
	for (unsigned i = 0; i < 6; i++)
		(void)add(&s, SCOPE_BODY_LINE, "a*(?=a*[bc])");
	w = work_open(&s, true, true, 1u << 20);
	v = judge(&w, (struct span){ m, n });
	assert_non_null(found(v, CODE_RULE_GAVE_UP, 0));
	work_close(&w);
	clear(&s);
	free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(
		    a_body_without_a_header_is_seen_from_its_first_byte),
		cmocka_unit_test(lines_are_those_that_a_loop_finds),
		cmocka_unit_test(a_field_is_matched_unfolded_by_its_name),
		cmocka_unit_test(rules_on_the_header_alone_see_no_body),
		cmocka_unit_test(raw_text_does_not_end_at_the_limit),
		cmocka_unit_test(what_follows_a_look_alike_is_seen),
		cmocka_unit_test(
		    no_more_than_8_kib_behind_a_look_alike_are_seen),
		cmocka_unit_test(
		    beyond_32_look_alikes_it_is_said_that_not_all_was_seen),
		cmocka_unit_test(look_alikes_are_those_of_the_lines),
		cmocka_unit_test(conditions_hold_or_not),
		cmocka_unit_test(bad_conditions_are_explained),
		cmocka_unit_test(rules_are_split_by_what_they_wait_for),
		cmocka_unit_test(no_pattern_stalls_a_message),
		cmocka_unit_test(who_uses_up_the_time_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Lines that need not be looked at for an SMTP dialogue: leaving them out
 * makes no difference.
 */
#include <stdio.h>
#include <stdlib.h>

#include "emit.h"
#include "gen.h"
#include "lines.h"
#include "smuggle_line.h"
#include "smuggle_pass.h"
#include "t.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }
#define ROUNDS 30000u
#define MESSAGES 1500u

/* --- the law for the rule alone: whichever lines are left out, whenever */

enum reader { ALL, MOST, SOME, READERS };

struct check {
	struct span m;
	size_t whole;		/* bytes of it that are whole lines */
	struct lines lines;
	void *state[READERS];
	uint64_t skip[READERS];	/* up to there, in the message */
	struct verdict said[READERS];
	struct gen chance;
	uint64_t passed, found;
};

/* As many of these as the reader likes, but whole lines. */
static size_t
fewer(struct check *c, struct span lines)
{
	size_t n = lines_whole((struct span){ lines.p,
	    gen_below(&c->chance, lines.n + 1) });

	if (n > 0 && n < lines.n && lines.p[n - 1] == '\r' &&
	    lines.p[n] == '\n')
		n++;
	return n;
}

static size_t
pass(struct check *c, enum reader i, uint64_t off)
{
	struct span lines = { c->m.p + off, 0 };

	if (off >= c->whole || (i == SOME && gen_below(&c->chance, 2) > 0))
		return 0;
	lines.n = c->whole - (size_t)off;
	lines.n = rule_smuggle.pass(c->state[i], lines);
	assert_true(off + lines.n <= c->whole);
	return i == SOME ? fewer(c, lines) : lines.n;
}

static bool
holds(struct span s, const char *word)
{
	for (size_t at = 0; at < s.n; at++) {
		size_t i = 0;

		while (word[i] != 0 && at + i < s.n && ascii_lower(
		    s.p[at + i]) == ascii_lower((uint8_t)word[i]))
			i++;
		if (word[i] == 0)
			return true;
	}
	return false;
}

/* Each command, fence and mark holds a word. */
static void
check_words(const struct line *ln)
{
	const enum kind kind = smuggle_see(ln, true).kind;
	const char *word;
	size_t i = 0;

	if (kind != KIND_VERB && kind != KIND_FENCE && kind != KIND_MARK)
		return;
	while ((word = kind == KIND_VERB ? verb_word(i) : smuggle_word(i)) !=
	    NULL && !holds(ln->head, word))
		i++;
	assert_non_null(word);
}

static void
see_line(void *ctx, const struct line *ln)
{
	struct check *c = ctx;

	check_words(ln);
	for (enum reader i = ALL; i < READERS; i++) {
		size_t n;

		if (ln->off < c->skip[i])
			continue;
		n = i == ALL ? 0 : pass(c, i, ln->off);
		c->skip[i] = ln->off + n;
		c->passed += n;
		if (n == 0)
			rule_smuggle.line(c->state[i], ln, &c->lines.look);
	}
}

static void
check_open(struct check *c)
{
	const struct engine_options o = { .kernel = NULL };

	*c = (struct check){ .chance = { .seed = 7 } };
	for (enum reader i = ALL; i < READERS; i++) {
		c->state[i] = calloc(1, rule_smuggle.state_size);
		assert_non_null(c->state[i]);
		assert_true(rule_smuggle.open(c->state[i], &o));
	}
	lines_init(&c->lines, kernel_pick(NULL), false);
	c->lines.fn = see_line;
	c->lines.ctx = c;
}

static void
check_close(struct check *c)
{
	for (enum reader i = ALL; i < READERS; i++) {
		rule_smuggle.close(c->state[i]);
		free(c->state[i]);
	}
}

static void
same_verdict(const struct verdict *a, const struct verdict *b, struct span m)
{
	if (a->n != b->n)
		fail_msg("%zu findings, should be %zu, in:\n%.*s", b->n, a->n,
		    (int)m.n, (const char *)m.p);
	for (size_t i = 0; i < a->n; i++) {
		const struct spots *want = a->list[i].where;
		const struct spots *got = b->list[i].where;

		assert_int_equal(b->list[i].code, a->list[i].code);
		assert_int_equal(b->list[i].severity, a->list[i].severity);
		if (got->count != want->count || memcmp(got->off, want->off,
		    spots_kept(want) * sizeof(want->off[0])) != 0)
			fail_msg("%s is not the same in:\n%.*s",
			    code_info(a->list[i].code)->name, (int)m.n,
			    (const char *)m.p);
		assert_true(got->context.off == want->context.off);
		assert_int_equal(got->context.at, want->context.at);
		assert_int_equal(got->context.n, want->context.n);
		assert_memory_equal(got->context.bytes, want->context.bytes,
		    want->context.n);
	}
}

/* m is a body; batch: without a header block before it. */
static void
check_message(struct check *c, struct span m, bool batch)
{
	static struct fields fields;
	struct facts f = { .tally = &c->lines.tally,
	    .convention = CONV_LF };
	const struct span head = SPAN("Subject: test\n\n");

	fields_read(&fields, batch ? (struct span){ head.p, 0 } : head);
	fields.body = 0;
	c->m = m;
	c->whole = lines_whole((struct span){ m.p,
	    m.n - (m.n > 0 && m.p[m.n - 1] == '\r') });
	for (enum reader i = ALL; i < READERS; i++) {
		c->skip[i] = 0;
		rule_smuggle.begin(c->state[i], BRK_LF, NULL);
		assert_int_equal(rule_smuggle.header(c->state[i], &fields),
		    SHOW_LINES);
	}
	lines_begin(&c->lines, WANT_ALL);
	lines_feed(&c->lines, m);
	lines_end(&c->lines);
	for (enum reader i = ALL; i < READERS; i++) {
		struct emit out = { .verdict = &c->said[i],
		    .codes = ~(code_set)0 };

		c->said[i].n = 0;
		rule_smuggle.end(c->state[i], &f, &out);
		same_verdict(&c->said[ALL], &c->said[i], m);
	}
	c->found += c->said[ALL].n;
}

static const struct span breaks[] = { S("\n"), S("\r\n"), S("\r") };

/* One of each kind, and what differs within it. */
static const struct span kinds[] = {
	S(""), S("."), S(" ."), S("... "), S(">"), S("C: "), S("250 ok"),
	S("MAIL FROM:<a@example.com>"), S("RCPT TO:<b@example.net>"),
	S("DATA"), S("```"), S("SMUGGLINGSTART"), S("SMUGGLINGEND"),
	S("To: b"), S("  x"), S("<<"),
};
#define KINDS N(kinds)

/* Lines of these kinds; which breaks they have goes by turn. */
static void
add_kinds(struct gen *g, size_t code, size_t n, size_t turn)
{
	g->n = 0;
	for (; n > 0; n--, code /= KINDS) {
		gen_add(g, kinds[code % KINDS]);
		gen_add(g, breaks[turn < N(breaks) ? turn :
		    n % N(breaks)]);
	}
}

static void
every_few_lines_may_be_left_out(void **state)
{
	static struct check c;
	static struct gen g;
	const size_t most = getenv("CHECK_LONG") != NULL ? 5 : 4;

	(void)state;
	check_open(&c);
	for (size_t n = 0, all = 1; n <= most; n++, all *= KINDS)
		for (size_t i = 0; i < all; i++)
			for (size_t k = 0; k < (n < 4 ? 4 : 1); k++) {
				add_kinds(&g, i, n, n < 4 ? k : i / 7 % 4);
				check_message(&c, (struct span){ g.p, g.n },
				    i % 5 == 0);
			}
	assert_true(c.found > 1000 && c.passed > 1000);
	check_close(&c);
}

/* --- long ones */

static const struct span matter[] = {
	S("MAIL FROM:<a@example.com>"), S("MAIL FROM:<>"), S("EHLO a"),
	S("helo b"), S("lhlo c"), S("RCPT TO:<b@example.net>"),
	S("rcpt to:b@example.net"), S("DATA"), S("BDAT 7 LAST"), S("RSET"),
	S("quit"), S("```"), S(" ```c"), S("SMUGGLINGSTART"),
	S("SMUGGLINGEND"), S("Trying EOD (\\n.\\n)"),
	S("SMUGGLED EMAIL (x)"), S("a \"x\" as \"fake\" end-of-data "
	"sequence"), S("This is after a bad mail x"), S("> MAIL FROM:<a@b>"),
	S("C: RCPT TO:<a@b>"), S("x . RCPT TO:<a@b>"), S("From: a"),
	S("Subject: b"), S("X: c"), S(" d"), S("250 ok"), S("telnet a 25"),
	S("cat <<E"), S("$ openssl s_client"), S("    DATA"),
	S("mail data rcpt"), S("smuggl"), S("\0\0DATA"), S("C:DATA"),
	S("Client:MAIL FROM:<>"), S("#rcpt to:<a@b>"),
};

static const struct span dull[] = {
	S(""), S("."), S(".."), S("..."), S(" ."), S(". "), S(".\0"),
	S("\0."), S("\0"), S(" "), S("\t"), S("  "), S("    ."), S("-"),
	S("> >"), S("C:"), S("C:S: "), S("<<"), S("x"), S("text of it"),
	S("."), S("."), S(""), S("-:"), S("354"), S("``"), S(".\t.."),
};

static void
add_dull(struct gen *g)
{
	const size_t of = 1 + gen_below(g, 3);
	const size_t from = gen_below(g, N(dull) - of + 1);
	const size_t brk = gen_below(g, N(breaks) + 1);

	for (size_t n = gen_below(g, gen_below(g, 2) > 0 ? 300 : 6); n > 0;
	    n--) {
		gen_add(g, dull[from + gen_below(g, of)]);
		gen_add(g, breaks[brk < N(breaks) ? brk :
		    gen_below(g, N(breaks))]);
	}
	if (gen_below(g, 10) == 0) {
		gen_fill(g, gen_below(g, 2) > 0 ? ' ' : '.',
		    LINE_HEAD - 3 + gen_below(g, 6));
		gen_add(g, dull[gen_below(g, N(dull))]);
		gen_add(g, breaks[gen_below(g, N(breaks))]);
	}
}

static void
add_matter(struct gen *g)
{
	const size_t from = gen_below(g, N(matter));
	const bool in_turn = gen_below(g, 2) > 0;

	for (size_t n = gen_below(g, 6); n > 0; n--) {
		const size_t i = in_turn ? from + 3 * n :
		    gen_below(g, N(matter));

		gen_add(g, matter[i % N(matter)]);
		gen_add(g, breaks[gen_below(g, N(breaks))]);
	}
	if (gen_below(g, 20) == 0) {
		gen_add(g, SPAN("EHLO "));
		gen_fill(g, 'a', LINE_HEAD - 7 + gen_below(g, 4));
		gen_add(g, breaks[gen_below(g, N(breaks))]);
	}
	if (gen_below(g, 4) == 0)
		gen_add(g, (struct span)S("MAIL FROM:<>\nRCPT TO:<a@b>\n"
		    "DATA\nFrom: a\n"));
}

static void
make_body(struct gen *g, size_t size)
{
	while (g->n < size) {
		if (gen_below(g, 2) > 0)
			add_matter(g);
		add_dull(g);
	}
	if (gen_below(g, 2) > 0)
		g->n -= gen_below(g, g->n < 9 ? g->n + 1 : 9);
}

static size_t
times(size_t n)
{
	return getenv("CHECK_LONG") != NULL ? 10 * n : n;
}

static void
long_runs_may_be_left_out(void **state)
{
	static struct check c;
	static struct gen g = { .seed = 0x9e3779b97f4a7c15 };

	(void)state;
	check_open(&c);
	for (size_t i = times(ROUNDS); i > 0; i--) {
		g.n = 0;
		make_body(&g, gen_below(&g, i % 8 == 0 ? 4000 : 400));
		check_message(&c, (struct span){ g.p, g.n }, i % 4 == 0);
	}
	assert_true(c.found > ROUNDS / 10 && c.passed > ROUNDS * 100);
	check_close(&c);
}

/* --- the same for whole engines */

struct engines {
	struct engine *first;
	struct engine *every;	/* is shown every line */
	struct engine *again[KERNELS];
	size_t kernels;
};

static void
engines_open(struct engines *s)
{
	struct engine_options o = { .codes = code_set_default() };

	s->kernels = 0;
	s->first = engine_new(&o);
	o.topics = TOPIC_SMUGGLE;
	while ((o.kernel = kernel_at(s->kernels)) != NULL) {
		s->again[s->kernels] = engine_new(&o);
		assert_non_null(s->again[s->kernels++]);
	}
	o.kernel = NULL;
	o.no_census = true;
	s->every = engine_new(&o);
	assert_true(s->first != NULL && s->every != NULL);
}

static void
engines_close(struct engines *s)
{
	engine_free(s->first);
	engine_free(s->every);
	for (size_t i = 0; i < s->kernels; i++)
		engine_free(s->again[i]);
}

/* In pieces of so many bytes, each in memory of its own. */
static void
feed(struct engine *g, struct span m, size_t piece)
{
	while (m.n > 0) {
		const size_t n = m.n < piece ? m.n : piece;
		uint8_t *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, m.p, n);
		engine_feed(g, (struct span){ copy, n });
		free(copy);
		m = (struct span){ m.p + n, m.n - n };
	}
}

static void
look_again(struct engine *g, const struct verdict *first, struct span m,
    size_t piece, struct verdict *out)
{
	*out = *first;
	engine_begin_again(g, BRK_LF, first);
	feed(g, m, piece);
	engine_end_again(g, out);
}

static void
so_they_may_however_the_message_is_cut(void **state)
{
	static struct gen g = { .seed = 0x2545f4914f6cdd1d };
	static struct verdict want, got;
	struct engines s;

	(void)state;
	engines_open(&s);
	for (size_t i = times(MESSAGES); i > 0; i--) {
		const struct verdict *first;
		struct span m;

		g.n = 0;
		gen_add(&g, i % 5 == 0 ? SPAN("") : SPAN("A: b\n\n"));
		make_body(&g, gen_below(&g, 3000));
		m = (struct span){ g.p, g.n };
		engine_begin(s.first, BRK_LF);
		feed(s.first, m, SIZE_MAX);
		first = engine_end(s.first);
		look_again(s.every, first, m, SIZE_MAX, &want);
		for (size_t k = 0; k < s.kernels; k++) {
			look_again(s.again[k], first, m, SIZE_MAX, &got);
			same_verdict(&want, &got, m);
			look_again(s.again[k], first, m, 1 + gen_below(&g,
			    gen_below(&g, 2) > 0 ? 2000 : 90), &got);
			same_verdict(&want, &got, m);
		}
	}
	engines_close(&s);
}

/* --- what is passed over */

static size_t
all_of(const struct needles *words, struct span unit, size_t times_n)
{
	static uint8_t buf[1 << 16];
	size_t n = 0;

	for (; times_n > 0; times_n--, n += unit.n)
		memcpy(buf + n, unit.p, unit.n);
	return n - smuggle_pass_text(words, (struct span){ buf, n });
}

/* No more is left of a long run than its last line, if that is not blank. */
static void
much_is_passed_over(void **state)
{
	static const struct { struct span unit; size_t left; } table[] = {
		{ S("..\n"), 3 }, { S(" .\n"), 3 }, { S(".\0\n"), 3 },
		{ S(".\n"), 2 }, { S(".\r\n"), 3 }, { S("x\r"), 2 },
		{ S("\n"), 0 }, { S("\r\n"), 0 }, { S(" \n"), 0 },
		{ S("> >\n"), 0 }, { S("C:\r"), 0 }, { S(".\n\n"), 3 },
		{ S("some text\n"), 10 }, { S("MAI\n"), 4 },
		{ S("rcp t\n"), 6 }, { S("x\nrcpt\n"), 5 },
		{ S("DATA\n"), 5 * 9000 },
		{ S("x\n```\n"), 6 * 9000 },
	};
	struct needles *words = smuggle_words(kernel_pick(NULL));

	(void)state;
	assert_non_null(words);
	for (size_t i = 0; i < N(table); i++)
		assert_int_equal(all_of(words, table[i].unit, i < 16 ? 5000 :
		    9000), table[i].left);
	assert_int_equal(smuggle_pass_blank(SPAN("\n \r\n> \r.\n")), 7);
	assert_int_equal(smuggle_pass_blank(SPAN("\n\n")), 2);
	assert_int_equal(smuggle_pass_blank(SPAN("> x\n")), 0);
	assert_int_equal(smuggle_pass_blank(SPAN("")), 0);
	free(words);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_few_lines_may_be_left_out),
		cmocka_unit_test(long_runs_may_be_left_out),
		cmocka_unit_test(so_they_may_however_the_message_is_cut),
		cmocka_unit_test(much_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The census alone: what it passes over is ordinary, and what is ordinary it
 * passes over.
 */
#include <stdlib.h>

#include "census.h"
#include "gen.h"
#include "t.h"

#define BLOCK_SIZE 64u
#define ROUNDS 4000u

struct input {
	const uint8_t *p;
	size_t n;
	enum brk native;
	uint64_t in_line;	/* bytes of a line of letters before p */
};

/* The bytes of this line, that end at p[end], with no dot alone or so. */
static void
line_is_ordinary(const struct input *in, size_t from, size_t end,
    uint64_t before)
{
	assert_true(end - from + before <= 998);
	if (before > 0)
		return;
	assert_false(line_is_dotty(in->p + from, end - from));
	assert_false(line_is_rcpt(in->p + from, end - from));
}

/* Walk over what was passed, byte by byte. */
static void
was_ordinary(const struct input *in, size_t done, const struct census *c)
{
	uint64_t before = in->in_line, lines = 0;
	size_t from = 0;
	bool cr = false;

	for (size_t i = 0; i < done; i++) {
		const uint8_t b = in->p[i];

		assert_int_not_equal(b, 0);
		assert_true(in->native == BRK_CRLF || b != (in->native ==
		    BRK_LF ? '\r' : '\n'));
		if (in->native == BRK_CRLF)
			assert_int_equal(cr, b == '\n');
		cr = b == '\r';
		if (b != (in->native == BRK_CR ? '\r' : '\n'))
			continue;
		line_is_ordinary(in, from, in->native == BRK_CRLF ? i - 1 : i,
		    before);
		lines++;
		before = 0;
		from = i + 1;
	}
	if (before == 0)	/* whoever goes on with it must know */
		assert_false(line_is_rcpt(in->p + from, in->n - from));
	assert_int_equal(c->lines, lines);
	assert_int_equal(c->in_line, done - from + before);
	assert_int_equal(c->cr_open, in->native == BRK_CRLF && cr);
	assert_true(c->in_line <= 998);
}

/* In memory of just that size; returns what was passed over. */
static size_t
check(const struct kernel *k, struct input in)
{
	struct census c = { .in_line = in.in_line };
	uint8_t *p = malloc(in.n > 0 ? in.n : 1);
	size_t done;

	assert_non_null(p);
	memcpy(p, in.p, in.n);
	in.p = p;
	done = census_pick(k).body(p, in.n, in.native, &c);
	assert_true(done <= in.n && done % BLOCK_SIZE == 0);
	if (done > 0)
		was_ordinary(&in, done, &c);
	free(p);
	return done;
}

static void
what_is_passed_over_is_ordinary(void **state)
{
	struct gen g = { .seed = 0xd1342543de82ef95 };
	const struct kernel *k;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		gen_message(&g, 3000);
		for (enum brk b = BRK_CRLF; b <= BRK_CR; b++) {
			const size_t at = gen_below(&g, g.n);
			const struct input in = { g.p + at, g.n - at, b,
			    gen_below(&g, 3) > 0 ? 0 : 17 +
			    gen_below(&g, 980) };
			const size_t done = check(kernel_at(0), in);

			for (size_t i = 1; (k = kernel_at(i)) != NULL; i++)
				assert_int_equal(check(k, in), done);
		}
	}
}

static void
add_break(struct gen *g, enum brk b)
{
	gen_add(g, b == BRK_LF ? SPAN("\n") : b == BRK_CR ? SPAN("\r") :
	    SPAN("\r\n"));
}

/* Or else nothing but the time that it takes would tell. */
static void
ordinary_lines_are_passed_over_to_the_last_block(void **state)
{
	const struct kernel *k;
	struct gen g;

	(void)state;
	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		for (enum brk b = BRK_CRLF; b <= BRK_CR; b++)
			for (size_t len = 0; len <= 800; len++) {
				g.n = 0;
				while (g.n < 4000) {
					gen_fill(&g, 'o', len);
					add_break(&g, b);
				}
				assert_true(check(k, (struct input){ g.p,
				    g.n, b, 0 }) + 2 * BLOCK_SIZE > g.n);
			}
}

static void
lines_that_begin_like_odd_ones_are_passed_over_too(void **state)
{
	static const struct span begin[] = {
		{ (const uint8_t *)".x", 2 }, { (const uint8_t *)"...", 3 },
		{ (const uint8_t *)"x.", 2 }, { (const uint8_t *)"  .", 3 },
		{ (const uint8_t *)". . x", 5 }, { (const uint8_t *)"r", 1 },
		{ (const uint8_t *)"Rcp", 3 }, { (const uint8_t *)"RCPT:", 5 },
		{ (const uint8_t *)"2c", 2 }, { (const uint8_t *)" 0.", 3 },
		{ (const uint8_t *)"p.", 2 }, { (const uint8_t *)"\xc3 ", 2 },
	};
	const struct kernel *k;
	struct gen g;

	(void)state;
	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		for (size_t s = 0; s < sizeof(begin) / sizeof(begin[0]); s++) {
			g.n = 0;
			while (g.n < 4000) {
				gen_add(&g, begin[s]);
				gen_fill(&g, 'o', s * 11);
				add_break(&g, BRK_LF);
			}
			assert_true(check(k, (struct input){ g.p, g.n, BRK_LF,
			    0 }) > 3900);
		}
}

/* At every place in a block, and where p ends behind any of its bytes. */
static void
a_line_that_names_a_recipient_is_not_passed_over(void **state)
{
	static const char *const lines[] = { "RCPT ", "rcpt\t", "rCpT to",
	    "Rcpt TO:<a@example.org>" };
	const struct kernel *k;
	struct gen g;

	(void)state;
	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		for (enum brk b = BRK_CRLF; b <= BRK_CR; b++)
			for (size_t at = 0; at < 700; at++) {
				const char *s = lines[at % 4];

				g.n = 0;
				gen_fill(&g, 'o', at);
				if (at > 0)
					add_break(&g, b);
				gen_add(&g, (struct span){
				    (const uint8_t *)s, strlen(s) });
				gen_fill(&g, 'o', at % 97);
				add_break(&g, b);
				gen_fill(&g, 'o', at % 13 * 30);
				assert_true(check(k, (struct input){ g.p,
				    g.n, b, 0 }) <= at + (b == BRK_CRLF));
			}
}

static void
a_line_is_dotty_in_these_forms_alone(void **state)
{
	static const char *const yes[] = { ".", "..", ". ", ".\t", " .",
	    "\t.", " . ", ".               " };
	static const char *const no[] = { "", "x", "...", ".x", "x.", "  .",
	    " \t.", ". .", " ..", ".. ", ".                ", " ", "  " };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!line_is_dotty((const uint8_t *)yes[i], strlen(yes[i])))
			fail_msg("\"%s\"", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (line_is_dotty((const uint8_t *)no[i], strlen(no[i])))
			fail_msg("\"%s\"", no[i]);
	assert_true(line_is_dotty((const uint8_t *)"\0\0 \0.\0", 6));
	assert_true(line_is_dotty((const uint8_t *)".\0\0 ", 4));
	assert_false(line_is_dotty((const uint8_t *)" \0 .", 4));
	assert_false(line_is_dotty((const uint8_t *)".\0.", 3));
	assert_false(line_is_dotty((const uint8_t *)"\0\0", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_passed_over_is_ordinary),
		cmocka_unit_test(
		    ordinary_lines_are_passed_over_to_the_last_block),
		cmocka_unit_test(
		    lines_that_begin_like_odd_ones_are_passed_over_too),
		cmocka_unit_test(
		    a_line_that_names_a_recipient_is_not_passed_over),
		cmocka_unit_test(a_line_is_dotty_in_these_forms_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

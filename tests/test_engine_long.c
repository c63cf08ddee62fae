/*
 * The engine against the oracle where it takes its short cuts: far behind
 * the first few places of every kind, in long runs, and at every border of
 * the blocks that it counts at once.
 */
#include <stdlib.h>

#include "gen.h"
#include "rig.h"
#include "t.h"

#define ABC SPAN("\r\n.\0x")
#define ABC_SPACE SPAN("\r\n. x")
#define PERIOD 5u		/* bytes of what is repeated */
#define MESSAGES 20000u

static const struct span natives[] = {
	{ (const uint8_t *)"\n", 1 }, { (const uint8_t *)"\r\n", 2 },
	{ (const uint8_t *)"\r", 1 },
};
#define NATIVES 3u

static void
check_gen(struct rig *r, struct gen *g, size_t i)
{
	rig_message(r, (struct span){ g->p, g->n });
	rig_check_all(r, i % 4 > 0 ? EOL_AUTO : EOL_WIRE, BRK_LF, NO_CUTS);
	(void)rig_check(r, i % r->kernels, false, EOL_AUTO, BRK_CRLF,
	    (struct cuts){ i % 97, 1 + i % 131, SIZE_MAX });
}

static void
check_repeats(struct rig *r, struct span abc)
{
	struct gen g;

	for (size_t i = 1; i < rig_strings(abc, PERIOD); i++) {
		uint8_t s[PERIOD];
		const size_t n = rig_string(abc, i, s);

		g.n = 0;
		gen_add(&g, i % 2 > 0 ? SPAN("A: b\r\n\r\n") :
		    SPAN("A: b\n\n"));
		for (size_t k = 100 + i % 200; k > 0; k--)
			gen_add(&g, (struct span){ s, n });
		check_gen(r, &g, i);
	}
}

static void
every_short_string_may_be_repeated(void **state)
{
	check_repeats(*state, ABC);
}

static void
every_short_string_with_spaces_may_be_repeated(void **state)
{
	check_repeats(*state, ABC_SPACE);
}

/* s behind pad bytes of a line, in the midst of ordinary lines. */
static void
embed(struct gen *g, size_t kind, struct span s, size_t pad)
{
	const struct span native = natives[kind % NATIVES];
	const bool own_line = kind / NATIVES % 2 > 0;

	g->n = 0;
	gen_add(g, SPAN("A: b"));
	gen_add(g, native);
	gen_add(g, native);
	if (kind / NATIVES / 2 % 2 > 0)
		gen_saturate(g);
	for (unsigned i = 0; i < 12; i++) {
		gen_fill(g, 'o', i);
		gen_add(g, native);
	}
	gen_fill(g, 'p', pad);
	if (own_line)
		gen_add(g, native);
	gen_add(g, s);
	for (unsigned i = 0; i < 4; i++) {
		gen_add(g, native);
		gen_fill(g, 'q', 50);
	}
	gen_add(g, native);
}

static void
check_embedded(struct rig *r, struct span abc, size_t max, size_t step)
{
	struct gen g;

	for (size_t i = 1; i < rig_strings(abc, max); i++) {
		uint8_t s[PERIOD];
		const size_t n = rig_string(abc, i, s);

		for (size_t at = i % step; at < NATIVES * 4 * 64; at += step) {
			embed(&g, at / 64, (struct span){ s, n }, at % 64);
			rig_message(r, (struct span){ g.p, g.n });
			(void)rig_check(r, (i + at) % r->kernels, false,
			    EOL_AUTO, BRK_LF, NO_CUTS);
		}
	}
}

static void
every_short_string_may_lie_across_any_border(void **state)
{
	check_embedded(*state, ABC_SPACE, 3, 1);
	check_embedded(*state, ABC_SPACE, 4, 5);
	check_embedded(*state, ABC, 3, 5);
}

/* Lines around the limit, begun at any place in a block. */
static void
a_line_is_long_from_999_bytes_on_wherever_it_lies(void **state)
{
	struct rig *r = *state;
	struct gen g;

	for (size_t len = 900; len <= 1100; len++)
		for (size_t kind = 0; kind < NATIVES * 2; kind++) {
			g.n = 0;
			gen_add(&g, SPAN("A: b\n\n"));
			for (size_t i = 0; i < 20 + len % 13; i++) {
				gen_fill(&g, 'o', kind * 7);
				gen_add(&g, natives[kind % NATIVES]);
			}
			for (unsigned i = 0; i < 3; i++) {
				gen_fill(&g, 'l', len);
				gen_add(&g, natives[kind % NATIVES]);
				gen_fill(&g, 's', len % 64 + i);
				gen_add(&g, natives[(kind + i) % NATIVES]);
			}
			check_gen(r, &g, len);
		}
}

/* A message's id is the same however the message is cut. */
static void
same_id(const struct verdict *v, const struct gen *id, bool cut)
{
	assert_int_equal(v->message_id.n, id->n);
	assert_memory_equal(v->message_id.p, id->p, id->n);
	assert_int_equal(v->message_id_cut, cut);
}

static void
check_random(struct rig *r, struct gen *g, struct gen *id)
{
	static const enum eol_mode modes[] = { EOL_AUTO, EOL_LF, EOL_CRLF,
	    EOL_WIRE };
	const enum eol_mode mode = modes[gen_below(g, RIG_MODES)];
	const enum brk native = gen_below(g, 2) > 0 ? BRK_LF : BRK_CRLF;
	const size_t any = gen_below(g, r->kernels);
	const struct cuts cuts = { gen_below(g, g->n), 1 + gen_below(g,
	    gen_below(g, 2) > 0 ? 300 : 9), gen_below(g, g->n) };
	const struct verdict *v;
	bool cut;

	rig_message(r, (struct span){ g->p, g->n });
	v = rig_check(r, any, true, mode, native, NO_CUTS);
	cut = v->message_id_cut;
	id->n = 0;
	gen_add(id, v->message_id);
	for (size_t k = 0; k < r->kernels; k++)
		same_id(rig_check(r, k, false, mode, native, NO_CUTS), id,
		    cut);
	same_id(rig_check(r, any, false, mode, native, cuts), id, cut);
	same_id(rig_check(r, any, true, mode, native, cuts), id, cut);
}

static size_t
messages(void)
{
	return getenv("CHECK_LONG") != NULL ? 20 * MESSAGES : MESSAGES;
}

static void
long_random_messages_are_what_the_oracle_says(void **state)
{
	struct gen g = { .seed = 0x9e3779b97f4a7c15 }, id;

	for (size_t i = messages(); i > 0; i--) {
		gen_message(&g, 200 + gen_below(&g, 3800));
		check_random(*state, &g, &id);
	}
}

/* Lines over 78 bytes are counted line by line, without the census. */
static void
so_they_are_with_every_code_asked_for(void **state)
{
	struct gen g = { .seed = 0x2545f4914f6cdd1d }, id;
	struct rig r;

	(void)state;
	rig_open(&r, (1ull << CODE_COUNT) - 1);
	for (size_t i = messages() / 10; i > 0; i--) {
		gen_message(&g, 200 + gen_below(&g, 3800));
		check_random(&r, &g, &id);
	}
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_string_may_be_repeated),
		cmocka_unit_test(
		    every_short_string_with_spaces_may_be_repeated),
		cmocka_unit_test(every_short_string_may_lie_across_any_border),
		cmocka_unit_test(
		    a_line_is_long_from_999_bytes_on_wherever_it_lies),
		cmocka_unit_test(
		    long_random_messages_are_what_the_oracle_says),
		cmocka_unit_test(so_they_are_with_every_code_asked_for),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}

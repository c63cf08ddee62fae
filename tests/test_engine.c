/*
 * The engine against the oracle: every short message there is.
 */
#include <stdlib.h>

#include "rig.h"
#include "t.h"

#define ABC SPAN("\r\n.\0x")
#define ABC_SPACE SPAN("\r\n. \0")
#define SHORT 6u		/* bytes of the longest string */
#define SHORTER 5u
#define HEADERS 4u

/* Behind the third the string is in the header block itself. */
static const struct span headers[HEADERS] = {
	{ (const uint8_t *)"A: b\r\n\r\n", 8 },
	{ (const uint8_t *)"A: b\n\n", 6 },
	{ (const uint8_t *)"A: b\r\n\x80: c", 9 },
	{ (const uint8_t *)"", 0 },
};

typedef void message_fn(struct rig *, size_t n, size_t header_n);

static void
each_message(void **state, struct span abc, size_t max, message_fn *fn)
{
	struct rig *r = *state;
	uint8_t m[16 + SHORT];

	for (size_t h = 0; h < HEADERS; h++) {
		const size_t all = rig_strings(abc, max);

		memcpy(m, headers[h].p, headers[h].n);
		for (size_t i = 0; i < all; i++) {
			const size_t n = rig_string(abc, i,
			    m + headers[h].n);

			rig_message(r, (struct span){ m, headers[h].n + n });
			fn(r, i, headers[h].n);
		}
	}
}

static void
check_whole(struct rig *r, size_t n, size_t header_n)
{
	const enum brk native = n % 2 > 0 ? BRK_CRLF : BRK_LF;

	(void)header_n;
	rig_check_all(r, EOL_AUTO, native, NO_CUTS);
	rig_check_all(r, EOL_WIRE, native, NO_CUTS);
}

static void
every_short_message_is_what_the_oracle_says(void **state)
{
	each_message(state, ABC, SHORT, check_whole);
}

static void
every_short_message_with_spaces_is_what_the_oracle_says(void **state)
{
	each_message(state, ABC_SPACE, SHORTER, check_whole);
}

static void
check_forced(struct rig *r, size_t n, size_t header_n)
{
	(void)header_n;
	(void)rig_check(r, n % r->kernels, false, EOL_LF, BRK_CRLF, NO_CUTS);
	(void)rig_check(r, n % r->kernels, true, EOL_CRLF, BRK_LF, NO_CUTS);
}

static void
every_short_message_is_judged_by_the_convention_asked_for(void **state)
{
	each_message(state, ABC, SHORTER, check_forced);
}

static void
check_one_cut(struct rig *r, size_t n, size_t header_n)
{
	const size_t size = r->oracle.m.n;

	for (size_t a = header_n > 2 ? header_n - 2 : 0; a <= size; a++) {
		const size_t k = (n + a) % r->kernels;
		const enum eol_mode mode = (n + a) % 3 > 0 ? EOL_AUTO :
		    EOL_WIRE;

		(void)rig_check(r, k, a % 2 > 0, mode, BRK_LF,
		    (struct cuts){ a, SIZE_MAX, SIZE_MAX });
	}
	(void)rig_check(r, n % r->kernels, false, EOL_AUTO, BRK_CRLF,
	    (struct cuts){ 1, 1, SIZE_MAX });
}

static void
no_single_cut_matters(void **state)
{
	each_message(state, ABC, SHORT, check_one_cut);
}

static void
check_two_cuts(struct rig *r, size_t n, size_t header_n)
{
	const size_t size = r->oracle.m.n;

	for (size_t a = header_n > 0 ? header_n - 1 : 0; a <= size; a++)
		for (size_t b = a; b <= size; b++)
			(void)rig_check(r, (n + b) % r->kernels,
			    (a + b) % 2 > 0, n % 2 > 0 ? EOL_AUTO : EOL_WIRE,
			    BRK_CRLF, (struct cuts){ a, SIZE_MAX, b });
}

static void
no_pair_of_cuts_matters(void **state)
{
	each_message(state, ABC, SHORTER, check_two_cuts);
}

static void
no_pair_of_cuts_matters_around_spaces(void **state)
{
	each_message(state, ABC_SPACE, SHORTER - 1, check_two_cuts);
}

/* The first bytes of what comes before must not be shown in its place. */
static void
an_engine_remembers_nothing_of_the_last_message(void **state)
{
	struct rig *r = *state;
	uint8_t junk[3000], m[SHORT];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = ABC.p[i * i % 7 % ABC.n];
	for (size_t i = 0; i < rig_strings(ABC, 4); i++) {
		const size_t n = rig_string(ABC, i, m);
		struct engine *g = r->engine[0][0][EOL_AUTO];

		(void)rig_run(g, (struct span){ junk, sizeof(junk) - i },
		    NO_CUTS, BRK_LF);
		rig_message(r, (struct span){ m, n });
		(void)rig_check(r, 0, false, EOL_AUTO, BRK_LF, NO_CUTS);
	}
}

static void
only_the_codes_asked_for_are_reported(void **state)
{
	static const struct span m = { (const uint8_t *)
	    "A: b\n\n.\r\n.\n\r.\r\0\n..\n. \n .\r\r\nx", 29 };
	struct rig r;

	(void)state;
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		rig_open(&r, 1ull << i);
		rig_message(&r, m);
		rig_check_all(&r, EOL_AUTO, BRK_LF, NO_CUTS);
		rig_check_all(&r, EOL_WIRE, BRK_LF, NO_CUTS);
		rig_close(&r);
	}
}

static void
an_engine_that_never_was_can_be_freed(void **state)
{
	(void)state;
	engine_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_short_message_is_what_the_oracle_says),
		cmocka_unit_test(
		    every_short_message_with_spaces_is_what_the_oracle_says),
		cmocka_unit_test(
		    every_short_message_is_judged_by_the_convention_asked_for),
		cmocka_unit_test(no_single_cut_matters),
		cmocka_unit_test(no_pair_of_cuts_matters),
		cmocka_unit_test(no_pair_of_cuts_matters_around_spaces),
		cmocka_unit_test(
		    an_engine_remembers_nothing_of_the_last_message),
		cmocka_unit_test(only_the_codes_asked_for_are_reported),
		cmocka_unit_test(an_engine_that_never_was_can_be_freed),
	};

	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}

/*
 * Edits: what may be one, and that no list of them, right or wrong, gets
 * splice to do anything else.
 */
#include <stdlib.h>

#include "edit.h"
#include "gen.h"
#include "t.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define E(at, o, d, p, i) { .off = (at), .del = (d), .ins = (i), \
	.old = o, .put = p }
#define KINDS 16u
#define ANY ((1u << KINDS) - 1)
#define ALL (ANY & ~(unsigned)EDIT_TEXT)	/* those: test_edit_text.c */

/* --- one edit */

struct kind_case {
	struct edit e;
	unsigned kind;
};

static const struct kind_case kind_cases[] = {
	{ E(0, "", 0, "\r", 1), EDIT_ADD_CR },
	{ E(0, "\r", 1, "", 0), EDIT_CUT_CR },
	{ E(0, "\r\r\r\r", 4, "", 0), EDIT_CUT_CR },
	{ E(0, "\r", 1, " ", 1), EDIT_SPACE_CR },
	{ E(0, "\r", 1, "\n", 1), EDIT_CR_TO_LF },
	{ E(0, "\r", 1, "\r\n", 2), EDIT_CR_TO_CRLF },
	{ E(0, "\0", 1, "", 0), EDIT_DROP_NUL },
	{ E(0, "\0", 1, " ", 1), EDIT_SPACE_NUL },
	{ E(0, "", 0, ".", 1), EDIT_STUFF },
	{ E(0, ".\n", 2, "", 0), EDIT_CUT_DOT },
	{ E(0, ".\r\n", 3, "", 0), EDIT_CUT_DOT },
	{ E(0, ".\r\r\n", 4, "", 0), EDIT_CUT_DOT },
	{ E(0, "", 0, "\n", 1), EDIT_FOLD },
	{ E(0, "", 0, "\r\n", 2), EDIT_FOLD },
	{ E(0, " ", 1, "", 0), EDIT_CUT_SPACE },
	{ E(0, "\t  \t", 4, "", 0), EDIT_CUT_SPACE },
	/* None of these is one. */
	{ E(0, "", 0, "", 0), 0 },
	{ E(0, "", 0, "\n\n", 2), 0 },
	{ E(0, "", 0, "\n ", 2), 0 },
	{ E(0, " x", 2, "", 0), 0 },
	{ E(0, " \r", 2, "", 0), 0 },
	{ E(0, " ", 1, "\t", 1), 0 },
	{ E(0, "", 0, "x", 1), 0 },
	{ E(0, "", 0, " ", 1), 0 },
	{ E(0, "", 0, "\r\r", 2), 0 },
	{ E(0, "", 0, "..", 2), 0 },
	{ E(0, "\n", 1, "", 0), 0 },
	{ E(0, "\n", 1, "\r\n", 2), 0 },
	{ E(0, "\n", 1, " ", 1), 0 },
	{ E(0, "\r\n", 2, "", 0), 0 },
	{ E(0, "\r\n", 2, "\n", 1), 0 },
	{ E(0, "\rx", 2, "", 0), 0 },
	{ E(0, "\r\r", 2, " ", 1), 0 },
	{ E(0, "\r", 1, "x", 1), 0 },
	{ E(0, "\r", 1, ".", 1), 0 },
	{ E(0, "\r", 1, "\r", 1), 0 },
	{ E(0, "\r", 1, "\n\n", 2), 0 },
	{ E(0, "\0", 1, "\n", 1), 0 },
	{ E(0, "\0", 1, "\r\n", 2), 0 },
	{ E(0, "\0\0", 2, "", 0), 0 },
	{ E(0, ".", 1, "", 0), 0 },
	{ E(0, ".", 1, " ", 1), 0 },
	{ E(0, ".\r", 2, "", 0), 0 },
	{ E(0, ".x\n", 3, "", 0), 0 },
	{ E(0, ".\n\n", 3, "", 0), 0 },
	{ E(0, "..\n", 3, "", 0), 0 },
	{ E(0, ".\n", 2, " ", 1), 0 },
	{ E(0, "x", 1, "", 0), 0 },
	{ E(0, "x", 1, " ", 1), 0 },
	{ E(0, "\r\r\r\r", 5, "\r", 0), 0 },
	{ E(0, "", 0, "\r", 5), 0 },
	{ E(0, "\r", 255, "", 255), 0 },
};

static void
an_edit_is_of_one_kind_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(kind_cases); i++) {
		const struct edit *e = &kind_cases[i].e;
		const unsigned kind = edit_kind(e);

		if (kind != kind_cases[i].kind)
			fail_msg("case %zu: kind %u", i, kind);
		for (unsigned k = 0; k < KINDS; k++)
			assert_int_equal(edits_are_allowed(e, 1, 1u << k, 9),
			    kind != 0 && (kind == 1u << k ||
			    (kind == EDIT_CUT_CR && 1u << k == EDIT_DROP_CR)));
		assert_int_equal(edits_are_allowed(e, 1, ANY, 9), kind != 0);
	}
}

static void
a_list_is_in_order_and_in_the_message(void **state)
{
	struct edit e[3] = { E(1, "\r", 1, " ", 1), E(2, "", 0, "\r", 1),
	    E(3, "\r\r", 2, "", 0) };

	(void)state;
	assert_true(edits_are_allowed(e, 3, ALL, 5));
	assert_true(edits_are_allowed(NULL, 0, 0, 0));
	assert_false(edits_are_allowed(e, 3, ALL, 4));
	assert_false(edits_are_allowed(e, 3, ALL & ~(unsigned)EDIT_ADD_CR, 5));
	e[1].off = 1;
	assert_false(edits_are_allowed(e, 3, ALL, 5));
	e[1].off = 3;
	assert_false(edits_are_allowed(e, 3, ALL, 5));	/* e[2] is there too */
	e[1].off = 4;
	assert_false(edits_are_allowed(e, 3, ALL, 9));
	e[1].off = 2;
	e[2].off = UINT64_MAX;
	assert_false(edits_are_allowed(e, 3, ALL, UINT64_MAX));
	assert_false(edits_are_allowed(&e[1], 1, ALL, 2));
}

/* --- splice */

struct run {
	struct splice splice;
	size_t n;
	uint8_t p[64];
};

static void
take(void *ctx, struct span s)
{
	struct run *r = ctx;

	assert_true(s.n <= sizeof(r->p) - r->n);
	memcpy(r->p + r->n, s.p, s.n);
	r->n += s.n;
}

/* Cut at `cut`; returns what splice_end says. */
static const char *
splice(struct run *r, struct span m, size_t cut, const struct edit *e,
    size_t n, unsigned kinds)
{
	size_t used;

	r->n = 0;
	splice_begin(&r->splice, kinds, take, r);
	used = splice_feed(&r->splice, (struct span){ m.p, cut }, e, n);
	used += splice_feed(&r->splice, (struct span){ m.p + cut, m.n - cut },
	    e + used, n - used);
	return used < n ? "edits are left" : splice_end(&r->splice);
}

/* The message with the edits made, if they fit it; else none of it. */
static bool
naive(struct span m, const struct edit *e, size_t n, uint8_t *out,
    size_t *out_n)
{
	size_t at = 0, made = 0;

	for (size_t i = 0; i < n; i++) {
		if (e[i].off < at || e[i].off + e[i].del > m.n ||
		    e[i].off >= m.n)
			return false;
		while (at < e[i].off)
			out[made++] = m.p[at++];
		if (memcmp(m.p + at, e[i].old, e[i].del) != 0)
			return false;
		at += e[i].del;
		memcpy(out + made, e[i].put, e[i].ins);
		made += e[i].ins;
	}
	while (at < m.n)
		out[made++] = m.p[at++];
	*out_n = made;
	return true;
}

static uint8_t
byte(struct span m, uint64_t i)
{
	return i < m.n ? m.p[i] : 'x';
}

/* The edit may be made here, by the rules of edit.h. */
static bool
may_be_made(struct span m, const struct edit *e, unsigned kinds)
{
	const uint8_t before = e->off > 0 ? m.p[e->off - 1] : '\n';
	const uint8_t behind = byte(m, e->off + e->del);
	const unsigned kind = edit_kind(e);

	if (kind == EDIT_CUT_CR && (kinds & EDIT_DROP_CR) != 0)
		return true;
	if (kind == 0 || (kinds & kind) == 0)
		return false;
	switch (kind) {
	case EDIT_ADD_CR:
		return before != '\r' && behind == '\n';
	case EDIT_CUT_CR:
		return behind == '\r' || behind == '\n';
	case EDIT_STUFF:
		return behind == '.' && (before == '\n' || before == '\r' ||
		    before == 0 || before == ' ' || before == '\t');
	case EDIT_CUT_DOT:
		return before == '\n';
	default:
		return true;
	}
}

static void
check_list(struct span m, const struct edit *e, size_t n, unsigned kinds)
{
	static struct run r;
	uint8_t out[64];
	size_t out_n = 0;
	bool ok = naive(m, e, n, out, &out_n);

	for (size_t i = 0; i < n && ok; i++)
		ok = may_be_made(m, &e[i], kinds) &&
		    (i == 0 || e[i].off > e[i - 1].off);
	for (size_t cut = 0; cut <= m.n; cut++) {
		const char *bad = splice(&r, m, cut, e, n, kinds);

		assert_int_equal(bad == NULL, ok);
		if (!ok)
			continue;
		assert_int_equal(r.splice.made, out_n);
		assert_int_equal(r.n, out_n);
		assert_memory_equal(r.p, out, out_n);
		assert_true(edits_are_allowed(e, n, kinds, m.n));
	}
}

static void
random_edit(struct gen *g, struct span m, struct edit *e)
{
	static const char bytes[] = "\r\n.\0 x\t";

	*e = (struct edit){ .off = gen_below(g, m.n + 1) };
	if (gen_below(g, 4) > 0) {
		const size_t k = gen_below(g, N(kind_cases));

		*e = kind_cases[k].e;
		e->off = gen_below(g, m.n + 1);
		return;
	}
	e->del = (uint8_t)gen_below(g, EDIT_MAX + 1);
	e->ins = (uint8_t)gen_below(g, 3);
	for (size_t i = 0; i < EDIT_MAX; i++) {
		e->old[i] = byte(m, e->off + i);
		e->put[i] = (uint8_t)bytes[gen_below(g, sizeof(bytes) - 1)];
	}
}

/* Whatever list it is given, what splice lets through is allowed. */
static void
no_list_makes_splice_do_what_is_not_allowed(void **state)
{
	static const char bytes[] = "\r\r\n\n.\0 x";
	struct gen *g = malloc(sizeof(*g));
	uint8_t m[8];

	(void)state;
	assert_non_null(g);
	g->seed = 0xed17;
	for (size_t i = 0; i < 400000; i++) {
		const size_t n = gen_below(g, sizeof(m)) + 1;
		struct edit e[3];

		for (size_t k = 0; k < n; k++)
			m[k] = (uint8_t)bytes[gen_below(g,
			    sizeof(bytes) - 1)];
		for (size_t k = 0; k < N(e); k++)
			random_edit(g, (struct span){ m, n }, &e[k]);
		check_list((struct span){ m, n }, e, 1 + gen_below(g, 3),
		    gen_below(g, 2) > 0 ? ALL :
		    (unsigned)gen_below(g, ALL + 1));
	}
	free(g);
}

/* The same, all of them: each edit that there is a word for, at each place of
 * each message of up to three bytes. */
static void
every_known_edit_at_every_place(void **state)
{
	static const char bytes[] = "\r\n.\0 x";
	uint8_t m[3];

	(void)state;
	for (unsigned i = 0; i < 6 * 6 * 6; i++) {
		m[0] = (uint8_t)bytes[i % 6];
		m[1] = (uint8_t)bytes[i / 6 % 6];
		m[2] = (uint8_t)bytes[i / 36];
		for (size_t k = 0; k < N(kind_cases); k++)
			for (uint64_t at = 0; at <= 3; at++) {
				struct edit e = kind_cases[k].e;

				e.off = at;
				check_list((struct span){ m, 3 }, &e, 1, ALL);
				check_list((struct span){ m, 3 }, &e, 1,
				    ALL & ~(unsigned)EDIT_DROP_CR);
			}
	}
}

/* Two that touch: what the first wants behind it is an old byte. */
static void
every_known_pair_of_edits_side_by_side(void **state)
{
	static const char bytes[] = "\r\n.\0 x";

	(void)state;
	for (size_t i = 0; i < N(kind_cases) * N(kind_cases) * 36; i++) {
		struct edit e[2] = { kind_cases[i % N(kind_cases)].e,
		    kind_cases[i / N(kind_cases) % N(kind_cases)].e };
		const size_t k = i / N(kind_cases) / N(kind_cases);
		uint8_t m[12];
		size_t n = 1;

		if (e[0].del > EDIT_MAX || e[1].del > EDIT_MAX)
			continue;
		m[0] = (uint8_t)bytes[k % 6];
		for (size_t j = 0; j < 2; j++) {
			e[j].off = n;
			memcpy(m + n, e[j].old, e[j].del);
			n += e[j].del;
		}
		m[n++] = (uint8_t)bytes[k / 6];
		check_list((struct span){ m, n }, e, 2, ALL);
		check_list((struct span){ m, n }, e, 2,
		    ALL & ~(unsigned)EDIT_DROP_CR);
	}
}

static void
nothing_is_put_out_after_a_wrong_edit(void **state)
{
	const struct span m = SPAN("ab\rcd");
	const struct edit e[2] = { E(1, "x", 1, "", 0), E(2, "\r", 1, " ", 1) };
	static struct run r;

	(void)state;
	assert_non_null(splice(&r, m, 0, e, 2, ALL));
	assert_int_equal(r.n, 0);
	assert_null(splice(&r, m, 0, &e[1], 1, ALL));
	assert_memory_equal(r.p, "ab cd", 5);
}

static void
count_bytes(void *ctx, struct span s)
{
	*(size_t *)ctx += s.n;
}

/* More than what splice holds, in pieces of all sizes. */
static void
long_pieces_go_through(void **state)
{
	static uint8_t m[3 * SPLICE_BUFFER];
	struct splice *s = malloc(sizeof(*s));
	size_t at = 0, got = 0;

	(void)state;
	assert_non_null(s);
	memset(m, 'x', sizeof(m));
	splice_begin(s, ALL, count_bytes, &got);
	for (size_t n = 1; n <= sizeof(m); n += n < 70 ? 1 : n / 7, at += n)
		(void)splice_feed(s, (struct span){ m, n }, NULL, 0);
	assert_null(splice_end(s));
	assert_int_equal(got, s->made);
	assert_int_equal(got, s->off);
	assert_true(got > 3 * SPLICE_BUFFER && at > 0);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edit_is_of_one_kind_or_none),
		cmocka_unit_test(a_list_is_in_order_and_in_the_message),
		cmocka_unit_test(every_known_edit_at_every_place),
		cmocka_unit_test(no_list_makes_splice_do_what_is_not_allowed),
		cmocka_unit_test(every_known_pair_of_edits_side_by_side),
		cmocka_unit_test(nothing_is_put_out_after_a_wrong_edit),
		cmocka_unit_test(long_pieces_go_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

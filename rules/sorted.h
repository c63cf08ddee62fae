/*
 * A block of any breaks, lone dots and dots with one byte beside them, sorted
 * by kind and counted at once.
 *
 * Bit i of a mask is byte i of the block.  A part of lines.c.
 */
#ifndef BAREDOT_SORTED_H
#define BAREDOT_SORTED_H

#include "block.h"
#include "census.h"
#include "finding.h"
#include "kernel.h"

#define AHEAD 2u		/* bytes behind a block that tell what its
				 * last CR is */

/* What a block's bytes are once every CR knows what follows it. */
struct sorted {
	uint64_t lf, cr, crlf;	/* breaks of each kind, at their first byte */
	uint64_t crcrlf;	/* those of cr that stand before a crlf */
	uint64_t ends;		/* all breaks, at their first byte */
	uint64_t starts;	/* where lines start */
	uint64_t lone;		/* lines of a dot alone */
	uint64_t before[BRK_KINDS], after[BRK_KINDS];	/* masks for lone */

	/* Lines of two bytes, at their first: */
	uint64_t dot_dot, dot_space, space_dot, dot_nul, nul_dot;
};

static void
sort_pairs(const struct masks *m, struct sorted *s)
{
	const uint64_t two = s->starts & ~s->ends & ~(s->ends >> 1) &
	    s->ends >> 2;

	s->dot_dot = two & m->dot & m->dot >> 1;
	s->dot_space = two & m->dot & m->wsp >> 1;
	s->space_dot = two & m->wsp & m->dot >> 1;
	s->dot_nul = two & m->dot & m->nul >> 1;
	s->nul_dot = two & m->nul & m->dot >> 1;
}

/* The dots and NULs that will be counted. */
static inline uint64_t
sorted_dots(const struct sorted *s)
{
	return s->lone | s->dot_dot | s->dot_dot << 1 | s->dot_space |
	    s->space_dot << 1 | s->dot_nul | s->nul_dot << 1;
}

static inline uint64_t
sorted_nuls(const struct sorted *s)
{
	return s->dot_nul << 1 | s->nul_dot;
}

/*
 * How many bytes of the block to count: where a line begins in its last two
 * and does not end there, it is left to the next block.
 */
static size_t
sorted_width(const struct sorted *s)
{
	for (size_t i = BLOCK - 2; i < BLOCK; i++)
		if (s->starts >> i & 1 && s->ends >> i == 0)
			return i;
	return BLOCK;
}

/* next: the AHEAD bytes behind the block; first: a line starts with it. */
static void
sort_block(const struct masks *m, const uint8_t *next, bool first,
    enum brk before, struct sorted *s)
{
	const uint64_t next_lf = next[0] == '\n', next_cr = next[0] == '\r';
	const uint64_t next_crlf = next_cr && next[1] == '\n';

	s->crlf = m->cr & (m->lf >> 1 | next_lf << 63);
	s->lf = m->lf & ~(s->crlf << 1);
	s->cr = m->cr & ~s->crlf;
	s->crcrlf = s->cr & (s->crlf >> 1 | next_crlf << 63);
	s->ends = s->lf | m->cr;
	s->starts = (m->lf | s->cr) << 1 | first;
	s->after[BRK_LF] = s->lf >> 1;
	s->after[BRK_CRLF] = s->crlf >> 1;
	s->after[BRK_CR] = s->cr >> 1;
	s->lone = m->dot & s->starts & (s->ends >> 1);
	s->before[BRK_LF] = s->lf << 1;
	s->before[BRK_CRLF] = s->crlf << 2;
	s->before[BRK_CR] = s->cr << 1;
	s->before[before] |= first;
	sort_pairs(m, s);
}

/*
 * Does a line in the block begin, or perhaps begin, like RCPT TO?  Only those
 * of RCPT_HEAD bytes and more can.  p: the block, and AHEAD bytes behind it.
 */
static inline bool
sorted_rcpt(const struct sorted *s, const uint8_t *p)
{
	const uint64_t two = s->ends | s->ends >> 1;
	uint64_t rest = s->starts & ~(two | two >> 2 | s->ends >> 4);

	for (; rest != 0; rest &= rest - 1) {
		const size_t i = (size_t)__builtin_ctzll(rest);

		if (begins_rcpt(p + i, BLOCK + AHEAD - i))
			return true;
	}
	return false;
}

/* What to add to the tally: all of it, or nothing. */
struct sums {
	size_t n;
	struct { struct spots *to; uint64_t n; } list[32];
};

static inline void
sums_add(struct sums *a, struct spots *to, uint64_t bits)
{
	if (bits == 0)
		return;
	a->list[a->n].to = to;
	a->list[a->n++].n = (uint64_t)__builtin_popcountll(bits);
}

static void
sum_lone(struct sums *a, struct tally *t, const struct sorted *s)
{
	const uint64_t before_crcrlf = s->lone & s->crcrlf >> 1;
	const uint64_t lone = s->lone & ~before_crcrlf;

	sums_add(a, &t->dot_crcrlf, before_crcrlf);
	for (unsigned b = BRK_CRLF; b < BRK_KINDS; b++)
		for (unsigned e = BRK_CRLF; e < BRK_KINDS; e++)
			sums_add(a, &t->lone[b][e],
			    lone & s->before[b] & s->after[e]);
}

/* As dotty_note has them. */
static void
sum_pairs(struct sums *a, struct tally *t, const struct sorted *s)
{
	uint64_t other = 0;

	for (unsigned b = BRK_CRLF; b < BRK_KINDS; b++) {
		const uint64_t all = s->dot_dot & s->before[b];
		const uint64_t same = all & s->after[b] >> 1;

		sums_add(a, &t->stuffed[b], same);
		other |= all & ~same;
	}
	sums_add(a, &t->stuffed[BRK_NONE], other);
	sums_add(a, &t->dot_space, s->dot_space);
	sums_add(a, &t->space_dot, s->space_dot);
	sums_add(a, &t->dot_nul, s->dot_nul);
	sums_add(a, &t->nul_dot, s->nul_dot);
	sums_add(a, &t->nul, sorted_nuls(s));
}

/* The breaks and dots of a block.  False: nothing was counted, since one of
 * the places has to be kept. */
static bool
count_sorted(struct tally *t, const struct sorted *s)
{
	struct sums a;

	a.n = 0;
	sums_add(&a, &t->breaks[BRK_LF], s->lf);
	sums_add(&a, &t->breaks[BRK_CRLF], s->crlf);
	sums_add(&a, &t->breaks[BRK_CR], s->cr & ~s->crcrlf);
	sums_add(&a, &t->crcrlf, s->crcrlf);
	if (s->lone != 0)
		sum_lone(&a, t, s);
	if ((sorted_dots(s) & ~s->lone) != 0)
		sum_pairs(&a, t, s);
	for (size_t i = 0; i < a.n; i++)
		if (a.list[i].to->count < SPOTS_KEPT)
			return false;
	for (size_t i = 0; i < a.n; i++)
		a.list[i].to->count += a.list[i].n;
	return true;
}

#endif

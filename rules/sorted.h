/*
 * A block of any breaks and lone dots, sorted by kind and counted at once.
 *
 * Bit i of a mask is byte i of the block.  A part of lines.c.
 */
#ifndef BAREDOT_SORTED_H
#define BAREDOT_SORTED_H

#include "block.h"
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
};

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
}

/* The first places of s are kept, or there is nothing to add. */
static inline bool
may_count(const struct spots *s, uint64_t bits)
{
	return bits == 0 || s->count >= SPOTS_KEPT;
}

static inline uint64_t
count_bits(uint64_t bits)
{
	return (uint64_t)__builtin_popcountll(bits);
}

/* Count the lone dots, or nothing at all. */
static bool
count_lone(struct tally *t, const struct sorted *s)
{
	const uint64_t before_crcrlf = s->lone & s->crcrlf >> 1;
	const uint64_t lone = s->lone & ~before_crcrlf;

	if (!may_count(&t->dot_crcrlf, before_crcrlf))
		return false;
	for (unsigned b = BRK_CRLF; b < BRK_KINDS; b++)
		for (unsigned a = BRK_CRLF; a < BRK_KINDS; a++)
			if (!may_count(&t->lone[b][a],
			    lone & s->before[b] & s->after[a]))
				return false;
	for (unsigned b = BRK_CRLF; b < BRK_KINDS; b++)
		for (unsigned a = BRK_CRLF; a < BRK_KINDS; a++)
			t->lone[b][a].count +=
			    count_bits(lone & s->before[b] & s->after[a]);
	t->dot_crcrlf.count += count_bits(before_crcrlf);
	return true;
}

/* The breaks and lone dots of a block, or nothing at all. */
static bool
count_sorted(struct tally *t, const struct sorted *s)
{
	if (!may_count(&t->breaks[BRK_LF], s->lf) ||
	    !may_count(&t->breaks[BRK_CRLF], s->crlf) ||
	    !may_count(&t->breaks[BRK_CR], s->cr & ~s->crcrlf) ||
	    !may_count(&t->crcrlf, s->crcrlf) ||
	    (s->lone != 0 && !count_lone(t, s)))
		return false;
	t->breaks[BRK_LF].count += count_bits(s->lf);
	t->breaks[BRK_CRLF].count += count_bits(s->crlf);
	t->breaks[BRK_CR].count += count_bits(s->cr & ~s->crcrlf);
	t->crcrlf.count += count_bits(s->crcrlf);
	return true;
}

#endif

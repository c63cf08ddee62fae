/*
 * A line of a dot in company, or of two dots: what it is counted as.  A part
 * of lines.c.
 */
#ifndef BAREDOT_DOTTY_H
#define BAREDOT_DOTTY_H

#include "census.h"
#include "look.h"

/* One dot among spaces, tabs and NULs: which of them is beside it? */
static inline void
company_note(struct tally *t, struct look *k, struct span head, uint64_t off)
{
	size_t dot = 0;

	while (head.p[dot] != '.')
		dot++;
	if (dot > 0)
		look_note(k, head.p[dot - 1] == 0 ? &t->nul_dot :
		    &t->space_dot, off);
	if (dot + 1 < head.n)
		look_note(k, head.p[dot + 1] == 0 ? &t->dot_nul :
		    &t->dot_space, off);
}

/* head is all of the line at off; line_is_dotty, and not a dot alone. */
static inline void
dotty_note(struct tally *t, struct look *k, struct span head, uint64_t off,
    enum brk before, enum brk after)
{
	if (head.p[0] != '.' || head.p[1] != '.')
		company_note(t, k, head, off);
	else if (before != BRK_NONE && after != BRK_NONE)
		look_note(k, &t->stuffed[before == after ? after : BRK_NONE],
		    off);
}

#endif

/*
 * Lines that were asked for, but that nobody needs to be shown.  A part of
 * lines.c.
 */
#ifndef BAREDOT_LINE_PASS_H
#define BAREDOT_LINE_PASS_H

#include "block.h"
#include "lines.h"

/* Ask what may be left out, if a line begins at that byte of the span. */
static inline bool
ask_now(const struct lines *l, size_t at)
{
	return l->wants == WANT_NEEDED && at < l->whole &&
	    at >= l->ask_from;
}

/* Whole lines: how the last one of them ends. */
static inline enum brk
last_break(struct span s)
{
	return s.p[s.n - 1] == '\r' ? BRK_CR :
	    s.n > 1 && s.p[s.n - 2] == '\r' ? BRK_CRLF : BRK_LF;
}

/* Pass over what nobody wants to be shown.  Where that is not much, asking
 * takes longer than it saves: then some lines are shown first. */
static inline size_t
pass_unwanted(struct lines *l, const uint8_t *p)
{
	const size_t at = (size_t)(p - l->base);
	size_t done;

	if (!ask_now(l, at) || l->line_off != l->off + at)
		return 0;
	done = l->pass(l->ctx, (struct span){ p, l->whole - at });
	if (done < BLOCK)
		l->ask_from = at + BLOCK;
	if (done == 0)
		return 0;
	l->line_off += done;
	l->before = last_break((struct span){ p, done });
	return done;
}

#endif

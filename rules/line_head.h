/*
 * The first bytes of the current line, which may have begun in an earlier
 * span.  A part of lines.c.
 */
#ifndef BAREDOT_LINE_HEAD_H
#define BAREDOT_LINE_HEAD_H

#include "lines.h"

/* Of which len are known. */
static inline struct span
line_head(struct lines *l, uint64_t len)
{
	const size_t want = len < LINE_HEAD ? (size_t)len : LINE_HEAD;

	if (l->line_off >= l->off)
		return (struct span){
			l->base == NULL ? l->head :
			    l->base + (l->line_off - l->off), want };
	if (l->head_n < want) {
		memcpy(l->head + l->head_n,
		    l->base + (l->line_off + l->head_n - l->off),
		    want - l->head_n);
		l->head_n = want;
	}
	return (struct span){ l->head, want };
}

/* Keep them where the line goes on in the next span. */
static inline void
keep_head(struct lines *l, size_t n)
{
	const uint64_t end = l->off + n;

	if (l->line_off >= l->off)
		l->head_n = 0;
	if (l->line_off >= end || l->head_n == LINE_HEAD)
		return;
	if (l->line_off >= l->off) {
		const size_t have = (size_t)(end - l->line_off);

		l->head_n = have < LINE_HEAD ? have : LINE_HEAD;
		memcpy(l->head, l->base + (l->line_off - l->off), l->head_n);
		return;
	}
	(void)line_head(l, end - l->line_off);
}

#endif

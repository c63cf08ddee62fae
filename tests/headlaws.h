/*
 * What must hold of every repair of a header block (header_fix.h), worked out
 * the slow way over the whole message.
 *
 * headlaws_open -> headlaws_check* -> headlaws_close
 */
#ifndef BAREDOT_HEADLAWS_H
#define BAREDOT_HEADLAWS_H

#include "header_fix.h"

struct headlaws {
	struct header_fix *fix;
	size_t max;		/* bytes of the longest message */
	size_t n;		/* edits */
	unsigned left;
	const char *why_not;
	struct edit list[HEADER_FIX_MAX], back[HEADER_FIX_MAX];
	struct graft room[HEADER_FIX_MAX];
	uint8_t *made;		/* the new message */
	size_t made_n;
	uint8_t *other, *wire;
	size_t other_n;
};

struct headlaws_case {
	struct span m;
	struct header_fix_options o;
	enum convention convention;
	size_t step;		/* how it is cut */
};

void headlaws_open(struct headlaws *, size_t max);
void headlaws_close(struct headlaws *);

/* NULL: all laws hold; else the one that is broken. */
const char *headlaws_check(struct headlaws *, const struct headlaws_case *);

#endif

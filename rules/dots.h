/*
 * Lines that look like an end of data, in a body however it is cut, and where
 * the text behind them begins.  Far quicker than being shown all lines.
 *
 * dots_begin -> dots_feed* -> dots_end
 */
#ifndef BAREDOT_DOTS_H
#define BAREDOT_DOTS_H

#include "census.h"

#define DOTS_MAX 32u		/* that are noted */

struct dots {
	size_t n;		/* seen; looking ends at DOTS_MAX + 1 */
	uint64_t behind[DOTS_MAX];	/* first byte behind its break, in the
					 * message */

	uint64_t off;		/* of the next byte, in the message */
	bool first;		/* the current line is the message's first */
	bool cr;		/* the byte before is a CR, */
	bool cr_dotty;		/* and it ended such a line */
	size_t line_n;		/* bytes of the current line, at most: */
	uint8_t line[DOTTY_MAX + 1];
};

/* The body begins at off. */
void dots_begin(struct dots *, uint64_t off);

void dots_feed(struct dots *, struct span);
void dots_end(struct dots *);

#endif

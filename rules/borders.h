/*
 * The borders of nested multiparts: which one stands behind an LF.
 *
 * borders_begin -> (borders_push | borders_try -> borders_byte*)*
 *
 * A border is an LF, "--" and the boundary.  An outer one goes before an
 * inner one, also when the latter is a prefix of it.
 */
#ifndef BAREDOT_BORDERS_H
#define BAREDOT_BORDERS_H

#include "span.h"

#define BORDERS_DEPTH 32u
#define BORDERS_BYTES 4096u	/* of all boundaries */
#define BORDER_MAX 1000u	/* bytes of one */

struct border {
	size_t at, n;			/* in bytes */
	bool seen;			/* it was; for the owner */
};

struct borders {
	size_t depth;			/* the owner may lower it */
	struct border level[BORDERS_DEPTH];	/* the outermost first */
	uint8_t bytes[BORDERS_BYTES];

	bool trying;			/* what is behind an LF may be one */
	uint32_t alive;			/* levels whose border it may be */
	size_t best, best_n;		/* the outermost whose it is and its
					 * bytes; BORDERS_DEPTH: none */
	size_t held_n;
	uint8_t held[BORDER_MAX + 2];	/* what is behind the LF so far */
};

void borders_begin(struct borders *);

/* An inner multipart, its boundary without CR and LF.  Nothing is done when
 * there is no room. */
void borders_push(struct borders *, struct span boundary);

/* An LF was seen; there is a level. */
void borders_try(struct borders *);

/* The next byte, no CR or LF.  True: it is known what stands there, and
 * trying is over. */
bool borders_byte(struct borders *, uint8_t);

#endif

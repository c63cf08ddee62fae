/*
 * What holds for every store of messages that has a format of its own.
 */
#ifndef BAREDOT_STORELAWS_H
#define BAREDOT_STORELAWS_H

#include "buf.h"
#include "store.h"

/* How the bytes come. */
struct storelaws_how {
	const char *format;		/* forced, or NULL */
	enum store_place place;
	size_t step;			/* bytes at a time; 0: any */
	bool seekable;
	uint64_t fail_at;		/* byte that cannot be read, or
					 * DRIP_NEVER */
};

/*
 * All that a store says of data, a line for each thing: "message FORMAT INDEX
 * OFFSET LENGTH", "bad FROM: WHY", at the end "end", "dead" or "not mail: WHY".
 * Fails if a message is not the bytes at its offset.  To be freed.  The store
 * is closed before and after; NULL: one that is made for this.
 */
char *storelaws_log(struct store *, struct span data,
    const struct storelaws_how *);

/* want: the log of it.  It does not depend on cuts of the input, nor on
 * whether that can go back. */
void storelaws_cuts(struct span data, enum store_place, const char *want);

/* A byte that cannot be read: "dead", and before it only what is true. */
void storelaws_errors(struct span data, enum store_place);

/*
 * data, whose log has nothing bad in it, cut off at any byte but those in
 * whole[] (0-ended) is told, and no message is a shorter one.
 */
void storelaws_truncated(struct span data, const char *format,
    const size_t *whole);

#endif

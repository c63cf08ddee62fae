/*
 * Which receivers take which look-alike for the end of the data.
 */
#ifndef BAREDOT_FOOLED_H
#define BAREDOT_FOOLED_H

#include "codes.h"
#include "replay.h"

struct fooled {
	const struct replay_plan *plan;
	bool by[2][CODE_COUNT][REPLAY_ROWS];	/* [lf]: the message's own
				 * lines end in LF */
};

/*
 * By code, for messages that any of the plan's senders sends on; codes that
 * are no eod.* fool nobody.  The plan, and its rows, must outlive *f.  False:
 * no memory.
 */
bool fooled_make(struct fooled *f, const struct replay_plan *);

/* The next of those that it fools, from the i-th row on; NULL: there is none.
 * *i: where to go on. */
const struct receiver_row *fooled_next(const struct fooled *, bool lf,
    enum code, size_t *i);

#endif

/*
 * How much processor time was used for a message, and whether it is enough.
 *
 * stopwatch_begin -> (stopwatch_start -> stopwatch_late*)*
 */
#ifndef BAREDOT_STOPWATCH_H
#define BAREDOT_STOPWATCH_H

#include <stdbool.h>
#include <stdint.h>

#define STOPWATCH_FIRST 500000000ull	/* ns that every message has */
#define STOPWATCH_BYTE 100u		/* ns more for each of its bytes */

struct stopwatch {
	uint64_t allowed, used;		/* ns */
	uint64_t last;			/* when the clock was looked at */
	bool exact;			/* that of this thread's own time */
};

void stopwatch_begin(struct stopwatch *);

/* Time runs from here on; so many bytes more may be looked at. */
void stopwatch_start(struct stopwatch *, uint64_t bytes);

/* More time was used than is allowed. */
bool stopwatch_late(struct stopwatch *);

#endif

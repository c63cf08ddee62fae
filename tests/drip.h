/*
 * A source that serves memory a few bytes at a time, and can fail.
 */
#ifndef BAREDOT_DRIP_H
#define BAREDOT_DRIP_H

#include "input.h"

#define DRIP_NEVER UINT64_MAX

struct drip {
	struct span bytes;	/* borrowed */
	size_t step;		/* bytes at a time; 0: 1 to 999, at random */
	uint64_t seed;		/* for that; not 0 */
	bool seekable;
	uint64_t fail_at;	/* from this byte on, and for ever after, it is
				 * dead; DRIP_NEVER */
	size_t at;		/* the next byte; starts as 0 */
	bool dead;
	uint64_t served;	/* bytes */
	unsigned closed;	/* times */
};

/* Serve *d, which must outlive the source. */
struct byte_source drip_source(struct drip *d);

/* A pseudo-random number; *seed is not 0. */
uint64_t drip_random(uint64_t *seed);

#endif

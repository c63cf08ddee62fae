/*
 * Random messages: long runs of ordinary lines, and rare defects.
 */
#ifndef BAREDOT_GEN_H
#define BAREDOT_GEN_H

#include "span.h"

#define GEN_MAX 8192u		/* bytes of the longest message */

struct gen {
	uint64_t seed;		/* not 0; goes on from message to message */
	struct span native;	/* the break of ordinary lines */
	unsigned rare;		/* one line in so many is a defect */
	size_t n;
	uint8_t p[GEN_MAX];
};

/* A number below n, which is not 0. */
size_t gen_below(struct gen *, size_t n);

/* The next message of about size bytes is p[0..n). */
void gen_message(struct gen *, size_t size);

/* Append to it; what does not fit is dropped. */
void gen_add(struct gen *, struct span);
void gen_fill(struct gen *, uint8_t, size_t n);

/* Append every kind of place that is kept, more often than it is kept. */
void gen_saturate(struct gen *);

#endif

/*
 * A message that its store keeps compressed: what it decompresses to.
 *
 * inner_open -> inner_read* , and again for the next one; inner_free.
 */
#ifndef BAREDOT_INNER_H
#define BAREDOT_INNER_H

#include "budget.h"
#include "format.h"
#include "packing.h"

struct inner {			/* zeroed before the first use */
	struct input *stored;	/* the bytes as the format shows them */
	struct input *plain;	/* what they decompress to */
	const struct format *format;
	void *state;		/* of the format */
	struct input *in;	/* that it reads from */
	struct span rest;	/* shown by it, and not taken yet */
	int status;		/* ST_OK, or with what it ended */
	struct err e;		/* likewise */
};

/*
 * The message that format->next has returned; the rest is borrowed until its
 * end.  ST_BAD: it cannot be unpacked, and was passed over.  ST_DEAD: read
 * error, or no memory.
 */
int inner_open(struct inner *, const struct format *, void *state,
    struct input *in, enum filter, struct budget *, struct err *);

/* As store_read. */
int inner_read(struct inner *, struct span *, struct err *);

void inner_close(struct inner *);
void inner_free(struct inner *);

#endif

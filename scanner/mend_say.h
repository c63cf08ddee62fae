/*
 * What is to become of a message, as frames (mend_wire.h).
 */
#ifndef BAREDOT_MEND_SAY_H
#define BAREDOT_MEND_SAY_H

#include "mend_wire.h"
#include "repair.h"

/* A frame of p's n bytes and those of `more`.  Not ST_OK: *e says why, and
 * there are no more. */
typedef int mend_frame_fn(void *ctx, enum mend_type, const void *p, size_t n,
    struct span more, struct err *e);

struct mend_say {
	/* Its own: */
	mend_frame_fn *fn;
	void *ctx;
	int status;
	struct err *e;
	size_t edits_n;
	struct edit edits[MEND_EDITS_MAX];
};

void mend_say_init(struct mend_say *, mend_frame_fn *, void *ctx);

/*
 * The message of st of which repair_message, just now, said REPAIR_EDITS.
 * ST_OK; else as repair_edits, or what a frame gave.
 */
int mend_say_edits(struct mend_say *, struct repair *, struct store *st,
    const struct msg *, const struct repair_facts *, struct err *);

#endif

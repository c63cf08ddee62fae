/*
 * Take back what a run did, last things first (reliability 3.6): originals
 * into their places, removed messages into their mailboxes.
 *
 * It is written to the journal of the same run, so that nothing is taken back
 * twice, and may be stopped and begun again at any point.
 */
#ifndef BAREDOT_UNDO_H
#define BAREDOT_UNDO_H

#include "intent.h"
#include "outcome.h"
#include "run.h"

/* Called for each message; the intent is what had been done to it. */
typedef void undo_fn(void *ctx, const struct intent *,
    const struct outcome *);

enum undo_what {
	UNDO_ALL,
	UNDO_REMOVED		/* restore: only what was taken out */
};

/*
 * Undo a run that run_again opened, with nothing unsettled in it.  fn may be
 * NULL.  ST_BAD: something is unsettled: recover_all first.  ST_DEAD: stopped;
 * *e (not NULL) says why.
 */
int undo_run(struct run *r, enum undo_what what, undo_fn *fn, void *ctx,
    struct err *e);

/* It is not itself an undo, nor mail that was moved for another change. */
bool undo_is_for(const struct intent *);

/* One intent of it, seq, that has FATE_DONE. */
int undo_one(struct run *r, uint64_t seq, undo_fn *fn, void *ctx,
    struct err *e);

#endif

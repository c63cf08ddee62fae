/*
 * What taking things back would come to, by looking: nothing is written, and
 * nothing is locked.  What only trying shows is not known: whether somebody
 * has a mailbox locked then, whether there is room, and whether the file system
 * lets names be swapped.
 *
 * (undo_look_begin -> undo_look_one* -> undo_look_end)* -> undo_look_free
 *
 * In the order in which it would be done: of what is taken back first depends
 * what is found by the rest.
 */
#ifndef BAREDOT_UNDO_LOOK_H
#define BAREDOT_UNDO_LOOK_H

#include "run.h"
#include "run_view.h"
#include "undo.h"

struct undo_look {		/* begin with a zeroed one */
	const struct run_view *view;
	struct run run;		/* to look with */
	struct undo_back **back;	/* what would be back, by its path */
	size_t n, cap;
};

/* The view must outlive undo_look_end. */
void undo_look_begin(struct undo_look *, const struct run_view *);

/*
 * As undo_one, of an intent that has FATE_DONE; and as undo_run for all, where
 * what is not settled has OUTCOME_UNSETTLED and holds up nothing else.
 */
int undo_look_one(struct undo_look *, uint64_t seq, undo_fn *, void *ctx,
    struct err *);
int undo_look_all(struct undo_look *, undo_fn *, void *ctx, struct err *);

void undo_look_end(struct undo_look *);
void undo_look_free(struct undo_look *);

#endif

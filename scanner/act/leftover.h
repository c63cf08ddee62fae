/*
 * Temporaries that have a name from the start, because the file system has no
 * unnamed files: recorded before they are made, so that what a crash leaves
 * of one is found again, even if no intent says anything about it.
 */
#ifndef BAREDOT_LEFTOVER_H
#define BAREDOT_LEFTOVER_H

#include "run.h"

/*
 * A file of this name may be made in place.tmp.  ST_DEAD: that cannot be
 * recorded, so it must not.
 */
int leftover_record(struct run *, const struct place *, const char *name,
    struct err *);

/*
 * Remove it, with the rights of the owner, if it is there.  If it stays the
 * run stays open.
 */
void leftover_drop(struct run *, const struct place *, const char *name);

/* Remove those of a run that died; when all its intents are settled. */
int leftover_sweep(struct run *, struct err *);

#endif

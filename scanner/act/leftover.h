/*
 * Temporaries that have a name from the start, because the file system has no
 * unnamed files: recorded before they are made, so that what a crash leaves
 * of one is found again, even if no intent says anything about it.
 */
#ifndef BAREDOT_LEFTOVER_H
#define BAREDOT_LEFTOVER_H

#include "run.h"

/*
 * A file of this name may be made in place.tmp, and get another there; also:
 * that, or NULL.  ST_DEAD: it cannot be recorded, so it must not.
 */
int leftover_record(struct run *, const struct place *, const char *name,
    const char *also, struct err *);

/*
 * Remove it, with the rights of the owner, if it is there.  False: it stays,
 * errno may say why, and so the run stays open.
 */
bool leftover_drop(struct run *, const struct place *, const char *name);

/* Removing what a run that died has left; here and in dotlock.h. */
struct sweep {
	struct run *run;
	/* Called for what stays: the folder it is in. */
	void (*stays)(void *ctx, const char *path, const struct err *why);
	void *ctx;
};

/*
 * Remove the temporaries, when all intents of the run are settled.  What stays
 * is told, and the run stays open.  ST_DEAD: no memory, or the journal cannot
 * be read.
 */
int leftover_sweep(const struct sweep *, struct err *);

/*
 * Something in the folder could not be removed, or the folder not be opened:
 * told, as above.  But a folder that is gone holds up nothing.
 */
int leftover_stays(const struct sweep *, const char *path,
    const struct err *why, struct err *);

#endif

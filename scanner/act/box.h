/*
 * A mailbox that is one file, while it is acted upon: its folder, its lock
 * file, and how long we may wait for others.
 *
 * Locks are only ever tried for.  Whoever cannot have all of them lets go of
 * all and waits a while, some time more or less, so that nobody waits for us
 * while we wait for them: the orders that programs lock in differ (facts:
 * store-formats 1.7).
 */
#ifndef BAREDOT_BOX_H
#define BAREDOT_BOX_H

#include "dotlock.h"

struct box {
	struct run *run;
	struct place *place;
	struct mailname name;
	struct dotlock lock;
	uint64_t until;		/* milliseconds of the monotonic clock */
	unsigned pause;		/* milliseconds */
	unsigned depth;		/* changes within changes */
};

/*
 * Open the folder; owner: as place_open_mailbox.  ST_BAD: it must not be
 * touched.  ST_DEAD: it cannot be opened.
 */
int box_open(struct box *, struct run *, const char *folder, size_t root,
    const char *name, const struct owner *, struct err *);

/* Remove the lock file, with the rights of the owner, and close all. */
void box_close(struct box *);

/* From now on, wait no longer than this. */
void box_allow(struct box *, unsigned seconds);

/* Sleep.  False: the time is up. */
bool box_wait(struct box *);

/* The lock file: as dotlock_take and dotlock_drop. */
int box_lock(struct box *, struct err *);
void box_unlock(struct box *);

#endif

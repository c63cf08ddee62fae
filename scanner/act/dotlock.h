/*
 * The lock file of a mailbox, NAME.lock, as all mail programs know it.
 *
 * It is as liblockfile makes it, with the number of the process in it, but
 * made here: the library goes by path, and opens what it finds under the name,
 * where a FIFO of the mailbox's owner would hold us up for ever.  A lock file
 * of others is never removed, however old.  What is in ours is in the journal
 * before it is made, so that recovery knows it again.
 *
 * dotlock_take -> dotlock_touch* -> dotlock_drop
 */
#ifndef BAREDOT_DOTLOCK_H
#define BAREDOT_DOTLOCK_H

#include "leftover.h"

#define DOTLOCK_SUFFIX ".lock"

struct dotlock {
	char text[16];		/* what is in it; "": not in the journal yet */
	int fd;			/* while it is held: > 0 */
};

/*
 * Make the lock file for this name in the place, with the rights of the owner.
 * ST_BAD: e->num is EEXIST: somebody has it; else it cannot be made.  ST_DEAD:
 * the journal cannot be written.
 */
int dotlock_take(struct dotlock *, struct run *, const struct place *,
    const char *name, struct err *);

/* It is still in use: programs take locks of some minutes for forgotten. */
void dotlock_touch(const struct dotlock *);

/*
 * Remove it, if it is held and what has the name is ours, which is known by
 * the text in it.  If that stays the run stays open.
 */
void dotlock_drop(struct dotlock *, struct run *, const struct place *,
    const char *name);

/* Remove the lock files; else as leftover_sweep. */
int dotlock_sweep(const struct sweep *, struct err *);

#endif

/*
 * The folder where runs are kept, ROOT/runs/ID/{journal,blobs/}, and the lock
 * that lets one process act at a time.
 */
#ifndef BAREDOT_STATEDIR_H
#define BAREDOT_STATEDIR_H

#include "err.h"
#include "listing.h"

struct statedir {
	int fd;			/* ROOT */
	int runs;		/* ROOT/runs */
	int lock;		/* 0: only a view */
};

/*
 * Open it; made if it is not there (its parent must be).  what: a word for the
 * next who comes, "fix".  ST_DEAD with e->num == EWOULDBLOCK: somebody has the
 * lock, e->text says who.  ST_DEAD: else; also if others may read or write
 * it, or own it: it may have been planted.  The way there is gone as reach.h
 * says; the folder itself is no link, or its path ends in a slash.
 */
int statedir_open(struct statedir *out, const char *path, const char *what,
    struct err *);

/*
 * The same, but with another lock and without runs/, for who keeps what a scan
 * found: it may go on while somebody acts.
 */
int statedir_open_scan(struct statedir *out, const char *path,
    const char *what, struct err *);

/*
 * Open it for looking only, also while somebody has the lock: nothing is made
 * or changed.  ST_END: there is none.  ST_DEAD: as above.
 */
int statedir_view(struct statedir *out, const char *path, struct err *);

void statedir_close(struct statedir *);	/* one that was opened, or zeroed */

/* The ids of all runs, oldest first; the caller calls listing_free. */
int statedir_runs(const struct statedir *, struct listing *, struct err *);

#endif

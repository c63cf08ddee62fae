/*
 * Settle what a crash left, in every run: run before anything else.
 *
 * Each message is then the old or the new one, nothing temporary is left in a
 * mailbox, and the journal says so.  May itself be stopped at any point and
 * begun again (reliability 3.6).
 */
#ifndef BAREDOT_RECOVER_H
#define BAREDOT_RECOVER_H

#include "statedir.h"

struct recovered {
	uint64_t runs;		/* looked at */
	uint64_t finished;	/* intents that turned out to be done */
	uint64_t taken_back;	/* intents that turned out not to be */
	uint64_t unsettled;	/* intents, temporaries and lock files, or
				 * whole runs, left as they are */
	uint64_t failed;	/* of these: a damaged run, or a file system
				 * that is mounted read-only */
	uint64_t torn;		/* journals with a torn end, cut off */
};

/* Called for what is left unsettled; path may be "". */
typedef void recover_fn(void *ctx, const char *run, const char *path,
    const char *why);

/*
 * All runs of a state folder.  fn may be NULL.  ST_OK: also when something is
 * unsettled; then the caller must decide.  ST_DEAD: the state folder cannot
 * be read, or a disk fails.
 */
int recover_all(const struct statedir *, struct recovered *, recover_fn *,
    void *ctx, struct err *);

#endif

/*
 * A run to look at: nothing is changed, no lock is needed, and it may be going
 * on.
 */
#ifndef BAREDOT_RUN_VIEW_H
#define BAREDOT_RUN_VIEW_H

#include "history.h"
#include "run.h"
#include "statedir.h"

struct run_view {
	const struct statedir *state;	/* must outlive it */
	char id[40];
	int dir, blobs;		/* its folder; its originals, or -1 */
	struct journal *journal;
	struct history history;
	bool open;		/* not ended in order, or going on */
	char what[32];		/* "fix" */
	char version[32];	/* of the program */
	struct buf argv;	/* words, a NUL behind each */
	uint64_t more;		/* words of the command line left out */
	uint64_t time;		/* seconds since 1970 */
	uint64_t uid;
};

/*
 * ST_END: there is no such run, or it never began.  ST_DEAD: it is damaged,
 * or cannot be read.
 */
int run_view_open(struct run_view *out, const struct statedir *,
    const char *id, struct err *);

/*
 * It as a run, to look with: nothing may be recorded in that.  All but its
 * place, which run_view_run_end closes, is borrowed.
 */
void run_view_run(const struct run_view *, struct run *out);
void run_view_run_end(struct run *);

void run_view_close(struct run_view *);	/* one that was opened, or zeroed */

#endif

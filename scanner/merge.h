/*
 * The files of all shards as one report.
 *
 * merge_survey, and when nothing is missing merge_write.
 */
#ifndef BAREDOT_MERGE_H
#define BAREDOT_MERGE_H

#include <signal.h>

#include "options.h"
#include "output.h"
#include "shard_plan.h"
#include "shard_check.h"

/* What the first and last lines of all files say. */
struct survey {
	struct shard_list missing;	/* those that are not there, or not
					 * whole, */
	struct shard_list again;	/* or did not begin where they had to:
					 * both are in `missing` */
	unsigned long missing_n, again_n;
	uint64_t basis;
	struct buf header;		/* the first line of the first */
	bool hosts, kernels, sandboxes;	/* they differ */
	struct buf host, kernel, sandbox, start, end;
	uint64_t jobs;			/* of all */
	uint64_t milliseconds;		/* likewise */
	uint64_t exit_status;		/* the highest */
};

/*
 * dir: -1: there is none, and all is missing.
 * whole: read all of each file; else only where first and last lines leave a
 * doubt, and merge_write will find what is damaged.  ST_BAD: they do not belong
 * together, or to the plan.  ST_DEAD: one cannot be read, or no memory.  *e
 * says which.
 */
int merge_survey(int dir, const struct plan_header *, bool whole,
    struct survey *, struct err *);
void survey_free(struct survey *);

/*
 * Read all and write the report; text: its summary alone, for people.  out
 * latches.  ST_BAD: the file of shard *bad
 * is not as it was written.  ST_DEAD: it cannot be read, no memory, or EINTR:
 * *stop is not 0.
 */
int merge_write(int dir, const struct plan_header *, const struct survey *,
    const char *const *argv, struct output *out, bool text,
    const volatile sig_atomic_t *stop, unsigned long *bad, struct err *);

#endif

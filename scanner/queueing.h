/*
 * The inside of a queue: what queue.c and queue_results.c share.
 */
#ifndef BAREDOT_QUEUEING_H
#define BAREDOT_QUEUEING_H

#include <signal.h>

#include "folders.h"
#include "joblist.h"
#include "queue.h"

/* What was there before the first results of the unit at hand: queue_hold.c. */
struct queue_mark {
	bool set;
	bool torn;		/* the unit is not at its end */
	uint64_t line;		/* its own */
	struct totals totals;
	struct store_facts *folder;	/* or NULL; and what that was: */
	struct store_facts facts;
};

struct queue {
	struct queue_options options;
	struct pool *pool;
	struct joblist jobs;
	struct job *batch;	/* the last job, while files are added to it */
	struct folder *folder;	/* the innermost that gave files */
	struct chain *mbox;	/* that is given in ranges; or NULL, and: */
	struct job_spec mbox_spec;	/* of its ranges, but for pointers */
	struct buf mbox_dir, mbox_name;
	struct totals totals;
	struct buf line;	/* scratch */
	bool failed;		/* the report cannot be written whole */
	struct queue_mark mark;
	volatile sig_atomic_t stop, pause;
};

/* queue.c: no more files for the last job; wait for room. */
void queue_close_batch(struct queue *);

/* queue_results.c: hand over what the first job has committed so far. */
void queue_flush_first(struct queue *, struct job *);

/* Tell a part of a folder; of the mbox. */
void queue_part_folder(struct queue *, struct span path,
    const struct store_facts *, bool last);
void queue_part_mbox(struct queue *, const struct chain *, bool last);
void queue_part_folders(struct queue *);	/* that the walk is in */

/* queue.c: hand over all that can be; it cannot go on. */
void queue_flush(struct queue *);
bool queue_broken(const struct queue *);

/* queue_hold.c, for scans in sections: before and after results are handed
 * over. */
void queue_mark(struct queue *, const struct job *);
void queue_marked(struct queue *, struct job *);

/* The first job is done and handed over: what follows from that. */
void queue_finish_first(struct queue *, struct job *);

#endif

/*
 * The jobs of a run, in the order of the walk: made, cut into ranges, and
 * split when their worker dies.
 */
#ifndef BAREDOT_JOBLIST_H
#define BAREDOT_JOBLIST_H

#include "keeping.h"
#include "ndjson_sums.h"
#include "scan.h"

/* The mbox that some ranges belong to. */
struct chain {
	uint64_t expect;	/* where the next range must begin */
	bool lost;		/* or anywhere: a worker died just before, or
				 * there was a read error */
	uint64_t messages;	/* so far: the base of the next index */
	struct store_facts facts;
	struct kept_chain kept;

	/* Of one that is told in parts (queue_mbox): */
	struct mbox_border begin;	/* of the section */
	bool parts, found;	/* a message begins there, at: */
	uint64_t first;
	bool unread;		/* what begins there nobody knows */
	bool stale;		/* that it is not as planned was told */
	uint64_t given;		/* where the ranges end that were given */
};

void chain_free(struct chain *);

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE };

/* What a place in the list is. */
enum what { WHAT_SCAN, WHAT_TEXT, WHAT_KEPT, WHAT_FOLDER_END, WHAT_CHAIN_END };

struct job {
	struct job *next;
	struct joblist *list;
	enum what what;
	enum job_state state;
	struct job_spec spec;
	struct buf path, names, planned;	/* behind spec's pointers */
	uint64_t names_n;
	struct chain *chain;	/* JOB_RANGE, WHAT_CHAIN_END */
	struct store_facts *folder;	/* of single-message files; or NULL */
	bool settled;
	bool last;		/* WHAT_CHAIN_END of parts: no more comes */
	struct kept_file *kept;	/* WHAT_KEPT: to be told; WHAT_SCAN: of the
				 * only name, which has grown since */
	struct keeping_names keeping;	/* how far results were kept */

	/* What the worker committed: */
	bool begun;		/* JOB_RANGE: begins at `first` */
	uint64_t first;
	struct resume resume;
	struct buf out, plan, pieces;
	struct delta delta;
	uint64_t large;		/* the next name is an mbox of that size */
	bool grown;		/* ... and has grown */
	bool stamped;		/* JOB_RANGE: the file was this: */
	struct stamp stamp;
	uint8_t ends[HASH_SIZE];
	bool lost;		/* JOB_RANGE: ended with a read error */
	bool checked;		/* JOB_RANGE: begun where it had to */
	bool drop;		/* ... and did not: no result counts */
	bool nothing;		/* its worker died before it came to anything */

	/* Of a scan in sections: */
	uint64_t line;		/* of the plan; of each name: */
	struct buf lines;
	bool fresh;		/* there is something to hand over */
	bool told_any;		/* something was, up to: */
	struct resume told;
};

struct joblist {
	struct job *first, *last;
	size_t n;
	const struct scan_options *scan;	/* for records about problems */
	struct queue *queue;	/* whose list it is */
	struct buf text;	/* scratch */
	uint64_t line;		/* of the plan, for new jobs */
	bool failed;		/* no memory: what is here is not all */
};

/* NULL: no memory, and the list has failed.  The caller inserts it. */
struct job *job_new(struct joblist *, enum what);
void job_free(struct job *);

/* at == NULL: in front. */
void joblist_insert(struct joblist *, struct job *at, struct job *);
void joblist_append(struct joblist *, struct job *);
void joblist_drop_first(struct joblist *);

/* How many wait for a worker; counts no further than enough. */
size_t joblist_waiting(const struct joblist *, size_t enough);

/* A job that is a record of a problem; NULL: no memory. */
struct job *job_text(struct joblist *, enum problem, struct span path,
    uint64_t off, const char *why);

/* The line of its n-th name. */
uint64_t job_line(const struct job *, uint64_t n);

/* Let it have a copy of that.  False: no memory. */
bool job_keep(struct job *, const struct kept_file *);

/* Point its spec at its own path and names.  False: no memory. */
bool job_ready(struct job *);

/* The mbox that the job stopped at, as ranges, and then the other names. */
void job_cut_large(struct job *);

/*
 * Is the first job, a range, where the one before it ended?  If not its
 * results do not count (drop), and it is scanned again, or not at all when
 * that one reached beyond it.
 */
void job_check_range(struct job *);
void job_redo_range(struct job *);	/* done and to be dropped: once more */

/*
 * The job's worker died.  What was committed stays.  The rest is tried once
 * more, carefully: if the worker dies again, then of the first message that
 * it did not commit, and the rest goes on behind that.  why is NULL: it had
 * too little memory; then the rest is tried again with more of it (roomy), one
 * name at a time, and in its turn: of roomy jobs only the first in the list may
 * run, so there is one, and what it waits for is not waiting for it.
 */
void job_cut_short(struct job *, const char *why);

#endif

/*
 * A piece of work, what came of it, and who is told.
 */
#ifndef BAREDOT_JOB_H
#define BAREDOT_JOB_H

#include "report.h"
#include "stamp.h"
#include "store.h"

enum job_kind {
	JOB_BATCH,		/* files of one folder, or named ones */
	JOB_RANGE,		/* a part of one large mbox */
	JOB_STDIN		/* what comes in on descriptor 0 */
};

/* How far a job is. */
struct resume {
	uint64_t at;		/* JOB_BATCH: names done; JOB_RANGE: offset of
				 * the next separator */
	uint64_t events;	/* of the range, its messages; JOB_BATCH,
				 * JOB_STDIN: of the name at hand, all that
				 * was counted or told */
};

/*
 * The part of a job that a worker needs.  Borrowed: path and names live as
 * long as the job.
 */
struct job_spec {
	enum job_kind kind;
	enum store_place place;
	const char *path;	/* the folder; or "", and names are paths */
	size_t root;		/* bytes of path that the user named: links in
				 * there are followed, behind it they are not */
	const char *names;	/* each with its NUL, one after another */
	size_t names_size;	/* bytes */
	const struct planned *planned;	/* JOB_BATCH: of each name; what is
				 * not like that is told.  NULL: no plan */
	size_t planned_n;
	struct resume begin;	/* JOB_BATCH, JOB_STDIN: what is done already */
	uint64_t from, to;	/* JOB_RANGE: bytes of the file */
	uint64_t size;		/* JOB_RANGE: of the file, when it was cut */
	bool exact;		/* JOB_RANGE: a separator starts at from */
	bool careful;		/* commit after each message */
	bool roomy;		/* it may have as much memory as there is for
				 * one worker: sandbox.h */

	/*
	 * The only name is an mbox that was `grown` bytes long, and then had
	 * that sum at both ends (scan_ends).  0: nothing is known of it.
	 */
	uint64_t grown;
	uint8_t ends[HASH_SIZE];
};

/* What was found since the last commit. */
struct delta {
	struct totals totals;
	struct store_facts folder;	/* single-message files, or the mbox
					 * of a JOB_RANGE */
	bool lost;		/* JOB_RANGE: a read error; where the next
				 * separator is cannot be said */
	bool stamped;		/* JOB_RANGE: it was this all the time */
	struct stamp stamp;
	uint8_t ends[HASH_SIZE];	/* of all, when the range is the last */
};

/* The text of a commit, and what goes with it. */
struct commit_text {
	struct span out, plan, pieces;
};

/*
 * Told while a job runs.  Everything up to a commit is final and belongs
 * together; a worker that dies has done nothing since its last commit.
 */
struct job_sink {
	/* JOB_RANGE, before anything else: where its first separator is. */
	void (*first)(void *, uint64_t off);

	/* plan: items for who acts (plan.h), of the messages in out; pieces:
	 * piece.h. */
	void (*commit)(void *, const struct commit_text *,
	    const struct delta *, struct resume);

	/* The next name is a large mbox of size bytes; the job ends here. */
	void (*large)(void *, uint64_t size);

	/* The same, and it is still the one that was shorter (job_spec). */
	void (*grown)(void *, uint64_t size);

	/* No memory, in a job that is not roomy: it is to be done again so.
	 * NULL: not asked for; else it does not return. */
	void (*cramped)(void *);

	/* More bytes were read; for progress and to show a sign of life. */
	void (*tick)(void *, uint64_t bytes);

	void *ctx;
};

#endif

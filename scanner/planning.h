/*
 * The inside of `baredot plan`: a walk goes to a spool, and from there to
 * shards, when it is known how much there is.
 */
#ifndef BAREDOT_PLANNING_H
#define BAREDOT_PLANNING_H

#include <signal.h>
#include <stdio.h>

#include "shard_plan.h"

/*
 * What a file costs beside its bytes, in bytes: to find, open, read and close
 * one takes as long as to scan so many more (measured: docs/shards.md).
 */
#define PLAN_FILE_COST (28u << 10)

struct planning {
	unsigned long shards;
	uint64_t split;			/* bytes: mboxes from there on may be
					 * cut; UINT64_MAX: none */
	bool whole, one_fs, tmp, forensic;
	char **paths;			/* NULL-terminated */
	const volatile sig_atomic_t *stop;

	FILE *spool;
	uint64_t files, bytes, weight;
	uint64_t failed;		/* PLAN_FAILED lines */
	struct plan_header header;
};

#define SPOOL_BLOCK (256u << 10)	/* bytes written and read at once */

/* What is in the spool: this, and a line of text. */
struct spooled {
	uint8_t kind;			/* enum plan_kind */
	bool splits;			/* an mbox that may be cut */
	bool single;			/* one of the messages of its folder;
					 * PLAN_LEAVE: to be told */
	bool maildir;			/* in a part of a Maildir */
	uint32_t text;			/* bytes */
	uint64_t weight;
};

/* plan_walk.c.  ST_DEAD: *e says why; EINTR: stopped. */
int planning_walk(struct planning *, struct err *);

/* plan_cut.c: the spool to the file `to`, behind the first line, which has
 * `room` bytes; sets the segments of the header. */
int planning_cut(struct planning *, int to, size_t room, struct err *);

#endif

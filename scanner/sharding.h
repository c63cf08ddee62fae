/*
 * The inside of a scan of a shard: scan_shard.c has what is before the first
 * job, scan_shard_file.c its file, and scan_shard_feed.c what the plan lists.
 */
#ifndef BAREDOT_SHARDING_H
#define BAREDOT_SHARDING_H

#include "plan_look.h"
#include "scan_run.h"
#include "shard_check.h"
#include "shard_write.h"

struct shard_run {
	struct plan_header plan;
	struct report_lines lines;	/* of the plan */
	uint64_t at, end;		/* of them the shard's: bytes */
	bool elsewhere;			/* not where the plan was made: a path
					 * that is not absolute is another */
	struct shard_head head;
	int dir;
	struct shard_writer *writer;
	bool goes_on;			/* another process began it */
	struct shard_sums sums;		/* of the section */
	struct shard_place place;	/* where it is */
	struct shard_borders borders;
	struct buf leading;		/* path of the mbox that it begins in
					 * the midst of, until its end */
	struct border_state before;	/* where that begins, if it is known */
	struct buf text;		/* scratch */
	struct plan_line line;		/* likewise */
	struct plan_look look;
	struct timespec sealed;		/* when the last section ended */
	bool whole;			/* all sections are written */
	uint64_t sealed_line, sealed_at;	/* sh->place of the last one */
};

/* --- scan_shard_file.c */

/* The section ends, if it is time (or in any case: now).  False: stop. */
bool shard_seal(struct scan_run *, bool now);

/* What is said of an mbox, in its turn. */
void shard_note_part(struct shard_run *, const struct part_facts *);

/* --- scan_shard_feed.c */

/* The mbox that the shard begins in the midst of, into leading and borders.
 * False: *e says why. */
bool shard_find_leading(struct shard_run *, struct err *e);

/* All lines from sh->place on.  False: stopped. */
bool shard_feed(struct scan_run *);

/* What was given from that line on does not count: sh->place, and the sums of
 * the lines.  False: no memory, or the plan cannot be read. */
bool shard_unfeed(struct shard_run *, const struct queue_place *);

#endif

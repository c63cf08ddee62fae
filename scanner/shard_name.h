/*
 * Which shard of how many: from an option or from whoever runs the shards, and
 * what its file is called.
 */
#ifndef BAREDOT_SHARD_NAME_H
#define BAREDOT_SHARD_NAME_H

#include "buf.h"

#define SHARDS_MAX 99999u

struct shard_id {
	unsigned long i, n;	/* from 1 to n; 0: not said */
};

/* "3/16", "3", "auto/16" or "auto"; i and n are 0 where they are not said.
 * False: it is none of these. */
bool shard_parse(const char *text, struct shard_id *out);

/*
 * Which one the environment says this is, from 1; no more than n.  These are
 * asked, and those that are set must agree: SLURM_ARRAY_TASK_ID, from 0 if
 * SLURM_ARRAY_TASK_MIN is 0, else (also where it is not set) from 1;
 * JOB_COMPLETION_INDEX, from 0; SGE_TASK_ID and PARALLEL_SEQ, from 1.  0: none
 * does, they differ, or it is not one of n; *why says so.
 */
unsigned long shard_from_environment(unsigned long n, struct buf *why);

/* "shard-00003-of-00016.ndjson" */
void shard_file_name(struct buf *, struct shard_id);

/* Numbers as Slurm's --array has them, "3,7-9", one after another: begin with
 * a zeroed one; numbers go up. */
struct shard_list {
	struct buf text;
	unsigned long first, last;	/* of the run at hand; 0: none */
};

void shard_list_add(struct shard_list *, unsigned long i);
const char *shard_list_end(struct shard_list *);	/* its text */

#endif

/*
 * Whether the file of a shard is whole: the one judgement of those who scan
 * and those who merge.
 */
#ifndef BAREDOT_SHARD_CHECK_H
#define BAREDOT_SHARD_CHECK_H

#include "shard_read.h"

/* The index of a message of an mbox that the plan cuts, in a record. */
struct shard_index {
	size_t at, n;		/* bytes of the record: the member with its
				 * comma; n 0: there is none */
	uint64_t index;
};

/* A line, valid during the call; its sum may turn out wrong later on. */
struct shard_line {
	struct span text;	/* without its break */
	enum shard_kind kind;
	const struct json_object *o;	/* NULL: of a record */
	struct shard_index index;	/* of a record */
};

/* Other than ST_OK: stop, with that. */
typedef int shard_told(void *ctx, const struct shard_line *, struct err *);

/*
 * Read all of the file of that shard, and see whether all of it can be merged.
 * told: of each line; or NULL.  head, tail: what its second and last line say;
 * it may be of any plan.  ST_END: it is not there.  ST_BAD: it is not as it was
 * written: as good as none.  ST_DEAD: it cannot be read, or no memory.
 */
int shard_check(int dir, struct shard_id, struct shard_head *head,
    struct shard_tail *tail, shard_told *told, void *ctx, struct err *);

/*
 * By its first and last lines alone, the rest and the sums unread: ST_OK is
 * said of a damaged one, too, and nothing else counts without shard_check.
 * header: a copy of the first line.
 */
int shard_glance(int dir, struct shard_id, struct shard_head *head,
    struct shard_tail *tail, struct buf *header, struct err *);

#endif

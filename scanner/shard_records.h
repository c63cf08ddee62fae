/*
 * The records of a shard's file that are not those of a report
 * (docs/shards.md).  What is read was perhaps written by others: counts are
 * believed, lengths and names are not.
 */
#ifndef BAREDOT_SHARD_RECORDS_H
#define BAREDOT_SHARD_RECORDS_H

#include "json_read.h"
#include "ndjson_sums.h"
#include "patterns.h"
#include "shard_name.h"

/* --- the second line: whose it is */

struct shard_head {
	struct shard_id id;
	uint8_t plan[HASH_SIZE];	/* its plan_sha256 */
	uint64_t basis;			/* all that records depend on, beside
					 * the mail: scan_basis */
};

/* rules: those of the scan, or NULL. */
void shard_head_put(struct buf *, const struct shard_head *,
    const struct pattern_rules *rules);
bool shard_head_read(const struct json_object *, struct shard_head *out);

/* Rules by their names alone, for sums. */
struct shard_rules {
	struct pattern_rule *list;	/* and their texts */
	struct pattern_rules rules;
};

/* The rules of a second line.  False: no memory, or it is none. */
bool shard_rules_read(const struct json_object *, struct shard_rules *out);
void shard_rules_free(struct shard_rules *);

/* --- parts */

void shard_part_put(struct buf *, const struct part_facts *);

/* facts are the caller's; path is read into *path. */
bool shard_part_read(const struct json_object *, struct part_facts *out,
    struct store_facts *facts, struct buf *path);

/* --- the end of a section: its sums, and where the next one begins */

struct shard_place {
	struct buf folder;	/* that files are in; NUL-terminated */
	uint64_t root;
	uint64_t line;		/* of the next line in the segment: bytes */
	uint64_t at;		/* not 0: it is an mbox, of which that much is
				 * done; and: */
	struct mbox_border next;
	bool stale;		/* and that it is not as planned was told */
};

struct shard_sums {
	struct totals totals;
	struct summary_facts summary;	/* skipped, unsettled */
};

/* Without the brace at its end: shard_writer_seal puts it. */
void shard_piece_put(struct buf *, const struct shard_sums *,
    const struct pattern_rules *, const struct shard_place *);

/* Adds to sums. */
bool shard_piece_read(const struct json_object *, const struct pattern_rules *,
    struct shard_sums *, struct shard_place *);

/* --- the last line */

/* How an mbox goes on across the ends of the shard. */
struct shard_borders {
	bool begins;		/* it begins in the midst of one, of which it
				 * has what is before: */
	uint64_t to;
	bool found;		/* a message begins there, at: */
	uint64_t first;
	bool unread;		/* it was not to be had, and nobody knows what
				 * else begins there */
	bool ends;		/* it ends in the midst of one, */
	bool through;		/* of the same one; and: */
	struct mbox_border next;
};

struct shard_tail {
	struct shard_id id;
	uint8_t plan[HASH_SIZE];
	uint64_t exit_status;
	uint64_t milliseconds;
	char end[32];
	struct shard_borders borders;
};

void shard_tail_put(struct buf *, const struct shard_tail *);	/* likewise */
bool shard_tail_read(const struct json_object *, struct shard_tail *out);

/*
 * The mbox at a border, from one shard to the next.  Zeroed before the first.
 * False: the shard did not begin where the one before it ended (a
 * Content-Length reaches over the border, or the mbox was changed between the
 * two): it has to be scanned again, now that this is known.
 */
struct border_state {
	bool known;
	struct mbox_border at;
};

bool shard_border_next(struct border_state *, const struct shard_borders *);

#endif

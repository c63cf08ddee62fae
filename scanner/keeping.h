/*
 * Between the queue and the state: what is known of a file is told again
 * instead of reading it, and what is found is kept for the next scan.
 *
 * For each file of the walk: keeping_look.  For each job, when its turn is:
 * keeping_results, or of an mbox in ranges keeping_range -> keeping_border ...
 * -> keeping_chain_end.
 */
#ifndef BAREDOT_KEEPING_H
#define BAREDOT_KEEPING_H

#include "job.h"
#include "state.h"
#include "walk.h"

struct keeping_options {
	struct state *state;		/* borrowed */
	const struct reporter *reporter;
	uint64_t rules;			/* what a scan depends on, not 0 */
	int64_t start;			/* of this scan, seconds since 1970 */
	bool distrust;			/* read all */
	bool new_only;			/* tell only of messages with findings
					 * that are not known */
	bool (*write)(void *ctx, struct span);
	void *ctx;
};

struct keeping;

struct keeping *keeping_new(const struct keeping_options *);	/* or NULL */
void keeping_free(struct keeping *);		/* NULL is fine */
const struct kept_facts *keeping_facts(const struct keeping *);

/* What is known of a file. */
struct kept_file {
	int64_t id;
	uint64_t texts;
	struct delta found;
	uint64_t at;		/* grown: go on from here; the rest is of what
				 * is before that, but: */
	uint64_t size;		/* it had */
	uint8_t ends[HASH_SIZE];
};

enum kept_is { KEPT_NOT, KEPT_SAME, KEPT_GROWN };

/* dir NULL: name is a path.  *out is set but for KEPT_NOT. */
enum kept_is keeping_look(struct keeping *, const struct walk_dir *dir,
    const char *name, enum store_place, struct kept_file *out);

/* Tell what is known.  False: that failed.  *rc: ST_OK; or ST_BAD, it is not
 * all there, and no more will be known of it. */
bool keeping_tell(struct keeping *, const struct kept_file *, int *rc);

/* Whose the results are: files of one folder, named one after another. */
struct keeping_names {
	const char *dir;	/* "": names are paths */
	enum store_place place;
	struct span left;	/* names, each with its NUL */
	uint64_t i;		/* number of the first of them */
	bool begun;
};

/* Text of a batch, and its pieces.  False: that failed. */
bool keeping_results(struct keeping *, struct span text, struct span pieces,
    struct keeping_names *);

/* An mbox in ranges; zeroed, and path and place set. */
struct kept_chain {
	struct buf path;
	enum store_place place;
	int64_t id;		/* 0: nothing was put */
	bool bad;		/* it is not to be kept */
	bool stamped;
	struct stamp stamp;
	struct totals totals;	/* so far */
	uint64_t texts;
	uint64_t at, at_texts;
	struct buf at_found;
	bool has_ends;
	uint8_t ends[HASH_SIZE];
};

void kept_chain_free(struct kept_chain *);

/* Text of a range; before: messages in front of it, for report_resolve. */
bool keeping_range(struct keeping *, struct kept_chain *, struct span text,
    struct span pieces, uint64_t before);

/* A range is done, the next message starts at `at`. */
void keeping_border(struct keeping *, struct kept_chain *,
    const struct store_facts *, uint64_t at);

/* All are; text: its store record.  chain NULL: it is that of a folder. */
bool keeping_chain_end(struct keeping *, struct kept_chain *,
    const struct store_facts *, struct span text);

#endif

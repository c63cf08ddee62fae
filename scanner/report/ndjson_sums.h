/*
 * What was counted, as report.schema.json has it: of a store, and of all.
 */
#ifndef BAREDOT_NDJSON_SUMS_H
#define BAREDOT_NDJSON_SUMS_H

#include "json.h"
#include "report.h"
#include "walk.h"

#define DISPUTE_KINDS (DISPUTE_IN_LENGTH + 1)
const char *dispute_name(enum dispute_kind);	/* "not-a-separator" */
const char *skip_name(enum walk_skip);		/* "symlink" */

/* Where a message of an mbox ended, and the next separator is. */
struct mbox_border {
	uint64_t at;		/* bytes into the file */
	bool lost;		/* nobody knows: at the next one there is */
};

/* The messages of a store that one section of a shard saw. */
struct part_facts {
	struct span path;
	bool last;		/* no more of it comes */
	const struct store_facts *facts;
	bool mbox;		/* else a folder; of an mbox also: */
	bool found;		/* a message begins in it, the first at: */
	uint64_t first;
	struct mbox_border next;
	bool unread;		/* what begins in it nobody knows */
};

void ndjson_put_codes(struct json *, code_set);

/* "conventions": messages by theirs. */
void ndjson_put_conventions(struct json *, const uint64_t n[CONVENTIONS]);

/* The members from "format" to "listing_settled" of a store; "dialects". */
void ndjson_put_facts(struct json *, const struct store_facts *);
void ndjson_put_dialects(struct json *, const struct dialects *);

void ndjson_put_store(struct json *, struct span path,
    const struct store_facts *, const struct report_options *);

/* The members from "messages" to "skipped" of a summary; rules: or NULL. */
void ndjson_put_sums(struct json *, const struct pattern_rules *rules,
    const struct totals *, const struct summary_facts *);

void ndjson_put_summary(struct json *, const struct scan_facts *,
    const struct totals *, const struct summary_facts *);

#endif

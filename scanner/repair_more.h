/*
 * Edits of a message that are not of its line ends: in the header block, of
 * lengths that a store keeps there, and of parts that are encoded.  A part of
 * repair.c.
 */
#ifndef BAREDOT_REPAIR_MORE_H
#define BAREDOT_REPAIR_MORE_H

#include "fields.h"
#include "header_fix.h"
#include "length_field.h"
#include "mime.h"
#include "reencode_check.h"
#include "repair.h"
#include "rewrite.h"

/* For header edits, two lengths, and two for each part. */
#define REPAIR_MORE_MAX (HEADER_FIX_MAX + 2u + 2u * MIME_PARTS_MAX)

struct repair_more;

struct repair_more *repair_more_new(const struct repair_options *);
void repair_more_free(struct repair_more *);	/* NULL is fine */

/*
 * Begin with a message.  ranges: room for 2 * MIME_PARTS_MAX; on return those
 * that line-end edits must not touch, sorted: binary parts, and parts that
 * are encoded.  ST_BAD: it is left alone, *why.  ST_DEAD: it cannot be read.
 */
int repair_more_begin(struct repair_more *, struct store *,
    const struct msg *, const struct verdict *, time_t when,
    const struct repair_facts *, struct fix_range *ranges, size_t *ranges_n,
    const char **why, struct err *);

/* Before that: how the line ends of that message are repaired.  It must stay
 * until the next one. */
void repair_more_fix(struct repair_more *, const struct fix_options *);

/* Show it the message, once, from its start. */
void repair_more_feed(struct repair_more *, struct span);
void repair_more_fed(struct repair_more *);

/* The edits, to be merged by rewrite, again from the first. */
const struct rewrite_more *repair_more_list(struct repair_more *);
const struct splice_check *repair_more_check(struct repair_more *);

struct repair_more_facts {
	uint64_t fields, encoded;	/* edits of fields; parts */
	char note[120];		/* what is left of what was asked for, and
				 * why; "": nothing */
};

const struct repair_more_facts *repair_more_facts(const struct repair_more *);

/*
 * Told of every edit in a first pass; after it, whether lengths in the header
 * block have to change: then there is one more edit, and another pass.  ST_BAD:
 * they were wrong before, so that readers may cut the message elsewhere; *why.
 */
void repair_more_watch(struct repair_more *, const struct edit *);
int repair_more_lengths(struct repair_more *, bool *again,
    const char **why);

#endif

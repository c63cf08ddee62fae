/*
 * What is in an archive, a few bytes for each member: to see that two archives
 * are the same but for what was to change.
 */
#ifndef BAREDOT_ARCHIVE_LEDGER_H
#define BAREDOT_ARCHIVE_LEDGER_H

#include "err.h"
#include "hash.h"

/* Hashes are the first 8 bytes of SHA-256. */
struct ledger_line {
	uint64_t name;		/* of the name, as a path: "./a//b" is "a/b" */
	uint64_t size;		/* bytes of contents; UINT64_MAX: left out */
	uint64_t data;		/* of the contents */
	uint64_t attributes;	/* of the name as it is, and all else that is
				 * said of it */
	uint64_t raw;		/* of its bytes besides plain contents; 0 when
				 * they are to be others */
};

struct ledger {
	struct ledger_line *list;	/* by ordinal */
	size_t n, cap;
	uint64_t *links;	/* names that hard links lead to */
	size_t links_n, links_cap;
	uint64_t rest;		/* of what belongs to no member */
	struct hash *hash;
};

/* ST_DEAD, here and below: no memory. */
int ledger_open(struct ledger *, struct err *);
void ledger_close(struct ledger *);	/* a zeroed one is empty */

/* ST_BAD: there are too many. */
int ledger_add(struct ledger *, const struct ledger_line *, struct err *);
int ledger_add_link(struct ledger *, struct span to, struct err *);

/* The hash of a name, as a path. */
uint64_t ledger_name(struct ledger *, struct span name);

/* The first bytes of a whole hash, which is all that is kept of it. */
uint64_t ledger_short(const uint8_t sha[HASH_SIZE]);

/*
 * All members are there: sort what is looked up later.  ST_BAD: two have the
 * same name.
 */
int ledger_seal(struct ledger *, struct err *);

/* After ledger_seal: a hard link leads to this member. */
bool ledger_is_linked(const struct ledger *, uint64_t ordinal);

/* After ledger_seal: what is to become of one. */
void ledger_replace(struct ledger *, uint64_t ordinal, uint64_t size,
    const uint8_t sha[HASH_SIZE]);
void ledger_drop(struct ledger *, uint64_t ordinal);

/*
 * `found` is as `wanted` says.  ST_BAD: *e says which member, by its ordinal
 * in `wanted`, differs in what.
 */
int ledger_compare(const struct ledger *wanted, const struct ledger *found,
    struct err *);

#endif

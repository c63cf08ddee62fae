/*
 * Records of a Postfix queue file, one at a time: their heads, their bytes, and
 * the pointers that lead from one place to another.
 *
 * Statuses: ST_OK, or ST_DEAD and `e` says why: a read error, a file that is
 * cut off, one that is damaged.
 */
#ifndef BAREDOT_POSTFIX_RECORDS_H
#define BAREDOT_POSTFIX_RECORDS_H

#include "input.h"

#define RECORD_TEXT 4096u	/* bytes of a record that is looked at */

struct records {
	struct input *in;
	const char *where;	/* the reader is, for people */
	uint64_t taken;		/* bytes of records that were read */
	uint64_t farthest;	/* byte of the file that was */
	unsigned jumps_back;
	struct err e;
};

struct record {
	uint8_t type;
	uint32_t len;		/* bytes */
	size_t head;		/* bytes before those */
	uint64_t off;		/* of the record, in the file */
};

void records_begin(struct records *, struct input *);

/* The next one's head; its bytes are then to be taken or skipped. */
int records_head(struct records *, struct record *);

/* Some of its bytes, at most want and at least one; want > 0. */
int records_some(struct records *, uint64_t want, struct span *out);

int records_skip(struct records *, uint64_t n);

/* All of its bytes; of more than RECORD_TEXT none, and they are skipped. */
int records_text(struct records *, const struct record *, struct span *out);

/* A pointer (p): go on where it leads. */
int records_follow(struct records *, const struct record *);

/* ST_DEAD, because of what is at off. */
int records_damaged(struct records *, uint64_t off, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* A record that is whole in *s is taken off it; false: there is none. */
bool records_take(struct span *s, struct record *, struct span *text);

/* Spaces and digits are taken off; false: something else is there. */
bool records_number(struct span *, uint64_t *out);

#endif

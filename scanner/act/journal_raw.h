/*
 * One record of a journal as it is on the disk: length (4 bytes, of the
 * payload), number (8), checksum of the record before (32), checksum (32, over
 * all the rest), then the payload: its type (1), how many records before it
 * were not known to be on the disk when it was written (4), how many before it
 * are notes on it (4), and fields.  Little-endian.
 */
#ifndef BAREDOT_JOURNAL_RAW_H
#define BAREDOT_JOURNAL_RAW_H

#include "buf.h"
#include "err.h"
#include "hash.h"
#include "journal.h"

#define RAW_SEQ_AT 4u
#define RAW_PREV_AT 12u
#define RAW_SUM_AT (RAW_PREV_AT + HASH_SIZE)
#define RAW_HEAD (RAW_SUM_AT + HASH_SIZE)
#define RAW_UNSYNCED_AT (RAW_HEAD + 1u)
#define RAW_NOTES_AT (RAW_HEAD + 5u)
#define RAW_PAYLOAD_HEAD 9u
#define RAW_LEN_MAX (JOURNAL_PAYLOAD_MAX + RAW_PAYLOAD_HEAD)

struct journal_raw {
	enum record_type type;
	uint64_t seq;
	uint32_t unsynced, notes;
	const uint8_t *prev;	/* HASH_SIZE bytes */
	struct span fields;
};

/* The record, whole, into out.  ST_DEAD: no memory. */
int journal_raw_compose(const struct journal_raw *, struct buf *out,
    struct err *);

/*
 * A whole record with a right checksum at raw.p, whatever its place in the
 * chain.  ST_OK, with *n its bytes; ST_BAD: no; ST_DEAD: no memory.
 */
int journal_raw_whole(struct span raw, size_t *n, struct err *);

/* The number in so many bytes at p. */
uint64_t journal_raw_number(const uint8_t *p, unsigned bytes);

#endif

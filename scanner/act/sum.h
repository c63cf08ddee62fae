/*
 * What is in a file, in a few words: to know it again.
 */
#ifndef BAREDOT_SUM_H
#define BAREDOT_SUM_H

#include "err.h"
#include "hash.h"

struct sum {
	uint64_t size;		/* bytes */
	uint64_t lone_lf;	/* LFs without a CR before them */
	uint8_t sha[HASH_SIZE];	/* SHA-256 */
	uint8_t tag[HASH_SIZE];	/* see hash.h */
	uint8_t head[16];	/* the first bytes, zeros behind the end */
};

/*
 * Of the first `limit` bytes of a file, UINT64_MAX: of all.  Where fd stands
 * does not matter and stays.  copy_to: -1, or where the same bytes are
 * written, to the same place.  ST_DEAD: it cannot be read, or no memory;
 * ST_BAD: it cannot be written; *out is untouched.
 */
int sum_file(int fd, uint64_t limit, int copy_to, struct sum *out,
    struct err *);

/*
 * The same in pieces: summing_begin -> summing_file* -> summing_end |
 * summing_drop.  Its sum has the size and the head of what was read so far.
 */
enum { SUM_SHA = 1, SUM_LONE_LF = 2, SUM_TAG = 4 };	/* what is wanted */

struct summing {
	struct sum sum;
	unsigned what;		/* 0: not begun, or over */
	struct hash *sha, *tag;
	uint8_t last;
	bool passes;		/* nobody is going to read the copy soon */
};

/* ST_DEAD: no memory. */
int summing_begin(struct summing *, unsigned what, struct err *);

/* On to byte `end`, or the end of the file; as sum_file. */
int summing_file(struct summing *, int fd, uint64_t end, int copy_to,
    struct err *);

int summing_end(struct summing *, struct sum *out, struct err *);
void summing_drop(struct summing *);	/* one that was begun, or zeroed */

/* sum_file for all of it, and what is wanted alone. */
int sum_some(int fd, unsigned what, struct sum *out, struct err *);

/*
 * The same of what the disk has of a file that was synced; where the kernel
 * lets us, not of what it remembers.  Nobody else may use fd meanwhile.
 */
int sum_disk(int fd, unsigned what, struct sum *out, struct err *);

/* SHA-256 of bytes in memory.  ST_DEAD: no memory. */
int sum_bytes(struct span, uint8_t out[HASH_SIZE], struct err *);

/* Size and SHA-256 are the same. */
bool sum_same(const struct sum *, const struct sum *);

/*
 * What was written, in the words of who wrote it: which of the two it is, and
 * what it is.
 */
struct said {
	bool tag;
	uint8_t sum[HASH_SIZE];
};

struct said said_sha(const uint8_t sha[HASH_SIZE]);

/* It is that.  The sum must have the one that was said. */
bool sum_is(const struct sum *, const struct said *);

#endif

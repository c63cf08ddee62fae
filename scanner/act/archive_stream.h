/*
 * The bytes in an archive's compression, in order, and new ones.
 */
#ifndef BAREDOT_ARCHIVE_STREAM_H
#define BAREDOT_ARCHIVE_STREAM_H

#include "archive_kind.h"
#include "hash.h"

#define STREAM_PEEK (64u << 10)	/* bytes that can be looked at, at most */

struct archive_in;

/*
 * Of the file fd; a filter other than NONE is taken off.  Statuses here and
 * below: ST_BAD damaged, or beyond a limit of archive_rewrite.h; ST_DEAD
 * cannot be read, or no memory.
 */
int archive_in_open(struct archive_in **out, int fd, enum filter,
    struct err *);

void archive_in_close(struct archive_in *);	/* NULL is fine */

/*
 * At least want bytes (<= STREAM_PEEK), fewer only at the end; valid until the
 * next call.
 */
int archive_in_peek(struct archive_in *, size_t want, struct span *out,
    struct err *);

/* Pass over n bytes, no more than the last peek showed. */
void archive_in_take(struct archive_in *, size_t n);

uint64_t archive_in_off(const struct archive_in *);	/* bytes taken */

/*
 * At the end: ST_BAD if the file has bytes behind its compression.  Only to be
 * called when a peek showed that nothing is left.
 */
int archive_in_end(struct archive_in *, struct err *);

struct archive_out;

/* Into the file fd, from its offset 0; not truncated. */
int archive_out_open(struct archive_out **out, int fd, enum filter,
    struct err *);

void archive_out_close(struct archive_out *);	/* NULL is fine */

int archive_out_write(struct archive_out *, struct span, struct err *);

uint64_t archive_out_off(const struct archive_out *);	/* bytes written,
						 * before compression */

/* All is written: how long the file is, and the SHA-256 of it. */
int archive_out_finish(struct archive_out *, uint64_t *size,
    uint8_t sha[HASH_SIZE], struct err *);

#endif

/*
 * Read the file of a shard, and see whether it is as it was written.
 *
 * shard_reader_open -> shard_reader_next* -> shard_reader_close
 */
#ifndef BAREDOT_SHARD_READ_H
#define BAREDOT_SHARD_READ_H

#include "err.h"
#include "hash.h"
#include "shard_records.h"

/*
 * The line at the end of a section, and the last line, end in the SHA-256 of
 * that in the one before (at first 32 zeros) and of all bytes from there on up
 * to this.
 */
#define SHARD_SEAL ",\"sha256\":\""
#define SHARD_SEAL_SIZE (sizeof(SHARD_SEAL) - 1 + 2 * HASH_SIZE + 2)

enum shard_kind {
	SHARD_HEADER,		/* the first line, as of a report */
	SHARD_HEAD,		/* the second */
	SHARD_RECORD,		/* of the report */
	SHARD_PART, SHARD_PIECE, SHARD_TAIL
};

struct shard_reader {
	int fd;
	struct hash *hash;
	struct buf in;		/* what was read */
	size_t from;		/* of it: where the next line begins */
	size_t hashed;		/* of it: up to there */
	bool eof;
	uint64_t lines;
	uint64_t sealed;	/* bytes up to the end of the last section */
	uint64_t offset;	/* of the next line */
	uint8_t sum[HASH_SIZE];	/* of the last section */
	bool ended;		/* the last line was there */
	enum shard_kind last;
};

/* Of an open file, at its start; fd is the reader's.  ST_DEAD: no memory. */
int shard_reader_begin(struct shard_reader *, int fd, struct err *);

/* ST_END: there is no such file.  ST_DEAD: it cannot be read, or no memory.
 * Closed by shard_reader_close in any case. */
int shard_reader_open(struct shard_reader *, int dir, const char *name,
    struct err *);
void shard_reader_close(struct shard_reader *);

/*
 * The next line, without its break, valid until the next call.  ST_END: that
 * was the whole file.  ST_BAD: what comes now is not as it was written, or is
 * not there any more or yet.  ST_DEAD: a read error, or no memory.
 */
int shard_reader_next(struct shard_reader *, struct span *line,
    enum shard_kind *, struct err *);

/* The last line of the file, if it fits into 256 KiB; shard_reader_next cannot
 * be called then.  ST_BAD, ST_DEAD: as above. */
int shard_reader_last(struct shard_reader *, struct span *line,
    struct err *);

#endif

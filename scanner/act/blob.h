/*
 * Originals, each in a file whose name is the SHA-256 of what is in it.
 *
 * A name that exists is not believed: it is read and hashed again, for it may
 * be of a run that died, or of a disk that did.
 */
#ifndef BAREDOT_BLOB_H
#define BAREDOT_BLOB_H

#include "sum_aside.h"

/*
 * Copy the file src, whose contents are known to be *sum, into the folder
 * dir: durable, mode 0400.  ST_BAD: src is something else by now.  ST_DEAD: it
 * cannot be stored.  Neither leaves anything that counts.
 */
int blob_put(int dir, int src, const struct sum *, struct err *);

/*
 * The same in steps, for many at once: their syncs together are faster.
 *
 * blob_begin | blob_take | blob_start -> blob_written -> blob_read?
 *     -> blob_finish -> blob_sync -> blob_drop
 * blob_start -> blob_follow? -> blob_written -> ...
 */
struct blob {
	int fd;
	char temp[24];		/* its name until it is finished, or "" */
	struct sum sum;
	struct sum_aside aside;	/* being read back already */
	bool tagged;		/* sum has its tag, and not its SHA-256 */
	bool synced;
	bool is_back;		/* it was read back */
};

/* Make the copy.  ST_BAD, ST_DEAD: as blob_put; nothing is left. */
int blob_begin(int dir, int src, const struct sum *, struct blob *out,
    struct err *);

/*
 * The same of contents that are not known yet: src is read once, and out->sum
 * says what it was.  ST_BAD: it cannot be read.  ST_DEAD: as blob_put.
 */
int blob_take(int dir, int src, struct blob *out, struct err *);

/*
 * The same for who writes the copy to out->fd itself, and knows then what is
 * in it.  ST_DEAD: as blob_put.
 */
int blob_start(int dir, struct blob *out, struct err *);
int blob_written(struct blob *, const struct sum *, struct err *);

/*
 * In between, before anything is written: size bytes will be, one after
 * another, and are read back meanwhile.  Then blob_written may be told the tag
 * instead of the SHA-256.
 */
void blob_follow(struct blob *, uint64_t size);

/*
 * After blob_written: what is there, read back, is that; b->sum.sha is
 * known then.  blob_finish asks for it.  ST_DEAD: as blob_put.
 */
int blob_read_back(struct blob *, struct err *);

/* Open the copy, begun or finished, for reading only, whatever its name; the
 * caller closes *fd.  ST_DEAD: it cannot be opened. */
int blob_read(const struct blob *, int *fd, struct err *);

/*
 * The file is on the disk, read back, and has its name; that name only after
 * blob_sync.  ST_DEAD: as blob_put.
 */
int blob_finish(int dir, struct blob *, struct err *);

/* Names that were given in dir are on the disk.  ST_DEAD: as blob_put. */
int blob_sync(int dir, struct err *);

/* Always; one that was begun, or zeroed.  Unfinished, it goes. */
void blob_drop(int dir, struct blob *);

/*
 * Open the original with this SHA-256 for reading; the caller closes *fd.
 * *sum: what is in it, but for lone_lf.  ST_BAD: there is none, or it is
 * damaged.
 */
int blob_open(int dir, const uint8_t sha[HASH_SIZE], int *fd,
    struct sum *, struct err *);

/* It has a name; when in doubt. */
bool blob_is_there(int dir, const uint8_t sha[HASH_SIZE]);

/* Nothing needs it any more. */
void blob_remove(int dir, const uint8_t sha[HASH_SIZE]);

/* Remove what a crash left of blob_put. */
void blob_sweep(int dir);

#endif

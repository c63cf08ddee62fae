/*
 * Originals, each in a file whose name is the SHA-256 of what is in it.
 *
 * A name that exists is not believed: it is read and hashed again, for it may
 * be of a run that died, or of a disk that did.
 */
#ifndef BAREDOT_BLOB_H
#define BAREDOT_BLOB_H

#include "sum.h"

/*
 * Copy the file src, whose contents are known to be *sum, into the folder
 * dir: durable, mode 0400.  ST_BAD: src is something else by now.  ST_DEAD: it
 * cannot be stored.  Neither leaves anything that counts.
 */
int blob_put(int dir, int src, const struct sum *, struct err *);

/*
 * Open the original with this SHA-256 for reading; the caller closes *fd.
 * *sum: what is in it.  ST_BAD: there is none, or it is damaged.
 */
int blob_open(int dir, const uint8_t sha[HASH_SIZE], int *fd,
    struct sum *, struct err *);

/* Remove what a crash left of blob_put. */
void blob_sweep(int dir);

#endif

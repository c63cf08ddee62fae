/*
 * Reading and writing a mailbox file where it stands, for in_place.c: images
 * over it, and the filling where it is longer for a while.
 *
 * The filling of a place is NULs, and two LFs at its end, so that what a
 * program delivers behind it begins a line, and is told from it.
 *
 * All are ST_DEAD where it cannot be read or written.
 */
#ifndef BAREDOT_OVER_H
#define BAREDOT_OVER_H

#include "err.h"
#include "hash.h"

/* Fill the place from..to of the file. */
int over_fill(int fd, uint64_t from, uint64_t to, struct err *);

/*
 * How many bytes from `from` on are the filling of the place from..to, as far
 * as it came to the disk: what did not may be NULs.
 */
int over_filled(int fd, uint64_t from, uint64_t to, uint64_t *n,
    struct err *);

/* The first len bytes of an image, to the same place of the file. */
int over_write(int fd, int image, uint64_t len, struct err *);

/* What may have been written to a torn file. */
struct over_images {
	int old, new, last;	/* open; the last one may be that of new */
	uint64_t len, extent;	/* of the last one */
};

/*
 * Each of the first `extent` bytes is what an image has there, or what was
 * moved to the end of the last image, or was filled in.  Else somebody wrote
 * to it.
 */
int over_explains(int fd, const struct over_images *, bool *out,
    struct err *);

#endif

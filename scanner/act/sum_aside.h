/*
 * Read a large file back while it is written, in a process of its own that does
 * nothing but read.
 *
 * sum_aside_follow -> sum_aside_end | sum_aside_drop
 */
#ifndef BAREDOT_SUM_ASIDE_H
#define BAREDOT_SUM_ASIDE_H

#include "child.h"
#include "sum.h"

struct sum_aside {		/* a zeroed one is not begun */
	struct child child;
};

/*
 * The file of fd is going to be written, from its first byte to its last one,
 * in this order; size: bytes, about.  Read is what the file has, on the disk or
 * not: a read past the page cache would hold up who writes.  It promises
 * nothing: small files are not worth a process.
 *
 * What it has read leaves the memory after a while, so that nobody has to read
 * it from the disk who is not far behind.
 */
void sum_aside_follow(struct sum_aside *, int fd, uint64_t size);

/*
 * All is written, size bytes.  Wait for it: *out is what was read, with
 * SHA-256 and tag.  False: that is not known, for whatever reason, and what is
 * to be known must be asked anew.
 */
bool sum_aside_end(struct sum_aside *, uint64_t size, struct sum *out);

void sum_aside_drop(struct sum_aside *);	/* one that was begun, or not */

#endif

/*
 * A file that is read, by pread, while it is still being filled.
 */
#ifndef BAREDOT_FILLING_H
#define BAREDOT_FILLING_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct stat;

struct filling {
	int fd;			/* open for reading only */

	/*
	 * Put more bytes behind those that are there: *have is more, if it was
	 * not size.  ST_DEAD: it cannot be done, now or later.  NULL: all is
	 * there, and what follows means nothing.
	 */
	int (*more)(void *ctx, uint64_t *have, struct err *);
	void *ctx;
	uint64_t size;		/* bytes, when it is whole */
	uint64_t have;		/* bytes that are there */
	const struct stat *st;	/* of the file that it is a copy of */
};

/* Some of it is to come. */
bool filling_lacks(const struct filling *);

/* All bytes before that one are there.  ST_DEAD: as more. */
int filling_upto(struct filling *, uint64_t end, struct err *);

#endif

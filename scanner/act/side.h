/*
 * What a name in a place leads to, for settle.c.
 */
#ifndef BAREDOT_SIDE_H
#define BAREDOT_SIDE_H

#include "settle.h"

/* A file of which the contents were looked at. */
struct known {
	uint64_t ino, size;
	struct timespec mtime;
	enum side side;
};

struct sides {
	const struct place *place;
	const struct intent *intent;
	struct known known[2];	/* the old and the new file */
};

/* ST_DEAD: it cannot be told.  *st is zero where nothing could be read. */
int side_look(struct sides *, int dir, const char *name, enum side *out,
    struct stat *st, struct err *);

/* The new file, as it is in *st, need not be read again. */
void side_trust_new(struct sides *, const struct stat *st);

#endif

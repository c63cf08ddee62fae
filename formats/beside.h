/*
 * A file beside a message, in which its server keeps the envelope.
 */
#ifndef BAREDOT_BESIDE_H
#define BAREDOT_BESIDE_H

#include "store.h"

struct beside {			/* zeroed before the first use */
	struct input *file, *plain;
	struct input *in;	/* of the two: to read from */
};

/*
 * Open it by store_how.sibling; what is compressed is unpacked.  ST_END: there
 * is none, or nothing in it.  ST_DEAD: it cannot be read.  It may be opened
 * again, for another one; beside_free in any case.
 */
int beside_open(struct beside *, const struct store_how *, const char *name,
    struct err *);
void beside_free(struct beside *);

#endif

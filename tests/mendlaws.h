/*
 * What must come of frames (mend_wire.h) on a file, worked out the slow way:
 * all edits of a message in a list, each held against the whole old file.
 * Shares no code with rules/edit.c and scanner/mend_apply.c.
 *
 * mendlaws_open -> (mendlaws_file -> mendlaws_check*)* -> mendlaws_close
 */
#ifndef BAREDOT_MENDLAWS_H
#define BAREDOT_MENDLAWS_H

#include "mend_apply.h"

#define MENDLAWS_MAX (5u << 19)	/* bytes of a file */
#define MENDLAWS_LIST 4096u	/* edits of a message, and messages that go */

struct mendlaws_frame {
	uint32_t type;
	struct span s;
};

/* A file, and what was made of it. */
struct mendlaws_result {
	bool ok;		/* else all was refused */
	uint64_t messages, edits, taken, left;
	size_t n;
	uint8_t p[MENDLAWS_MAX];
};

struct mendlaws {
	struct mend_may may;
	struct span old;

	/* For reading, after mendlaws_check: */
	int rc;			/* ST_OK, or why it was refused */
	struct err e;
	struct mend_job job;
	struct mendlaws_result want;
	bool sure;		/* text was put: want.ok false is, true may be
				 * refused for where it stands */

	/* Its own: */
	struct mend_apply *apply;
	struct hash *hash;
	int from, to;
	int part;		/* the old file again, while it is filled */
	bool fills;		/* and that is what is read */
	struct filling filling;
	const struct mendlaws_frame *now;
	size_t taken_n;
	struct mend_taken taken[MENDLAWS_LIST];
	bool wrong_take;
};

/* What may be done.  It ends the process if there is no memory. */
void mendlaws_open(struct mendlaws *, const struct mend_may *);
void mendlaws_close(struct mendlaws *);

/* The old file, which must stay. */
void mendlaws_file(struct mendlaws *, struct span old);

/* Let frames be made of it, up to the first that ends it.  NULL: all laws
 * hold; else the one that is broken. */
const char *mendlaws_check(struct mendlaws *, const struct mendlaws_frame *,
    size_t n);

#endif

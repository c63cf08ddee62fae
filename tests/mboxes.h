/*
 * Random mboxes, made of the pieces that occur in the wild.
 */
#ifndef BAREDOT_MBOXES_H
#define BAREDOT_MBOXES_H

#include "buf.h"

enum mboxes_ends { ENDS_LF, ENDS_CRLF, ENDS_CR, ENDS_MIXED };
#define MBOXES_ENDS 4

struct mboxes_how {
	enum mboxes_ends ends;	/* MIXED: separators CRLF, messages LF */
	bool lengths;		/* with Content-Length, right and wrong */
	unsigned most;		/* messages */
};

/* Append an mbox to *out, the same one for the same seed (not 0). */
void mboxes_make(struct buf *out, const struct mboxes_how *, uint64_t seed);

#endif

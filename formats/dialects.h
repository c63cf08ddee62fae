/*
 * How many messages different readers would see in one mbox, and where they
 * part.
 */
#ifndef BAREDOT_DIALECTS_H
#define BAREDOT_DIALECTS_H

#include "span.h"

#define DIALECTS_KEPT 16u

enum dispute_kind {
	DISPUTE_TEXT,		/* "From " line that is no separator */
	DISPUTE_NO_BLANK,	/* separator with no empty line before it */
	DISPUTE_IN_LENGTH	/* separator inside a Content-Length */
};

struct dialects {
	uint64_t messages;	/* as this program splits */
	uint64_t any_from;	/* at every line that begins with "From " */
	uint64_t blank_from;	/* the same, behind an empty line */
	uint64_t no_length;	/* as here, but Content-Length ignored */
	uint64_t by_length;	/* messages whose Content-Length was followed */
	uint64_t internal;	/* messages that are folder data: not mail */
	bool at_end;		/* a Content-Length points to the end or beyond:
				 * whether it is followed may change when the
				 * mbox grows */
	uint64_t disputes;
	struct { uint64_t off; enum dispute_kind kind; }
	    dispute[DIALECTS_KEPT];	/* the first; bytes into the data */
};

/* Add what was seen later in the same mbox. */
void dialects_add(struct dialects *, const struct dialects *later);

void dialects_dispute(struct dialects *, uint64_t off, enum dispute_kind);

#endif

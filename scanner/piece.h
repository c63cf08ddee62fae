/*
 * What a worker says of the text of a commit, piece by piece: of which message
 * it is, and when a file was read to its end.  Only where the parent keeps
 * what was found.
 */
#ifndef BAREDOT_PIECE_H
#define BAREDOT_PIECE_H

#include "codes.h"
#include "stamp.h"
#include "buf.h"

#define FINDING_ID 16		/* bytes, of the identity of a finding */

enum piece_kind {
	PIECE_MESSAGE,		/* the record of a message */
	PIECE_STORE,
	PIECE_OTHER,		/* of what was skipped, or cannot be read */
	PIECE_END		/* the file is done: no text */
};
#define PIECE_KINDS 4u

struct piece {
	enum piece_kind kind;
	uint32_t text;		/* bytes of text */

	/* PIECE_MESSAGE: */
	bool flagged;		/* it has findings, this the worst: */
	enum severity worst;

	/* PIECE_END: */
	bool whole;		/* and stamp is of what was read */
	uint64_t name;		/* of the job, from 0 */
	struct stamp stamp;

	/* PIECE_MESSAGE: identities of its findings; empty: there are none
	 * that hold.  PIECE_END: what was found (found.h).  Borrowed. */
	struct span more;
};

void piece_put(struct buf *, const struct piece *);

/* Take one from the start of *from.  False: there is none, or garbage. */
bool piece_take(struct span *from, struct piece *out);

#endif

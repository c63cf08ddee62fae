/*
 * What became of every intent of a run, read from its journal.  Notes on what
 * was not tried after all are passed over.
 */
#ifndef BAREDOT_HISTORY_H
#define BAREDOT_HISTORY_H

#include "journal.h"

enum fate {
	FATE_OPEN,		/* a crash, or a mailbox that did not let us */
	FATE_DONE,
	FATE_NOT_DONE,
	FATE_UNDONE		/* done, and taken back since */
};

struct past {
	uint64_t seq;		/* of the INTENT */
	uint64_t undoes;	/* that intent; 0: none */
	uint64_t end;		/* its COMMIT or ABORT; 0: neither */
	uint64_t first_note;	/* the notes on it: see note.h */
	uint64_t notes;		/* how many, one after another */
	enum fate fate;
};

struct history {
	struct past *list;	/* by seq */
	size_t n, cap;
};

/* ST_DEAD: the journal cannot be read, or makes no sense. */
int history_read(struct history *, struct journal *, struct err *);

void history_free(struct history *);	/* a zeroed one is empty */

#endif

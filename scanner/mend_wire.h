/*
 * What goes between the parent and the process that makes edits.
 *
 * To it: struct mend_request with the file's descriptor.  Back: struct frame
 * (wire.h) and its payload, in the order of the file.
 */
#ifndef BAREDOT_MEND_WIRE_H
#define BAREDOT_MEND_WIRE_H

#include "edit.h"
#include "hash.h"
#include "store.h"

#define MEND_EDITS_MAX 2048u		/* in one frame */

#define MEND_SAME 8u			/* fields at one place */
#define MEND_PATH_MAX 4096u

struct mend_request {
	uint64_t size;		/* of the file, bytes */
	int64_t when;		/* its mtime, seconds */
	enum store_place place;
	bool waits;		/* what is not there yet is being written */
	char path[MEND_PATH_MAX];	/* as in mend_job */
};

enum mend_type {
	MEND_TICK,		/* nothing; it is alive */
	MEND_MESSAGE,		/* struct mend_message: edits of it follow */
	MEND_EDITS,		/* struct edit, one after another, without
				 * grafts */
	MEND_GRAFT,		/* struct mend_graft and the text */
	MEND_END,		/* of the message */
	MEND_CUT,		/* struct mend_cut and a note (act/note.h) */
	MEND_LEFT,		/* a message is left alone that the user might
				 * have wanted: text that says why */
	MEND_DONE,		/* all of the file was read */
	MEND_FAILED		/* it cannot be read whole: text says why */
};

struct mend_message {
	uint64_t off, len;	/* bytes of the file */
	enum brk native, to;	/* how its lines end, and will */
};

struct mend_graft {
	uint64_t off, del;
	uint32_t kind;
	uint8_t why;
};

/* A message that goes, with its separator: [from, to). */
struct mend_cut {
	uint64_t from, to;
	uint64_t off, len;	/* the message itself */
	uint8_t sha[HASH_SIZE];
};

#endif

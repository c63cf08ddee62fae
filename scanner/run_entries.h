/*
 * What a run did, message by message: its intents, each with what the notes on
 * it say; undoing is not an entry, but the fate of one.
 */
#ifndef BAREDOT_RUN_ENTRIES_H
#define BAREDOT_RUN_ENTRIES_H

#include "intent.h"
#include "json.h"
#include "run_view.h"

/* One message; all of it is borrowed, until the callback returns. */
struct run_entry {
	const struct run_view *run;
	const struct past *past;
	const struct intent *intent;
	struct span path;	/* of the file the message was in: absolute */
	const struct json_object *note;	/* NULL: none */
	uint64_t index;		/* of the message in that file, from 1 */
	uint64_t offset, length;	/* bytes of it in that file */
	uint8_t sha[HASH_SIZE];	/* of these bytes */
	bool part;		/* the file may hold more than the message */
	bool unknown;		/* of a part it is not known which */
	bool removed;		/* it was taken out of its mailbox */
	struct span reason;	/* why; may be empty */
	struct span name_now;	/* the name the file got; may be empty */
};

/* Not ST_OK: stop, and give that back. */
typedef int run_entry_fn(void *ctx, const struct run_entry *, struct err *);

/*
 * All of a run, in the order in which they were done.  ST_BAD, ST_DEAD: a
 * record is damaged or cannot be read.
 */
int run_entries(const struct run_view *, run_entry_fn *, void *ctx,
    struct err *);

/* "changed", "removed". */
const char *run_entry_act(const struct run_entry *);

/* "in-quarantine", "restored", "not-removed", "unsettled". */
const char *run_entry_state(const struct run_entry *);

/* "done", "not-done", "undone", "open". */
const char *fate_word(enum fate);

/*
 * The members of the object for this entry that are the same in every list of
 * them: where it was, which bytes, and what else the note says.
 */
void run_entry_json(const struct run_entry *, struct json *);

/* path:index:offset, as scan has it, or the path alone; escaped. */
void run_entry_place(const struct run_entry *, struct buf *);

#endif

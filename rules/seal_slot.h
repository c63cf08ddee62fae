/*
 * The hash of text that is signed, line by line, in the form in which those
 * who verify it see it.  Only to be compared with the same of another message:
 * line ends that are no change to them are none here.
 *
 * seal_slot_open -> (seal_slot_begin -> (seal_slot_text* seal_slot_break)* ->
 * seal_slot_end)* -> seal_slot_close
 */
#ifndef BAREDOT_SEAL_SLOT_H
#define BAREDOT_SEAL_SLOT_H

#include "hash.h"

#define SEAL_HOLD 256u		/* bytes of white space at the end of a line
				 * that can be left out; of more, the rest */

enum seal_form {
	SEAL_TEXT,		/* every line ends in CRLF: RFC 3156 5,
				 * RFC 8551 3.1.1 */
	SEAL_TRIM,		/* and no white space before that, nor a CR:
				 * RFC 9580 7.1, and GnuPG */
	SEAL_BASE64,		/* the letters alone: RFC 2045 6.8 */
	SEAL_RAW		/* as it is */
};

struct seal_slot {
	enum seal_form form;
	struct hash *hash;
	size_t held;
	uint8_t hold[SEAL_HOLD];
};

bool seal_slot_open(struct seal_slot *);	/* false: memory */
void seal_slot_close(struct seal_slot *);	/* a zeroed one is fine */

/* again: behind what was hashed before, as part of the same. */
void seal_slot_begin(struct seal_slot *, enum seal_form, bool again);

/* The next bytes of a line; no break is among them. */
void seal_slot_text(struct seal_slot *, struct span);

/* Before each line but the first; bare: the break is an LF. */
void seal_slot_break(struct seal_slot *, bool bare);

/* What is held back counts, or does not: nothing follows for now. */
void seal_slot_pause(struct seal_slot *);

/* Behind seal_slot_pause.  False: as hash_end. */
bool seal_slot_end(struct seal_slot *, uint8_t out[HASH_SIZE]);

#endif

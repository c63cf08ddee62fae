/*
 * A message as KumoMTA's parser walks it (crates/mailparsing/src/mimepart.rs),
 * and where its nine conformance flags come from.
 *
 * walk_begin -> (walk_text | walk_break)* -> walk_end
 *
 * A part's border is an LF, "--" and the boundary, wherever that stands: what
 * follows does not matter.  It is searched from the LF that ends the header
 * block, an outer boundary before an inner one.  Only a part between borders
 * of its own multipart is parsed; the first border of a multipart never
 * closes it.  A flag of a part is its message's.
 *
 * Not followed: more than BORDERS_DEPTH multiparts inside each other, or
 * more than BORDERS_BYTES of boundaries: what is inside is not parsed.  A
 * value of more than HEAD_VALUE_MAX bytes counts as readable.
 */
#ifndef BAREDOT_CONFORM_PART_H
#define BAREDOT_CONFORM_PART_H

#include "borders.h"
#include "conform_head.h"
#include "conform_value.h"
#include "look.h"

/* In the order of the codes. */
enum conform_flag { CONFORM_COLON, CONFORM_LINE_ENDS, CONFORM_NAME_SPACE,
    CONFORM_LINE_LONG, CONFORM_TRANSFER, CONFORM_DATE, CONFORM_MESSAGE_ID,
    CONFORM_MIME_VERSION, CONFORM_MIME_HEADERS };
#define CONFORM_FLAGS 9

enum walk_in { WALK_IN_HEAD, WALK_IN_BODY, WALK_BEHIND_BORDER,
    WALK_IN_BORDER_LINE, WALK_IN_REST };

struct walk {
	struct look *look;

	/* For reading after walk_end: */
	struct spots flags[CONFORM_FLAGS];	/* where each is seen */
	struct spots error;		/* where the header block cannot be
					 * read; no flags then */
	struct head head;		/* its error */

	/* Its own: */
	uint64_t now;			/* the byte at hand, in the message */
	bool cr_open;			/* the last byte is a CR */
	uint64_t cr_at;
	uint64_t line_off, line_n;	/* of this line, the CR counted */
	bool first_line, line_noted;
	struct spots undecodable;	/* parts */

	enum walk_in in;
	bool top;			/* in the message's own header block */
	unsigned known;			/* bits of enum head_name: seen */
	struct conform_type type;
	enum transfer_encoding encoding;
	uint64_t type_off;		/* of the Content-Type field */
	size_t type_first_n;
	uint8_t type_first[CONTEXT_AFTER];
	struct transfer transfer;
	unsigned dashes;		/* behind a border */

	struct borders borders;
	uint64_t held_off;		/* of what borders holds */
};

/* look: what the message's bytes are shown to. */
void walk_begin(struct walk *, struct look *);

/* Bytes without CR and LF; off: of the first, in the message. */
void walk_text(struct walk *, struct span, uint64_t off);

/* A CR or LF; two of them may be at the same off. */
void walk_break(struct walk *, uint8_t, uint64_t off);

/* The message ends at off. */
void walk_end(struct walk *, uint64_t off);

#endif

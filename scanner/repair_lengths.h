/*
 * Content-Length and Lines of a message in an mbox, kept right while its body
 * changes.
 *
 * repair_lengths_begin -> repair_lengths_watch* -> repair_lengths_settle
 */
#ifndef BAREDOT_REPAIR_LENGTHS_H
#define BAREDOT_REPAIR_LENGTHS_H

#include "edit.h"
#include "length_field.h"

struct repair_length {
	struct length_field field;
	int64_t delta;		/* of what it counts */
	uint8_t digits[LENGTH_DIGITS];
};

struct repair_lengths {
	size_t n;		/* after settle: edits that are needed */
	struct graft graft[2];

	/* Its own: */
	struct repair_length bytes, lines;
};

void repair_lengths_begin(struct repair_lengths *, const struct fields *);

/* In the body so many bytes go, of which old may hold LFs, and these come. */
void repair_lengths_watch(struct repair_lengths *, uint64_t del,
    struct span old, struct span put);

/*
 * What has to change.  body: bytes of the old one.  False: Content-Length was
 * not that, and the body's size changes: whoever believes it cuts elsewhere.
 */
bool repair_lengths_settle(struct repair_lengths *, uint64_t body);

#endif

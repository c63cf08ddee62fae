/*
 * The fields of a header block, where they stand: RFC 5322 2.2, tolerantly.
 *
 * A field is a line and the lines behind it that begin with white space.  A
 * line without a colon is a field too, without a value.  Lines may end in
 * CRLF, LF or CR.
 */
#ifndef BAREDOT_FIELDS_H
#define BAREDOT_FIELDS_H

#include "msg.h"
#include "span.h"

#define FIELDS_MAX 1000u
#define FIELDS_BYTES (64u << 10)	/* of the block; the rest is not seen */

struct field {
	uint64_t off;		/* of raw.p[0], in the message */
	struct span raw;	/* with the break of its last line */
	struct span name;	/* without white space before the colon */
	struct span value;	/* behind the colon, folded as it is, without
				 * the last break */
	bool colon;		/* there is one; else name is the whole line */
};

struct fields {
	struct span block;	/* with the empty line, if it was kept whole */
	uint64_t body;		/* where the body starts, in the message */
	bool cut;		/* there was more than was kept */
	size_t seen;		/* bytes of the block up to the end of list, or
				 * of the block */
	size_t n;
	struct field list[FIELDS_MAX];
};

/* Read the header block, which is all of block; it must stay. */
void fields_read(struct fields *, struct span block);

/* The first field of that name (lower case) at or behind list[*i], whose
 * index goes to *i; NULL: none. */
const struct field *fields_find(const struct fields *, const char *name,
    size_t *i);

/* The value on one line, without white space around it: how many of the
 * bytes that it needs were put into out. */
size_t field_unfold(const struct field *, uint8_t *out, size_t max);

#endif

/*
 * A message's body, line by line, to its parts: RFC 2046 5.1 and 5.2.1.
 *
 * parts_begin -> parts_line* -> parts_end
 *
 * A delimiter line is "--", a boundary, perhaps "--", perhaps white space, and
 * nothing else; so a boundary may begin like another.  It belongs to the
 * innermost open multipart with that boundary; a delimiter of an outer one
 * ends the inner ones, which are unclosed then.  Lines may end in any way.
 */
#ifndef BAREDOT_PARTS_H
#define BAREDOT_PARTS_H

#include "mime.h"
#include "mime_header.h"

/* RFC 2046 5.1.1 allows 70; more is tolerated, as far as a line is seen. */
#define BOUNDARY_MAX (LINE_HEAD - 4)

/* What a break in the body of an entity is, beside a break. */
enum mime_inside {
	INSIDE_NOTHING,
	INSIDE_BINARY,		/* data: RFC 2045 2.9, 6.2 */
	INSIDE_MESSAGE		/* an attached message's */
};
#define MIME_INSIDES 3

enum entity_is {
	ENTITY_HEADER,		/* its header is not over */
	ENTITY_OPAQUE,		/* nothing is looked for in its body */
	ENTITY_MESSAGE,		/* a message is within */
	ENTITY_PARTS,		/* a multipart that is not closed */
	ENTITY_CLOSED		/* its epilogue */
};

/* An entity that has not ended. */
struct entity {
	enum entity_is is;
	uint64_t index;		/* among all */
	struct mime_part part;
	struct mime_ends before;	/* of the message, where the body
					 * begins */
	enum mime_inside inside;
	size_t boundary_n;
	uint8_t boundary[BOUNDARY_MAX];
};

/* The break of the line before. */
struct last_break {
	bool there;
	enum mime_end kind;
	uint64_t off;
	unsigned width;
	enum mime_inside inside;
	struct mime_ends before;	/* counted up to it */
};

struct parts {
	/* For reading, after parts_end: */
	struct mime_facts facts;
	struct spots unclosed;		/* where the part around it ended */
	struct spots no_boundary;	/* the field */
	struct spots duplicate;		/* the second field */
	struct spots nesting;		/* the field, or the part */
	struct spots breaks[MIME_INSIDES][MIME_ENDS];	/* [INSIDE_NOTHING] is
							 * unused */
	/* Its own: */
	struct mime_header header;	/* of the last entity */
	struct mime_ends ends;		/* in the message's body so far */
	struct last_break last;
	size_t n;
	struct entity open[MIME_DEPTH_MAX];	/* each in the one before */
};

/* Returns false when there is nothing to be found in the body, and then wants
 * no more calls: the message is one part, and not a binary one. */
bool parts_begin(struct parts *, const struct fields *);

/* Places in *parts are noted by look: it must stay. */
void parts_line(struct parts *, const struct line *, struct look *);

/* The message ends at size. */
void parts_end(struct parts *, uint64_t size);

#endif

/*
 * Where the header block ends, and the Message-ID and Content-Type in it.
 *
 * header_begin -> header_line* until HEADER_OVER or HEADER_NOT_ONE, then no
 * more.  Tolerant: a field is any line with a colon behind a name.
 */
#ifndef BAREDOT_HEADER_H
#define BAREDOT_HEADER_H

#include "lines.h"

#define MESSAGE_ID_MAX 998u	/* bytes kept of it */
#define CONTENT_TYPE_KEPT 512u

struct header {
	bool over;		/* the empty line, or a line of no header */
	struct spots no_end;	/* that line, or the message's end, when there
				 * is no empty line behind the header block */
	bool in_message_id;	/* its continuation lines are still coming */
	bool message_id_cut;
	size_t message_id_n;
	uint8_t message_id[MESSAGE_ID_MAX];
	bool content_type_seen;	/* the first that may be a multipart's */
	bool in_content_type;
	bool content_type_cut;
	size_t content_type_n;
	uint8_t content_type[CONTENT_TYPE_KEPT];	/* its value */
};

enum header_is {
	HEADER_FIELD,		/* or the continuation of one */
	HEADER_OVER,		/* the empty line that ends it */
	HEADER_NOT_ONE		/* the body: there is no empty line */
};

void header_begin(struct header *);
enum header_is header_line(struct header *, const struct line *);

/* The message ends at off. */
void header_end(struct header *, uint64_t off);

/* Continuation lines of a field that is kept may come. */
static inline bool
header_in_field(const struct header *h)
{
	return h->in_message_id || h->in_content_type;
}

/*
 * The message may be a multipart, and the line that closes it is not among
 * its last bytes.  That need not mean that there is none.
 */
bool header_unclosed(const struct header *, struct span last);

/* The line begins with that name (lower case) and a colon; the rest of it
 * goes to *value. */
bool header_names(struct span line, struct span name, struct span *value);

#endif

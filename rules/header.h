/*
 * Where the header block ends, and the Message-ID in it.
 *
 * header_begin -> header_line* until HEADER_OVER or HEADER_NOT_ONE, then no
 * more.  Tolerant: a field is any line with a colon behind a name.
 */
#ifndef BAREDOT_HEADER_H
#define BAREDOT_HEADER_H

#include "lines.h"

#define MESSAGE_ID_MAX 998u	/* bytes kept of it */

struct header {
	bool over;		/* the empty line, or a line of no header */
	struct spots no_end;	/* that line, or the message's end, when there
				 * is no empty line behind the header block */
	bool in_message_id;	/* its continuation lines are still coming */
	bool message_id_cut;
	size_t message_id_n;
	uint8_t message_id[MESSAGE_ID_MAX];
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

#endif

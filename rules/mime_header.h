/*
 * The fields of an entity's header that say what it is: RFC 2045 3.
 *
 * mime_header_begin -> mime_header_line* -> mime_header_content, or for the
 * message itself mime_header_begin -> mime_header_fields -> the same.
 */
#ifndef BAREDOT_MIME_HEADER_H
#define BAREDOT_MIME_HEADER_H

#include "content_type.h"
#include "fields.h"
#include "header.h"

#define MIME_VALUE_MAX 4096u	/* bytes of a value that are read */

/* MIME_VERSION is looked for in the message's own header alone. */
enum mime_field { MIME_TYPE, MIME_ENCODING, MIME_VERSION, MIME_OTHER };

struct mime_value {
	bool there;
	uint64_t off;		/* of the field, in the message */
	size_t head_n, n;
	uint8_t head[CONTEXT_AFTER];	/* of the field's first line */
	uint8_t bytes[MIME_VALUE_MAX];	/* folded as it is, or without its
					 * breaks */
};

struct mime_header {
	bool first;		/* no line was seen yet */
	bool from_line;		/* that may be a From_ line */
	enum mime_field now;	/* whose continuation lines may come */
	struct mime_value values[MIME_OTHER];
};

/* message: of a message, which may have been attached with its From_ line. */
void mime_header_begin(struct mime_header *, bool message);

/*
 * The next line; what it is, as in header.h.  A field that is there for the
 * second time is noted in *again and not read.
 */
enum header_is mime_header_line(struct mime_header *, const struct line *,
    struct spots *again);

/* All of the message's own. */
void mime_header_fields(struct mime_header *, const struct fields *,
    struct spots *again);

/* What a value says; "" and no parameters when it is not there. */
void mime_header_content(const struct mime_header *, enum mime_field,
    struct content_type *);

/* Note the field in *s; when it is not there, that offset. */
void mime_header_note(const struct mime_header *, enum mime_field,
    uint64_t off, struct spots *s);

#endif

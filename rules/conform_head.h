/*
 * The header block of a part, byte by byte, as KumoMTA parses it
 * (crates/mailparsing/src/header.rs).
 *
 * head_begin -> head_byte* -> HEAD_OVER or HEAD_ERROR, or else head_end
 *
 * It is not RFC 5322: a line without a colon is a field and does not end the
 * block, white space in a name ends the name, the value begins behind the
 * spaces (no tabs) after the colon, and a CR is just a byte of the line but
 * where a field should begin.
 */
#ifndef BAREDOT_CONFORM_HEAD_H
#define BAREDOT_CONFORM_HEAD_H

#include "finding.h"

#define HEAD_VALUE_MAX (32u << 10)	/* bytes kept of a value */
#define HEAD_NAME_MAX 25u		/* of the longest name below */

/* The fields that are judged; the first of each name counts. */
#define HEAD_NAMES(X) \
	X(CONTENT_TYPE,		"content-type") \
	X(CONTENT_ENCODING,	"content-transfer-encoding") \
	X(CONTENT_DISPOSITION,	"content-disposition") \
	X(CONTENT_ID,		"content-id") \
	X(MIME_VERSION,		"mime-version") \
	X(DATE,			"date") \
	X(MESSAGE_ID,		"message-id")

#define HEAD_NAME_ENUM(id, name) HEAD_##id,
enum head_name { HEAD_NAMES(HEAD_NAME_ENUM) HEAD_NAMES_N,
    HEAD_OTHER = HEAD_NAMES_N };

enum head_error { HEAD_FINE, HEAD_LONE_CR, HEAD_STARTS_BLANK,
    HEAD_FIELD_STARTS_BLANK, HEAD_NOT_PRINTABLE };

enum head_state { HEAD_START, HEAD_START_CR, HEAD_IN_NAME, HEAD_BEHIND_COLON,
    HEAD_IN_VALUE, HEAD_BEHIND_LINE };

struct head {
	enum head_state state;
	bool any;			/* a field came before */
	enum head_error error;
	uint8_t bad_byte;		/* of HEAD_NOT_PRINTABLE */

	/* The field at hand, or the one that just ended: */
	uint64_t off;			/* in the message */
	bool first_over;
	size_t first_n;
	uint8_t first[CONTEXT_AFTER];	/* of its first line */
	enum head_name name;
	bool lacks_colon;		/* not when it has_space and the
					 * message ends in it */
	bool has_space;			/* before the colon */
	uint64_t space;			/* the first such */
	bool cut;			/* the value is longer than kept */
	size_t value_n;
	uint8_t value[HEAD_VALUE_MAX];	/* of a named field only */

	size_t name_n;			/* bytes, more may be than kept */
	uint8_t name_kept[HEAD_NAME_MAX];
	size_t kept;			/* bytes of value, with its breaks */
};

enum head_is {
	HEAD_MORE,
	HEAD_FIELD,		/* one ended with this byte */
	HEAD_FIELD_BEFORE,	/* one ended before it; show the byte again */
	HEAD_OVER,		/* the block did */
	HEAD_ERROR		/* nothing more can be read of the message */
};

void head_begin(struct head *);
enum head_is head_byte(struct head *, uint8_t, uint64_t off);

/* The same for the rest of a line, in HEAD_IN_VALUE: all HEAD_MORE. */
void head_text(struct head *, struct span);

/* The part ends here.  HEAD_FIELD: one ended, nothing more to come. */
enum head_is head_end(struct head *);

/* In a line of a field, not behind its break. */
bool head_is_in_line(const struct head *);

#endif

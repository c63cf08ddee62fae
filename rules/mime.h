/*
 * The structure of a message: where its parts stand, in bytes of the message
 * as it is stored (RFC 2045, RFC 2046 5.1).
 *
 * A part is an entity: the message itself, each part of a multipart, and in a
 * message/rfc822 the message within.  They come in the order in which they
 * begin, each before what it contains.
 */
#ifndef BAREDOT_MIME_H
#define BAREDOT_MIME_H

#include "content_type.h"

#define MIME_PARTS_MAX 64u	/* parts that are described */
#define MIME_DEPTH_MAX 32u	/* parts within parts that are looked into */
#define MIME_ENCODING_MAX 20u

enum mime_end { MIME_CRLF, MIME_LF, MIME_CR, MIME_CRCRLF };
#define MIME_ENDS 4

/* Counted as in struct tally: the CRLF of a CRCRLF is among the CRLFs too. */
struct mime_ends {
	uint64_t n[MIME_ENDS];
};

struct mime_part {
	char type[MEDIA_TYPE_MAX + 1];	/* as content_type.h has it; of a part
			 * without one, the default: RFC 2045 5.2, 2046 5.1.5 */
	char encoding[MIME_ENCODING_MAX + 1];	/* "7bit" by default */
	unsigned depth;		/* 0: the message itself */
	uint64_t offset;	/* of its header, behind the delimiter line */
	uint64_t body;
	uint64_t end;		/* of the body: the break before a delimiter
				 * line is not of it */
	bool cut;		/* it ends where a multipart around it should
				 * go on: its end may be missing */
	struct mime_ends ends;	/* in the body */
};

struct mime_facts {
	uint64_t parts;		/* all of them */
	unsigned depth;		/* of the deepest */
	bool unclosed;		/* a multipart was not closed */
	size_t n;
	struct mime_part list[MIME_PARTS_MAX];	/* the first n */
};

#endif

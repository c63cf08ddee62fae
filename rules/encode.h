/*
 * A body as quoted-printable or base64: RFC 2045 6.7 and 6.8, in the form
 * that reencode.h promises.
 */
#ifndef BAREDOT_ENCODE_H
#define BAREDOT_ENCODE_H

#include "transfer.h"

#define ENCODE_LINE 76u		/* bytes of an encoded line: RFC 2045 6.7 (5),
				 * 6.8 */

struct encode {
	struct span old;
	bool lines;		/* a CRLF and a native break are line breaks */
	enum brk native;	/* BRK_LF or BRK_CRLF */
	enum brk to;		/* BRK_LF or BRK_CRLF: of the encoded lines */
};

/* Bytes of the line break at old.p[i]; 0: there is none. */
size_t encode_break_at(const struct encode *, size_t i);

/*
 * The old bytes in that encoding, not TRANSFER_NONE, put into out, which has
 * room for them; returns how many.  NULL: they are only counted.
 */
size_t encode_body(const struct encode *, enum transfer_encoding,
    uint8_t *out);

#endif

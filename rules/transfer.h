/*
 * Whether the body of a part can be decoded: base64 and quoted-printable,
 * and the text behind them in its charset.
 *
 * transfer_begin -> transfer_feed* -> transfer_end
 *
 * As KumoMTA's libraries do it (data-encoding and quoted_printable): base64
 * is blocks of four symbols, the last ones padded, padded blocks may follow
 * each other, and white space is passed over; anything else, also a missing
 * "=", is an error.  Quoted-printable has no errors: what is no RFC 2045 6.7
 * stands for itself, white space at the end of a line and bytes that may not
 * occur are dropped.
 */
#ifndef BAREDOT_TRANSFER_H
#define BAREDOT_TRANSFER_H

#include "charset.h"

enum transfer_encoding { TRANSFER_NONE, TRANSFER_BASE64, TRANSFER_QP };

#define TRANSFER_OUT 252u	/* a multiple of 3 */

struct transfer {
	enum transfer_encoding encoding;
	bool text;			/* check is used */
	struct charset_check check;
	bool failed;
	uint64_t failed_at;		/* where that was noticed */

	unsigned symbols, pads;		/* base64: of this block */
	uint32_t bits;
	bool strict;			/* base64: those left over are 0 */
	uint64_t spaces;		/* quoted-printable: at the end */
	unsigned escape;		/* bytes behind and with an "=" */
	uint8_t hold;			/* the first behind it */

	size_t out_n;			/* decoded, not checked yet */
	uint8_t out[TRANSFER_OUT];
	uint64_t from[TRANSFER_OUT];	/* offset of what it was made of */
};

/* charset: what the text is in; NULL: it is none. */
void transfer_begin(struct transfer *, enum transfer_encoding,
    const struct charset *);

/* The next bytes; off: of s.p[0], in the message. */
void transfer_feed(struct transfer *, struct span s, uint64_t off);

/* The body ends at off.  True: it can be decoded. */
bool transfer_end(struct transfer *, uint64_t off);

/*
 * Decode base64, without white space, or quoted-printable into out, which
 * has room for s.n + 2 bytes.  strict: bits that are left over must be 0.
 * False: it is no base64.
 */
bool transfer_decode(enum transfer_encoding, bool strict, struct span s,
    uint8_t *out, size_t *n);

#endif

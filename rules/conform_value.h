/*
 * Whether KumoMTA can read the values of the header fields that it judges a
 * message by, and what it makes of them.
 *
 * A value is what its header parser cuts out: from the first byte behind the
 * colon that is no space to the last that is no CR or LF, folded as it is.
 * The grammars are those of its crates/mailparsing/src/rfc5322_parser.rs,
 * datetime.rs and mimepart.rs (2026-08), which accept other things than the
 * RFCs: a semicolon at the end makes a Content-Type unreadable, a parameter
 * may be empty, and so on.
 *
 * Not followed: encoded words of more than 2000 bytes (not read as such),
 * more than 64 boundary and charset parameters, parameters in an encoded
 * word or by RFC 2231 that are in no UTF-8 and not ASCII.
 */
#ifndef BAREDOT_CONFORM_VALUE_H
#define BAREDOT_CONFORM_VALUE_H

#include "fields.h"
#include "params.h"

/* What a part is, by its Content-Type. */
struct conform_type {
	bool text;		/* its bytes are to be in charset */
	bool multipart;
	bool parted;		/* multipart, and boundary is set */
	const struct charset *charset;	/* NULL: not known to KumoMTA */
	size_t boundary_n;
	uint8_t boundary[PARAM_TEXT_MAX];
};

/* Without a Content-Type, or with one that cannot be read: text. */
void conform_type_default(struct conform_type *);

/* False: it cannot be read; *out is the default then. */
bool conform_content_type(struct span value, struct conform_type *out);

/* False: it cannot be read or is none of RFC 2045; *out is TRANSFER_NONE. */
bool conform_encoding(struct span value, enum transfer_encoding *out);

bool conform_disposition(struct span value);
bool conform_message_id(struct span value);	/* Content-ID too */
bool conform_mime_version(struct span value);	/* it says 1.0 */

/* conform_date.c.  *at: seconds since 1970; a zone that is not known is taken
 * for UTC (RFC 5322 4.3).  False: *at is untouched. */
bool conform_date(struct span value);
bool conform_date_at(struct span value, int64_t *at);

/* Of the first Date field. */
bool conform_date_of(const struct fields *, int64_t *at);

#endif

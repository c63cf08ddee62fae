/*
 * What the DKIM signatures of a message say about its body, without keys:
 * whether the body hash (bh=) is that of the body as it is stored, or of what
 * it is when its line ends are sent, or repaired.
 *
 * That a body hash matches does not mean that the signature is valid: the
 * header fields and the signature itself are not looked at.
 */
#ifndef BAREDOT_DKIM_H
#define BAREDOT_DKIM_H

#include "dkim_body.h"

/* The first form that matches, or why there is none. */
enum dkim_body_is {
	DKIM_MATCHES_AS_STORED,
	DKIM_MATCHES_WITH_CRLF,
	DKIM_MATCHES_WITH_ALL,
	DKIM_MATCHES_NOT,
	DKIM_UNUSABLE		/* tags.why; the body was not compared */
};

struct dkim_signature {
	uint64_t off;		/* of the header field, in the message */
	struct dkim_tags tags;
	enum dkim_body_is body;
	bool matches[DKIM_FORMS];	/* by enum dkim_form */
	uint64_t uncovered;	/* octets that l= leaves out of the hash, in
				 * the form that matches, else as it would be
				 * sent */
};

struct dkim_facts {
	size_t n;
	struct dkim_signature list[DKIM_SIGNATURES];	/* the first of them */
	uint64_t more;		/* that were not looked at */
};

/* "as-stored", "with-crlf", "with-all", "mismatch", "unusable". */
const char *dkim_body_name(enum dkim_body_is);

#endif

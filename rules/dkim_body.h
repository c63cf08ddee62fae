/*
 * The hashes of a message's body that DKIM signatures are compared with:
 * RFC 6376 3.4.3 (simple), 3.4.4 (relaxed) and 3.5 (l=), in one pass, in
 * three forms of line ends at the same time.
 *
 * dkim_body_new -> (dkim_body_begin -> dkim_body_want* -> dkim_body_feed* ->
 * dkim_body_end -> ask)* -> dkim_body_free
 *
 * After dkim_body_new nothing is allocated.  Memory does not depend on the
 * body, nor the answers on how it is cut into spans.
 */
#ifndef BAREDOT_DKIM_BODY_H
#define BAREDOT_DKIM_BODY_H

#include "dkim_tags.h"

#define DKIM_SIGNATURES 8u	/* of one message that are looked at */

/* What a line end is. */
enum dkim_form {
	DKIM_AS_STORED,		/* CRLF alone, as in RFC 6376; a CR or LF by
				 * itself is a byte as any other */
	DKIM_WITH_CRLF,		/* LF too, and is sent as CRLF: what leaves a
				 * store that keeps LF */
	DKIM_WITH_ALL		/* CR too; a CRCRLF is one.  What a repair of
				 * all line ends makes */
};
#define DKIM_FORMS 3

struct dkim_body;

struct dkim_body *dkim_body_new(void);	/* NULL: memory, or no SHA-256 */
void dkim_body_free(struct dkim_body *);	/* NULL is fine */

/*
 * behind_cr: the byte before the body is a CR that ends the header block; then
 * CRLF behind it belongs to that break.
 */
void dkim_body_begin(struct dkim_body *, bool behind_cr);

/* A hash of so many octets (UINT64_MAX: of all); what to ask for it with.
 * At most DKIM_SIGNATURES times. */
size_t dkim_body_want(struct dkim_body *, enum dkim_canon, uint64_t length);

void dkim_body_feed(struct dkim_body *, struct span);

/* False: libcrypto failed, there is nothing to be asked. */
bool dkim_body_end(struct dkim_body *);

/*
 * That hash of this form is bh.  Never if l= is more than there is: 3.5, "MUST
 * NOT be larger".
 */
bool dkim_body_matches(const struct dkim_body *, size_t want, enum dkim_form,
    const uint8_t bh[HASH_SIZE]);

/* Octets of the canonicalized body that this hash does not cover. */
uint64_t dkim_body_uncovered(const struct dkim_body *, size_t want,
    enum dkim_form);

#endif

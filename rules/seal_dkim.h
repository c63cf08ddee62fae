/*
 * The DKIM signatures of a message, and its ARC-Message-Signatures (RFC 8617
 * 4.1.2), before and after a repair.
 *
 * A signature counts as one that verifies now if its body hash is that of the
 * body as it leaves the store: with LF sent as CRLF where lines end in LF, as
 * it is where they end in CRLF, with CR as CRLF where all end in CR.  The
 * signature itself is not verified, so some count that would not.
 *
 * seal_dkim_new -> (old: begin -> feed* -> end; new: the same; compare*)* ->
 * seal_dkim_free
 *
 * After seal_dkim_new nothing is allocated.
 */
#ifndef BAREDOT_SEAL_DKIM_H
#define BAREDOT_SEAL_DKIM_H

#include "finding.h"
#include "seal_head.h"

#define SEAL_SIGNATURES 16u	/* of one message that are looked at */

enum seal_side { SEAL_OLD, SEAL_NEW };

struct seal_dkim;

struct seal_dkim *seal_dkim_new(void);	/* NULL: memory, or no SHA-256 */
void seal_dkim_free(struct seal_dkim *);	/* NULL is fine */

void seal_dkim_begin(struct seal_dkim *, enum seal_side, enum convention);
void seal_dkim_feed(struct seal_dkim *, struct span);
void seal_dkim_end(struct seal_dkim *);

enum seal_dkim_is {
	SEAL_DKIM_UNUSABLE,	/* why */
	SEAL_DKIM_MISMATCH,	/* it did not match and does not */
	SEAL_DKIM_KEPT,
	SEAL_DKIM_RESTORED,	/* the body did not match, and does */
	SEAL_DKIM_BODY,		/* the body matched, and does not */
	SEAL_DKIM_FIELD,	/* it does, but a field that is signed is not
				 * the same: name, if it is known */
	SEAL_DKIM_UNKNOWN	/* why: it cannot be followed */
};

struct seal_dkim_effect {
	enum seal_dkim_is is;
	bool arc;
	struct span domain;	/* d=; bytes of others.  All three are valid
				 * until the next begin */
	struct span name;
	const char *why;	/* a literal, or NULL */
};

/* Signatures of the old message; one more stands for those that are not
 * looked at. */
size_t seal_dkim_count(const struct seal_dkim *);

/* What becomes of the i-th.  alone: the new message was not read; as if it
 * were the old one. */
void seal_dkim_compare(const struct seal_dkim *, size_t i, bool alone,
    struct seal_dkim_effect *out);

#endif

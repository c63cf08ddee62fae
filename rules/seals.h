/*
 * The signatures of a message, and what a repair does to them: DKIM and ARC
 * (seal_dkim.h), S/MIME, PGP/MIME and clear-signed text (seal_walk.h).
 *
 * seals_new -> (SEAL_OLD: seals_begin -> seals_feed* -> seals_end; SEAL_NEW:
 * the same; seals_effect)* -> seals_free
 *
 * The old message and the repaired one are compared as those who verify see
 * them; edits are not asked for.  So LF that becomes CRLF, or the other way
 * round, breaks nothing but where that is not how the message is sent.
 *
 * Without keys.  DKIM says what it is a hash of, so a signature that does not
 * match now cannot be broken.  The others are taken to verify now: any change
 * of what they sign breaks them.
 *
 * After seals_new nothing is allocated.  Memory does not depend on the
 * message, nor the effect on how it is cut into spans.
 */
#ifndef BAREDOT_SEALS_H
#define BAREDOT_SEALS_H

#include "kernel.h"
#include "seal_dkim.h"

#define SEALS_TEXT 200u		/* bytes, with a NUL */

/* In ascending order: of all signatures, what is worst. */
enum seals_is {
	SEALS_NONE,		/* there is none that matters */
	SEALS_KEPT,		/* those that match, or may verify, still do */
	SEALS_RESTORED,		/* one that did not match will */
	SEALS_BROKEN		/* one would not verify any more, or cannot be
				 * followed */
};

struct seals_effect {
	enum seals_is is;
	char text[SEALS_TEXT];	/* which of them, "the DKIM signature of
				 * example.org covers Date, the S/MIME
				 * signature of part 2"; printable ASCII.
				 * SEALS_NONE: why those that are there do not
				 * matter, or "" */
};

struct seals;

struct seals *seals_new(const struct kernel *);	/* NULL: memory */
void seals_free(struct seals *);		/* NULL is fine */

/* The convention of these bytes: after a repair perhaps another. */
void seals_begin(struct seals *, enum seal_side, enum convention);
void seals_feed(struct seals *, struct span);
void seals_end(struct seals *);

/* Behind SEAL_OLD's end.  False: nothing is signed, so that no repair has an
 * effect and the new message need not be fed. */
bool seals_any(const struct seals *);

/* Without SEAL_NEW, as if nothing was changed. */
void seals_effect(const struct seals *, struct seals_effect *out);

#endif

/*
 * What is signed in a message, other than by DKIM, and its hash: S/MIME (RFC
 * 8551 3.5), PGP/MIME (RFC 3156 5) and text that is signed in place (RFC 9580
 * 7), in any part, also of attached messages.
 *
 * seal_walk_new -> (seal_walk_begin -> seal_walk_feed* -> seal_walk_end)* ->
 * seal_walk_free
 *
 * No key is asked for.  Two messages with equal lists verify both or neither.
 * What cannot be followed, since it is nested too deeply or there is too much
 * of it, is hashed as a whole, so that no change of it is missed.
 *
 * After seal_walk_new nothing is allocated.  Memory does not depend on the
 * message, nor the list on how it is cut into spans.
 */
#ifndef BAREDOT_SEAL_WALK_H
#define BAREDOT_SEAL_WALK_H

#include "hash.h"
#include "kernel.h"

#define SEALS_MAX 16u		/* in one list; the last stands for all that
				 * are behind it too */
#define SEAL_PART_MAX 40u	/* bytes of a part's number, with a NUL */

enum seal_kind {
	SEAL_SMIME,		/* the signed part of a multipart/signed, or
				 * the signature itself */
	SEAL_PGP,
	SEAL_OTHER,		/* the same, of another protocol */
	SEAL_CLEAR,		/* clear-signed text, with its armor */
	SEAL_CMS,		/* application/pkcs7-mime: signed or encrypted
				 * data */
	SEAL_DEEP		/* nested too deeply: may be anything */
};

struct seal {
	enum seal_kind kind;
	char part[SEAL_PART_MAX];	/* as IMAP counts (RFC 9051 6.4.5.1),
					 * "1.2"; "": the message itself */
	uint8_t sum[HASH_SIZE];
};

struct seal_list {
	bool failed;		/* libcrypto did: nothing is known */
	size_t n;
	struct seal list[SEALS_MAX];	/* in the order in which they begin */
};

/* Which bytes end lines.  A reader is of one of these kinds. */
enum seal_lines {
	SEAL_LINES_LF,		/* LF, and CRLF */
	SEAL_LINES_ALL		/* CR too; CRs before an LF belong to it */
};

struct seal_walk;

struct seal_walk *seal_walk_new(const struct kernel *);	/* NULL: memory */
void seal_walk_free(struct seal_walk *);		/* NULL is fine */

/* The list is whole after seal_walk_end. */
void seal_walk_begin(struct seal_walk *, enum seal_lines, struct seal_list *);
void seal_walk_feed(struct seal_walk *, struct span);
void seal_walk_end(struct seal_walk *);

#endif

/*
 * What must hold of every encoded part, worked out the slow way.
 *
 * Each law returns NULL, or what is broken.
 */
#ifndef BAREDOT_ENCODELAWS_H
#define BAREDOT_ENCODELAWS_H

#include "engine.h"
#include "reencode.h"
#include "reencode_check.h"

/* All of s in canonical form; out has room for twice as much. */
size_t encodelaws_canonical(struct span s, bool lines, enum brk native,
    uint8_t *out);

/* Decode a whole text, strictly; false: it is none.  out has room for
 * twice as many bytes. */
bool encodelaws_decode(enum transfer_encoding, struct span text,
    uint8_t *out, size_t *n);

/* The text is that of the old body, and has none of the lines that reencode.h
 * promises not to make. */
const char *encodelaws_text(struct span old, bool lines, enum brk native,
    enum brk to, enum transfer_encoding, struct span text);

struct encodelaws {
	struct engine *first, *again;
	struct reencode *reencode;
	struct reencode_check *check;
	struct reencode_splice splice[2];	/* [1]: LF */
	size_t tried, done;	/* parts, over all messages */
	size_t refused;		/* of these, by splice */
	size_t part;		/* the last */
	const char *why_not;	/* of that */
	size_t n;		/* the last message that was made */
	uint8_t *made, *spliced;
	size_t spliced_n;
	struct mime_facts facts;	/* of the old one */
};

/* max: bytes of the longest message.  False: no memory. */
bool encodelaws_open(struct encodelaws *, size_t max);
void encodelaws_close(struct encodelaws *);

/*
 * Encode each part of m alone.  All parts stay what and where they are, but
 * for the one; that one is encoded, for good.
 */
const char *encodelaws_message(struct encodelaws *, struct span m,
    const struct reencode_how *);

/* Encode that part of m: *out is the new message, valid until the next call.
 * False: why_not says why. */
bool encodelaws_part(struct encodelaws *, struct span m, size_t part,
    const struct reencode_how *, struct span *out);

#endif

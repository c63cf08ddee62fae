/*
 * The body of one part as quoted-printable or base64: RFC 2045 6.7, 6.8.
 *
 * reencode_new -> (reencode_fix? -> reencode_part*)* -> reencode_free
 *
 * Nothing of the message changes but that body and what the part's header
 * says of its encoding.  Decoded, the new body is the old one in canonical
 * form (RFC 2049 4): its line breaks, which are CRLFs and the store's own
 * breaks, are CRLFs; any other CR or LF and each NUL is data and stays.  Of
 * a part that is no text and says "binary" no byte is a break (RFC 2045 6.2).
 *
 * In the new body no line is longer than 76 bytes, ends with white space, or
 * begins with a dot, with "From " or with "--": there is no lone dot in it,
 * no separator of an mbox and no delimiter of any multipart.
 *
 * No field but Content-Transfer-Encoding is added: whether the message has a
 * MIME-Version is for others to see to.  Nor is it known here whether the
 * part is signed.
 */
#ifndef BAREDOT_REENCODE_H
#define BAREDOT_REENCODE_H

#include "fix.h"
#include "mime.h"
#include "transfer.h"

#define REENCODE_MAX (1u << 20)		/* bytes of an old body */
#define REENCODE_HEADER_MAX (64u << 10)	/* and of its header block */
#define REENCODE_BEHIND 3u	/* bytes behind a part that matter */

struct reencode_how {
	enum brk native;	/* of the old body: BRK_LF or BRK_CRLF */
	enum brk to;		/* BRK_LF or BRK_CRLF: in what is written */
	enum transfer_encoding encoding;	/* TRANSFER_NONE: the shorter
				 * one, and base64 where no byte is a break or
				 * the last one is data and a CR or LF */
	bool any_charset;	/* text is encoded although it is not valid
				 * in its charset, or that is not known: it is
				 * no more readable then, and no less */
	uint8_t why;		/* enum code, for the grafts */
};

struct reencoded {
	const char *why_not;	/* static; NULL: all else is set */
	enum transfer_encoding encoding;
	bool lines;		/* there are breaks in the old body */
	struct graft field;	/* EDIT_ENCODING or EDIT_FIELD: the first */
	struct graft body;	/* EDIT_ENCODE */
};

struct reencode;

struct reencode *reencode_new(void);		/* NULL: no memory */
void reencode_free(struct reencode *);		/* NULL is fine */

/*
 * From now on header blocks are read as they will be when they are repaired
 * so; NULL, as at first: as they are.  It must stay.
 */
void reencode_fix(struct reencode *, const struct fix_options *);

/*
 * Encode the body of that part.  rest: the bytes of the message from the
 * part's offset to its end, and REENCODE_BEHIND more if there are so many; it
 * may be empty when the part has more than REENCODE_HEADER_MAX +
 * REENCODE_MAX.  Offsets of the grafts are those of the message; their bytes
 * are valid until the next call.
 *
 * False: it is left alone, and out->why_not says why.  So is a part that is
 * encoded: doing it twice changes nothing.
 */
bool reencode_part(struct reencode *, const struct mime_part *,
    struct span rest, const struct reencode_how *, struct reencoded *out);

/*
 * The one part of a message in which none were looked for (verdict.mime is
 * NULL).  start: its first bytes, all or REENCODE_HEADER_MAX; size: of all.
 * If its header block does not end in there, its body is empty.
 */
void reencode_whole(struct reencode *, struct span start, uint64_t size,
    struct mime_part *out);

#endif

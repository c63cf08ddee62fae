/*
 * A message's header block, kept: where it ends, its fields, and whether two
 * of them are the same to DKIM (RFC 6376 3.4.1, 3.4.2, 5.4.2).
 *
 * seal_head_begin -> seal_head_feed* until over -> seal_head_end -> ask
 *
 * Here a CR by itself is a byte of its line, as to those who verify; unless
 * the message ends all of its lines so.  LF and CRLF are the same.
 */
#ifndef BAREDOT_SEAL_HEAD_H
#define BAREDOT_SEAL_HEAD_H

#include "dkim_tags.h"

#define SEAL_HEAD_BYTES (256u << 10)	/* of the block that are kept */
#define SEAL_FIELDS 2000u
#define SEAL_NAMES 256u			/* in h= */

struct seal_field {
	size_t off, n;		/* in the block; with the last break */
};

struct seal_head {
	/* For reading: */
	bool over;		/* the body has begun */
	bool cut;		/* there was more than was kept */
	size_t n;
	struct seal_field list[SEAL_FIELDS];
	struct span early;	/* what of the body was taken for a line of
				 * the header; valid until the next begin */

	/* Its own: */
	bool cr;		/* CRs end lines */
	bool blank;		/* nothing but CRs in the line at hand */
	uint8_t last;
	uint64_t line_n;	/* bytes of that line */
	size_t line;		/* where it starts */
	size_t kept;
	uint8_t block[SEAL_HEAD_BYTES];
};

void seal_head_begin(struct seal_head *, bool cr);

/* How many bytes of s it took; when it is over: `early` and the bytes behind
 * those taken are the body. */
size_t seal_head_feed(struct seal_head *, struct span s);

/* The message ends; all of it may have been header. */
void seal_head_end(struct seal_head *);

/* The value of the field, folded, if it is of that name (lower case). */
bool seal_head_is(const struct seal_head *, size_t field, struct span name,
    struct span *value);

/* What is signed of two headers: by the field `at` of each, and in which
 * form. */
struct seal_heads {
	const struct seal_head *head[2];
	size_t at[2];
	enum dkim_canon canon;
	bool loose;		/* CRs before an LF all belong to it: what a
				 * CRCRLF was before it was one */
};

/*
 * The signing field and all that its h= names, in the first of the two, are
 * the same in both.  If not, *differs is a name, in the first block, or empty:
 * more than can be followed.
 */
bool seal_heads_agree(const struct seal_heads *, struct span *differs);

#endif

/*
 * A header block as it will be when its line ends are repaired, and where in
 * the old one its bytes were.
 */
#ifndef BAREDOT_MENDED_H
#define BAREDOT_MENDED_H

#include "fix.h"

#define MENDED_MAX (64u << 10)	/* bytes of the old one */

struct mended {
	size_t was;		/* where the byte that was asked for was */

	/* Its own: */
	struct fix fix;
	struct span old;
	uint64_t skip;		/* bytes that were fed before it */
	size_t at;		/* bytes of it that were seen */
	size_t wanted;		/* of the new one */
	size_t n;
	uint8_t p[2 * MENDED_MAX];	/* an LF becomes a CRLF */
};

/* Bytes up to the first empty line and with it; 0: there is none. */
size_t mended_size(struct span);

/* A CR in it is no part of a CRLF: some readers see a line's end, others
 * none. */
bool mended_has_cr(struct span head);

/* It may be another one then.  Not so where each CR is a line's end: that is
 * old Macintosh text, whose body is another then too. */
bool mended_is_needed(struct span head, const struct fix_options *);

/*
 * The new one, valid until the next call.  rest: the old one, of head bytes,
 * and what is behind it, which will be as it is.  first: it is the message's
 * own.  m->was: where its byte at wanted was.
 */
struct span mended_head(struct mended *, const struct fix_options *,
    struct span rest, size_t head, bool first, size_t wanted);

#endif

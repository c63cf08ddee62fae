/*
 * Where a line of a header field is to be folded: RFC 5322 2.2.3.
 *
 * A fold is a break before white space that is there already; unfolded, the
 * value is what it was.  It is not before the value's beginning, nor behind a
 * backslash, which makes the white space behind it text, nor where a line
 * would have no more than white space, dots, NULs and CRs in it.
 */
#ifndef BAREDOT_FOLD_H
#define BAREDOT_FOLD_H

#include "span.h"

struct fold {
	/* Set by the caller: */
	struct span line;	/* without its break */
	size_t value;		/* where in it the value begins */
	size_t max;		/* bytes wanted of a line, 2 or more */
	size_t first_max;	/* the same for the first */
	bool quotes;		/* white space in quoted strings stays as it
				 * is */
	bool quoted;		/* the line begins in one; value is 0 */

	/* Its own: */
	size_t known_to;	/* up to here it is known: */
	bool known;		/* something solid comes, before a CR or NUL */
};

/*
 * The next fold behind `from`, which is 0 or the one before: as many bytes of
 * the line as there may be before it; more, if there is no other place.
 * False: there is none.
 */
bool fold_next(struct fold *, size_t from, size_t *at);

/* The line ends in a quoted string. */
bool fold_ends_quoted(const struct fold *);

#endif

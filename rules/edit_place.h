/*
 * Where in a message text may be put: what splice must know of the new bytes
 * for the kinds of EDIT_TEXT (edit.h).
 *
 * edit_place_begin -> (edit_place_feed | edit_place_check ->
 * edit_place_made)* -> edit_place_end
 *
 * The header block ends with the first empty line.  In it, the value of a
 * field begins behind its colon.  Fields in which stores keep notes of their
 * own, with padding that counts, are not touched but by EDIT_LENGTH: Status,
 * X-Status, X-Keywords, X-UID, X-IMAP, X-IMAPbase, Content-Length, Lines,
 * X-Mozilla-*.
 *
 *  - EDIT_FOLD: in the header block, in a value, before white space.  The part
 *    of the value that is then on the line before it, and the line behind it,
 *    have more in them than white space, dots, NULs and CRs.
 *  - EDIT_CUT_SPACE: in the header block, between a name at the beginning of
 *    a line and the colon.
 *  - EDIT_FIELD: between the beginning of a line and the empty line that ends
 *    the header block, in which no field of that name is.  For
 *    Content-Transfer-Encoding any block of lines before an empty one: a
 *    part's header block may be anywhere.
 *  - EDIT_LENGTH: in the header block, all of a value that is on one line.
 *  - EDIT_ENCODING: all of the value of the only such field in a block of
 *    lines before an empty one.
 *  - EDIT_ENCODE: from behind the empty line of a block whose encoding was
 *    put, or was changed, to a line that begins with "--", without the break
 *    before that, or to the end.  None is put or changed without it.
 */
#ifndef BAREDOT_EDIT_PLACE_H
#define BAREDOT_EDIT_PLACE_H

#include "span.h"

#define EDIT_PLACE_NAME 25u	/* bytes of the longest name that matters */

struct edit;

struct edit_place {
	/* Its own: */
	bool header;		/* in the header block */
	bool encodes;		/* there may be an EDIT_ENCODE */
	unsigned line;		/* what the line is, so far */
	unsigned field;		/* the field at hand, or 0 */
	unsigned seen;		/* bits of fields, in the header block */
	unsigned encodings;	/* fields since the last empty line */
	unsigned after;		/* what must follow */
	unsigned owes;		/* what must follow a new encoding */
	bool base64;		/* is the new encoding */
	bool blank;		/* the value, so far */
	bool solid;		/* the value on this line has more in it than
				 * white space, dots, NULs and CRs */
	bool hollow;		/* a line that was made, and is not solid */
	bool wrong;		/* what had to follow did not */
	size_t name_n;		/* more than EDIT_PLACE_NAME: too long */
	uint8_t name[EDIT_PLACE_NAME];
};

void edit_place_begin(struct edit_place *, bool encodes);

/* The next bytes of the new message.  False: what the edits before want to
 * follow does not. */
bool edit_place_feed(struct edit_place *, struct span);

/* An edit of this kind, of EDIT_TEXT, may be made here, as far as the bytes
 * before can say. */
bool edit_place_check(const struct edit_place *, const struct edit *,
    unsigned kind);

/*
 * It is made: before its new bytes are fed, if it has any; those of an
 * EDIT_ENCODE are not fed.
 */
void edit_place_make(struct edit_place *, const struct edit *, unsigned kind);

/* They were fed. */
void edit_place_made(struct edit_place *, unsigned kind);

/* False: something had to follow. */
bool edit_place_end(const struct edit_place *);

#endif

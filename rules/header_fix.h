/*
 * Repairs of a message's header block, as edits (edit.h): what KumoMTA's
 * checks complain of (conform.h) and can be put right without a change of
 * what any field says.
 *
 * header_fix_new -> (header_fix_begin -> header_fix_feed* ->
 * header_fix_end)* -> header_fix_free
 *
 * CONFORM_DATE, CONFORM_MESSAGE_ID, CONFORM_MIME_VERSION: the field is put at
 * the end of the header block, if there is none.  One that cannot be read is
 * left: a second one would be worse.
 *
 * CONFORM_NAME_SPACE: white space between a name and its colon goes.
 *
 * CONFORM_LINE_LONG: lines that are too long for that check are folded
 * (fold.h) where there is white space; in Content-* fields not in quoted
 * strings, which readers of MIME unfold badly.  A word that is too long by
 * itself gets a line of its own and stays.  Lines of more than
 * HEADER_FIX_LINE bytes stay.  This is only of the header block: the check
 * looks at all lines.
 *
 * Not touched: the fields in which stores keep notes (edit_place.h); any
 * header block that KumoMTA cannot parse; what is behind a line that other
 * readers do not take for one of the header block.
 *
 * The edits do not depend on how the message is cut.
 */
#ifndef BAREDOT_HEADER_FIX_H
#define BAREDOT_HEADER_FIX_H

#include "conform.h"
#include "edit.h"

#define HEADER_FIX_MAX 256u		/* edits */
#define HEADER_FIX_LINE (32u << 10)
#define HEADER_FIX_BYTES (1u << 20)	/* of the header block */

#define HEADER_FIX_FLAGS (1u << CONFORM_DATE | 1u << CONFORM_MESSAGE_ID | \
	1u << CONFORM_MIME_VERSION | 1u << CONFORM_NAME_SPACE | \
	1u << CONFORM_LINE_LONG)
#define HEADER_FIX_KINDS (EDIT_FIELD | EDIT_CUT_SPACE | EDIT_FOLD)

struct header_fix_options {
	unsigned flags;		/* bits of enum conform_flag, those of
				 * HEADER_FIX_FLAGS; others are ignored */
	enum brk to;		/* BRK_LF or BRK_CRLF: of breaks that are put */
	bool breaks_fixed;	/* other edits make every LF, with the CRs
				 * before it, one break of the header block:
				 * it is read as if that were done */
	const char *date;	/* what Date will say; or NULL: none is put */
	const char *message_id;	/* the same, with its angle brackets; over
				 * 64 bytes its line is too long */
};

struct header_fix;

struct header_fix *header_fix_new(void);	/* NULL: memory */
void header_fix_free(struct header_fix *);	/* NULL is fine */

/* The texts must stay until header_fix_end.  With CONV_CR nothing is done. */
void header_fix_begin(struct header_fix *, const struct header_fix_options *,
    enum convention);

/* The next bytes of the message; they may be gone when this returns.  False:
 * the rest of the message does not matter. */
bool header_fix_feed(struct header_fix *, struct span);

/*
 * How many edits there are, in order; they and their grafts are valid until
 * the next header_fix_begin.  *why_not: why something stays that should have
 * gone, static; NULL: nothing does.
 */
size_t header_fix_end(struct header_fix *, const struct edit **list,
    const char **why_not);

/* Which of the flags are found and stay: bits; after header_fix_end.  All, if
 * the header block cannot be read. */
unsigned header_fix_left(const struct header_fix *);

#endif

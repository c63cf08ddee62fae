/*
 * A repair as a list of edits, what edits may be, and old bytes made new.
 *
 * An edit says where, what goes and what comes.  All other bytes stay as they
 * are and in order.  Whoever changes a message trusts no list: it asks
 * edits_are_allowed first, with kinds that it derived itself from what the
 * user asked for, and lets splice hold each edit against the old bytes.
 */
#ifndef BAREDOT_EDIT_H
#define BAREDOT_EDIT_H

#include "codes.h"
#include "edit_place.h"

#define EDIT_MAX 4u		/* bytes that go, or come, in one edit */

struct edit {
	uint64_t off;		/* in the old message: of the first byte that
				 * goes, or before which bytes come */
	uint8_t del, ins;	/* bytes: how many */
	uint8_t why;		/* enum code: the defect */
	bool spaced;		/* a space, instead of what was asked: else a
				 * lone dot, a field or a From_ line would be
				 * made */
	uint8_t old[EDIT_MAX], put[EDIT_MAX];
	const struct graft *graft;	/* NULL: a small edit.  Else that, at
					 * its off, which is this off too; del,
					 * ins, old and put are unused */
};

/* Text that takes the place of old bytes, where an edit is too small. */
struct graft {
	uint64_t off;		/* as edit.off */
	uint64_t del;		/* bytes that go */
	struct span ins;	/* bytes that come; borrowed */
	unsigned kind;		/* one of the EDIT_ bits below */
	uint8_t why;		/* enum code */
};

/*
 * What an edit may be: bits.  There is nothing else.  A CR is inserted only
 * before an LF that has none; without EDIT_DROP_CR a CR goes only before a CR
 * or an LF.  From EDIT_FIELD on they are grafts; edit_place.h says where
 * those from EDIT_FOLD on may be.
 */
enum edit_kind {
	EDIT_ADD_CR = 1,	/* LF to CRLF */
	EDIT_CUT_CR = 2,	/* CRLF to LF, CRCRLF to one break */
	EDIT_DROP_CR = 4,	/* a bare CR goes */
	EDIT_SPACE_CR = 8,	/* a space takes a CR's place */
	EDIT_CR_TO_LF = 16,	/* an LF takes a CR's place */
	EDIT_CR_TO_CRLF = 32,	/* a CRLF takes a CR's place */
	EDIT_DROP_NUL = 64,
	EDIT_SPACE_NUL = 128,	/* a space takes a NUL's place */
	EDIT_STUFF = 256,	/* a dot is put before a dot */
	EDIT_CUT_DOT = 512,	/* a lone dot between LFs goes, with its break;
				 * in that, any CRs before the LF */
	EDIT_FOLD = 1024,	/* a break (LF or CRLF) is put before white
				 * space in a header field's value */
	EDIT_CUT_SPACE = 2048,	/* white space before a header field's colon
				 * goes */
	EDIT_FIELD = 4096,	/* a header field that was not there is put at
				 * the end of the header block: Date,
				 * Message-ID, MIME-Version, or
				 * Content-Transfer-Encoding */
	EDIT_LENGTH = 8192,	/* digits take the place of the digits of
				 * Content-Length or Lines */
	EDIT_ENCODE = 16384,	/* the body of one part, encoded, takes its
				 * place */
	EDIT_ENCODING = 32768	/* "quoted-printable" or "base64" takes the
				 * place of a Content-Transfer-Encoding */
};
#define EDIT_TEXT (EDIT_FOLD | EDIT_CUT_SPACE | EDIT_FIELD | EDIT_LENGTH | \
	EDIT_ENCODE | EDIT_ENCODING)

/* The one kind that this edit is by itself; 0: none, it must not be done. */
unsigned edit_kind(const struct edit *);

/*
 * By how much a message grows, at most, as IMAP counts: each break is two
 * bytes, and Content-Length is hidden from clients (mbox_hide_headers of
 * Dovecot 2.3).  All zero at first; edit_grows for each edit.
 */
struct edit_growth {
	int64_t bytes;
	int64_t digits;		/* of Content-Length or Lines */
	bool lines;		/* there may be more lines: Lines may grow */
};

void edit_grows(struct edit_growth *, const struct edit *);

static inline int64_t
edit_growth(const struct edit_growth *g)
{
	return g->bytes + (g->lines && g->digits > 0 ? g->digits : 0);
}

/*
 * As edit_kind, for a graft: its text is what that kind may put, whatever the
 * old bytes are (graft.c).
 *  - EDIT_FIELD: one line of printable ASCII, "Name: value" and its break, of
 *    at most 998 bytes without that.  MIME-Version is 1.0, a Message-ID has
 *    angle brackets, an encoding is one of the two.
 *  - EDIT_LENGTH: 1 to 20 digits for as many.
 *  - EDIT_ENCODE: printable ASCII and tabs in lines of at most 78 bytes and
 *    one kind of break, none of which begins with a dot, "--" or "From ".
 */
unsigned graft_kind(const struct graft *);

/* How the lines of its text end; BRK_NONE: there is no break in it. */
enum brk graft_break(const struct graft *);

/* The encoding that an EDIT_ENCODING, or such an EDIT_FIELD, puts. */
bool graft_is_base64(const struct graft *);

/*
 * Each of the n edits is of these kinds, they are in order, do not touch
 * twice, and end in a message of size bytes.  Fields may be put one behind
 * the other, and before another edit, at the same offset.
 */
bool edits_are_allowed(const struct edit *, size_t n, unsigned kinds,
    uint64_t size);

/* back[i] undoes list[i]: applied to the new bytes, all n give the old ones.
 * For bytes that this program made itself: they are of no kind.  For small
 * edits: grafts do not say which bytes go. */
void edits_invert(const struct edit *list, size_t n, struct edit *back);

/* The same for all edits.  old: the whole old message, in which the text of
 * the inverse grafts is; room: for n of those. */
void edits_invert_all(const struct edit *list, size_t n, struct span old,
    struct edit *back, struct graft *room);

/*
 * Old bytes and edits in, new bytes out.
 *
 * splice_begin -> splice_feed* -> splice_end
 *
 * No edit is believed: its place, its kind and its old bytes are checked as
 * it is made.  After the first that is wrong nothing more is put out, and
 * splice_end says so.  Memory does not depend on message or edits.
 */
#define SPLICE_BUFFER 4096u

/* The next bytes of the new message; valid during the call. */
typedef void splice_fn(void *ctx, struct span);

/* Whether a body, encoded, is the old one: begin -> old* -> end, for one
 * EDIT_ENCODE after another.  The first false ends it. */
struct splice_check {
	void *ctx;
	bool (*begin)(void *ctx, struct span text, bool base64);
	bool (*old)(void *ctx, struct span);	/* the next bytes that go */
	bool (*end)(void *ctx);			/* these were all */
};

struct splice {
	/* Its own: */
	splice_fn *fn;
	void *ctx;
	unsigned kinds;
	uint64_t off;		/* of the next byte, in the old message */
	uint64_t free_from;	/* where the next edit may be */
	uint64_t made;		/* bytes of the new message */
	struct edit now;	/* the edit that is being made */
	unsigned by;		/* what allows it, of enum edit_kind */
	uint64_t del;		/* its old bytes */
	uint64_t got;		/* of them */
	bool open;		/* there is one */
	const char *bad;	/* NULL: all is well */
	unsigned next;		/* what the next old byte must be */
	uint8_t last;		/* the last old byte; at the start an LF */
	enum brk to;		/* BRK_NONE: no text is put */
	const struct splice_check *check;
	struct edit_place place;	/* for EDIT_TEXT */
	size_t n;
	uint8_t buf[SPLICE_BUFFER];
};

/* kinds: of enum edit_kind, all that are allowed. */
void splice_begin(struct splice *, unsigned kinds, splice_fn *, void *ctx);

/*
 * Right behind splice_begin: how lines end that are put, BRK_LF or BRK_CRLF,
 * and who checks what is encoded; it must stay until splice_end.  Without it
 * no EDIT_FOLD, EDIT_FIELD and EDIT_ENCODE are made, nor with check NULL an
 * EDIT_ENCODE.
 */
void splice_text(struct splice *, enum brk to, const struct splice_check *);

/*
 * The next bytes.  edits: at least all that begin in them, the next one first;
 * those behind are not looked at.  Returns how many were taken: the rest is
 * for the next call.  A graft that was taken must stay, with its text, until
 * all bytes that go with it were fed.
 */
size_t splice_feed(struct splice *, struct span old, const struct edit *edits,
    size_t n);

/* NULL: the bytes put out are old bytes and allowed edits; else a word or two
 * on what was wrong, static, and they must not be used. */
const char *splice_end(struct splice *);

#endif

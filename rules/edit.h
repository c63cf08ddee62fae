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
};

/*
 * What an edit may be: bits.  There is nothing else.  A CR is inserted only
 * before an LF that has none; without EDIT_DROP_CR a CR goes only before a CR
 * or an LF.
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
	EDIT_CUT_DOT = 512	/* a lone dot between LFs goes, with its break;
				 * in that, any CRs before the LF */
};

/* The one kind that this edit is by itself; 0: none, it must not be done. */
unsigned edit_kind(const struct edit *);

/*
 * Each of the n edits is of these kinds, they are in order, do not touch
 * twice, and end in a message of size bytes.
 */
bool edits_are_allowed(const struct edit *, size_t n, unsigned kinds,
    uint64_t size);

/* back[i] undoes list[i]: applied to the new bytes, all n give the old ones.
 * For bytes that this program made itself: they are of no kind. */
void edits_invert(const struct edit *list, size_t n, struct edit *back);

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

struct splice {
	/* Its own: */
	splice_fn *fn;
	void *ctx;
	unsigned kinds;
	uint64_t off;		/* of the next byte, in the old message */
	uint64_t free_from;	/* where the next edit may be */
	uint64_t made;		/* bytes of the new message */
	struct edit now;	/* the edit that is being made */
	unsigned got;		/* of its old bytes */
	bool open;		/* there is one */
	const char *bad;	/* NULL: all is well */
	unsigned next;		/* what the next old byte must be */
	uint8_t last;		/* the last old byte; at the start an LF */
	size_t n;
	uint8_t buf[SPLICE_BUFFER];
};

/* kinds: of enum edit_kind, all that are allowed. */
void splice_begin(struct splice *, unsigned kinds, splice_fn *, void *ctx);

/*
 * The next bytes.  edits: at least all that begin in them, the next one first;
 * those behind are not looked at.  Returns how many were taken: the rest is
 * for the next call.
 */
size_t splice_feed(struct splice *, struct span old, const struct edit *edits,
    size_t n);

/* NULL: the bytes put out are old bytes and allowed edits; else a word or two
 * on what was wrong, static, and they must not be used. */
const char *splice_end(struct splice *);

#endif

/*
 * fix and splice in one pass: old bytes in, repaired bytes out, in memory that
 * does not depend on the message nor on how many edits there are.
 *
 * rewrite_init -> (rewrite_begin -> rewrite_feed* -> rewrite_end)*
 */
#ifndef BAREDOT_REWRITE_H
#define BAREDOT_REWRITE_H

#include "fix.h"

/*
 * Edits that do not come from fix, merged in by their offsets: of two at one
 * place these are the first.
 */
struct rewrite_more {
	/* Where the next one is; false: there is none. */
	bool (*next)(void *ctx, uint64_t *off);
	/*
	 * Take it: it, and a graft's text, must stay until the next take.  By
	 * then all old bytes before its place went through splice.  NULL: it
	 * cannot be had, and the rewrite fails.
	 */
	const struct edit *(*take)(void *ctx);
	void *ctx;
};

#define REWRITE_SAME 8u		/* edits that may be at one place */

struct rewrite {
	struct fix fix;		/* its counts are for reading at the end */

	/* Its own: */
	struct splice splice;
	splice_fn *fn;
	void *ctx;
	const struct rewrite_more *more;	/* or NULL */
	edit_fn *watch;		/* or NULL */
	void *watch_ctx;
	const char *lost;	/* an edit that could not be had; NULL */
	size_t same_n;
	struct edit same[REWRITE_SAME];	/* edits at one place, not made yet */
	struct span now;	/* the span that is being fed */
	uint64_t off;		/* of now.p[0], in the old message */
	uint64_t done;		/* what splice has had */
	size_t held;
	uint8_t hold[FIX_AHEAD];	/* old bytes before now, from done on */
};

/* kernel as for fix_init. */
void rewrite_init(struct rewrite *, const struct kernel *, splice_fn *,
    void *ctx);

/*
 * Until the next rewrite_init: edits to be merged in, and who is told of each
 * edit.  Both may be NULL.
 */
void rewrite_merge(struct rewrite *, const struct rewrite_more *,
    edit_fn *watch, void *ctx);

/* kinds: as for splice_begin; the rest as for fix_begin. */
void rewrite_begin(struct rewrite *, unsigned kinds,
    const struct fix_options *, const struct fix_range *ranges, size_t n);

/* Right behind rewrite_begin: as splice_text. */
void rewrite_text(struct rewrite *, enum brk to,
    const struct splice_check *);

void rewrite_feed(struct rewrite *, struct span);

/* NULL: what was put out is the message, repaired; else as splice_end, or
 * that this message is not to be changed (FIX_ELSEWHERE). */
const char *rewrite_end(struct rewrite *);

#endif

/*
 * Many short texts searched for at once, in any ASCII case.
 *
 * needles_clear -> needles_add* -> needles_ready -> needles_find*
 */
#ifndef BAREDOT_NEEDLES_H
#define BAREDOT_NEEDLES_H

#include "kernel.h"
#include "literal.h"

#define NEEDLES_MAX 512u
#define BUCKETS 8u		/* bits of a byte */
#define PRINT 3u		/* bytes of a needle that are looked at first */

struct needle {
	struct literal text;	/* of LITERAL_MIN bytes or more */
	uint8_t at;		/* where its print is: see needles.c */
	unsigned owner;		/* the caller's number */
};

/*
 * From here on, which is the first of 64 bytes where a print may be?  n is a
 * multiple of 64, and PRINT - 1 bytes more can be read.  Returns how many
 * bytes come before these 64, and in *mask which of them; n: nowhere.
 */
struct needles;
typedef size_t needles_skip_fn(const struct needles *, const uint8_t *p,
    size_t n, uint64_t *mask);

struct needles {
	size_t n;
	needles_skip_fn *skip;

	/* Bit b: a needle of bucket b has this byte at that place of its
	 * print; the same for the halves of the byte. */
	uint8_t byte[PRINT][256];
	uint8_t low[PRINT][16], high[PRINT][16];
	size_t bucket[BUCKETS + 1];	/* list[bucket[b]] is b's first */
	struct needle list[NEEDLES_MAX];
};

void needles_clear(struct needles *);

/* False: there are too many, and none of these was added. */
bool needles_add(struct needles *, const struct literals *, unsigned owner);

/* Some are the owner's. */
bool needles_has(const struct needles *, size_t owner);

void needles_ready(struct needles *, const struct kernel *);

/* A needle of that owner begins at s.p[at]; in the order of the prints.
 * False: that is enough. */
typedef bool needle_fn(void *ctx, size_t at, unsigned owner);

void needles_find(const struct needles *, struct span s, needle_fn *,
    void *ctx);

#endif

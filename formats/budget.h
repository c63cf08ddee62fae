/*
 * How much a file on disk may unpack to, at all of its levels together.
 *
 * A few hundred bytes can say terabytes (bzip2: 1.4 million to one), so what
 * comes out of decompression is counted against what went in.
 */
#ifndef BAREDOT_BUDGET_H
#define BAREDOT_BUDGET_H

#include "err.h"
#include "input.h"

/* 0: as much as there is; of the last two, as much as is possible. */
struct limits {
	uint64_t ratio;		/* bytes out for each byte in, behind: */
	uint64_t ratio_free;	/* bytes out */
	uint64_t bytes;		/* out, in all; or 8 for each byte in, where
				 * that is more */
	uint64_t members;	/* of archives, in all */
	unsigned nesting;	/* archives in archives */
	unsigned filters;	/* compressions around one another */
};

#define LIMITS_DEFAULT { .ratio = 200, .ratio_free = 64ull << 20, \
	.bytes = 64ull << 30, .members = 2000000, .nesting = 8, .filters = 4 }
#define NESTING_MAX 16u	/* whatever the limits say */
#define FILTERS_MAX 8u

enum limit {
	LIMIT_NONE, LIMIT_RATIO, LIMIT_BYTES, LIMIT_MEMBERS, LIMIT_NESTING,
	LIMIT_FILTERS,
	LIMIT_SECONDS		/* of whoever opens files: budget.late */
};

/*
 * Of one file.  file is borrowed: what stands on disk.  unpacked: told of
 * bytes that came out, as a sign of life.  late: asked then; ST_DEAD: there is
 * no more time, *e says so.  Both may be NULL.
 */
struct budget {
	const struct limits *limits;
	const struct input *file;
	void (*unpacked)(void *ctx, uint64_t bytes);
	int (*late)(void *ctx, struct err *e);
	void *ctx;
	uint64_t out, members;	/* so far */
	enum limit hit;		/* the first one */
};

/* n more bytes came out.  ST_DEAD: that is too much, *e says of what; or too
 * late. */
int budget_bytes(struct budget *, uint64_t n, struct err *);

/* One more member, or an archive at that level (1: not in another), or so
 * many compressions.  ST_DEAD: likewise. */
int budget_member(struct budget *, struct err *);
int budget_nesting(struct budget *, unsigned level, struct err *);
int budget_filters(struct budget *, unsigned n, struct err *);

const char *limit_name(enum limit);	/* "ratio" ... */

#endif

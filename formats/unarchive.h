/*
 * libarchive for packed.c and members.c: what it reads, and what it gives.
 */
#ifndef BAREDOT_UNARCHIVE_H
#define BAREDOT_UNARCHIVE_H

#include <archive.h>

#include "budget.h"

/* What libarchive reads; its callbacks cannot return our errors. */
struct feed {
	struct input *in;
	struct span last;	/* that was given; valid until the next */
	struct err e;		/* of a read that failed */
	bool failed;
};

/* The contents of the member at hand, block by block. */
struct contents {
	struct archive *a;	/* NULL: there is nothing */
	struct feed *feed;
	struct budget *budget;	/* or NULL */
	bool counted;		/* blocks were decompressed */
	struct span block;	/* not given yet */
	uint64_t gap;		/* zeros before it */
	uint64_t made;		/* bytes up to the end of block */
	bool failed;
};

/* Not a file whose size is known: what is packed in another, a pipe. */
bool unarchive_streams(const struct input *);

/* Open what was set up, on the feed; seek: it may go back and ahead in that. */
int unarchive_open(struct archive *, struct feed *, bool seek, struct err *);

/* status; *e says why in libarchive's words, or it is the feed's own error. */
int unarchive_damaged(struct archive *, const struct feed *, int status,
    struct err *);

void contents_begin(struct contents *, struct archive *, struct feed *,
    struct budget *, bool counted);

/* The next block, which may have a gap before it: a sparse file's. */
int contents_next(struct contents *, struct err *);

/* As byte_source.read and lend, of a struct contents; lend: without gaps. */
int contents_read(void *, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *);
int contents_lend(void *, struct span *out, struct err *);

#endif

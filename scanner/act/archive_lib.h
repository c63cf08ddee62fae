/*
 * libarchive, of which no other file sees anything.
 *
 * Formats and filters are enabled one at a time, by what archive_kind found,
 * never all (facts: libraries 10, store-formats 17.3).  It may read a file
 * to its end more than once; each handle has an offset of its own.
 *
 * ST_BAD below: the archive is damaged, or is not what it should be; *e says
 * so in libarchive's words.  ST_DEAD: a file cannot be read or written.
 */
#ifndef BAREDOT_ARCHIVE_LIB_H
#define BAREDOT_ARCHIVE_LIB_H

#include "archive_kind.h"
#include "err.h"
#include "span.h"

/* What is in a compressed file. */
struct unpacker;

int unpacker_open(struct unpacker **out, int fd, enum filter,
    struct err *);

/* The next bytes, valid until the next call.  ST_END: that was all. */
int unpacker_read(struct unpacker *, struct span *out, struct err *);

/* After ST_END: bytes of the file that the compression took. */
uint64_t unpacker_used(const struct unpacker *);

void unpacker_close(struct unpacker *);	/* NULL is fine */

/* Takes what is written.  Not 0: it failed, *e of the packer is set. */
typedef int packer_fn(void *ctx, struct span);

struct packer;

/* Compress; level and the like as libarchive has them.  FILTER_NONE: not. */
int packer_open(struct packer **out, enum filter, packer_fn *,
    void *ctx, struct err *);
int packer_write(struct packer *, struct span, struct err *);
int packer_finish(struct packer *, struct err *);	/* all is written */
void packer_close(struct packer *);	/* NULL is fine */

/* A member, as libarchive sees it. */
struct seen {
	bool has_name;		/* it may not have one in this locale */
	struct span name;	/* valid until the next lister_next */
	bool regular;		/* a regular file, and no hard link */
	struct span link;	/* hard link's target; p NULL: it is none */
	uint64_t size;		/* regular: bytes */
	uint64_t attributes;	/* a hash of all else that it says */
};

/* The members of an archive. */
struct lister;

int lister_open(struct lister **out, int fd, enum archive_format,
    enum filter, struct err *);

/*
 * ST_OK: the next member; what was not read of the last one is passed over.
 * ST_END: there is no more.  ST_BAD: also a member that nobody should touch:
 * encrypted or sparse.
 */
int lister_next(struct lister *, struct seen *out, struct err *);

/*
 * The next bytes of its contents, valid until the next call.  ST_END: that was
 * all.  ST_BAD: also a gap.
 */
int lister_read(struct lister *, struct span *out, struct err *);

void lister_close(struct lister *);	/* NULL is fine */

#endif

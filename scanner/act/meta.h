/*
 * What a file has besides its bytes: owner, mode, times, extended attributes
 * (ACLs are some of those).
 */
#ifndef BAREDOT_META_H
#define BAREDOT_META_H

#include <sys/stat.h>

#include "buf.h"
#include "err.h"

struct meta {
	uint32_t uid, gid;
	uint32_t mode;		/* permission bits */
	struct timespec atime, mtime;
	struct buf xattrs;	/* fields "n", "v", "n", "v", ... */
};

void meta_free(struct meta *);	/* a zeroed one is empty */

/* Of an open file.  ST_DEAD: it cannot be read. */
int meta_read(int fd, const struct stat *, struct meta *out, struct err *);

/*
 * Give them to an open file, times last: whoever writes to it afterwards
 * spoils them.  Attributes that the file got from its folder are taken away.
 * ST_BAD: not all of them can be kept here (rights, the file system).
 */
int meta_apply(int fd, const struct meta *, struct err *);

bool meta_is_later(struct timespec, struct timespec);

/*
 * The modification time a second later, so that who knows the file by it looks
 * again; new mail shows by which of the times is the later one, as before.
 */
void meta_touch(struct meta *);

/* As one field of a record, "meta"; and back.  ST_BAD: none, or damaged. */
void meta_encode(const struct meta *, struct buf *);
int meta_decode(struct span record, struct meta *out, struct err *);

#endif

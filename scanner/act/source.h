/*
 * The message that is to be changed: found, pinned, checked, and what is in
 * it.
 */
#ifndef BAREDOT_SOURCE_H
#define BAREDOT_SOURCE_H

#include "meta.h"
#include "outcome.h"
#include "place.h"
#include "sum.h"

/* Which message, and what it was when it was judged. */
struct target {
	const char *folder;	/* its folder: .../Maildir/cur, ... */
	size_t root;		/* bytes of it that may lead through links */
	const char *name;
	const struct stat *judged;	/* NULL: any.  dev, ino, size, mtime */
	const uint8_t *sha;	/* NULL: any.  HASH_SIZE bytes */
	bool packed;		/* compressed contents are no obstacle */
};

struct source {
	int fd;			/* open for reading */
	struct found at;
	struct stat st;		/* of fd */
	struct meta meta;
	struct sum sum;
};

/*
 * Open it, with the rights of the owner.  ST_BAD: *o says why not: a link, a
 * special file, more than one name, another's, compressed, gone, changed.
 * ST_DEAD: it cannot be read.
 */
int source_open(const struct place *, const struct target *,
    struct source *out, struct outcome *o, struct err *);

/* What of that shows without opening it. */
int source_look(const struct place *, const char *name, struct outcome *,
    struct err *);

void source_close(struct source *);	/* one that was opened, or zeroed */

/*
 * Whether a file of this place may be touched at all, by what it is.  ST_BAD:
 * *o says why not.
 */
int source_check_kind(const struct place *, const struct stat *,
    struct outcome *o);

/* Compressed or encrypted, by its first bytes. */
bool source_is_packed(const struct sum *);

/* Device, inode, size and mtime are the same. */
bool source_same_file(const struct stat *, const struct stat *);

/* What has the name now is still the file, not written to. */
bool source_is_at(const struct source *, const struct found *);

#endif

/*
 * The names in a folder, in byte order.
 */
#ifndef BAREDOT_LISTING_H
#define BAREDOT_LISTING_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_SYMLINK, ENTRY_SPECIAL };

struct entry {
	enum entry_type type;
	const char *name;
};

struct listing {
	struct entry *list;	/* n of them, sorted by the bytes of the name */
	size_t n, cap;
	char **blocks;		/* what the names live in */
	size_t blocks_n, block_used;
};

/* A zeroed listing is empty.  Frees all; it is empty again. */
void listing_free(struct listing *);

/* List an open folder.  ST_DEAD: cannot be read, or no memory. */
int listing_read(struct listing *, int dirfd, struct err *);

/*
 * The same for new/ or cur/ of a Maildir that may be in use.  One pass over
 * a folder whose files are being renamed misses some, so it is listed again
 * while it changes, until two passes in a row bring no new message.
 * *settled: false if it kept changing.  A message has one entry, the last
 * name it was seen with; but two files of one base are two entries.
 */
int listing_read_live(struct listing *, int dirfd, bool *settled,
    struct err *);

/* A name of the same message (name_base), or NULL. */
const char *listing_same_base(const struct listing *, const char *name);

/* Drop the messages of l that are in known too. */
void listing_drop_known(struct listing *l, const struct listing *known);

/*
 * Open a folder for listing, without following a link.  -1: errno.  strict: its
 * access time must stay (EPERM: that is for its owner and root), else it stays
 * where it can.
 */
int open_folder(int dirfd, const char *name, bool strict);

#endif

/*
 * Open mail files, safely and many of them.
 *
 * Behind what the user named no symbolic link is followed, at no level; a
 * FIFO or device is never waited for; access times stay where that is
 * allowed.
 */
#ifndef BAREDOT_OPEN_H
#define BAREDOT_OPEN_H

#include "buf.h"
#include "err.h"
#include "listing.h"
#include "stamp.h"

struct opener;

/* strict: what would change an access time is not opened.  NULL: no memory. */
struct opener *opener_new(bool strict);
void opener_free(struct opener *);	/* NULL is fine */

enum opened {
	OPENED,
	OPEN_GONE,		/* no such file, any more */
	OPEN_SPECIAL,		/* not a regular file */
	OPEN_FAILED		/* *e says why */
};

struct opened_file {
	int fd;
	uint64_t size;		/* bytes, as of now */
	int64_t mtime;		/* seconds; of a message: its delivery */
	uint32_t mtime_ns;	/* and nanoseconds */
	struct stamp stamp;
};

/*
 * The folder that files are opened in from now on; the first root bytes of
 * path may lead through links.  path == "": names are paths that the user
 * gave.  Kept open until another is asked for.
 */
enum opened opener_folder(struct opener *, const char *path, size_t root,
    struct err *);

enum opened opener_file(struct opener *, const char *name,
    struct opened_file *, struct err *);

/*
 * Another file, as store_how.sibling says it, of the folder that `name` is in,
 * and through no link: below the first root bytes of opener_folder's path.
 * Where the user named the file, ../ leads from where its folder really is.
 */
enum opened opener_beside(struct opener *, const char *name,
    const char *other, struct opened_file *, struct err *);

/* What is in the folder that `name` is in; out: to be freed, in any case.
 * ST_DEAD: it cannot be read. */
int opener_list(struct opener *, const char *name, struct listing *out,
    struct err *);

/*
 * A message of a Maildir that is not there any more: find it under another
 * name (its flags changed) or in cur/ (it was new).  path: out, what to call
 * it, if OPENED.
 */
enum opened opener_moved(struct opener *, const char *name,
    struct opened_file *, struct buf *path, struct err *);

#endif

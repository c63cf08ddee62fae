/*
 * Paths to files that may be mail, in byte order, without opening a file.
 *
 * Symbolic links are followed only where the user named them; FIFOs, devices
 * and sockets never.  Metadata of mail servers is not mail.
 */
#ifndef BAREDOT_WALK_H
#define BAREDOT_WALK_H

#include "err.h"
#include "store.h"

struct walk_options {
	bool one_fs;		/* stay on the file system of the start */
	bool tmp;		/* tmp/ of a Maildir too */
	bool strict;		/* no access time changes, or it fails */
};

enum walk_skip {
	SKIP_SYMLINK, SKIP_SPECIAL, SKIP_METADATA, SKIP_OTHER_FS, SKIP_TMP
};
#define WALK_SKIPS 5

/* A folder.  Valid until its leave; children see their parent's. */
struct walk_dir {
	const char *path;	/* as the user would write it */
	size_t root;		/* bytes of path that the user named */
};

/*
 * What the walk tells.  false: stop here.
 * dir == NULL: the user named this very file, and name is its path.
 */
struct walk_sink {
	bool (*file)(void *, const struct walk_dir *, const char *name,
	    enum store_place);
	bool (*leave)(void *, const struct walk_dir *, bool settled);
	bool (*skipped)(void *, const struct walk_dir *, const char *name,
	    enum walk_skip);
	bool (*failed)(void *, const char *path, const struct err *);
	void *ctx;
};

/* Walk a file or folder that the user named.  False: a sink said stop. */
bool walk_path(const char *path, const struct walk_options *,
    const struct walk_sink *);

const char *walk_skip_text(enum walk_skip);

#endif

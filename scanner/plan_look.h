/*
 * Files without opening them, and what one seems to be.
 */
#ifndef BAREDOT_PLAN_LOOK_H
#define BAREDOT_PLAN_LOOK_H

#include <sys/stat.h>

#include "shard_plan.h"

/* Zeroed, with fd -1, before the first call. */
struct plan_look {
	int fd;			/* of the folder at hand */
	struct buf path;
};

void plan_look_free(struct plan_look *);

/*
 * The file's stat(2), not of what a link leads to unless dir is NULL: then name
 * is a path.  False: errno.
 */
bool plan_look_at(struct plan_look *, const struct walk_dir *dir,
    const char *name, struct stat *);

enum plan_is { PLAN_IS_OTHER, PLAN_IS_SINGLE, PLAN_IS_MBOX };

/* By its first bytes, for the file that was looked at last.  strict: its
 * access time must stay, or it is not read.  What cannot be read is other. */
enum plan_is plan_look_into(const struct plan_look *,
    const struct walk_dir *dir, const char *name, enum store_place,
    bool strict);

#endif

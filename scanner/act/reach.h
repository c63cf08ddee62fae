/*
 * The way to a folder that was named, part by part, so that no user leads us
 * anywhere but to what is theirs.
 *
 * A symbolic link belongs to whoever can change where it leads: its owner; or,
 * if that is root or the user who runs us, the owner of its folder, who may
 * put another such link in its place.  Links of root's and our own are
 * followed.  One of another user is followed to what that user owns, and
 * through no folder that is closed to them: what Apache calls
 * SymLinksIfOwnerMatch.  So is what lies behind it, by reach_allows.
 *
 * Each part is opened in the one before it, and looked at when it is open: who
 * changes a name after it was looked at changes nothing.  Without openat2, so
 * that a worker may ask too (seccomp.c).
 */
#ifndef BAREDOT_REACH_H
#define BAREDOT_REACH_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

#define REACH_SHOWN 80u		/* bytes of a path in a text */

/* A link of another user. */
struct reach_link {
	uid_t uid;		/* whose to change it is */
	char path[REACH_SHOWN + 1];	/* its end, if it is longer */
};

struct reach {
	int fd;			/* what is there, O_PATH; the caller's to
				 * close; -1: there is nothing */
	bool by_link;		/* the way went through `link` */
	struct reach_link link;	/* the first of them */
};

/*
 * Go to a folder.  Relative paths are taken from where we are.  ST_BAD: a link
 * is not followed, *e says which and what to do.  ST_DEAD: it cannot be
 * opened, e->num says why; also if it is no folder.  e: not NULL.
 */
int reach_folder(struct reach *, const char *path, struct err *e);

/* The same for what need not be a folder, such as a file to be written. */
int reach_any(struct reach *, const char *path, struct err *e);

/*
 * The same for the folder that the last part of the path is in.  name: that
 * part, which nothing was asked about; "." where there is none, as in "/".  A
 * path that ends in a slash is gone to its end, if that is there.
 */
int reach_parent(struct reach *, const char *path, char name[NAME_MAX + 1],
    struct err *e);

/*
 * The folder, or something in it, whose owner this is: ST_OK; ST_BAD, if the
 * way went through a link of another user.
 */
int reach_allows(const struct reach *, uid_t owner, struct err *);

/*
 * Whether a file that was named may be changed, by the way to it and by what
 * it is.  ST_BAD: not, *e says why: also if it is a link itself.  ST_DEAD: as
 * above.  Nothing is open afterwards.
 */
int reach_file(const char *path, struct err *e);

#endif

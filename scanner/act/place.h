/*
 * A folder with messages, held open: where they are, where temporaries go,
 * and who owns it.
 *
 * What was opened stays the same folder, whatever is done to the names above.
 */
#ifndef BAREDOT_PLACE_H
#define BAREDOT_PLACE_H

#include <sys/stat.h>

#include "err.h"
#include "mailname.h"
#include "owner.h"

struct place {
	char *path;		/* absolute */
	size_t root;		/* bytes of it that may lead through links, as
				 * reach.h says */
	bool maildir;		/* it is new/ or cur/ of one */
	bool cur;		/* cur/ */
	int dir;		/* the folder */
	int other;		/* Maildir: cur/ if dir is new/, and the
				 * other way round; else -1 */
	int tmp;		/* for temporaries: maildir_tmp, or dir */
	int maildir_tmp;	/* tmp/ of the Maildir, or -1 */
	int quota;		/* where maildirsize is (quota.h), or -1 */
	struct owner owner;
	dev_t dev;
	ino_t ino;		/* of the folder */
	bool read_only;		/* its file system was mounted so */
};

/*
 * Open the folder.  Relative paths are taken from where we are.  The first
 * `root` bytes are gone as reach.h says; behind them no link is followed.
 * ST_BAD: this folder must not be touched, *e says why.  ST_DEAD: it cannot be
 * opened.
 */
int place_open(struct place **out, const char *path, size_t root,
    struct err *);

/*
 * Open the folder of a mailbox that is one file, with the rights of that
 * file's owner: as the user, and where the folder is not theirs (a spool, like
 * root's /var/mail with the group "mail"), in the group that may write to it.
 * Temporaries go to the folder itself.  owner: who that is, or NULL: whose the
 * file is now.  As place_open.
 */
int place_open_mailbox(struct place **out, const char *path, size_t root,
    const char *name, const struct owner *owner, struct err *);

/*
 * Let `tmp` be where that temporary is, which a run before us made: a Maildir
 * may have got its tmp/ since.  ST_BAD: it cannot be told.
 */
int place_tmp_with(struct place *, const char *temp, struct err *);

/* ST_BAD: nothing can be changed there, *e says why. */
int place_writable(const struct place *, struct err *);

void place_close(struct place *);	/* NULL is fine */

/* A message in one of a place's folders. */
struct found {
	int dir;		/* place.dir or place.other */
	struct mailname name;	/* as it is now */
	struct stat st;		/* of the name: may be a link */
};

/*
 * Find the name; in a Maildir also with other flags, and in the other of new/
 * and cur/.  ST_END: it is not there.  ST_DEAD: the folder cannot be read, or
 * does not keep still.
 */
int place_find(const struct place *, const char *name, struct found *,
    struct err *);

#endif

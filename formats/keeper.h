/*
 * Which server keeps a file so that nobody else may change it: a queue, or a
 * mailbox with a size, an offset or an inode of the file written down
 * elsewhere.  And what to use there instead.
 *
 * A Maildir, an MH folder, an mbox and loose .eml files have no such keeper.
 * No name alone decides: each server is known by at least two facts, of the
 * file's name, its first bytes, the folders it is in and what else is there.
 * What is around a file can be faked by whoever may write there: the answer
 * is a reason to leave a file alone, never one to trust it.
 */
#ifndef BAREDOT_KEEPER_H
#define BAREDOT_KEEPER_H

#include "span.h"

#define KEEPER_HEAD 128u	/* bytes of the file that are looked at */

struct keeper {
	const char *server;	/* "Postfix" */
	const char *command;	/* "postsuper -h QUEUE_ID", or a few words */
};

/*
 * folder: as the user would write it; folder_fd: the same, open, or -1.
 * name: in there, without a slash.  head: the first bytes, KEEPER_HEAD of them
 * or all; empty if they are not known, and then some servers are not either.
 * Looks at names around the file and reads nothing.  NULL: nobody is known.
 */
const struct keeper *keeper_of(const char *folder, int folder_fd,
    const char *name, struct span head);

#endif

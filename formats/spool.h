/*
 * Which file of a mail queue a file is, where its content does not tell: by its
 * name, its folders and what is beside it.
 *
 * As for keeper.h no name alone decides; here it need not be the queue that a
 * server works on, a copy of it will do.
 */
#ifndef BAREDOT_SPOOL_H
#define BAREDOT_SPOOL_H

#include "store.h"

/* What is known of a folder; zeroed: nothing, it is looked at when needed. */
enum spool_folder {
	SPOOL_UNKNOWN, SPOOL_NONE, SPOOL_QMAIL, SPOOL_QMAIL_OTHER,
	SPOOL_COURIER
};

/*
 * The file name in the open folder fd.  Looks at names around it and reads
 * nothing.  PLACE_OTHER: it is in no such queue.
 */
enum store_place spool_place(int fd, enum spool_folder *, const char *name);

/* The same for a path. */
enum store_place spool_place_at(const char *path);

#endif

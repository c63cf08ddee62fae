/*
 * A mailbox on its way to be written over: what the parts of in_place.c share.
 */
#ifndef BAREDOT_IN_PLACING_H
#define BAREDOT_IN_PLACING_H

#include "box.h"
#include "over_log.h"

struct work {
	struct box *box;
	const struct intent *in;
	uint64_t seq;
	int fd;			/* the mailbox, held */
	bool live;		/* nobody has been at it since it was read */
	bool begin;		/* live, and not begun: go on */
	bool other;		/* another inode than it was: another file, if
				 * its contents do not say that it is ours;
				 * some file systems count anew when mounted */
	bool more;		/* mail was delivered behind it */
	bool over;		/* settled */
	struct stat st;
	struct over_log log;	/* what the last record says */
	struct settled *out;
};

/* What is in w->st, anew.  ST_DEAD: it cannot be seen. */
int in_placing_look(struct work *, struct err *);

/* The file is on the disk.  ST_DEAD: that is not known. */
int in_placing_sync(struct work *, struct err *);

/* The mailbox's name leads to the file of w->st. */
bool in_placing_is_at(const struct work *);

/* Settled: say so in the journal. */
int in_placing_finish(struct work *, bool commit, enum side message,
    struct err *);

/* All the steps that are left, of a file that is held; as in_place_settle. */
int in_placing_go(struct work *, struct err *);

#endif

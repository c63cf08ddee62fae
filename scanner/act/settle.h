/*
 * Bring an intent to an end: look at what is there, decide by a table, do one
 * step, look again.
 *
 * It is the second half of every act on a message that is a file of its own,
 * and the whole of its recovery, so that what is rare is done by the code that
 * is always done.  No errno is believed: after each step the names are looked
 * at anew.  Mailboxes that are one file: box_settle.h, in_place.h.
 */
#ifndef BAREDOT_SETTLE_H
#define BAREDOT_SETTLE_H

#include "intent.h"
#include "run.h"

/*
 * What a name leads to, in terms of an intent.  A file with another inode that
 * has all the bytes of the old or new one, and no more, is taken for it: a copy
 * was put back, or inodes were counted anew.
 */
enum side {
	SIDE_GONE,		/* nothing */
	SIDE_OLD,		/* the old file, as it was */
	SIDE_OLD_BAD,		/* the old file, written to, being so, or not
				 * to be read */
	SIDE_NEW,		/* the new file, as it was made; bytes may have
				 * been added */
	SIDE_NEW_BAD,		/* the new file, with other contents, or not
				 * to be read */
	SIDE_FILE,		/* another file */
	SIDE_SPECIAL		/* a link, FIFO, socket, device or folder, or
				 * where something is mounted */
};
#define SIDES 7

/* What only the process knows that has just done it. */
struct settle_live {
	const struct found *home;	/* where the message was taken from or
					 * put; that folder and place.tmp
					 * are not synced yet */
	int old;			/* the old file, open, or -1 */
	const struct stat *new;		/* the new file, known to be whole, or
					 * NULL */
};

struct settled {
	bool committed;		/* else all is as if nothing had been tried */
	enum side message;	/* what has the message's name now */
	struct mailname name;	/* its name, if it is not gone */
	bool was_bad;		/* the old file was written to meanwhile */
	bool was_other;		/* another file had taken its place */
	bool name_taken;	/* another message has the new name */
	int num;		/* the last errno of a step, 0: none */
};

/* One of several intents, all of one place. */
struct settle_item {
	const struct intent *intent;
	uint64_t seq;			/* of it in the journal */
	const struct settle_live *live;	/* NULL after a crash; else a new
					 * file that the mailbox may have by
					 * now was synced before */
	struct settled out;		/* nothing, unless rc is ST_OK */
	int rc;				/* ST_BAD: as settle; e says why */
	struct err e;
};

/*
 * Settle n intents of the run, with the rights of the place's owner.  Each goes
 * the way that it would go alone, but where one must wait for a sync the
 * others go on, so that one sync does for all.  ST_OK: see items[].rc.
 * ST_DEAD: as settle, and items[] say nothing.
 */
int settle_all(struct run *, const struct place *, struct settle_item *items,
    size_t n, struct err *);

/*
 * Settle intent seq of the run: as settle_all with one.  ST_BAD: unsettled,
 * because this mailbox does not let us; the intent stays open.  ST_DEAD:
 * unsettled, and the run must stop.  *e (not NULL) says why.
 */
int settle(struct run *, const struct place *, const struct intent *,
    uint64_t seq, const struct settle_live *live, struct settled *out,
    struct err *e);

#endif

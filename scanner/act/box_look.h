/*
 * What the two names of a change to a mailbox file lead to, the mailbox's and
 * the temporary's, and keeping those files still (hold.h) meanwhile.
 *
 * Unlike a message, a mailbox grows at any time; so the question is not only
 * which file it is but also whether mail was added to it.
 */
#ifndef BAREDOT_BOX_LOOK_H
#define BAREDOT_BOX_LOOK_H

#include "box.h"
#include "intent.h"

/* "Its contents": by inode, or the same bytes in another file. */
enum box_side {
	BOX_GONE,		/* nothing */
	BOX_OLD,		/* the old file, as it was */
	BOX_OLD_MORE,		/* it, with bytes added that are nowhere else */
	BOX_OLD_BAD,		/* it, changed otherwise */
	BOX_NEW,		/* the new file, as it was made */
	BOX_NEW_MORE,		/* it, with bytes added that are nowhere else */
	BOX_NEW_BAD,		/* it, changed otherwise, or not on the disk */
	BOX_FILE,		/* another file */
	BOX_SPECIAL		/* a link, folder, FIFO, socket or device */
};
#define BOX_SIDES 9

/* A file of which we know what is in it, because it is held. */
struct post {
	int fd;			/* > 0: reading and writing */
	bool own;		/* opened here */
	bool held;
	ino_t ino;
	uint64_t size;		/* bytes */
	enum box_side side;
};
#define POSTS 4

struct box_view {
	struct box *box;
	const struct intent *intent;
	uint64_t upto;		/* bytes of the temporary that are in the
				 * mailbox for certain; 0: none but its own */
	bool need_mail;		/* the mailbox must be held, too */
	ino_t loose;		/* a file of others that cannot be held */
	bool came;		/* somebody opened, or waits for, a file */
	struct post posts[POSTS];

	/* After view_look: */
	enum box_side temp, mail;
	struct stat temp_st, mail_st;	/* zero: nothing could be read */
	struct post *temp_post, *mail_post;	/* NULL: not held */
};

/* A file that is already held, with what is in it. */
void view_add(struct box_view *, int fd, enum box_side);

/*
 * Look, with the rights of the owner.  ST_BAD: what has the temporary's name
 * (or both, see need_mail) is not held: view_hold.  ST_DEAD: it cannot be
 * told.
 */
int view_look(struct box_view *, struct err *);

/*
 * Let go of all, let others do what they wait for, and hold what there is now.
 * ST_BAD: the time is up.  ST_DEAD: it cannot be done.
 */
int view_hold(struct box_view *, struct err *);

/* Let go of this one: who has waited may write to it. */
void view_release(struct box_view *, struct post *);

/* Close what was opened here. */
void view_end(struct box_view *);

#endif

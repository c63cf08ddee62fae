/*
 * An intent on its way to its end: what the parts of settle.c share.
 */
#ifndef BAREDOT_SETTLING_H
#define BAREDOT_SETTLING_H

#include "settle_table.h"
#include "side.h"

#define SETTLE_FAILURES_MAX 6u	/* of steps, until it is left as it is */

enum touched { IN_DIR = 1, IN_OTHER = 2, IN_TMP = 4 };

struct work {
	struct run *run;
	const struct place *place;
	const struct intent *intent;
	const struct settle_live *live;
	struct sides sides;
	enum side temp, mail;
	struct stat temp_st, mail_st;
	struct found at;	/* the message; if it is gone, where it was
				 * seen last */

	/* Of a swap by links only (settle_links.h), where `mail` is what has
	 * the old name: */
	struct mailname spare_name;
	enum side spare, fresh;	/* a second temporary; the new name */
	struct stat spare_st, fresh_st;
	struct found fresh_at;
	bool spare_copied;	/* it has a name in the mailbox, too */
	bool at_spare;		/* the step is about that temporary */

	bool temp_copied;	/* likewise; by links only */
	bool temp_linked, spare_linked;	/* by us just now, which may not show:
				 * some file systems count inodes by name */
	unsigned unsynced;	/* enum touched */
	unsigned waits;		/* for these to be synced */
	unsigned rounds, failures;
	bool over;		/* settled, or left as it is: rc */
	bool committed;
	int rc;
	bool back;		/* the new name cannot be had */
	bool dropped, given;	/* the temporary: what we did with it */
	bool keep_name;		/* the old name cannot be had again */
	struct settled *out;
};

/* Which of enum touched a folder of the place is. */
unsigned settling_bit(const struct work *, int dir);
unsigned settling_bit_of_tmp(const struct place *);

/* See what is there: w->temp, w->mail.  ST_DEAD: it cannot be seen. */
int settling_look(struct work *, struct err *);

/*
 * By links: a file with this stat, which is a temporary, has a name in the
 * mailbox, too.  ST_DEAD: it cannot be seen.
 */
int settling_is_copied(const struct work *, const struct stat *, bool *out,
    struct err *);

/* One of the names that the message may have.  ST_DEAD: likewise. */
int settling_look_under(struct work *, const char *name, struct found *at,
    enum side *, struct stat *, struct err *);

/* The name whose base the message should have, or NULL: it has it. */
const char *settling_wrong_base(const struct work *);

/*
 * Do one step.  That a call failed is counted, and no more: whether it was
 * done the next look shows.  ST_DEAD: no name for a file.
 */
int settling_do(struct work *, enum step, struct err *);

#endif

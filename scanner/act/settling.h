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
	enum side temp, mail;	/* what has the name of the temporary; what is
				 * the message */
	struct stat temp_st, mail_st;
	struct found at;	/* the message; if it is gone, where it was
				 * seen last */

	/* Of a swap by links only (settle_links.h), where `mail` is what has
	 * the old name: */
	struct mailname spare_name;	/* of the second temporary */
	enum side spare, fresh;	/* what has that; what has the new name */
	struct stat spare_st, fresh_st;
	struct found fresh_at;
	bool spare_copied;	/* the file has a name in the mailbox, too */
	bool at_spare;		/* the step is about the second temporary */

	/* By links only: */
	bool temp_copied;	/* as spare_copied, for the first temporary */
	bool temp_linked, spare_linked;	/* that name was given by us just now,
				 * which may not show: some file systems count
				 * inodes by name */

	unsigned unsynced;	/* enum touched */
	unsigned waits;		/* for these to be synced */
	unsigned rounds;	/* looks, and steps */
	unsigned failures;	/* of steps */
	bool over;		/* no more is done */
	int rc;			/* over: else than ST_OK it is not settled */
	bool committed;		/* over, and settled */
	bool back;		/* the new name cannot be had */
	bool keep_name;		/* the old name cannot be had again */
	bool dropped, given;	/* the (first) temporary, by us: it was tried */
	struct settled *out;
};

/* Which of enum touched a folder of the place is. */
unsigned settling_bit(const struct work *, int dir);
unsigned settling_bit_of_tmp(const struct place *);

/*
 * See what is there: w->temp, w->mail, and by links the others.  ST_DEAD: it
 * cannot be seen.
 */
int settling_look(struct work *, struct err *);

/*
 * *out: the file with this stat, which is a temporary, has a name in the
 * mailbox, too; false where the intent does not go by links.  ST_DEAD: it
 * cannot be seen.
 */
int settling_is_copied(const struct work *, const struct stat *, bool *out,
    struct err *);

/*
 * What has this name, in a Maildir with any flags.  Where nothing has it *at
 * stays.  ST_DEAD: it cannot be seen, or does not keep still.
 */
int settling_look_under(struct work *, const char *name, struct found *at,
    enum side *, struct stat *, struct err *);

/*
 * The name whose base the message should have, or NULL: it has it, or there is
 * none that it should have.
 */
const char *settling_wrong_base(const struct work *);

/*
 * Do one step, not ABORT or COMMIT.  That a call failed is counted, and no
 * more: whether it was done the next look shows.  ST_DEAD: no name can be found
 * for a file.
 */
int settling_do(struct work *, enum step, struct err *);

#endif

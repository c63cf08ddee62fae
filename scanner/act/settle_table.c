/*
 * See settle_table.h.
 */
#include "settle_table.h"

/*
 * By what is under the temporary's name (rows) and the message's (columns, in
 * the order of enum side).  Rows that are not there cannot be: ABORT.
 *
 * SWAP.  The temporary is new until the swap, and old after it.  What was
 * taken out of the mailbox is unlinked only when it is the old file, unchanged
 * and nobody is writing to it; another file is given back, also where somebody
 * put a copy of the old one into the mailbox: the two need not be the same.  A
 * link that was put under the temporary's name is nobody's mail.
 */
static const unsigned char swap_steps[SIDES][SIDES] = {
	/*		  gone   old    old-bad new    new-bad file   special */
	[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_OLD]     = { DROP,  DROP,  DROP,  DROP,   BACK,   DROP,  BACK },
	[SIDE_OLD_BAD] = { GIVE,  GIVE,  GIVE,  BACK,   BACK,   GIVE,  GIVE },
	[SIDE_NEW]     = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
	[SIDE_NEW_BAD] = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
	[SIDE_FILE]    = { GIVE,  ABORT, ABORT, BACK,   BACK,   GIVE,  GIVE },
	[SIDE_SPECIAL] = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
};

/*
 * REMOVE.  There is no new file, and what has the temporary's name was taken
 * out by us.  Nothing under it, and not the old file under the message's: that
 * was removed, by us or its owner; the copy is kept.  If we know that it was
 * not us settle.c says ABORT.
 */
static const unsigned char remove_steps[SIDES][SIDES] = {
	[SIDE_GONE]    = { COMMIT, ABORT, ABORT, COMMIT, COMMIT, COMMIT,
			   COMMIT },
	[SIDE_OLD]     = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_OLD_BAD] = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
	[SIDE_FILE]    = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
	[SIDE_SPECIAL] = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
};

/*
 * PUT.  There is no old file.  Not in the mailbox yet: then never.  A file of
 * others under the temporary's name stays.
 */
static const unsigned char put_steps[SIDES][SIDES] = {
	[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_NEW]     = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_NEW_BAD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_FILE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_SPECIAL] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
};

enum step
settle_step(enum act act, enum side temp, enum side mail)
{
	switch (act) {
	case ACT_SWAP:
		return (enum step)swap_steps[temp][mail];
	case ACT_REMOVE:
		return (enum step)remove_steps[temp][mail];
	case ACT_PUT:
		return (enum step)put_steps[temp][mail];
	case ACT_MBOX:		/* box_settle.c's, in_place_settle.c's */
		break;
	}
	return ABORT;
}

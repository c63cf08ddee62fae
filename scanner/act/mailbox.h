/*
 * New contents in the place of a mailbox that is one file (mbox): exchange
 * under locks and a lease (reliability 3.3).
 *
 * Nobody else has the file open while it is changed, and whoever comes
 * meanwhile waits.  A program that had already found the old file by its name
 * is noticed, and then all is as before and the outcome is OUTCOME_BUSY.  Mail
 * that is delivered at any time, also after a crash, to either file, is in the
 * mailbox once.  The original is stored before; owner, mode, attributes and
 * times stay, so that mail programs see new mail where there was some; if the
 * size stays the same the modification time is a second later, for them to see
 * that there is something to read.
 *
 * Where the file system has no leases or cannot swap names it is refused,
 * unless the run may do without (MAY_IN_PLACE): see in_place.h.
 */
#ifndef BAREDOT_MAILBOX_H
#define BAREDOT_MAILBOX_H

#include "exchange.h"
#include "settle.h"

struct mailbox_options {
	unsigned wait;		/* seconds, for others to let go; 0: one try */
};
#define MAILBOX_WAIT 30u	/* seconds; with NULL for the options */

/*
 * Change one mailbox.  change.write gets a copy of the mailbox to read, which
 * nobody can change and which is still being made, and not the file itself; it
 * is called under the locks, so that all that has been delivered by then is in
 * it.  Processes that are
 * forked in it must close what they inherit (hold.h).  keep_base means
 * nothing.  Without t->judged and t->sha it may be any file by that name.
 * See outcome.h for the result; e: not NULL.
 */
int mailbox_change(struct run *, const struct target *,
    const struct change *, const struct mailbox_options *, struct outcome *,
    struct err *);

/*
 * Put the original of intent `past`, number seq of this run, back; what was
 * delivered since stays behind it.  A mailbox that was changed otherwise is
 * left alone: OUTCOME_CHANGED.  For undo.c.
 */
int mailbox_undo(struct run *, uint64_t seq, struct intent *past,
    struct outcome *, struct err *);

/*
 * Settle intent seq of the run after a crash, in (its), as settle does.
 * Intents with `merges` first, the last of them first.  For recover.c.
 */
int mailbox_settle(struct run *, uint64_t seq, const struct intent *in,
    struct settled *, struct err *);

#endif

/*
 * Bring a change of a mailbox file to an end, as settle.h does for messages:
 * look, decide by a table, do one step, look again.
 *
 * It is more than that, because mail may have been added to the file that is
 * not the mailbox any more, by somebody who opened it before.  Such mail is
 * moved to the mailbox by one more change, with an intent of its own, so that
 * it is there exactly once whenever we are stopped.
 */
#ifndef BAREDOT_BOX_SETTLE_H
#define BAREDOT_BOX_SETTLE_H

#include "box_look.h"
#include "deed.h"

/* What is known of the change already. */
struct box_known {
	bool live;		/* it was begun just now, by us */
	int old, new;		/* live: the files, held before the swap (if
				 * they still are); -1: none */
	bool swapped;		/* a RECORD_SWAPPED says so */
	uint64_t upto;		/* see box_view */
};

/*
 * Settle intent seq, with the rights of the place's owner.  ST_BAD: unsettled
 * because this mailbox does not let us, or somebody uses it for longer than
 * box_allow; the intent stays open.  ST_DEAD: unsettled, and the run must
 * stop.  out->was_bad: somebody came meanwhile.  The files in *known stay
 * open.
 */
int box_settle(struct box *, const struct intent *, uint64_t seq,
    const struct box_known *, struct settled *out, struct err *);

/*
 * Do the change: record the intent (all but new and name are there), put the
 * sealed d->stage in the place of the mailbox, of which `old` is held, and
 * settle.  Not with the rights of the owner.  *num: errno of the swap, 0: it
 * was done.
 */
int box_exchange(struct box *, struct deed *, const struct meta *, int old,
    struct settled *out, int *num, struct err *);

/*
 * Write the first a_end bytes of a and then the bytes of b from b_at to b_end
 * to the empty file `to`; sha: of all of it.  ST_DEAD: cannot read or write.
 */
int box_join(int a, uint64_t a_end, int b, uint64_t b_at, uint64_t b_end,
    int to, uint8_t sha[HASH_SIZE], struct err *);

/*
 * Move what was added to a file `from` (held), from byte `at` on, to the
 * mailbox, of which `onto` is held, by a change of its own.  of: the intent to
 * which `from` belongs.  With the rights of the owner.  *moved: it is in the
 * mailbox; else it is not, and all is as before.
 */
int box_merge(struct box *, uint64_t of, const struct post *from,
    uint64_t at, const struct post *onto, bool *moved, struct err *);

/*
 * The same for a file that has no name any more: what was added gets a file of
 * its own first, which recovery will find.  ST_BAD: it stays there.
 */
int box_carry(struct box *, uint64_t of, const struct post *from,
    uint64_t at, struct err *);

#endif

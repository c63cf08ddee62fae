/*
 * A mailbox that is one file, and a change to it that may be taken back.
 */
#ifndef BAREDOT_MAILBOX_LOOK_H
#define BAREDOT_MAILBOX_LOOK_H

#include "intent.h"
#include "outcome.h"
#include "run.h"

/*
 * The file is what change `past` made of it, and perhaps mail behind that.
 * *sum: of its first bytes, as many as past->new.size or all that there are;
 * in it, size is how many the file has.  ST_BAD: *o says that it is not.
 */
int mailbox_is_past(const struct sum *, const struct intent *past,
    struct outcome *);

/* That sum of a file of `size` bytes.  ST_DEAD: it cannot be read. */
int mailbox_past_sum(int fd, uint64_t size, const struct intent *past,
    struct sum *out, struct err *);

/*
 * What mailbox_undo would come to, by looking: nothing is written or locked,
 * and who has it locked is not asked.  instead: -1, or the file that will be
 * the mailbox by then.  For undo_look.c.
 */
int mailbox_look(struct run *, struct intent *past, int instead,
    struct outcome *, struct err *);

#endif

/*
 * A message out of the mailbox, and back: quarantine and restore of one file
 * (reliability 3.5).
 *
 * Copied, checked, recorded, and only then removed; the copy is an original of
 * the run, out of reach of the mailbox's owner.
 */
#ifndef BAREDOT_REMOVE_H
#define BAREDOT_REMOVE_H

#include "intent.h"
#include "run.h"
#include "source.h"

/* Remove one message; reason: for the journal.  See outcome.h; e: not NULL. */
int remove_file(struct run *, const struct target *, const char *reason,
    struct outcome *, struct err *);

/*
 * Put the message that intent `past`, number seq of this run, removed back
 * where it was: name, owner, mode, times, attributes.  If its name is taken it
 * gets another base (Maildir), or is refused.
 */
int remove_undo(struct run *, uint64_t seq, struct intent *past,
    struct outcome *, struct err *);

/*
 * What remove_undo would come to, by looking; nothing is written.  taken:
 * another message will have its name by then.
 */
int remove_look(struct run *, struct intent *past, bool taken,
    struct outcome *, struct err *);

#endif

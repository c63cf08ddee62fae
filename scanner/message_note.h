/*
 * What a person wants to know of a message that is taken out of its mailbox:
 * a note (act/note.h) for the journal and the manifest.
 */
#ifndef BAREDOT_MESSAGE_NOTE_H
#define BAREDOT_MESSAGE_NOTE_H

#include "report.h"
#include "store.h"

/*
 * Where it is, which it is, its findings, the first bytes of From, To, Date,
 * Subject and Message-ID, and its separator.  st: the store that the message
 * is in, which can be read again, and stays where it is.  cwd: where a relative
 * path begins, or NULL.
 */
void message_note(struct buf *, struct store *st,
    const struct report_message *, const char *cwd,
    const struct report_options *);

#endif

/*
 * Notes on the messages of an intent: what it is good to know of them when the
 * mailbox is another, for the list of what is in quarantine.
 *
 * A note is a JSON object of one message, on one line and with all unsafe
 * characters escaped, as report/json.h writes it.  These members mean
 * something to the commands; more may be there, and are shown:
 *
 *   path, path_b64	the file it was in, as it was called then; lists
 *			show the absolute path of the intent instead
 *   index		of the message in the file, from 1
 *   offset, length	bytes of the message in the file, its separator not
 *			counted
 *   sha256		of these bytes, lower-case hex
 *   container_sha256	of the file, where it held other messages too
 *   separator		of an mbox: the "From " line, without its break
 *   headers		an object: from, to, subject, date, message_id, ...
 *   reason		why it was taken or changed
 *
 * The notes share the fate of the next intent.  If there is none, because the
 * message is refused or gone, they are void when the act returns:
 *
 * run_note* -> exchange_file | remove_file
 * mailbox_change -> change.write: run_drop_notes -> run_note*
 *
 * For a mailbox they must be written from change.write, since the record of
 * its lock comes before; write may do the same for exchange_file.
 */
#ifndef BAREDOT_NOTE_H
#define BAREDOT_NOTE_H

#include "history.h"
#include "run.h"

/* ST_DEAD: it cannot be recorded, so nothing may be changed. */
int run_note(struct run *, struct span json, struct err *);

/* Those since the last intent are void: what is in the file is read anew. */
void run_drop_notes(struct run *);

/* The text of note seq, into out.  ST_BAD: damaged. */
int note_read(struct journal *, uint64_t seq, struct buf *out, struct err *);

#endif

/*
 * New contents of a mailbox that is one file, written over the old ones in the
 * same file: for file systems without RENAME_EXCHANGE or leases (NFS), where
 * it was asked for (reliability 3.3, fallback).
 *
 * Under fcntl lock and lock file, and a lease where there are any.  Old and new
 * contents are originals of the run before the first byte is written; then
 *
 *   intent -> longer, synced -> RECORD_OVERWRITE -> written over, synced
 *       [-> RECORD_OVERWRITE, "written" -> shorter, synced] -> COMMIT
 *
 * The record says: the first `extent` bytes of the file become the `len` bytes
 * of the original `sha`; whatever is behind them was delivered since, and
 * stays.  extent >= len; if it is more, the rest is filled up, so that it can
 * be told whether it was cut off.  Mail behind something that is to be cut off
 * becomes part of one more original first, with a record of its own.
 *
 * From the first record to the end the mailbox is torn for whoever reads it,
 * also after a crash, until recovery.  Without leases only programs that lock
 * are kept out.
 */
#ifndef BAREDOT_IN_PLACE_H
#define BAREDOT_IN_PLACE_H

#include "box.h"
#include "deed.h"

/*
 * d->stage.fd has the new contents, as said; d->source is the
 * file, held.  Make them an original, and fill in the intent; meta: what the
 * file is to have, of which only the times count.  ST_BAD: *d->out.
 */
int in_place_prepare(struct deed *, const struct meta *,
    const struct said *, struct err *);

/*
 * Record the intent and do it.  ST_BAD: unsettled, as box_settle; the mailbox
 * may be torn.  ST_DEAD: likewise, and the run must stop.
 */
int in_place_exchange(struct box *, struct deed *, struct settled *,
    struct err *);

/*
 * After a crash.  Not with the rights of the owner.  ST_BAD: somebody uses the
 * mailbox, or wrote to it while it was torn.
 */
int in_place_settle(struct box *, const struct intent *, uint64_t seq,
    struct settled *, struct err *);

#endif

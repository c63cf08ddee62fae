/*
 * maildirsize: how much is in a Maildir and its folders, as Maildir++ servers
 * count it (store-formats 2.1).
 *
 * It is brought up to date as they do it: by adding a line, without a lock.  It
 * is not removed to have it counted anew, for its first line is the quota:
 * where
 * that is said nowhere else, it would be lost.
 *
 * The line is written once, when the change is settled and recorded, and not
 * synced.  So after a crash the count may be off by one message, which is no
 * harm: servers count anew when the file has 5120 bytes, or when it says that
 * the quota is exceeded.
 */
#ifndef BAREDOT_QUOTA_H
#define BAREDOT_QUOTA_H

#include "intent.h"
#include "outcome.h"
#include "settle.h"

/*
 * The folder where maildirsize is or would be: that of the Maildir, or, for a
 * folder of a Maildir++, that above it.  maildir: the open folder with cur/,
 * new/ and tmp/.  An O_PATH descriptor, the caller closes it; -1: none.
 */
int quota_open(const struct place *, int maildir);

/*
 * Tell maildirsize what was done; with the rights of the owner.  Nothing to
 * do where there is no such file, or where the intent was not done.  It never
 * fails: o->note says what could not be done; o may be NULL.
 */
void quota_settled(const struct place *, const struct intent *,
    const struct settled *, struct outcome *o);

#endif

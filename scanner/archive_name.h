/*
 * What the name of an archive's member says of it, as the walk would of a
 * file (walk.h).
 */
#ifndef BAREDOT_ARCHIVE_NAME_H
#define BAREDOT_ARCHIVE_NAME_H

#include "span.h"
#include "store.h"

/*
 * False: it is left alone, whatever is in it: data of a mail server, tmp/ of a
 * Maildir, no name at all.
 *
 * cur/ and new/ are those of a Maildir only for a name that one would have,
 * time.unique.host or with flags (maildir(5)): an archive does not say what
 * else is in a folder, and whatever is in a Maildir is taken for mail.
 */
bool archive_name_place(struct span name, enum store_place *out);

#endif

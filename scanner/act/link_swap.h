/*
 * The swap of exchange.c on a file system without RENAME_EXCHANGE (NFS, many
 * of FUSE), where it was asked for: links give names, which never replaces
 * anything, and renaming to a temporary takes them.
 *
 * A Maildir message gets a new base name, so first the new file gets its name,
 * and then the old one is taken out: there are two of it for a moment.  Who
 * removes one of the two leaves the other.  Where the name stays the old file
 * must be taken out first, into the same folder: the message is not there for
 * an instant, and if we die in it, not before recovery.  A Maildir message
 * that is to keep its base is refused by exchange.c.
 *
 * What came of it settle finds out (settle_links.h).
 */
#ifndef BAREDOT_LINK_SWAP_H
#define BAREDOT_LINK_SWAP_H

#include "deed.h"

/*
 * For n of a place, recorded; sets at, live, error of each.  With the rights
 * of the owner.  ST_DEAD: the disk fails; settle must not go on.
 */
int link_swap_all(struct deed *list, size_t n, struct err *);

#endif

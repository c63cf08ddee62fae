/*
 * Where the state folder is if nobody says: /var/lib/baredot for root, else
 * baredot in $XDG_STATE_HOME or ~/.local/state (XDG Base Directory
 * Specification 0.8).
 */
#ifndef BAREDOT_STATEHOME_H
#define BAREDOT_STATEHOME_H

#include "buf.h"
#include "err.h"

/* Its path, added to out.  ST_DEAD: it cannot be told. */
int statehome_path(struct buf *out, struct err *);

/* Make the folders above it, mode 0700, those that are not there. */
int statehome_make(const char *path, struct err *);

#endif

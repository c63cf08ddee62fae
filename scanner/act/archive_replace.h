/*
 * A new archive in the place of the old one, or beside it (reliability 3.4).
 */
#ifndef BAREDOT_ARCHIVE_REPLACE_H
#define BAREDOT_ARCHIVE_REPLACE_H

#include "exchange.h"

/*
 * output NULL: exchange_file, with all that it promises; the old archive is
 * an original of the run.
 *
 * Else the new one is a new file of that path, and the old one stays as it is;
 * nothing is recorded.  It belongs to the owner of its folder, with no more
 * rights than the old one gives.  OUTCOME_REFUSED: also if something has that
 * name.  It is on the disk, whole, when it gets the name, or there is none.
 *
 * c->write: archive_rewrite, in a process of its own; where that changed
 * nothing (facts.size 0) it must say ST_BAD.  See outcome.h; e: not NULL.
 */
int archive_replace(struct run *, const struct target *,
    const struct change *c, const char *output, struct outcome *,
    struct err *e);

#endif

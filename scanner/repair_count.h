/*
 * What there is in a message of what a repair is for, as a scan counts it.
 */
#ifndef BAREDOT_REPAIR_COUNT_H
#define BAREDOT_REPAIR_COUNT_H

#include "engine.h"

/* Look-alikes: findings of eod.*, but what is said for information alone. */
enum repair_class { REPAIR_BARE_CR, REPAIR_BARE_LF, REPAIR_CRLFS,
    REPAIR_CRCRLF, REPAIR_NULS, REPAIR_LOOK_ALIKES };
#define REPAIR_CLASSES 6

/* n[class]: of a message that was judged so. */
void repair_count(const struct verdict *, uint64_t n[REPAIR_CLASSES]);

/* Its bytes with each line end as CRLF: RFC822.SIZE in IMAP, W= in Maildir. */
static inline uint64_t
repair_wire_size(const struct verdict *v)
{
	return v->tally->size + v->tally->breaks[BRK_LF].count;
}

#endif

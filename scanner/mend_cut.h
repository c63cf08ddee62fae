/*
 * What may go when a message goes: not more than it and its separator.
 */
#ifndef BAREDOT_MEND_CUT_H
#define BAREDOT_MEND_CUT_H

#include "mend_apply.h"

/*
 * The old bytes say that it is so: a From_ line is before it, or nothing, and
 * an empty line at most behind it.  Its numbers are within the file and in
 * order.  False also if these bytes cannot be read.
 */
bool mend_cut_is_message(struct mend_apply *, const struct mend_cut *);

#endif

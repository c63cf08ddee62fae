/*
 * What was found in a file, as few bytes: numbers, most of which are 0.
 */
#ifndef BAREDOT_FOUND_H
#define BAREDOT_FOUND_H

#include "job.h"

/* Add totals and folder of a delta; its other members are left out. */
void found_put(struct buf *, const struct delta *);

/* False: no found_put made these bytes; *out is then not to be used. */
bool found_take(struct span, struct delta *out);

#endif

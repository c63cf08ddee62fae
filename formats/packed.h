/*
 * What compressed data unpack to, as a source of bytes.
 */
#ifndef BAREDOT_PACKED_H
#define BAREDOT_PACKED_H

#include "budget.h"
#include "packing.h"

/*
 * What the input below decompresses to; any filter but NONE.  below and budget
 * (or NULL) are borrowed until the source is closed.  ST_DEAD, also of its
 * calls: damaged, beyond the budget, or a read error below; *e says so, perhaps
 * in libarchive's words.
 */
int packed_source(enum filter, struct input *below, struct budget *budget,
    struct byte_source *out, struct err *);

#endif

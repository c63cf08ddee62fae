/*
 * The options of repairs as those of fix.h; a part of repair.c.
 */
#ifndef BAREDOT_REPAIR_OPTIONS_H
#define BAREDOT_REPAIR_OPTIONS_H

#include "repair.h"

/* For these codes; lines will end like that. */
struct fix_options repair_fix_options(const struct repair_options *,
    code_set, enum brk to, bool cr_is_break);

/*
 * What is repaired in a message that was judged so: the severity of a code is
 * not the same in all.
 */
code_set repair_codes_in(const struct repair_options *,
    const struct verdict *);

#endif

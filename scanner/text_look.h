/*
 * Small looks at text that is in memory.
 */
#ifndef BAREDOT_TEXT_LOOK_H
#define BAREDOT_TEXT_LOOK_H

#include "fix.h"

/* Bytes up to the end of the first empty line, or all. */
size_t text_block_size(struct span);

/* A line of more than max bytes, its break not counted. */
bool text_has_wide_line(struct span, size_t max);

bool text_has_high_byte(struct span);	/* >= 0x80 */

/* Behind the first `from` bytes is a look-alike that this would repair; the
 * break around it may be before them. */
bool text_has_look_alike(struct span, size_t from, const struct fix_options *,
    const struct kernel *);

#endif

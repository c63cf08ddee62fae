/*
 * Small looks at text that is in memory.
 */
#ifndef BAREDOT_TEXT_LOOK_H
#define BAREDOT_TEXT_LOOK_H

#include "span.h"

/* Bytes up to the end of the first empty line, or all. */
size_t text_block_size(struct span);

/* A line of more than max bytes, its break not counted. */
bool text_has_wide_line(struct span, size_t max);

bool text_has_high_byte(struct span);	/* >= 0x80 */

#endif

/*
 * What archives a scan looks into, and how far; a part of options.c.
 */
#ifndef BAREDOT_UNPACK_OPTIONS_H
#define BAREDOT_UNPACK_OPTIONS_H

#include <stdbool.h>

#include "budget.h"

/* Bits 1 << enum packed_as: all but iso. */
unsigned unpack_kinds_default(void);

/* Both are false for a usage error, which was explained. */
bool unpack_kinds(const char *list, unsigned *out);
bool unpack_limits(const char *list, struct limits *out);

#endif

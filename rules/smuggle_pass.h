/*
 * Which lines of a body need not be looked at for an SMTP dialogue: most of
 * them.  A part of smuggle.c.
 */
#ifndef BAREDOT_SMUGGLE_PASS_H
#define BAREDOT_SMUGGLE_PASS_H

#include "kernel.h"

struct needles;

/* What commands, fences and marks hold.  NULL: no memory. */
struct needles *smuggle_words(const struct kernel *);

/* Bytes of these whole lines up to the first that is not blank, perhaps
 * less. */
size_t smuggle_pass_blank(struct span lines);

/*
 * The same up to the first that may be a command, fence or mark; but if any
 * line before that is not blank (KIND_BLANK), only up to the last such line.
 */
size_t smuggle_pass_text(const struct needles *, struct span lines);

#endif

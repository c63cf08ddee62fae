/*
 * What formats share in which a file is one message, from where the input is to
 * its end.
 */
#ifndef BAREDOT_SINGLE_H
#define BAREDOT_SINGLE_H

#include "format.h"

/* The file's only message; *given: it was returned before. */
int single_next(bool *given, const char *format, enum brk native,
    const struct input *, struct msg *);

/* As format.read. */
int single_read(void *state, struct input *, struct span *, struct err *);

/* The last part of a path, as store_how.name. */
struct span single_base(struct span name);

#endif

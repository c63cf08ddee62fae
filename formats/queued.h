/*
 * What formats of queues share: a file holds one message, from where the
 * input is to its end.
 */
#ifndef BAREDOT_QUEUED_H
#define BAREDOT_QUEUED_H

#include "format.h"

/* The file's only message; *given: it was returned before. */
int queued_next(bool *given, const char *format, enum brk native,
    const struct input *, struct msg *);

/* As format.read. */
int queued_read(void *state, struct input *, struct span *, struct err *);

/* The last part of a path, as store_how.name. */
struct span queued_base(struct span name);

#endif

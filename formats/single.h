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

/* Up to n bytes, and at least one, unless it is not ST_OK. */
typedef int single_copy(void *ctx, uint8_t *p, size_t n, size_t *got);

/*
 * byte_source.read of who copies a message piece by piece.  *status: of the
 * last piece, ST_OK at first; once it is another, it stays.  *why: of ST_DEAD.
 */
int single_fill(single_copy *copy, void *ctx, int *status,
    const struct err *why, uint8_t *p, size_t n, size_t *got, struct err *e);

#endif

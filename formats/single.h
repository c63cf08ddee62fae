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

/*
 * A message that is read out of one or more inputs, piece by piece: what
 * format.decode makes.  ctx, and this, are borrowed until the source is closed.
 */
struct pieces {
	/* The next bytes, up to n: *got, which is 0 before, of them and
	 * perhaps none.  Any status but ST_OK is the last one. */
	int (*some)(void *ctx, uint8_t *p, size_t n, size_t *got);
	void (*close)(void *ctx);	/* or NULL */
	void *ctx;
	const struct err *said;		/* of ST_DEAD, then */
	int status;			/* zeroed before the first read */
};

/*
 * The end of a format.decode, which is not ready (rc), or ST_OK: then *out is
 * the message.  Else *p->said is told, p is closed, and rc returned.
 */
int single_begun(struct pieces *p, int rc, struct byte_source *out,
    struct err *);

/* The last part of a path, as store_how.name. */
struct span single_base(struct span name);

#endif

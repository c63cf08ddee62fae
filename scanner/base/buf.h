/*
 * Bytes that grow, up to a cap.
 *
 * Writers latch: after a failed append every later one does nothing, so a
 * writer appends what it has to and asks buf_ok once.  A zeroed struct buf
 * is empty and ready; its memory is reused after buf_clear.
 */
#ifndef BAREDOT_BUF_H
#define BAREDOT_BUF_H

#include "span.h"

struct buf {
	uint8_t *p;
	size_t n;		/* bytes in use */
	size_t cap;		/* bytes allocated */
	bool failed;		/* out of memory, since the last buf_clear */
};

void buf_free(struct buf *);		/* its memory; it is empty again */
void buf_clear(struct buf *);		/* keeps the memory */
bool buf_ok(const struct buf *);

void buf_add(struct buf *, const void *, size_t n);
void buf_str(struct buf *, const char *);
void buf_byte(struct buf *, uint8_t);
void buf_u64(struct buf *, uint64_t);	/* in decimal */
void buf_grouped(struct buf *, uint64_t);	/* 1,234,567 */
void buf_hex(struct buf *, const uint8_t *, size_t n);	/* lower case */
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A NUL-terminated view, valid until the next append; "" when it failed. */
const char *buf_text(struct buf *);

struct span buf_span(const struct buf *);

#endif

/*
 * Write JSON, a value after another, into a buffer.
 *
 * Our own and not a library's: a record is written once, in order, and never
 * held as a tree; libraries cost ten times the time per record and leave C1
 * and bidi characters unescaped (docs/architecture.md).  Commas are the
 * writer's business.  Errors latch in the buffer.
 */
#ifndef BAREDOT_JSON_H
#define BAREDOT_JSON_H

#include "escape.h"

struct json {
	struct buf *out;
	uint32_t more;		/* bit d: a comma is due at depth d */
	unsigned depth;		/* at most 31 */
};

struct json json_begin(struct buf *out);

void json_open(struct json *, char bracket);	/* '{' or '[' */
void json_close(struct json *, char bracket);	/* '}' or ']' */
void json_key(struct json *, const char *key);	/* then one value */

void json_text(struct json *, const char *);	/* UTF-8 or not */
void json_text_bytes(struct json *, struct span);	/* the same, any bytes;
						 * what is no UTF-8 is lost */
void json_u64(struct json *, uint64_t);		/* over 2^53 - 1: a string */
void json_bool(struct json *, bool);
void json_hex(struct json *, const uint8_t *, size_t n);

/*
 * "key": text, and where that is not exact, "key_b64": base64 too.
 */
void json_bytes(struct json *, const char *key, struct span);

/* json_key and a value. */
void json_key_text(struct json *, const char *key, const char *);
void json_key_u64(struct json *, const char *key, uint64_t);
void json_key_bool(struct json *, const char *key, bool);

#endif

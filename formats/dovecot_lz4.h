/*
 * What Dovecot's zlib plugin compresses as lz4, as a source of bytes: blocks
 * of lz4, each behind its length, in a frame of Dovecot's own.
 *
 * The frame is that of Dovecot's iostream-lz4.h, the blocks are as the LZ4
 * block format has them.  Neither has a checksum.
 */
#ifndef BAREDOT_DOVECOT_LZ4_H
#define BAREDOT_DOVECOT_LZ4_H

#include "input.h"

#define DOVECOT_LZ4_MAGIC "Dovecot-LZ4\x0d\x2a\x9b\xc5"
#define DOVECOT_LZ4_BLOCK (64u << 10)	/* bytes that one unpacks to, at most */

struct dovecot_lz4;

struct dovecot_lz4 *dovecot_lz4_new(void);	/* NULL: no memory */
void dovecot_lz4_free(struct dovecot_lz4 *);	/* NULL is fine */

/* What the input below decompresses to, which begins with the magic; borrowed
 * until the source is closed, and so is the struct. */
struct byte_source dovecot_lz4_source(struct dovecot_lz4 *,
    struct input *below);

/* A block, to at most room bytes at out.  False: it is damaged.  *n: bytes. */
bool dovecot_lz4_block(struct span block, uint8_t *out, size_t room,
    size_t *n);

#endif

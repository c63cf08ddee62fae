/*
 * SHA-256, or a tag, of one message after another.
 *
 * hash_new | hash_new_tag -> (hash_begin -> hash_feed* -> hash_end)* ->
 *     hash_free
 * mac_new -> mac_of* -> mac_free
 *
 * A tag (GMAC, NIST SP 800-38D) takes a fifth of the time and tells as well
 * whether bytes are the same, but only to this process and those it forked
 * since its first hash_new_tag: its key is random, and goes with them.
 */
#ifndef BAREDOT_HASH_H
#define BAREDOT_HASH_H

#include "span.h"

#define HASH_SIZE 32		/* bytes; a tag has zeros in the second half */

struct hash;

struct hash *hash_new(void);	/* NULL: no memory, or no SHA-256 */
struct hash *hash_new_tag(void);	/* NULL: no memory, or no GMAC */
void hash_free(struct hash *);	/* NULL is fine */

void hash_begin(struct hash *);
void hash_feed(struct hash *, struct span);

/* False when libcrypto failed since hash_begin; out is then untouched. */
bool hash_end(struct hash *, uint8_t out[HASH_SIZE]);

/*
 * HMAC-SHA-256 (RFC 2104) with a random key that nobody else learns: it is
 * made by mac_new, is nowhere but in memory, and is wiped by mac_free.
 */
struct mac;

struct mac *mac_new(void);	/* NULL: no memory, HMAC or random bytes */
void mac_free(struct mac *);	/* NULL is fine */

/* False when libcrypto failed; out is then untouched. */
bool mac_of(struct mac *, struct span, uint8_t out[HASH_SIZE]);

#endif

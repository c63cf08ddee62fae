/*
 * What one DKIM-Signature field says: RFC 6376 3.2 (tag lists), 3.5 (tags)
 * and 6.1.1 (when it must be ignored).
 *
 * No key is asked for and no signature verified; b= is only looked at for its
 * syntax.
 */
#ifndef BAREDOT_DKIM_TAGS_H
#define BAREDOT_DKIM_TAGS_H

#include "hash.h"

#define DKIM_NAME_MAX 255u	/* bytes of a domain name: RFC 1035 2.3.4 */

enum dkim_canon { DKIM_SIMPLE, DKIM_RELAXED };
#define DKIM_CANONS 2

enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };

/* A name as it stands in the field: bytes of others. */
struct dkim_name {
	size_t n;		/* 0: there is none that could be read */
	uint8_t p[DKIM_NAME_MAX];
};

struct dkim_tags {
	const char *why;	/* the field must be ignored; NULL: it need
				 * not be.  Then the rest is what was read
				 * before that showed. */
	struct dkim_name domain, selector;	/* d=, s= */
	const char *algorithm;		/* a=, a literal; or NULL */
	const char *canonicalization;	/* c=, the same: "relaxed/simple" */
	enum dkim_algorithm is;		/* the algorithm, if there is one */
	enum dkim_canon body;		/* the second word of c= */
	bool has_length;
	uint64_t length;	/* l=, octets; beyond uint64_t: UINT64_MAX - 1.
				 * UINT64_MAX: there is no l= */
	uint8_t bh[HASH_SIZE];	/* but of rsa-sha1 */
};

/* value: the field's, folded or not, as field.value of fields.h. */
void dkim_tags_read(struct dkim_tags *, struct span value);

/* The same of an ARC-Message-Signature, which has no v= and whose i= is a
 * number: RFC 8617 4.1.2. */
void dkim_tags_read_arc(struct dkim_tags *, struct span value);

/* Without folding white space around it: RFC 6376 2.8. */
struct span dkim_trim(struct span);

/* The value of one tag, in place; false: there is none, or it is no list. */
bool dkim_tags_find(struct span value, struct span name, struct span *out);

#endif

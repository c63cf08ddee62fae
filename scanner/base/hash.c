/*
 * See hash.h.  Through EVP, so that a FIPS provider is honoured.
 */
#include "hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hash {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	bool ok;
};

struct hash *
hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (h->md != NULL && h->ctx != NULL)
		return h;
	hash_free(h);
	return NULL;
}

void
hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void
hash_begin(struct hash *h)
{
	h->ok = EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;
}

void
hash_feed(struct hash *h, struct span s)
{
	h->ok = h->ok && EVP_DigestUpdate(h->ctx, s.p, s.n) == 1;
}

bool
hash_end(struct hash *h, uint8_t out[HASH_SIZE])
{
	uint8_t sum[HASH_SIZE];
	unsigned n = 0;

	if (!h->ok || EVP_DigestFinal_ex(h->ctx, sum, &n) != 1 ||
	    n != HASH_SIZE)
		return false;
	memcpy(out, sum, HASH_SIZE);
	return true;
}

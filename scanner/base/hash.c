/*
 * See hash.h.  Through EVP, so that a FIPS provider is honoured.
 */
#include "hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
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

struct mac {
	EVP_MAC *is;
	EVP_MAC_CTX *ctx;
	uint8_t key[HASH_SIZE];
};

struct mac *
mac_new(void)
{
	struct mac *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->is = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (m->is != NULL)
		m->ctx = EVP_MAC_CTX_new(m->is);
	if (m->ctx != NULL && RAND_bytes(m->key, (int)sizeof(m->key)) == 1)
		return m;
	mac_free(m);
	return NULL;
}

void
mac_free(struct mac *m)
{
	if (m == NULL)
		return;
	EVP_MAC_CTX_free(m->ctx);
	EVP_MAC_free(m->is);
	OPENSSL_cleanse(m->key, sizeof(m->key));
	free(m);
}

bool
mac_of(struct mac *m, struct span s, uint8_t out[HASH_SIZE])
{
	char name[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
		    0), OSSL_PARAM_construct_end() };
	uint8_t sum[HASH_SIZE];
	size_t n = 0;

	if (EVP_MAC_init(m->ctx, m->key, sizeof(m->key), params) != 1 ||
	    EVP_MAC_update(m->ctx, s.p, s.n) != 1 ||
	    EVP_MAC_final(m->ctx, sum, &n, sizeof(sum)) != 1 ||
	    n != HASH_SIZE)
		return false;
	memcpy(out, sum, HASH_SIZE);
	return true;
}

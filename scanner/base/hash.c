/*
 * See hash.h.  Through EVP, so that a FIPS provider is honoured.
 */
#include "hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define KEY_SIZE 16
#define TAG_SIZE 16
#define IV_SIZE 12

struct hash {
	EVP_MD *md;		/* of SHA-256, or NULL */
	EVP_MD_CTX *ctx;
	EVP_MAC_CTX *mac;	/* of a tag, or NULL */
	bool ok;
};

/* Names of all there is, and texts of errors, take libcrypto as long as the
 * rest of its start; it reads openssl.cnf in any case. */
static void
start_small(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
	    OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, NULL);
}

struct hash *
hash_new(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	start_small();
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (h->md != NULL && h->ctx != NULL)
		return h;
	hash_free(h);
	return NULL;
}

static uint8_t key[KEY_SIZE];

static bool
draw_key(void)
{
	static bool drawn;

	drawn = drawn || RAND_bytes(key, sizeof(key)) == 1;
	return drawn;
}

static EVP_MAC_CTX *
new_mac(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "GMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	return ctx;
}

struct hash *
hash_new_tag(void)
{
	struct hash *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->mac = draw_key() ? new_mac() : NULL;
	if (h->mac != NULL)
		return h;
	hash_free(h);
	return NULL;
}

void
hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	EVP_MAC_CTX_free(h->mac);
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

/*
 * No tag is shown to anybody, so that one IV for all of them tells nobody
 * anything of the key.
 */
static bool
begin_tag(EVP_MAC_CTX *mac)
{
	static char cipher[] = "AES-128-GCM";
	uint8_t iv[IV_SIZE] = { 0 };
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
		    cipher, 0),
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_IV, iv,
		    sizeof(iv)),
		OSSL_PARAM_construct_end()
	};

	return EVP_MAC_init(mac, key, sizeof(key), params) == 1;
}

void
hash_begin(struct hash *h)
{
	h->ok = h->mac != NULL ? begin_tag(h->mac) :
	    EVP_DigestInit_ex2(h->ctx, h->md, NULL) == 1;
}

void
hash_feed(struct hash *h, struct span s)
{
	h->ok = h->ok && (h->mac != NULL ?
	    EVP_MAC_update(h->mac, s.p, s.n) :
	    EVP_DigestUpdate(h->ctx, s.p, s.n)) == 1;
}

static bool
end_tag(EVP_MAC_CTX *mac, uint8_t out[HASH_SIZE])
{
	uint8_t tag[TAG_SIZE];
	size_t n = 0;

	if (EVP_MAC_final(mac, tag, &n, sizeof(tag)) != 1 || n != TAG_SIZE)
		return false;
	memset(out, 0, HASH_SIZE);
	memcpy(out, tag, TAG_SIZE);
	return true;
}

bool
hash_end(struct hash *h, uint8_t out[HASH_SIZE])
{
	uint8_t sum[HASH_SIZE];
	unsigned n = 0;

	if (h->ok && h->mac != NULL)
		return end_tag(h->mac, out);
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

/*
 * See journal_raw.h.
 */
#include "journal_raw.h"

#include <errno.h>

static void
put_number(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		buf_byte(b, (uint8_t)(v >> (8 * i)));
}

uint64_t
journal_raw_number(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* The checksum of a whole record in memory, its own field left out. */
static int
record_sum(struct span raw, uint8_t out[HASH_SIZE], struct err *e)
{
	struct hash *h = hash_new();
	bool ok = false;

	if (h != NULL) {
		hash_begin(h);
		hash_feed(h, (struct span){ raw.p, RAW_SUM_AT });
		hash_feed(h, (struct span){ raw.p + RAW_HEAD,
		    raw.n - RAW_HEAD });
		ok = hash_end(h, out);
	}
	hash_free(h);
	return ok ? ST_OK : err_set(e, ST_DEAD, 0, "journal: cannot hash");
}

int
journal_raw_compose(const struct journal_raw *r, struct buf *out,
    struct err *e)
{
	static const uint8_t no_sum[HASH_SIZE];
	uint8_t sum[HASH_SIZE];
	int rc;

	buf_clear(out);
	put_number(out, r->fields.n + RAW_PAYLOAD_HEAD, 4);
	put_number(out, r->seq, 8);
	buf_add(out, r->prev, HASH_SIZE);
	buf_add(out, no_sum, HASH_SIZE);
	buf_byte(out, (uint8_t)r->type);
	put_number(out, r->unsynced, 4);
	put_number(out, r->notes, 4);
	buf_add(out, r->fields.p, r->fields.n);
	if (!buf_ok(out))
		return err_set(e, ST_DEAD, ENOMEM, "journal");
	if ((rc = record_sum(buf_span(out), sum, e)) == ST_OK)
		memcpy(out->p + RAW_SUM_AT, sum, HASH_SIZE);
	return rc;
}

int
journal_raw_whole(struct span raw, size_t *n, struct err *e)
{
	uint8_t sum[HASH_SIZE];
	uint64_t len;

	if (raw.n < RAW_HEAD)
		return ST_BAD;
	len = journal_raw_number(raw.p, 4);
	if (len < RAW_PAYLOAD_HEAD || len > RAW_LEN_MAX ||
	    len > raw.n - RAW_HEAD)
		return ST_BAD;
	*n = RAW_HEAD + (size_t)len;
	if (record_sum((struct span){ raw.p, *n }, sum, e) != ST_OK)
		return ST_DEAD;
	return memcmp(sum, raw.p + RAW_SUM_AT, HASH_SIZE) == 0 ? ST_OK : ST_BAD;
}

/*
 * See dovecot_lz4.h.
 */
#include "dovecot_lz4.h"

#include <stdlib.h>

/* Of a block that nothing could be saved in. */
#define PACKED_MAX (DOVECOT_LZ4_BLOCK + DOVECOT_LZ4_BLOCK / 255 + 16)
#define MATCH_MIN 4u
#define MORE 15u		/* of a length: others are added */

enum lz4_at { LZ4_START, LZ4_BLOCKS, LZ4_FAILED };

struct dovecot_lz4 {
	struct input *below;
	enum lz4_at state;
	size_t n, at;		/* bytes in plain; those that were shown */
	uint8_t packed[PACKED_MAX];
	uint8_t plain[DOVECOT_LZ4_BLOCK];
};

struct dovecot_lz4 *
dovecot_lz4_new(void)
{
	return calloc(1, sizeof(struct dovecot_lz4));
}

void
dovecot_lz4_free(struct dovecot_lz4 *z)
{
	free(z);
}

/* A length that began with four bits of the token.  False: cut off, or more
 * than there is in any block. */
static bool
length(struct span *s, size_t *n)
{
	uint8_t more = *n == MORE ? 255 : 0;

	while (more == 255) {
		if (s->n == 0 || *n > PACKED_MAX)
			return false;
		more = s->p[0];
		*n += more;
		*s = (struct span){ s->p + 1, s->n - 1 };
	}
	return true;
}

/* Bytes that came out before, once more; they may reach into what comes. */
static bool
match(struct span *s, size_t n, uint8_t *out, size_t room, size_t *at)
{
	size_t back;

	if (s->n < 2)
		return false;
	back = (size_t)(s->p[0] | s->p[1] << 8);
	*s = (struct span){ s->p + 2, s->n - 2 };
	if (!length(s, &n))
		return false;
	n += MATCH_MIN;
	if (back == 0 || back > *at || n > room - *at)
		return false;
	for (; n > 0; n--, (*at)++)
		out[*at] = out[*at - back];
	return true;
}

bool
dovecot_lz4_block(struct span s, uint8_t *out, size_t room, size_t *n)
{
	size_t literals;
	uint8_t token;

	*n = 0;
	while (s.n > 0) {
		token = s.p[0];
		s = (struct span){ s.p + 1, s.n - 1 };
		literals = token >> 4;
		if (!length(&s, &literals) || literals > s.n ||
		    literals > room - *n)
			return false;
		memcpy(out + *n, s.p, literals);
		*n += literals;
		s = (struct span){ s.p + literals, s.n - literals };
		if (s.n == 0)
			return true;	/* the last ones are literals */
		if (!match(&s, token & MORE, out, room, n))
			return false;
	}
	return false;
}

/* The next n bytes of what is below.  ST_END: there is none of them. */
static int
take(struct dovecot_lz4 *z, uint8_t *p, size_t n, struct err *e)
{
	struct span s;
	size_t got = 0;
	int rc = ST_OK;

	while (got < n && (rc = input_peek(z->below, 1, &s, e)) == ST_OK) {
		if (s.n > n - got)
			s.n = n - got;
		memcpy(p + got, s.p, s.n);
		got += s.n;
		input_consume(z->below, s.n);
	}
	return rc == ST_END && got > 0 ? err_set(e, ST_DEAD, 0,
	    "the compressed data are cut off") : rc;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static int
begin(struct dovecot_lz4 *z, struct err *e)
{
	uint8_t head[sizeof(DOVECOT_LZ4_MAGIC) - 1 + 4];
	const int rc = take(z, head, sizeof(head), e);

	if (rc != ST_OK)
		return rc;
	z->state = LZ4_BLOCKS;
	return be32(head + sizeof(head) - 4) <= DOVECOT_LZ4_BLOCK ? ST_OK :
	    err_set(e, ST_DEAD, 0, "its blocks are larger than Dovecot's");
}

static int
damaged(struct err *e)
{
	return err_set(e, ST_DEAD, 0, "the compressed data are damaged");
}

/* ST_END: there are no more. */
static int
next_block(struct dovecot_lz4 *z, struct err *e)
{
	uint8_t size[4];
	uint32_t n;
	int rc = take(z, size, sizeof(size), e);

	if (rc != ST_OK)
		return rc;
	n = be32(size);
	z->at = z->n = 0;
	if (n == 0 || n > sizeof(z->packed))
		return damaged(e);
	if ((rc = take(z, z->packed, n, e)) != ST_OK)
		return rc != ST_END ? rc : err_set(e, ST_DEAD, 0,
		    "the compressed data are cut off");
	return dovecot_lz4_block((struct span){ z->packed, n }, z->plain,
	    sizeof(z->plain), &z->n) ? ST_OK :
	    damaged(e);
}

static int
lz4_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct dovecot_lz4 *z = ctx;
	int rc = ST_OK;

	(void)off;
	if (z->state == LZ4_FAILED)
		return damaged(e);
	if (z->state == LZ4_START)
		rc = begin(z, e);
	while (rc == ST_OK && z->at == z->n)
		rc = next_block(z, e);
	if (rc == ST_DEAD)
		z->state = LZ4_FAILED;
	if (rc != ST_OK)
		return rc;
	*got = n < z->n - z->at ? n : z->n - z->at;
	memcpy(p, z->plain + z->at, *got);
	z->at += *got;
	return ST_OK;
}

struct byte_source
dovecot_lz4_source(struct dovecot_lz4 *z, struct input *below)
{
	z->state = LZ4_START;
	z->below = below;
	z->n = z->at = 0;
	return (struct byte_source){ .read = lz4_read, .ctx = z };
}

/*
 * See gzip.h.
 */
#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum gzip_state { GZIP_START, GZIP_INSIDE, GZIP_BETWEEN, GZIP_FAILED };

struct gzip {
	z_stream z;
	bool ready;		/* z was initialised */
	enum gzip_state state;
	struct input *below;
};

struct gzip *
gzip_new(void)
{
	return calloc(1, sizeof(struct gzip));
}

void
gzip_free(struct gzip *g)
{
	if (g == NULL)
		return;
	if (g->ready)
		(void)inflateEnd(&g->z);
	free(g);
}

bool
gzip_magic(struct span head)
{
	return head.n >= 3 && head.p[0] == 0x1f && head.p[1] == 0x8b &&
	    head.p[2] == 8;
}

static int
gzip_begin_member(struct gzip *g, struct err *e)
{
	int rc;

	if (g->ready)
		rc = inflateReset(&g->z);
	else
		rc = inflateInit2(&g->z, 16 + MAX_WBITS);
	if (rc != Z_OK)
		return err_set(e, ST_DEAD, 0, "cannot set up zlib");
	g->ready = true;
	g->state = GZIP_INSIDE;
	return ST_OK;
}

/* Behind a member: another one, zeros, or the end. */
static int
gzip_between(struct gzip *g, struct err *e)
{
	struct span s;
	size_t i;
	int rc;

	while ((rc = input_peek(g->below, 3, &s, e)) == ST_OK) {
		if (gzip_magic(s))
			return gzip_begin_member(g, e);
		for (i = 0; i < s.n && s.p[i] == 0; i++)
			;
		if (i == 0)
			return err_set(e, ST_DEAD, 0,
			    "what follows the compressed data is not gzip");
		input_consume(g->below, i);
	}
	return rc;
}

/* Inflate once; *got may be 0. */
static int
gzip_step(struct gzip *g, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	struct span s;
	int rc;

	rc = input_peek(g->below, 1, &s, e);
	if (rc == ST_END)
		return err_set(e, ST_DEAD, 0,
		    "the compressed data are cut off");
	if (rc != ST_OK)
		return rc;
	g->z.next_in = (z_const Bytef *)s.p;
	g->z.avail_in = s.n < UINT_MAX ? (uInt)s.n : UINT_MAX;
	g->z.next_out = p;
	g->z.avail_out = n < UINT_MAX ? (uInt)n : UINT_MAX;
	rc = inflate(&g->z, Z_NO_FLUSH);
	input_consume(g->below, (size_t)(g->z.next_in - s.p));
	*got = (size_t)(g->z.next_out - p);
	if (rc == Z_STREAM_END)
		g->state = GZIP_BETWEEN;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return err_set(e, ST_DEAD, 0,
		    "the compressed data are damaged");
	return ST_OK;
}

static int
gzip_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct gzip *g = ctx;
	size_t made = 0;
	int rc = ST_OK;

	(void)off;
	while (rc == ST_OK && made == 0) {
		if (g->state == GZIP_FAILED)
			rc = err_set(e, ST_DEAD, 0, "the compressed data "
			    "are damaged");
		else if (g->state == GZIP_START)
			rc = gzip_begin_member(g, e);
		else if (g->state == GZIP_BETWEEN)
			rc = gzip_between(g, e);
		else
			rc = gzip_step(g, p, n, &made, e);
	}
	if (rc == ST_DEAD)
		g->state = GZIP_FAILED;
	if (rc == ST_OK)
		*got = made;
	return rc;
}

struct byte_source
gzip_source(struct gzip *g, struct input *below)
{
	g->state = GZIP_START;
	g->below = below;
	return (struct byte_source){ .read = gzip_read, .ctx = g };
}

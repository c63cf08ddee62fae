/*
 * See drip.h.
 */
#include "drip.h"

#include <stdlib.h>

uint64_t
drip_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static int
drip_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct drip *d = ctx;
	const size_t step = d->step > 0 ? d->step :
	    (size_t)(1 + drip_random(&d->seed) % 999);

	if (off != d->at && !d->seekable)
		abort();
	d->at = off < d->bytes.n ? (size_t)off : d->bytes.n;
	if (d->at >= d->fail_at)
		d->dead = true;
	if (d->dead)
		return err_set(e, ST_DEAD, 0, "the drip fails");
	if (d->at >= d->bytes.n)
		return ST_END;
	if (n > step)
		n = step;
	if (n > d->bytes.n - d->at)
		n = d->bytes.n - d->at;
	if (n > d->fail_at - d->at)
		n = (size_t)(d->fail_at - d->at);
	memcpy(p, d->bytes.p + d->at, n);
	d->at += n;
	d->served += n;
	*got = n;
	return ST_OK;
}

static void
drip_close(void *ctx)
{
	((struct drip *)ctx)->closed++;
}

struct byte_source
drip_source(struct drip *d)
{
	return (struct byte_source){ .read = drip_read,
	    .close = drip_close, .ctx = d, .seekable = d->seekable };
}

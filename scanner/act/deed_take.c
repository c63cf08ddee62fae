/*
 * See deed.h: a source becomes an original in the same pass in which it is
 * read for the first time.
 */
#include <errno.h>
#include <unistd.h>

#include "deed.h"

#define STEP (1u << 20)		/* bytes copied at once */

static int
failed(struct deed *d, int rc, const struct err *e)
{
	d->take_rc = rc;
	if (rc == ST_DEAD)
		d->take_e = *e;
	return rc;
}

/* What could not be read or written. */
static int
explain(struct deed *d, int rc, const struct err *own, struct err *e)
{
	if (rc == ST_BAD)
		return failed(d, err_set(e, ST_DEAD, own->num,
		    "cannot store the original"), e);
	rc = err_set(e, ST_DEAD, own->num, "cannot read");
	return failed(d, deed_not_done(d, rc, e), e);
}

/* All of it is there. */
static int
take_all(struct deed *d, struct err *e)
{
	int rc;

	if ((rc = summing_end(&d->taking, &d->source.sum, e)) != ST_OK ||
	    (rc = blob_written(&d->blob, &d->source.sum, e)) != ST_OK)
		return failed(d, rc, e);
	return ST_OK;
}

/* As root, if that is what we are. */
static int
take_more(struct deed *d, struct err *e)
{
	const uint64_t size = (uint64_t)d->source.st.st_size;
	const uint64_t at = d->taking.sum.size;
	const uint64_t end = size - at < STEP ? size : at + STEP;
	struct err own = { 0 };
	int rc;

	if (d->take_rc == ST_DEAD)
		*e = d->take_e;
	if (d->take_rc != ST_OK || d->taking.what == 0)
		return d->take_rc;
	rc = summing_file(&d->taking, d->source.fd, end, d->blob.fd, &own);
	if (rc != ST_OK)
		return explain(d, rc, &own, e);
	if (d->taking.sum.size < end)
		return failed(d, outcome_set(d->out, OUTCOME_BUSY, 0,
		    "it became shorter while it was copied"), e);
	d->source.sum = d->taking.sum;
	return end == size ? take_all(d, e) : ST_OK;
}

int
deed_take_begin(struct deed *d, struct err *e)
{
	int rc;

	if ((rc = blob_start(d->run->blobs, &d->blob, e)) != ST_OK ||
	    (rc = summing_begin(&d->taking, SUM_TAG, e)) != ST_OK)
		return rc;
	blob_follow(&d->blob, (uint64_t)d->source.st.st_size);
	return take_more(d, e);
}

int
deed_take_end(struct deed *d, struct err *e)
{
	int rc;

	do
		rc = take_more(d, e);
	while (rc == ST_OK && d->taking.what != 0);
	return rc;
}

int
deed_take_sum(struct deed *d, struct err *e)
{
	const int rc = blob_read_back(&d->blob, e);

	if (rc != ST_OK)
		return rc;
	memcpy(d->source.sum.sha, d->blob.sum.sha, HASH_SIZE);
	deed_set_old(d);
	return ST_OK;
}

int
deed_take_differs(struct deed *d, const struct said *said, struct err *e)
{
	struct stat st;
	int rc;

	if (fstat(d->stage.fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((uint64_t)st.st_size != d->source.sum.size)
		return ST_OK;
	if (!said->tag && (rc = deed_take_sum(d, e)) != ST_OK)
		return rc;
	return !sum_is(&d->source.sum, said) ? ST_OK : outcome_set(d->out,
	    OUTCOME_SAME, 0, "there is nothing to change");
}

/* Asked for with the rights of the owner: the originals are nobody else's. */
static int
more(void *ctx, uint64_t *have, struct err *e)
{
	const struct owner owner = owner_step_out();
	struct deed *d = ctx;
	int rc;

	rc = take_more(d, e);
	*have = d->taking.sum.size;
	if (rc == ST_BAD)
		rc = err_set(e, ST_DEAD, d->out->num, "%s", d->out->reason);
	return owner_step_in(owner, rc, e);
}

int
deed_filling(struct deed *d, struct filling *out, struct err *e)
{
	int fd;

	if (blob_read(&d->blob, &fd, e) != ST_OK)
		return ST_DEAD;
	*out = (struct filling){ .fd = fd, .more = more, .ctx = d,
	    .size = (uint64_t)d->source.st.st_size,
	    .have = d->source.sum.size,
	    .st = &d->source.st };
	return ST_OK;
}

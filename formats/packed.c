/*
 * See packed.h.
 */
#include "packed.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "dovecot_lz4.h"
#include "gzip.h"
#include "unarchive.h"

struct decoder {
	struct archive *a;	/* NULL: one of these does it */
	struct gzip *gzip;
	struct dovecot_lz4 *lz4;
	struct byte_source inflate;	/* what it makes */
	struct feed feed;
	struct contents at;
	struct budget *budget;
	enum filter filter;
	uint64_t start;		/* of what is below, in bytes into that */
};

static int
use_filter(struct archive *a, enum filter f)
{
	static int (*const uses[])(struct archive *) = {
		[FILTER_BZIP2] = archive_read_support_filter_bzip2,
		[FILTER_XZ] = archive_read_support_filter_xz,
		[FILTER_ZSTD] = archive_read_support_filter_zstd,
		[FILTER_LZ4] = archive_read_support_filter_lz4,
		[FILTER_LZIP] = archive_read_support_filter_lzip,
		[FILTER_COMPRESS] = archive_read_support_filter_compress,
	};

	/* A warning: it would run a program. */
	return uses[f](a) == ARCHIVE_OK &&
	    archive_read_support_format_raw(a) == ARCHIVE_OK &&
	    archive_read_support_format_empty(a) == ARCHIVE_OK ? ST_OK :
	    ST_BAD;
}

static void
decoder_close(void *ctx)
{
	struct decoder *d = ctx;

	if (d == NULL)
		return;
	if (d->a != NULL)
		(void)archive_read_free(d->a);
	gzip_free(d->gzip);
	dovecot_lz4_free(d->lz4);
	free(d);
}

static int
open_filter(struct decoder *d, enum filter filter, struct err *e)
{
	struct archive_entry *entry;
	int rc;

	if ((d->a = archive_read_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	if (use_filter(d->a, filter) != ST_OK)
		return err_set(e, ST_DEAD, 0,
		    "this libarchive does not unpack %s",
		    packing_filter_name(filter));
	if ((rc = unarchive_open(d->a, &d->feed, false, e)) != ST_OK)
		return rc;
	/* Nothing in it is fine. */
	if ((rc = archive_read_next_header(d->a, &entry)) != ARCHIVE_OK &&
	    rc != ARCHIVE_EOF)
		return unarchive_damaged(d->a, &d->feed, ST_DEAD, e);
	contents_begin(&d->at, rc == ARCHIVE_EOF ? NULL : d->a, &d->feed,
	    d->budget, true);
	return ST_OK;
}

static int
inflate_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct decoder *d = ctx;
	int rc;

	rc = d->inflate.read(d->inflate.ctx, off, p, n, got, e);
	if (rc == ST_OK && d->budget != NULL)
		rc = budget_bytes(d->budget, *got, e);
	return rc;
}

static int
open_gzip(struct decoder *d, struct err *e)
{
	if ((d->gzip = gzip_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	d->inflate = gzip_source(d->gzip, d->feed.in);
	return ST_OK;
}

static int
open_lz4(struct decoder *d, struct err *e)
{
	if ((d->lz4 = dovecot_lz4_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	d->inflate = dovecot_lz4_source(d->lz4, d->feed.in);
	return ST_OK;
}

static bool
is_zeros(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

/*
 * Behind compressed data nothing may stand but padding, as gzip.c has it: what
 * would be passed over is not clean.  rc: of the last call.
 */
static int
check_end(struct decoder *d, int rc, struct err *e)
{
	const uint64_t given = input_offset(d->feed.in) - d->start;
	uint64_t left;
	struct span s;

	if (rc != ST_END)
		return rc;
	left = given - (uint64_t)archive_filter_bytes(d->a, -1);
	if (left > d->feed.last.n)
		left = d->feed.last.n;
	s = (struct span){ d->feed.last.p + (d->feed.last.n - left),
	    (size_t)left };
	for (rc = ST_OK; rc == ST_OK && is_zeros(s); )
		rc = input_take(d->feed.in, &s, e);
	if (rc == ST_OK)
		rc = err_set(e, ST_DEAD, 0, "what follows the compressed "
		    "data is not %s", packing_filter_name(d->filter));
	d->feed.last.n = 0;
	d->at.failed = rc == ST_DEAD;
	return rc;
}

static int
decode_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct decoder *d = ctx;

	return check_end(d, contents_read(&d->at, off, p, n, got, e), e);
}

static int
decode_lend(void *ctx, struct span *out, struct err *e)
{
	struct decoder *d = ctx;

	return check_end(d, contents_lend(&d->at, out, e), e);
}

int
packed_source(enum filter filter, struct input *below, struct budget *budget,
    struct byte_source *out, struct err *e)
{
	struct decoder *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	d->feed.in = below;
	d->budget = budget;
	d->filter = filter;
	d->start = input_offset(below);
	if ((rc = filter == FILTER_GZIP ? open_gzip(d, e) :
	    filter == FILTER_DOVECOT_LZ4 ? open_lz4(d, e) :
	    open_filter(d, filter, e)) != ST_OK) {
		decoder_close(d);
		return rc;
	}
	*out = (struct byte_source){ .ctx = d, .close = decoder_close,
	    .read = d->a == NULL ? inflate_read : decode_read,
	    .lend = d->a == NULL ? NULL : decode_lend };
	return ST_OK;
}

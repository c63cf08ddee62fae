/*
 * See packed.h.
 */
#include "packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>

#include "gzip.h"

/* What libarchive reads; its callbacks cannot return our errors. */
struct feed {
	struct input *in;
	struct err e;		/* of a read that failed */
	bool failed;
};

/* The contents of the member at hand, block by block. */
struct contents {
	struct archive *a;
	struct feed *feed;
	struct budget *budget;	/* or NULL */
	bool counted;		/* blocks were decompressed */
	struct span block;	/* not given yet */
	uint64_t gap;		/* zeros before it */
	uint64_t made;		/* bytes up to the end of block */
	bool failed;
};

struct members {
	struct archive *a;
	locale_t unicode;	/* (locale_t)0: there is none */
	struct feed feed;
	struct budget *budget;
	struct contents at;	/* of the last one */
	bool counted;		/* its contents are compressed */
	bool drain;		/* its bytes have to be read to get behind it */
	uint64_t n;
};

struct decoder {
	struct archive *a;	/* NULL: gzip does it */
	struct gzip *gzip;
	struct byte_source inflate;	/* what it makes */
	struct feed feed;
	struct contents at;
	struct budget *budget;
};

/* --- what libarchive reads */

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **out)
{
	struct feed *f = ctx;
	struct span s;
	int rc;

	(void)a;
	*out = NULL;
	if ((rc = input_peek(f->in, 1, &s, &f->e)) == ST_END)
		return 0;
	if (rc != ST_OK) {
		f->failed = true;
		return ARCHIVE_FATAL;
	}
	/* It stays where it is until the next peek, which is the next call. */
	input_consume(f->in, s.n);
	*out = s.p;
	return (la_ssize_t)s.n;
}

static la_int64_t
on_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
	struct feed *f = ctx;
	const uint64_t size = input_size(f->in);
	const uint64_t base = whence == SEEK_CUR ? input_offset(f->in) :
	    whence == SEEK_END ? size : 0;

	(void)a;
	if (off < 0 ? (uint64_t)-off > base : (uint64_t)off > size - base)
		return ARCHIVE_FATAL;
	input_seek(f->in, off < 0 ? base - (uint64_t)-off :
	    base + (uint64_t)off);
	return (la_int64_t)input_offset(f->in);
}

/* A file may be cut off: libarchive finds that out by itself. */
static la_int64_t
on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct feed *f = ctx;
	const uint64_t at = input_offset(f->in);
	const uint64_t left = input_size(f->in) - at;

	(void)a;
	if (n <= 0)
		return 0;
	input_seek(f->in, at + ((uint64_t)n < left ? (uint64_t)n : left));
	return (la_int64_t)(input_offset(f->in) - at);
}

/* Not a file whose size is known: what is packed in another, a pipe. */
static bool
is_stream(const struct input *in)
{
	return !input_can_seek(in) || input_size(in) == 0;
}

/* What libarchive says, which may hold bytes of the archive. */
static int
damaged(struct archive *a, struct feed *f, int status, struct err *e)
{
	const char *said = archive_error_string(a);
	char text[160];
	size_t n = 0;

	if (f->failed) {
		*e = f->e;
		return status;
	}
	for (; said != NULL && said[n] != '\0' && n < sizeof(text) - 1; n++)
		text[n] = said[n] >= ' ' && said[n] <= '~' ? said[n] : '?';
	text[n] = '\0';
	return err_set(e, status, 0, "it cannot be unpacked%s%s",
	    n > 0 ? ": " : "", text);
}

static int
open_feed(struct archive *a, struct feed *f, struct err *e)
{
	(void)archive_read_set_callback_data(a, f);
	(void)archive_read_set_read_callback(a, on_read);
	if (!is_stream(f->in)) {
		(void)archive_read_set_seek_callback(a, on_seek);
		(void)archive_read_set_skip_callback(a, on_skip);
	}
	return archive_read_open1(a) == ARCHIVE_OK ? ST_OK :
	    damaged(a, f, ST_DEAD, e);
}

/* --- contents */

/* The next block, which may have a gap before it: a sparse file's. */
static int
next_block(struct contents *c, struct err *e)
{
	const void *p;
	size_t n;
	la_int64_t off;
	const int rc = archive_read_data_block(c->a, &p, &n, &off);

	if (rc == ARCHIVE_EOF)
		return ST_END;
	/* A warning: a sum is wrong. */
	if (rc != ARCHIVE_OK)
		return damaged(c->a, c->feed, ST_DEAD, e);
	if (off < 0 || (uint64_t)off < c->made || n > (uint64_t)(INT64_MAX -
	    off))
		return err_set(e, ST_DEAD, 0,
		    "it cannot be unpacked: blocks out of order");
	c->gap = (uint64_t)off - c->made;
	c->block = (struct span){ p, n };
	c->made = (uint64_t)off + n;
	return ST_OK;
}

static size_t
give_gap(struct contents *c, uint8_t *p, size_t n)
{
	if (n > c->gap)
		n = (size_t)c->gap;
	memset(p, 0, n);
	c->gap -= n;
	return n;
}

static size_t
give_block(struct contents *c, uint8_t *p, size_t n)
{
	if (n > c->block.n)
		n = c->block.n;
	memcpy(p, c->block.p, n);
	c->block = (struct span){ c->block.p + n, c->block.n - n };
	return n;
}

static int
contents_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct contents *c = ctx;
	int rc = ST_OK;

	(void)off;
	if (c->failed)
		return err_set(e, ST_DEAD, 0, "it cannot be unpacked");
	while (rc == ST_OK && c->gap == 0 && c->block.n == 0)
		rc = next_block(c, e);
	if (rc == ST_OK) {
		const bool made = c->gap > 0 || c->counted;

		*got = c->gap > 0 ? give_gap(c, p, n) : give_block(c, p, n);
		if (c->budget != NULL && made)
			rc = budget_bytes(c->budget, *got, e);
	}
	c->failed = rc == ST_DEAD;
	return rc;
}

static void
contents_begin(struct contents *c, struct archive *a, struct feed *f,
    struct budget *b, bool counted)
{
	*c = (struct contents){ .a = a, .feed = f, .budget = b,
	    .counted = counted };
}

/* --- compression */

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
	    archive_read_support_format_raw(a) == ARCHIVE_OK ? ST_OK : ST_BAD;
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
	if ((rc = open_feed(d->a, &d->feed, e)) != ST_OK)
		return rc;
	/* Nothing in it is fine. */
	if ((rc = archive_read_next_header(d->a, &entry)) != ARCHIVE_OK &&
	    rc != ARCHIVE_EOF)
		return damaged(d->a, &d->feed, ST_DEAD, e);
	contents_begin(&d->at, d->a, &d->feed, d->budget, true);
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
decode_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct decoder *d = ctx;

	return contents_read(&d->at, off, p, n, got, e);
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
	if ((rc = filter == FILTER_GZIP ? open_gzip(d, e) :
	    open_filter(d, filter, e)) != ST_OK) {
		decoder_close(d);
		return rc;
	}
	*out = (struct byte_source){ .ctx = d, .close = decoder_close,
	    .read = filter == FILTER_GZIP ? inflate_read : decode_read };
	return ST_OK;
}

/* --- archives */

/* With its table of contents where one can go there: zip, 7z and iso. */
static int
use_format(struct archive *a, enum packed_as as, bool stream)
{
	static int (*const uses[])(struct archive *) = {
		[PACKED_TAR] = archive_read_support_format_tar,
		[PACKED_CPIO] = archive_read_support_format_cpio,
		[PACKED_ZIP] = archive_read_support_format_zip_seekable,
		[PACKED_7Z] = archive_read_support_format_7zip,
		[PACKED_AR] = archive_read_support_format_ar,
		[PACKED_ISO] = archive_read_support_format_iso9660,
	};

	if (stream && as == PACKED_ZIP)
		return archive_read_support_format_zip_streamable(a);
	return uses[as](a);
}

void
members_close(struct members *m)
{
	if (m == NULL)
		return;
	if (m->a != NULL)
		(void)archive_read_free(m->a);
	if (m->unicode != (locale_t)0)
		freelocale(m->unicode);
	free(m);
}

static int
open_members(struct members *m, enum packed_as as, struct err *e)
{
	const bool stream = is_stream(m->feed.in);

	if (stream && as == PACKED_7Z)
		return err_set(e, ST_BAD, 0,
		    "a 7z archive can only be read from a file of its own");
	if ((m->a = archive_read_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	if (use_format(m->a, as, stream) != ARCHIVE_OK)
		return err_set(e, ST_BAD, 0,
		    "this libarchive does not unpack %s",
		    packing_archive_name(as));
	m->counted = as == PACKED_ZIP || as == PACKED_7Z;
	m->drain = stream || as == PACKED_7Z;
	m->unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return open_feed(m->a, &m->feed, e);
}

int
members_open(struct members **out, enum packed_as as, struct input *in,
    struct budget *budget, struct err *e)
{
	struct members *m = calloc(1, sizeof(*m));
	int rc;

	if (m == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	m->feed.in = in;
	m->budget = budget;
	if ((rc = open_members(m, as, e)) != ST_OK) {
		members_close(m);
		return rc;
	}
	*out = m;
	return ST_OK;
}

/* What libarchive would pass over it decompresses all the same. */
static int
pass_over(struct members *m, struct err *e)
{
	struct contents *c = &m->at;
	int rc;

	if (!m->drain || c->a == NULL || c->failed)
		return ST_OK;
	do {
		rc = c->counted ? budget_bytes(m->budget, c->block.n, e) :
		    ST_OK;
		c->block.n = 0;
		if (rc != ST_OK)
			return rc;
	} while (next_block(c, e) == ST_OK);
	/* A damaged one was told of, or nobody wanted it. */
	return ST_OK;
}

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, s != NULL ? strlen(s) : 0 };
}

/* In a C locale libarchive has no name for what is said in Unicode. */
static int
next_header(const struct members *m, struct archive_entry **out)
{
	const locale_t before = m->unicode != (locale_t)0 ?
	    uselocale(m->unicode) : (locale_t)0;
	const int rc = archive_read_next_header(m->a, out);

	if (before != (locale_t)0)
		(void)uselocale(before);
	return rc;
}

static struct span
name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	return text_span(name != NULL ? name :
	    archive_entry_pathname_utf8(entry));
}

static void
describe(struct archive_entry *entry, struct member *out)
{
	out->name = name_of(entry);
	out->regular = archive_entry_filetype(entry) == AE_IFREG &&
	    archive_entry_hardlink(entry) == NULL;
	out->size = archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > 0 ?
	    (uint64_t)archive_entry_size(entry) : 0;
	out->mtime = archive_entry_mtime_is_set(entry) ?
	    (int64_t)archive_entry_mtime(entry) : 0;
}

int
members_next(struct members *m, struct member *out, struct err *e)
{
	struct archive_entry *entry;
	int rc;

	if ((rc = pass_over(m, e)) != ST_OK)
		return rc;
	m->at.a = NULL;
	rc = next_header(m, &entry);
	if (rc == ARCHIVE_EOF)
		return ST_END;
	if (rc == ARCHIVE_FATAL)
		return damaged(m->a, &m->feed, ST_DEAD, e);
	*out = (struct member){ .ordinal = ++m->n };
	if (budget_member(m->budget, e) != ST_OK)
		return ST_DEAD;
	describe(entry, out);
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return damaged(m->a, &m->feed, ST_BAD, e);
	if (archive_entry_is_data_encrypted(entry) > 0)
		return err_set(e, ST_BAD, 0, "it is encrypted");
	contents_begin(&m->at, m->a, &m->feed, m->budget, m->counted);
	return ST_OK;
}

struct byte_source
members_source(struct members *m)
{
	return (struct byte_source){ .read = contents_read, .ctx = &m->at };
}

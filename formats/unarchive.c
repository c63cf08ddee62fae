/*
 * See unarchive.h.
 */
#include "unarchive.h"

static la_ssize_t
on_read(struct archive *a, void *ctx, const void **out)
{
	struct feed *f = ctx;
	struct span s;
	int rc;

	(void)a;
	*out = NULL;
	/* What it shows is valid until the next call of this. */
	if ((rc = input_take(f->in, &s, &f->e)) == ST_END)
		return 0;
	if (rc != ST_OK) {
		f->failed = true;
		return ARCHIVE_FATAL;
	}
	f->last = s;
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

bool
unarchive_streams(const struct input *in)
{
	return !input_can_seek(in) || input_size(in) == 0;
}

/* libarchive's words may hold bytes of the archive. */
int
unarchive_damaged(struct archive *a, const struct feed *f, int status,
    struct err *e)
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
	(void)err_set(e, status, 0, "it cannot be unpacked%s%s",
	    n > 0 ? ": " : "", text);
	return err_plain(e, status, "it cannot be unpacked");
}

int
unarchive_open(struct archive *a, struct feed *f, bool seek, struct err *e)
{
	(void)archive_read_set_callback_data(a, f);
	(void)archive_read_set_read_callback(a, on_read);
	if (seek) {
		(void)archive_read_set_seek_callback(a, on_seek);
		(void)archive_read_set_skip_callback(a, on_skip);
	}
	return archive_read_open1(a) == ARCHIVE_OK ? ST_OK :
	    unarchive_damaged(a, f, ST_DEAD, e);
}

int
contents_next(struct contents *c, struct err *e)
{
	const void *p;
	size_t n;
	la_int64_t off;
	int rc;

	if (c->a == NULL)
		return ST_END;
	rc = archive_read_data_block(c->a, &p, &n, &off);
	if (rc == ARCHIVE_EOF)
		return ST_END;
	/* A warning: a sum is wrong. */
	if (rc != ARCHIVE_OK)
		return unarchive_damaged(c->a, c->feed, ST_DEAD, e);
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

int
contents_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	struct contents *c = ctx;
	int rc = ST_OK;

	(void)off;
	if (c->failed)
		return err_set(e, ST_DEAD, 0, "it cannot be unpacked");
	while (rc == ST_OK && c->gap == 0 && c->block.n == 0)
		rc = contents_next(c, e);
	if (rc == ST_OK) {
		const bool made = c->gap > 0 || c->counted;

		*got = c->gap > 0 ? give_gap(c, p, n) : give_block(c, p, n);
		if (c->budget != NULL && made)
			rc = budget_bytes(c->budget, *got, e);
	}
	c->failed = rc == ST_DEAD;
	return rc;
}

void
contents_begin(struct contents *c, struct archive *a, struct feed *f,
    struct budget *b, bool counted)
{
	*c = (struct contents){ .a = a, .feed = f, .budget = b,
	    .counted = counted };
}

int
contents_lend(void *ctx, struct span *out, struct err *e)
{
	struct contents *c = ctx;
	int rc = ST_OK;

	if (c->failed)
		return err_set(e, ST_DEAD, 0, "it cannot be unpacked");
	while (rc == ST_OK && c->block.n == 0)
		rc = contents_next(c, e);
	if (rc == ST_OK && c->budget != NULL)
		rc = budget_bytes(c->budget, c->block.n, e);
	if (rc == ST_OK) {
		*out = c->block;
		c->block.n = 0;
	}
	c->failed = rc == ST_DEAD;
	return rc;
}

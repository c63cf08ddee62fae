/*
 * See archive_stream.h.
 */
#include "archive_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive_lib.h"
#include "archive_rewrite.h"
#include "gzip.h"
#include "kernel_calls.h"

struct archive_in {
	struct unpacker *unpacker;	/* NULL: none needed */
	struct gzip *gzip;		/* for gzip instead: libarchive does
					 * not look at its CRC */
	struct input *file, *inflated;
	int fd;
	uint64_t size;		/* of the file */
	uint64_t got;		/* bytes put into buf, ever */
	uint64_t off;
	struct span part;	/* of the unpacker, not yet in buf */
	size_t begin, end;	/* of what is in buf and not taken */
	bool ended;
	uint8_t buf[2 * STREAM_PEEK];
};

struct archive_out {
	struct packer *packer;
	struct hash *hash;
	int fd, num;		/* num: errno of a write that failed */
	uint64_t off, size;
};

void
archive_in_close(struct archive_in *in)
{
	if (in == NULL)
		return;
	unpacker_close(in->unpacker);
	input_free(in->inflated);
	gzip_free(in->gzip);
	input_free(in->file);
	free(in);
}

static int
read_file(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	const struct archive_in *in = ctx;
	const ssize_t k = call_read(in->fd, p, n, off);

	if (k < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	*got = (size_t)k;
	return k > 0 ? ST_OK : ST_END;
}

static int
open_gzip(struct archive_in *in, struct err *e)
{
	in->gzip = gzip_new();
	in->file = input_new();
	in->inflated = input_new();
	if (in->gzip == NULL || in->file == NULL || in->inflated == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	input_open_source(in->file, (struct byte_source){ .read = read_file,
	    .ctx = in, .seekable = true });
	input_open_source(in->inflated, gzip_source(in->gzip, in->file));
	return ST_OK;
}

int
archive_in_open(struct archive_in **out, int fd, enum filter filter,
    struct err *e)
{
	struct archive_in *in = calloc(1, sizeof(*in));
	struct stat st;
	int rc = ST_OK;

	if (in == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	in->fd = fd;
	if (fstat(fd, &st) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot stat");
	else if (filter == FILTER_GZIP)
		rc = open_gzip(in, e);
	else if (filter != FILTER_NONE)
		rc = unpacker_open(&in->unpacker, fd, filter, e);
	if (rc != ST_OK) {
		archive_in_close(in);
		return rc;
	}
	in->size = (uint64_t)st.st_size;
	*out = in;
	return ST_OK;
}

static int
fill_plain(struct archive_in *in, struct err *e)
{
	const ssize_t n = call_read(in->fd, in->buf + in->end,
	    sizeof(in->buf) - in->end, in->got);

	if (n < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	in->ended = n == 0;
	in->end += (size_t)n;
	in->got += (size_t)n;
	return ST_OK;
}

/* What is unpacked next; a read error has an errno, damage has none. */
static int
next_part(struct archive_in *in, struct err *e)
{
	struct err why = { 0 };
	int rc;

	in->part.n = 0;
	if (in->unpacker != NULL)
		return unpacker_read(in->unpacker, &in->part, e);
	rc = input_peek(in->inflated, 1, &in->part, &why);
	if (rc == ST_OK)
		input_consume(in->inflated, in->part.n);
	if (rc == ST_DEAD)
		return err_set(e, why.num != 0 ? ST_DEAD : ST_BAD, 0, "%s",
		    why.text);
	return rc;
}

static int
fill_unpacked(struct archive_in *in, struct err *e)
{
	size_t n = sizeof(in->buf) - in->end;
	int rc;

	if (in->part.n == 0 && (rc = next_part(in, e)) != ST_OK) {
		in->part.n = 0;
		in->ended = rc == ST_END;
		return rc == ST_END ? ST_OK : rc;
	}
	if (n > in->part.n)
		n = in->part.n;
	if (n > 0)
		memcpy(in->buf + in->end, in->part.p, n);
	in->part.p += n;
	in->part.n -= n;
	in->end += n;
	in->got += n;
	if (in->got > ARCHIVE_BYTES_MAX || (in->got > ARCHIVE_RATIO_FREE &&
	    in->got / ARCHIVE_RATIO_MAX > in->size))
		return err_set(e, ST_BAD, 0,
		    "it expands to more than is allowed");
	return ST_OK;
}

int
archive_in_peek(struct archive_in *in, size_t want, struct span *out,
    struct err *e)
{
	int rc;

	if (want > sizeof(in->buf) - in->begin) {
		memmove(in->buf, in->buf + in->begin, in->end - in->begin);
		in->end -= in->begin;
		in->begin = 0;
	}
	while (!in->ended && in->end - in->begin < want)
		if ((rc = in->unpacker != NULL || in->gzip != NULL ?
		    fill_unpacked(in, e) : fill_plain(in, e)) != ST_OK)
			return rc;
	*out = (struct span){ in->buf + in->begin, in->end - in->begin };
	return ST_OK;
}

void
archive_in_take(struct archive_in *in, size_t n)
{
	in->begin += n;
	in->off += n;
	if (in->begin == in->end)
		in->begin = in->end = 0;
}

uint64_t
archive_in_off(const struct archive_in *in)
{
	return in->off;
}

int
archive_in_end(struct archive_in *in, struct err *e)
{
	if (in->unpacker != NULL && unpacker_used(in->unpacker) != in->size)
		return err_set(e, ST_BAD, 0,
		    "there are other bytes behind its end");
	return ST_OK;
}

static int
write_file(void *ctx, struct span s)
{
	struct archive_out *out = ctx;

	if (call_write(out->fd, s.p, s.n, out->size) != 0) {
		out->num = errno;
		return -1;
	}
	hash_feed(out->hash, s);
	out->size += s.n;
	return 0;
}

void
archive_out_close(struct archive_out *out)
{
	if (out == NULL)
		return;
	packer_close(out->packer);
	hash_free(out->hash);
	free(out);
}

int
archive_out_open(struct archive_out **out, int fd, enum filter filter,
    struct err *e)
{
	struct archive_out *o = calloc(1, sizeof(*o));
	int rc;

	if (o == NULL || (o->hash = hash_new()) == NULL) {
		archive_out_close(o);
		return err_set(e, ST_DEAD, ENOMEM, "archive");
	}
	o->fd = fd;
	hash_begin(o->hash);
	if ((rc = packer_open(&o->packer, filter, write_file, o, e)) != ST_OK) {
		archive_out_close(o);
		return rc;
	}
	*out = o;
	return ST_OK;
}

/* The packer does not know why a write failed. */
static int
written(const struct archive_out *out, int rc, struct err *e)
{
	return rc != ST_OK && out->num != 0 ?
	    err_set(e, ST_DEAD, out->num, "cannot write") : rc;
}

int
archive_out_write(struct archive_out *out, struct span s, struct err *e)
{
	out->off += s.n;
	return written(out, packer_write(out->packer, s, e), e);
}

uint64_t
archive_out_off(const struct archive_out *out)
{
	return out->off;
}

int
archive_out_finish(struct archive_out *out, uint64_t *size,
    uint8_t sha[HASH_SIZE], struct err *e)
{
	const int rc = written(out, packer_finish(out->packer, e), e);

	if (rc != ST_OK)
		return rc;
	if (!hash_end(out->hash, sha))
		return err_set(e, ST_DEAD, 0, "cannot hash");
	*size = out->size;
	return ST_OK;
}

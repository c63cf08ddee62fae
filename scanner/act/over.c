/*
 * See over.h.
 */
#include "over.h"

#include <errno.h>
#include <string.h>

#include "kernel_calls.h"

#define PIECE (32u << 10)	/* bytes at once */

static uint8_t
filling(uint64_t at, uint64_t to)
{
	return to - at <= 2 ? '\n' : '\0';
}

static size_t
piece(uint64_t from, uint64_t to)
{
	return to - from < PIECE ? (size_t)(to - from) : PIECE;
}

static int
cannot(struct err *e, const char *what)
{
	return err_set(e, ST_DEAD, errno, "cannot %s the mailbox", what);
}

int
over_fill(int fd, uint64_t from, uint64_t to, struct err *e)
{
	uint8_t buf[PIECE];

	for (uint64_t at = from; at < to; ) {
		const size_t n = piece(at, to);

		for (size_t i = 0; i < n; i++)
			buf[i] = filling(at + i, to);
		if (call_write(fd, buf, n, at) != 0)
			return cannot(e, "write");
		at += n;
	}
	return ST_OK;
}

int
over_filled(int fd, uint64_t from, uint64_t to, uint64_t *out,
    struct err *e)
{
	uint8_t buf[PIECE];
	ssize_t n;

	*out = 0;
	for (uint64_t at = from; at < to; at += (size_t)n) {
		if ((n = call_read(fd, buf, piece(at, to), at)) < 0)
			return cannot(e, "read");
		if (n == 0)
			return ST_OK;
		for (ssize_t i = 0; i < n; i++, (*out)++)
			if (buf[i] != '\0' &&
			    buf[i] != filling(at + (size_t)i, to))
				return ST_OK;
	}
	return ST_OK;
}

int
over_write(int fd, int image, uint64_t len, struct err *e)
{
	uint8_t buf[PIECE];
	ssize_t n;

	for (uint64_t at = 0; at < len; at += (size_t)n) {
		n = call_read(image, buf, piece(at, len), at);
		if (n <= 0)
			return err_set(e, ST_DEAD, n < 0 ? errno : EIO,
			    "cannot read the original");
		if (call_write(fd, buf, (size_t)n, at) != 0)
			return cannot(e, "write");
	}
	return ST_OK;
}

/* Bytes of a file; zeros where it has none. */
static bool
read_at(int fd, uint64_t at, size_t n, uint8_t *out)
{
	ssize_t k = call_read(fd, out, n, at);

	if (k >= 0)
		memset(out + k, 0, n - (size_t)k);
	return k >= 0;
}

/* The same from `shift` bytes before, for what was moved. */
static bool
read_moved(int fd, uint64_t at, uint64_t shift, size_t n, uint8_t *out)
{
	const size_t skip = at >= shift ? 0 : shift - at < n ?
	    (size_t)(shift - at) : n;

	memset(out, 0, skip);
	return read_at(fd, at + skip - shift, n - skip, out + skip);
}

int
over_explains(int fd, const struct over_images *im, bool *out,
    struct err *e)
{
	const uint64_t shift = im->extent - im->len;
	uint8_t is[PIECE], old[PIECE], new[PIECE], last[PIECE], moved[PIECE];
	size_t n;

	*out = true;
	for (uint64_t at = 0; at < im->extent && *out; at += n) {
		n = piece(at, im->extent);
		if (!read_at(fd, at, n, is) || !read_at(im->old, at, n, old) ||
		    !read_at(im->new, at, n, new) ||
		    !read_at(im->last, at, n, last) ||
		    !read_moved(im->last, at, shift, n, moved))
			return cannot(e, "read");
		for (size_t i = 0; i < n && *out; i++)
			*out = is[i] == old[i] || is[i] == new[i] ||
			    is[i] == last[i] || is[i] == moved[i] ||
			    is[i] == '\0' || is[i] == '\n';
	}
	return ST_OK;
}

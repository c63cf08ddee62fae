/*
 * See input.h.  Two ways to get at bytes, one interface: a buffer that is
 * read into, and a window that is mapped.
 */
#include "input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct input {
	struct source source;	/* read == NULL: closed, or a window */
	uint8_t *buf;		/* INPUT_BUFFER bytes, kept between files */
	struct span have;	/* not yet consumed */
	uint64_t off;		/* of have.p[0] */
	uint64_t size;		/* as of opening, or 0 */
	int fd;			/* -1: none */
	bool ended;		/* the source said so */
	bool mapped;
	bool exact;		/* a file of `size` bytes: its end is known */
	uint8_t *window;	/* NULL: none */
	size_t window_n;
};

struct input *
input_new(void)
{
	struct input *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fd = -1;
	if ((in->buf = malloc(INPUT_BUFFER)) == NULL) {
		free(in);
		return NULL;
	}
	return in;
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	input_close(in);
	free(in->buf);
	free(in);
}

static void
window_drop(struct input *in)
{
	if (in->window != NULL)
		(void)munmap(in->window, in->window_n);
	in->window = NULL;
	in->window_n = 0;
	in->have = (struct span){ NULL, 0 };
}

void
input_close(struct input *in)
{
	window_drop(in);
	if (in->source.close != NULL)
		in->source.close(in->source.ctx);
	if (in->fd >= 0)
		(void)close(in->fd);
	in->source = (struct source){ 0 };
	in->fd = -1;
	in->have = (struct span){ NULL, 0 };
	in->off = in->size = 0;
	in->ended = in->mapped = in->exact = false;
}

static int
fd_read(void *ctx, uint8_t *p, size_t n, size_t *got, struct err *e)
{
	const struct input *in = ctx;
	const uint64_t at = in->off + in->have.n;
	ssize_t rc;

	if (in->exact && n > in->size - at)
		n = (size_t)(in->size - at);
	do
		rc = read(in->fd, p, n);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_set(e, ST_DEAD, errno, "cannot read");
	if (rc == 0 && in->exact)
		return err_set(e, ST_DEAD, 0,
		    "the file became shorter while it was read");
	if (rc == 0)
		return ST_END;
	*got = (size_t)rc;
	return ST_OK;
}

static int
fd_seek(void *ctx, uint64_t off, struct err *e)
{
	const struct input *in = ctx;

	if (off > INT64_MAX || lseek(in->fd, (off_t)off, SEEK_SET) < 0)
		return err_set(e, ST_DEAD, errno, "cannot seek");
	return ST_OK;
}

void
input_open_fd(struct input *in, int fd, uint64_t size, bool map)
{
	if (size == 0 && lseek(fd, 0, SEEK_CUR) != 0) {
		input_open_pipe(in, fd);
		return;
	}
	input_close(in);
	in->fd = fd;
	in->size = size;
	in->mapped = map && size > 0;
	in->exact = size > 0;
	if (!in->mapped)
		in->source = (struct source){
			.read = fd_read, .seek = fd_seek, .ctx = in };
}

void
input_open_pipe(struct input *in, int fd)
{
	input_close(in);
	in->fd = fd;
	in->source = (struct source){ .read = fd_read, .ctx = in };
}

void
input_open_source(struct input *in, struct source s)
{
	input_close(in);
	in->source = s;
}

/* Move the window so that it begins at or just before in->off. */
static int
window_move(struct input *in, struct err *e)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t start = in->off - in->off % page;
	const uint64_t left = in->size - start;
	const size_t n = left < INPUT_WINDOW ? (size_t)left : INPUT_WINDOW;
	void *p;

	window_drop(in);
	p = mmap(NULL, n, PROT_READ, MAP_SHARED, in->fd,
	    (off_t)start);
	if (p == MAP_FAILED)
		return err_set(e, ST_DEAD, errno, "cannot map");
	in->window = p;
	in->window_n = n;
	in->have = (struct span){ in->window + (in->off - start),
	    n - (size_t)(in->off - start) };
	return ST_OK;
}

/* What lies behind the end in the last page reads as NULs: no SIGBUS tells. */
static int
window_end(const struct input *in, struct err *e)
{
	struct stat st;

	if (fstat(in->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((uint64_t)st.st_size < in->size)
		return err_set(e, ST_DEAD, 0,
		    "the file became shorter while it was read");
	return ST_END;
}

static int
window_peek(struct input *in, size_t want, struct span *out, struct err *e)
{
	int rc;

	if (in->off >= in->size)
		return window_end(in, e);
	if (in->have.n < want && in->have.n < in->size - in->off &&
	    (rc = window_move(in, e)) != ST_OK)
		return rc;
	*out = in->have;
	return ST_OK;
}

/* The whole file is in the buffer: no need to ask for its end. */
static bool
at_known_end(const struct input *in)
{
	return in->exact && in->off + in->have.n == in->size;
}

int
input_peek(struct input *in, size_t want, struct span *out, struct err *e)
{
	size_t got;
	int rc;

	assert(want > 0 && want <= INPUT_PEEK_MAX);
	if (in->mapped)
		return window_peek(in, want, out, e);
	if (in->have.n < want && !in->ended && in->have.n > 0)
		memmove(in->buf, in->have.p, in->have.n);
	if (in->have.n < want && !in->ended)
		in->have.p = in->buf;
	while (in->have.n < want && !in->ended && !at_known_end(in)) {
		rc = in->source.read(in->source.ctx, in->buf + in->have.n,
		    INPUT_BUFFER - in->have.n, &got, e);
		if (rc == ST_END)
			in->ended = true;
		else if (rc != ST_OK)
			return rc;
		else
			in->have.n += got;
	}
	if (in->have.n == 0)
		return ST_END;
	*out = in->have;
	return ST_OK;
}

void
input_consume(struct input *in, size_t n)
{
	assert(n <= in->have.n);
	in->have.p += n;
	in->have.n -= n;
	in->off += n;
}

uint64_t
input_offset(const struct input *in)
{
	return in->off;
}

bool
input_can_seek(const struct input *in)
{
	return in->mapped || in->source.seek != NULL;
}

/* The bytes at off are at hand: go there. */
static bool
seek_near(struct input *in, uint64_t off)
{
	const uint8_t *base = in->mapped ? in->window : in->buf;

	if (in->have.p == NULL)
		return false;
	if (off >= in->off) {
		if (off - in->off > in->have.n)
			return false;
		input_consume(in, (size_t)(off - in->off));
		return true;
	}
	if (in->off - off > (uint64_t)(in->have.p - base))
		return false;
	in->have.p -= in->off - off;
	in->have.n += (size_t)(in->off - off);
	in->off = off;
	return true;
}

int
input_seek(struct input *in, uint64_t off, struct err *e)
{
	int rc;

	if (in->exact && off > in->size)
		off = in->size;
	if (seek_near(in, off))
		return ST_OK;
	in->have = (struct span){ NULL, 0 };
	in->off = off;
	in->ended = false;
	if (in->mapped)
		return ST_OK;
	if ((rc = in->source.seek(in->source.ctx, off, e)) != ST_OK)
		return rc;
	in->have.p = in->buf;
	return ST_OK;
}

uint64_t
input_size(const struct input *in)
{
	return in->size;
}

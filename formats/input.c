/*
 * See input.h.
 */
#include "input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOMENT_NS 500000	/* between looks whether there is more */

struct input {
	struct byte_source source;	/* read == NULL: closed */
	uint8_t *buf;		/* INPUT_BUFFER bytes, kept between files */
	struct span have;	/* not yet consumed; always in buf */
	uint64_t off;		/* of have.p[0] */
	uint64_t size;		/* as of opening, or 0 */
	int fd;			/* -1: none */
	bool ended;		/* nothing follows what is at hand */
	bool exact;		/* a file of `size` bytes: its end is known */
	bool waits;		/* and somebody writes the rest */
	bool fresh;		/* nothing was read since a jump */
	uint8_t aside[INPUT_LOOK_MAX];	/* what input_look read */
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

/* Nothing is at hand; the next byte is that at off. */
static void
jump(struct input *in, uint64_t off)
{
	in->have = (struct span){ in->buf, 0 };
	in->off = off;
	in->ended = false;
	in->fresh = true;
}

void
input_close(struct input *in)
{
	if (in->source.close != NULL)
		in->source.close(in->source.ctx);
	if (in->fd >= 0)
		(void)close(in->fd);
	in->source = (struct byte_source){ 0 };
	in->fd = -1;
	in->size = 0;
	in->exact = in->waits = false;
	jump(in, 0);
}

static int
fd_result(const struct input *in, ssize_t rc, size_t *got, struct err *e)
{
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

static ssize_t
read_at(int fd, uint64_t off, uint8_t *p, size_t n)
{
	ssize_t rc;

	do
		rc = pread(fd, p, n, (off_t)off);
	while (rc < 0 && errno == EINTR);
	return rc;
}

static int
file_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	const struct timespec moment = { .tv_nsec = MOMENT_NS };
	const struct input *in = ctx;
	ssize_t rc;

	if (off > INT64_MAX)
		return err_set(e, ST_DEAD, EOVERFLOW, "cannot read");
	while ((rc = read_at(in->fd, off, p, n)) == 0 && in->waits)
		(void)nanosleep(&moment, NULL);
	return fd_result(in, rc, got, e);
}

static int
pipe_read(void *ctx, uint64_t off, uint8_t *p, size_t n, size_t *got,
    struct err *e)
{
	const struct input *in = ctx;
	ssize_t rc;

	(void)off;
	do
		rc = read(in->fd, p, n);
	while (rc < 0 && errno == EINTR);
	return fd_result(in, rc, got, e);
}

void
input_open_fd(struct input *in, int fd, uint64_t size)
{
	if (size == 0 && lseek(fd, 0, SEEK_CUR) != 0) {
		input_open_pipe(in, fd);
		return;
	}
	input_open_source(in, (struct byte_source){
		.read = file_read, .ctx = in, .seekable = true });
	in->fd = fd;
	in->size = size;
	in->exact = size > 0;
}

void
input_wait(struct input *in)
{
	in->waits = in->exact;
}

void
input_open_pipe(struct input *in, int fd)
{
	input_open_source(in, (struct byte_source){
		.read = pipe_read, .ctx = in });
	in->fd = fd;
}

void
input_open_source(struct input *in, struct byte_source s)
{
	input_close(in);
	in->source = s;
}

/*
 * p holds *n bytes, which stand at off: read on until there are want of them,
 * or more, but no more than room.  ST_END: nothing follows those.
 */
static int
fill(const struct input *in, uint64_t off, uint8_t *p, size_t *n, size_t want,
    size_t room, struct err *e)
{
	size_t got;
	int rc;

	if (in->exact && room > in->size - off)
		room = (size_t)(in->size - off);
	while (*n < want) {
		if (*n == room)
			return ST_END;
		rc = in->source.read(in->source.ctx, off + *n, p + *n,
		    room - *n, &got, e);
		if (rc != ST_OK)
			return rc;
		*n += got;
	}
	return ST_OK;
}

/* As long as there is room what was taken stays: the caller may go back. */
static size_t
make_room(struct input *in)
{
	size_t taken = (size_t)(in->have.p - in->buf);

	if (in->fresh)
		return INPUT_PEEK_MAX;
	if (INPUT_BUFFER - taken - in->have.n < INPUT_PEEK_MAX) {
		memmove(in->buf, in->have.p, in->have.n);
		in->have.p = in->buf;
		taken = 0;
	}
	return INPUT_BUFFER - taken;
}

int
input_peek(struct input *in, size_t want, struct span *out, struct err *e)
{
	size_t room;
	int rc;

	assert(want > 0 && want <= INPUT_PEEK_MAX);
	if (in->have.n < want && !in->ended) {
		room = make_room(in);
		in->fresh = false;
		rc = fill(in, in->off, in->buf + (in->have.p - in->buf),
		    &in->have.n, want, room, e);
		if (rc != ST_OK && rc != ST_END)
			return rc;
		in->ended = rc == ST_END;
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
	return in->source.seekable;
}

/* The bytes in the buffer from off on, some of them taken; false: none. */
static bool
at_hand(const struct input *in, uint64_t off, struct span *out)
{
	const size_t taken = (size_t)(in->have.p - in->buf);
	const uint64_t start = in->off - taken;

	if (off < start || off - start > taken + in->have.n)
		return false;
	out->p = in->buf + (off - start);
	out->n = taken + in->have.n - (size_t)(off - start);
	return true;
}

void
input_seek(struct input *in, uint64_t off)
{
	struct span s;

	if (in->exact && off > in->size)
		off = in->size;
	if (!at_hand(in, off, &s)) {
		jump(in, off);
		return;
	}
	in->have = s;
	in->off = off;
}

int
input_look(struct input *in, uint64_t off, size_t want, struct span *out,
    struct err *e)
{
	size_t n = 0;
	struct span s;
	int rc;

	assert(want > 0 && want <= INPUT_LOOK_MAX);
	if (in->exact && off > in->size)
		off = in->size;
	if (!at_hand(in, off, &s) || (s.n < want && !in->ended)) {
		rc = fill(in, off, in->aside, &n, want, INPUT_LOOK_MAX, e);
		if (rc != ST_OK && rc != ST_END)
			return rc;
		s = (struct span){ in->aside, n };
	}
	if (s.n == 0)
		return ST_END;
	*out = s;
	return ST_OK;
}

uint64_t
input_size(const struct input *in)
{
	return in->size;
}

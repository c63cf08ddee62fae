/*
 * See input.h.
 */
#include "input.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_BUFFER (2 * INPUT_WINDOW)	/* moved when half is free */
#define PIECE (256u << 10)	/* bytes that a source without seek is asked
				 * for at once: they stay in the cache */
#define MOMENT_NS 500000	/* between looks whether there is more */

struct input {
	struct byte_source source;	/* read == NULL: closed */
	uint8_t *buf;		/* cap bytes; one of: */
	size_t cap;
	uint8_t *file_buf;	/* INPUT_BUFFER bytes, kept between files */
	uint8_t *window;	/* WINDOW_BUFFER bytes; NULL: not needed yet */
	struct span have;	/* not yet consumed; always in buf */
	uint64_t keep;		/* NO_KEEP, or from where on bytes stay */
	uint64_t off;		/* of have.p[0] */
	uint64_t size;		/* as of opening, or 0 */
	int fd;			/* -1: none */
	bool ended;		/* nothing follows what is at hand */
	bool exact;		/* a file of `size` bytes: its end is known */
	bool waits;		/* and somebody writes the rest */
	bool fresh;		/* nothing was read since a jump */
	uint8_t aside[INPUT_LOOK_MAX];	/* what input_look read */
};

#define NO_KEEP UINT64_MAX

struct input *
input_new(void)
{
	struct input *in = calloc(1, sizeof(*in));

	if (in == NULL)
		return NULL;
	in->fd = -1;
	if ((in->file_buf = malloc(INPUT_BUFFER)) == NULL) {
		free(in);
		return NULL;
	}
	in->buf = in->file_buf;
	in->cap = INPUT_BUFFER;
	return in;
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	input_close(in);
	free(in->file_buf);
	free(in->window);
	free(in);
}

/* Nothing is at hand; the next byte is that at off. */
static void
jump(struct input *in, uint64_t off)
{
	in->have = (struct span){ in->buf, 0 };
	in->off = off;
	in->keep = NO_KEEP;
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

/* Without memory for a window there is less that stays at hand. */
static void
choose_buffer(struct input *in)
{
	const bool stream = !in->source.seekable;

	if (stream && in->window == NULL)
		in->window = malloc(WINDOW_BUFFER);
	in->buf = stream && in->window != NULL ? in->window : in->file_buf;
	in->cap = in->buf == in->window ? WINDOW_BUFFER : INPUT_BUFFER;
	jump(in, 0);
}

void
input_open_source(struct input *in, struct byte_source s)
{
	input_close(in);
	in->source = s;
	choose_buffer(in);
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
		size_t most = room - *n;

		if (most == 0)
			return ST_END;
		if (!in->source.seekable && most > PIECE)
			most = PIECE;
		rc = in->source.read(in->source.ctx, off + *n, p + *n,
		    most, &got, e);
		if (rc != ST_OK)
			return rc;
		*n += got;
	}
	return ST_OK;
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

bool
input_at_hand(const struct input *in, uint64_t off)
{
	struct span s;

	return at_hand(in, off, &s);
}

/* Bytes before have.p that are kept. */
static size_t
kept(const struct input *in)
{
	return in->keep < in->off && input_at_hand(in, in->keep) ?
	    (size_t)(in->off - in->keep) : 0;
}

/* Those, and what is not consumed yet, to the start of the buffer. */
static void
move_down(struct input *in, size_t before)
{
	memmove(in->buf, in->have.p - before, before + in->have.n);
	in->have.p = in->buf + before;
}

/*
 * As long as there is room what was taken stays: the caller may go back.
 * Else less than half of the buffer does, so that few bytes move often.
 */
static size_t
make_room(struct input *in, size_t want)
{
	const size_t taken = (size_t)(in->have.p - in->buf);
	const size_t before = kept(in), live = before + in->have.n;
	const size_t least = want > in->have.n + INPUT_PEEK_MAX ? want :
	    in->have.n + INPUT_PEEK_MAX;

	if (in->fresh && in->source.seekable)
		return INPUT_PEEK_MAX;
	if (in->cap - taken < least)
		move_down(in, live <= in->cap / 2 ? before : 0);
	else if (!in->source.seekable && live <= PIECE && taken > 4 * PIECE)
		move_down(in, before);	/* stay in the cache */
	return in->cap - (size_t)(in->have.p - in->buf);
}

int
input_peek(struct input *in, size_t want, struct span *out, struct err *e)
{
	size_t room;
	int rc;

	assert(want > 0 && want <= INPUT_PEEK_MAX);
	if (in->have.n < want && !in->ended) {
		room = make_room(in, want);
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

int
input_some(struct input *in, uint64_t most, struct span *out, struct err *e)
{
	const int rc = input_peek(in, 1, out, e);

	if (rc != ST_OK)
		return rc;
	if (out->n > most)
		out->n = (size_t)most;
	input_consume(in, out->n);
	return ST_OK;
}

int
input_until(struct input *in, uint8_t end, size_t most, struct span *out,
    struct err *e)
{
	const uint8_t *at = NULL;
	size_t want = 1, seen = 0;
	int rc;

	while ((rc = input_peek(in, want, out, e)) == ST_OK) {
		if (out->n > most + 1)
			out->n = most + 1;
		at = memchr(out->p + seen, end, out->n - seen);
		if (at != NULL) {
			out->n = (size_t)(at - out->p);
			input_consume(in, out->n + 1);
			return ST_OK;
		}
		if (out->n < want || out->n > most)
			return ST_BAD;
		seen = out->n;
		want = out->n + 1;
	}
	return rc;
}

int
input_take(struct input *in, struct span *out, struct err *e)
{
	int rc;

	if (in->have.n > 0 || in->ended || in->source.lend == NULL) {
		return input_some(in, UINT64_MAX, out, e);
	}
	if ((rc = in->source.lend(in->source.ctx, out, e)) == ST_OK)
		jump(in, in->off + out->n);
	in->ended = rc == ST_END;
	return rc;
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

void
input_keep(struct input *in, uint64_t off)
{
	if (!in->source.seekable)
		in->keep = off;
}

bool
input_keeps(const struct input *in)
{
	const size_t taken = (size_t)(in->have.p - in->buf);
	const size_t before = kept(in);

	if (in->source.seekable)
		return true;
	return in->keep != NO_KEEP && input_at_hand(in, in->keep) &&
	    (in->cap - taken - in->have.n >= INPUT_PEEK_MAX ||
	    before + in->have.n <= in->cap / 2);
}

bool
input_can_look(const struct input *in, uint64_t off, size_t want)
{
	const uint64_t from = in->off - kept(in);

	if (in->source.seekable)
		return in->size == 0 || (off <= in->size &&
		    want <= in->size - off);
	return off >= from && off - from <= in->cap / 2 - want;
}

/* Read on until the bytes at off are at hand. */
static int
look_ahead(struct input *in, uint64_t off, size_t want, struct err *e)
{
	const size_t total = (size_t)(off - in->off) + want;
	size_t room;
	int rc;

	if (off < in->off || in->have.n >= total || in->ended)
		return ST_OK;
	room = make_room(in, total);
	in->fresh = false;
	rc = fill(in, in->off, in->buf + (in->have.p - in->buf),
	    &in->have.n, total, room, e);
	in->ended = rc == ST_END;
	return rc == ST_END ? ST_OK : rc;
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
	if (!in->source.seekable) {
		if ((rc = look_ahead(in, off, want, e)) != ST_OK)
			return rc;
		if (!at_hand(in, off, out) || out->n == 0)
			return ST_END;
		return ST_OK;
	}
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

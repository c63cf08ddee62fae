/*
 * See frames.h.
 */
#include "frames.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define SEND_AT (256u << 10)	/* bytes of frames */
#define SLICE 1000		/* milliseconds between looks at the caller */
#define SECOND 1000000000u	/* nanoseconds */

void
frames_flush(struct frames_out *f)
{
	const uint8_t *p = f->out.p;
	size_t n = f->out.n;
	ssize_t rc;

	if (!buf_ok(&f->out))
		_exit(1);
	while (n > 0) {
		rc = send(f->fd, p, n, MSG_NOSIGNAL);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			_exit(1);
		p += rc;
		n -= (size_t)rc;
	}
	buf_clear(&f->out);
}

void
frames_put(struct buf *b, uint32_t type, const void *p, size_t n,
    struct span more)
{
	const struct frame head = { .type = type,
	    .size = (uint32_t)(n + more.n) };

	buf_add(b, &head, sizeof(head));
	buf_add(b, p, n);
	buf_add(b, more.p, more.n);
}

void
frames_add(struct frames_out *f, uint32_t type, const void *p, size_t n,
    struct span more)
{
	frames_put(&f->out, type, p, n, more);
	if (f->out.n >= SEND_AT)
		frames_flush(f);
}

void
frames_begin(struct frames_in *f)
{
	buf_clear(&f->in);
	f->at = 0;
	f->spent = 0;
}

void
frames_free(struct frames_in *f)
{
	buf_free(&f->in);
}

static bool
is_going(const struct frames_wait *w)
{
	return w->going == NULL || w->going(w->ctx);
}

static int
died(struct err *e)
{
	return err_set(e, ST_BAD, 0, "the process that reads it died");
}

static int
given_up(struct err *e)
{
	return err_set(e, ST_BAD, EINTR, "it was stopped");
}

/* ST_OK: there is something to read. */
static int
wait_for(int fd, const struct frames_wait *w, struct err *e)
{
	const uint64_t all = (uint64_t)w->timeout * 1000;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int rc = 0;

	for (uint64_t i = 0; rc == 0 && (all == 0 || i < all); i += SLICE) {
		if (!is_going(w))
			return given_up(e);
		do
			rc = poll(&p, 1, SLICE);
		while (rc < 0 && errno == EINTR && is_going(w));
	}
	if (rc == 0)
		return err_set(e, ST_BAD, 0, "the process that reads it "
		    "gave no sign of life (--timeout)");
	return rc > 0 ? ST_OK : given_up(e);
}

static int
receive(struct frames_in *f, int fd, const struct frames_wait *w,
    struct err *e)
{
	ssize_t n;
	int rc;

	if ((rc = wait_for(fd, w, e)) != ST_OK)
		return rc;
	do
		n = read(fd, f->part, sizeof(f->part));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return died(e);
	if (f->at > 0) {
		memmove(f->in.p, f->in.p + f->at, f->in.n - f->at);
		f->in.n -= f->at;
		f->at = 0;
	}
	buf_add(&f->in, f->part, (size_t)n);
	return buf_ok(&f->in) ? ST_OK : err_set(e, ST_DEAD, ENOMEM,
	    "edits");
}

static int
next(struct frames_in *f, int fd, const struct frames_wait *w,
    uint32_t *type, struct span *out, struct err *e)
{
	struct frame head = { 0 };
	size_t left;
	int rc;

	for (;;) {
		left = f->in.n - f->at;
		if (left >= sizeof(head)) {
			memcpy(&head, f->in.p + f->at, sizeof(head));
			if (head.size > FRAMES_MAX)
				return err_set(e, ST_BAD, 0, "the process "
				    "that reads it sent garbage");
			if (left - sizeof(head) >= head.size)
				break;
		}
		if ((rc = receive(f, fd, w, e)) != ST_OK)
			return rc;
	}
	f->at += sizeof(head) + head.size;
	*type = head.type;
	*out = (struct span){ f->in.p + f->at - head.size, head.size };
	return ST_OK;
}

bool
frames_ready(const struct frames_in *f, int fd)
{
	const size_t left = f->in.n - f->at;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct frame head;

	if (left >= sizeof(head)) {
		memcpy(&head, f->in.p + f->at, sizeof(head));
		if (left - sizeof(head) >= head.size)
			return true;
	}
	return poll(&p, 1, 0) != 0;
}

static uint64_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

int
frames_next(struct frames_in *f, int fd, const struct frames_wait *w,
    uint32_t *type, struct span *out, struct err *e)
{
	const uint64_t begun = now();
	const int rc = next(f, fd, w, type, out, e);

	f->spent += now() - begun;
	return rc == ST_OK && w->most > 0 && f->spent / SECOND >= w->most ?
	    err_set(e, ST_BAD, 0, "the process that reads it does not come "
	    "to an end (--timeout)") : rc;
}

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(FRAMES_FILES * sizeof(int))];
};

int
frames_send_files(int fd, const void *p, size_t n, const int *files,
    size_t files_n, struct err *e)
{
	union control control = { .bytes = { 0 } };
	struct iovec v = { .iov_base = (void *)(uintptr_t)p, .iov_len = n };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(files_n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	ssize_t rc;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(files_n * sizeof(int));
	memcpy(CMSG_DATA(c), files, files_n * sizeof(int));
	do
		rc = sendmsg(fd, &h, MSG_NOSIGNAL);
	while (rc < 0 && errno == EINTR);
	if (rc == (ssize_t)n)
		return ST_OK;
	return rc >= 0 || errno == EPIPE || errno == ECONNRESET ? died(e) :
	    err_set(e, ST_BAD, errno, "cannot hand on the file");
}

bool
frames_receive_files(int fd, void *p, size_t n, int *files, size_t files_n)
{
	union control control;
	struct iovec v = { .iov_base = p, .iov_len = n };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *c;
	ssize_t rc;

	do
		rc = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (rc < 0 && errno == EINTR);
	c = CMSG_FIRSTHDR(&h);
	if (rc != (ssize_t)n || c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(files_n * sizeof(int)))
		return false;
	memcpy(files, CMSG_DATA(c), files_n * sizeof(int));
	return true;
}

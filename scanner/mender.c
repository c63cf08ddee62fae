/*
 * See mender.h.
 */
#include "mender.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "mend_apply.h"
#include "mend_child.h"
#include "wire.h"

struct mender {
	struct scan_options options;
	unsigned timeout;		/* seconds */
	struct child child;
	struct mend_apply *apply;
	struct buf in;			/* what came; from in_at on it is new */
	size_t in_at;
	struct mend_request request;
	struct err *e;			/* of the job at hand */
	uint8_t part[128u << 10];
};

static void
body(int fd, void *ctx)
{
	const struct mender *m = ctx;

	child_keep_only(fd);
	mend_child(fd, &m->options);
}

struct mender *
mender_new(const struct scan_options *o, unsigned timeout, struct err *e)
{
	struct mender *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->apply = mend_apply_new(repair_kinds(
	    o->repair))) == NULL) {
		free(m);
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	m->options = *o;
	m->timeout = timeout;
	m->child.fd = -1;
	return m;
}

void
mender_free(struct mender *m)
{
	if (m == NULL)
		return;
	(void)child_stop(&m->child);
	mend_apply_free(m->apply);
	buf_free(&m->in);
	free(m);
}

/* More of what the child says.  ST_BAD: it is dead, or silent. */
static int
receive(struct mender *m)
{
	struct pollfd p = { .fd = m->child.fd, .events = POLLIN };
	const int wait = m->timeout == 0 || m->timeout > 1000000 ? -1 :
	    (int)m->timeout * 1000;
	ssize_t n;
	int rc;

	do
		rc = poll(&p, 1, wait);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return err_set(m->e, ST_BAD, 0, "the process that reads it "
		    "gave no sign of life (--timeout)");
	do
		n = read(m->child.fd, m->part, sizeof(m->part));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return err_set(m->e, ST_BAD, 0, "the process that reads it "
		    "died");
	if (m->in_at > 0) {
		memmove(m->in.p, m->in.p + m->in_at, m->in.n - m->in_at);
		m->in.n -= m->in_at;
		m->in_at = 0;
	}
	buf_add(&m->in, m->part, (size_t)n);
	return buf_ok(&m->in) ? ST_OK : err_set(m->e, ST_DEAD, ENOMEM,
	    "edits");
}

static int
take_frames(struct mender *m)
{
	struct frame f;
	int rc = ST_OK;

	while (rc == ST_OK && m->in.n - m->in_at >= sizeof(f)) {
		memcpy(&f, m->in.p + m->in_at, sizeof(f));
		if (f.size > MEND_PAYLOAD_MAX)
			return err_set(m->e, ST_BAD, 0, "the process that "
			    "reads it sent garbage");
		if (m->in.n - m->in_at - sizeof(f) < f.size)
			break;
		m->in_at += sizeof(f) + f.size;
		rc = mend_apply_frame(m->apply, f.type, (struct span){
		    m->in.p + m->in_at - f.size, f.size });
	}
	return rc;
}

static int
send_request(struct mender *m, int file)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec v = { .iov_base = &m->request,
	    .iov_len = sizeof(m->request) };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &file, sizeof(int));
	do
		n = sendmsg(m->child.fd, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(m->request) ? ST_OK : err_set(m->e, ST_BAD,
	    errno, "the process that reads it is gone");
}

/* What may be handed to the child, and a child to hand it to. */
static int
begin(struct mender *m, struct mend_job *job, int from, int to)
{
	const int flags = fcntl(from, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY ||
	    fstat(from, &st) != 0)
		return err_set(m->e, ST_DEAD, 0, "cannot hand on the file");
	if (m->child.fd < 0 && !child_start(&m->child, body, m))
		return err_set(m->e, ST_DEAD, errno, "cannot start a process");
	buf_clear(&m->in);
	m->in_at = 0;
	mend_apply_begin(m->apply, job, from, to, (uint64_t)st.st_size, m->e);
	m->request = (struct mend_request){ .size = (uint64_t)st.st_size,
	    .when = job->when, .place = job->place };
	(void)snprintf(m->request.path, sizeof(m->request.path), "%s",
	    job->path);
	return send_request(m, from);
}

int
mender_write(struct mender *m, struct mend_job *job, int from, int to,
    struct err *e)
{
	int rc;

	m->e = e;
	if ((rc = begin(m, job, from, to)) == ST_OK)
		do
			rc = (rc = receive(m)) == ST_OK ? take_frames(m) : rc;
		while (rc == ST_OK);
	if (rc == ST_END)
		return mend_apply_end(m->apply);
	(void)child_stop(&m->child);	/* it may be in the middle of it */
	return rc;
}

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
#include "kernel_calls.h"
#include "mend_child.h"
#include "mend_wire.h"
#include "wire.h"

#define CHUNK (1u << 20)	/* bytes read or written at once */

struct mender {
	struct scan_options options;
	unsigned timeout;		/* seconds */
	unsigned kinds;			/* of edits that are allowed */
	struct child child;
	struct hash *hash;
	struct buf in;			/* what came; from in_at on it is new */
	size_t in_at;
	struct mend_request request;
	size_t fields_n;		/* fields to be put before what comes */
	struct graft fields[MEND_SAME];
	struct graft graft;		/* the one being made */
	struct buf text;		/* of all these */
	struct edit edits[MEND_EDITS_MAX + MEND_SAME];

	/* Of the job at hand: */
	struct mend_job *job;
	int from, to;
	uint64_t size;			/* of the old file */
	uint64_t pos;			/* next old byte to be copied */
	uint64_t made;			/* bytes written, with those in out */
	bool in_message;
	struct mend_message message;
	struct splice splice;
	int status;			/* of writing */
	struct err *e;
	size_t out_n;
	uint64_t old_off;		/* old[0] is that byte of the file */
	size_t old_n;
	uint8_t old[CHUNK], out[CHUNK], part[128u << 10];
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

	if (m == NULL || (m->hash = hash_new()) == NULL) {
		free(m);
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	m->options = *o;
	m->timeout = timeout;
	m->kinds = repair_kinds(o->repair);
	m->child.fd = -1;
	return m;
}

void
mender_free(struct mender *m)
{
	if (m == NULL)
		return;
	(void)child_stop(&m->child);
	hash_free(m->hash);
	buf_free(&m->in);
	buf_free(&m->text);
	free(m);
}

/* --- writing */

static void
flush(struct mender *m)
{
	if (m->status == ST_OK && m->out_n > 0) {
		if (call_write(m->to, m->out, m->out_n, m->made -
		    m->out_n) != 0)
			m->status = err_set(m->e, ST_DEAD, errno,
			    "cannot write the new file");
		hash_feed(m->hash, (struct span){ m->out, m->out_n });
	}
	m->out_n = 0;
}

static void
put(void *ctx, struct span s)
{
	struct mender *m = ctx;
	size_t n;

	for (; s.n > 0; s.p += n, s.n -= n) {
		n = s.n < CHUNK - m->out_n ? s.n : CHUNK - m->out_n;
		memcpy(m->out + m->out_n, s.p, n);
		m->out_n += n;
		m->made += n;
		if (m->out_n == CHUNK)
			flush(m);
	}
}

/* Up to n old bytes at pos, at least one, which is then behind them. */
static int
next_old(struct mender *m, uint64_t n, struct span *out)
{
	const uint64_t at = m->pos - m->old_off;
	ssize_t got;

	if (m->pos < m->old_off || at >= m->old_n) {
		got = call_read(m->from, m->old, CHUNK, m->pos);
		if (got <= 0)
			return err_set(m->e, ST_DEAD, got < 0 ? errno : 0,
			    "cannot read the file once more");
		m->old_off = m->pos;
		m->old_n = (size_t)got;
		return next_old(m, n, out);
	}
	*out = (struct span){ m->old + at, m->old_n - (size_t)at };
	if (out->n > n)
		out->n = (size_t)n;
	m->pos += out->n;
	return ST_OK;
}

/* Old bytes up to that byte of the file, as they are. */
static int
copy_upto(struct mender *m, uint64_t end)
{
	struct span s;
	int rc = ST_OK;

	while (m->pos < end && rc == ST_OK)
		if ((rc = next_old(m, end - m->pos, &s)) == ST_OK)
			put(m, s);
	return rc;
}

static int
wrong(struct mender *m, const char *what)
{
	return err_set(m->e, ST_BAD, 0, "no edit is made: %s", what);
}

/* Old bytes up to that byte of the file through splice, with these edits. */
static int
splice_upto(struct mender *m, uint64_t end, const struct edit *e, size_t n)
{
	struct span s;
	int rc;

	while (m->pos < end) {
		if ((rc = next_old(m, end - m->pos, &s)) != ST_OK)
			return rc;
		const size_t used = splice_feed(&m->splice, s, e, n);

		e += used;
		n -= used;
	}
	return n == 0 ? ST_OK : wrong(m, "edits out of order");
}

/* --- what the child says */

static int
on_message(struct mender *m, struct span s)
{
	struct mend_message w;

	if (s.n != sizeof(w) || m->in_message)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	if (w.off < m->pos || w.off > m->size || w.len > m->size - w.off)
		return wrong(m, "a message that is not there");
	m->message = w;
	m->in_message = true;
	m->fields_n = 0;
	splice_begin(&m->splice, m->kinds, put, m);
	splice_text(&m->splice, w.to == BRK_LF ? BRK_LF : BRK_CRLF, NULL);
	return copy_upto(m, w.off);
}

/* The first n of m->edits, sorted; the last takes `del` old bytes. */
static int
make_edits(struct mender *m, size_t n, uint64_t del)
{
	const uint64_t last = n > 0 ? m->edits[n - 1].off : 0;
	int rc;

	if (n == 0)
		return ST_OK;
	if (!m->in_message || last >= m->message.len ||
	    del > m->message.len - last)
		return wrong(m, "an edit outside of its message");
	m->job->edits += n;
	rc = splice_upto(m, m->message.off + last + (del > 0 ? del : 1),
	    m->edits, n);
	m->fields_n = 0;
	buf_clear(&m->text);
	return rc;
}

/* The fields that wait, as the first of m->edits; how many. */
static size_t
put_fields(struct mender *m)
{
	for (size_t i = 0; i < m->fields_n; i++) {
		/* Their text was moved while it grew. */
		m->fields[i].ins.p = m->text.p +
		    (i > 0 ? m->fields[i - 1].ins.p - m->text.p +
		    (ptrdiff_t)m->fields[i - 1].ins.n : 0);
		m->edits[i] = (struct edit){ .off = m->fields[i].off,
		    .graft = &m->fields[i] };
	}
	return m->fields_n;
}

static int
on_edits(struct mender *m, struct span s)
{
	const size_t n = s.n / sizeof(struct edit);
	struct edit *list = m->edits + put_fields(m);

	if (s.n % sizeof(struct edit) != 0 || n > MEND_EDITS_MAX)
		return wrong(m, "it makes no sense");
	memcpy(list, s.p, s.n);
	for (size_t i = 0; i < n; i++)
		list[i].graft = NULL;
	return make_edits(m, m->fields_n + n, 0);
}

/* A field waits for the edits at its place: splice wants them together. */
static int
on_field(struct mender *m, const struct graft *g)
{
	int rc;

	if (m->fields_n > 0 && (m->fields[0].off != g->off ||
	    m->fields_n == MEND_SAME) &&
	    (rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	buf_add(&m->text, g->ins.p, g->ins.n);
	m->fields[m->fields_n++] = *g;
	return buf_ok(&m->text) ? ST_OK : err_set(m->e, ST_DEAD, ENOMEM,
	    "edits");
}

static int
on_graft(struct mender *m, struct span s)
{
	struct mend_graft w;
	int rc;

	if (s.n < sizeof(w) || !m->in_message)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	m->graft = (struct graft){ .off = w.off, .del = w.del,
	    .kind = w.kind, .why = w.why,
	    .ins = { s.p + sizeof(w), s.n - sizeof(w) } };
	if (w.del == 0)
		return on_field(m, &m->graft);
	if ((rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	/* All bytes that go are fed at once, so the text may stay in s. */
	m->edits[0] = (struct edit){ .off = w.off, .graft = &m->graft };
	return make_edits(m, 1, w.del);
}

static int
on_end(struct mender *m)
{
	const char *bad;
	int rc;

	if (!m->in_message)
		return wrong(m, "it makes no sense");
	if ((rc = make_edits(m, put_fields(m), 0)) != ST_OK)
		return rc;
	rc = splice_upto(m, m->message.off + m->message.len, NULL, 0);
	if (rc != ST_OK)
		return rc;
	if ((bad = splice_end(&m->splice)) != NULL)
		return wrong(m, bad);
	m->in_message = false;
	m->job->messages++;
	return ST_OK;
}

static int
on_cut(struct mender *m, struct span s)
{
	struct mend_cut w;
	int rc;

	if (s.n < sizeof(w) || m->in_message || m->job->take == NULL)
		return wrong(m, "it makes no sense");
	memcpy(&w, s.p, sizeof(w));
	if (w.from < m->pos || w.off < w.from || w.to > m->size ||
	    w.off > w.to || w.len > w.to - w.off)
		return wrong(m, "a message that is not there");
	if ((rc = copy_upto(m, w.from)) != ST_OK)
		return rc;
	rc = m->job->take(m->job->ctx, m->from, &(struct mend_taken){
	    .off = w.off, .len = w.len, .from = w.from, .to = w.to,
	    .sha = w.sha, .note = { s.p + sizeof(w), s.n - sizeof(w) } },
	    m->e);
	if (rc == ST_OK) {
		m->pos = w.to;
		m->job->taken++;
	}
	return rc;
}

static int
on_left(struct mender *m, struct span s)
{
	const size_t n = s.n < sizeof(m->job->why) - 1 ? s.n :
	    sizeof(m->job->why) - 1;

	if (m->job->left++ == 0) {
		memcpy(m->job->why, s.p, n);
		m->job->why[n] = '\0';
	}
	return ST_OK;
}

/* ST_END: all was said. */
static int
take_frame(struct mender *m, uint32_t type, struct span s)
{
	switch (type) {
	case MEND_TICK:
		return ST_OK;
	case MEND_MESSAGE:
		return on_message(m, s);
	case MEND_EDITS:
		return on_edits(m, s);
	case MEND_GRAFT:
		return on_graft(m, s);
	case MEND_END:
		return on_end(m);
	case MEND_CUT:
		return on_cut(m, s);
	case MEND_LEFT:
		return on_left(m, s);
	case MEND_DONE:
		return m->in_message ? wrong(m, "it makes no sense") : ST_END;
	case MEND_FAILED:
		return err_set(m->e, ST_BAD, 0, "%.*s", (int)(s.n < 200 ?
		    s.n : 200), (const char *)s.p);
	default:
		return wrong(m, "it makes no sense");
	}
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
			return wrong(m, "it makes no sense");
		if (m->in.n - m->in_at - sizeof(f) < f.size)
			break;
		m->in_at += sizeof(f) + f.size;
		rc = take_frame(m, f.type, (struct span){ m->in.p +
		    m->in_at - f.size, f.size });
		if (rc == ST_OK && m->status != ST_OK)
			rc = m->status;
	}
	return rc;
}

/* --- the job */

static int
send_request(struct mender *m, struct mend_request *q)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec v = { .iov_base = q,
	    .iov_len = sizeof(*q) };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &m->from, sizeof(int));
	do
		n = sendmsg(m->child.fd, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*q) ? ST_OK : err_set(m->e, ST_BAD,
	    errno, "the process that reads it is gone");
}

/* What may be handed to the child, and a child to hand it to. */
static int
begin(struct mender *m, struct mend_job *job)
{
	const int flags = fcntl(m->from, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY ||
	    fstat(m->from, &st) != 0)
		return err_set(m->e, ST_DEAD, 0, "cannot hand on the file");
	if (m->child.fd < 0 && !child_start(&m->child, body, m))
		return err_set(m->e, ST_DEAD, errno, "cannot start a process");
	m->size = (uint64_t)st.st_size;
	job->messages = job->edits = job->taken = job->left = 0;
	job->why[0] = '\0';
	buf_clear(&m->in);
	m->in_at = 0;
	hash_begin(m->hash);
	m->request = (struct mend_request){ .size = m->size,
	    .when = job->when, .place = job->place };
	(void)snprintf(m->request.path, sizeof(m->request.path), "%s",
	    job->path);
	return send_request(m, &m->request);
}

static int
finish(struct mender *m)
{
	int rc = copy_upto(m, m->size);

	flush(m);
	if (rc == ST_OK)
		rc = m->status;
	if (rc == ST_OK && !hash_end(m->hash, m->job->sha))
		rc = err_set(m->e, ST_DEAD, 0, "no SHA-256");
	return rc;
}

int
mender_write(struct mender *m, struct mend_job *job, int from, int to,
    struct err *e)
{
	int rc;

	m->job = job;
	m->from = from;
	m->to = to;
	m->e = e;
	m->pos = m->made = m->old_off = 0;
	m->old_n = m->out_n = 0;
	m->in_message = false;
	m->status = ST_OK;
	if ((rc = begin(m, job)) == ST_OK)
		do
			rc = (rc = receive(m)) == ST_OK ? take_frames(m) : rc;
		while (rc == ST_OK);
	if (rc == ST_END)
		return finish(m);
	(void)child_stop(&m->child);	/* it may be in the middle of it */
	return rc;
}

/*
 * See mend_child.h.
 */
#include "mend_child.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "escape.h"
#include "judge.h"
#include "mend_wire.h"
#include "message_note.h"
#include "sandbox.h"
#include "wire.h"

#define SEND_AT (256u << 10)	/* bytes of frames */
#define TICK_AT (16ull << 20)	/* bytes read without a word */

struct mending {
	int fd;
	const struct scan_options *options;
	struct judge *judge;
	struct repair *repair;
	struct store *store;
	char path[MEND_PATH_MAX];	/* of the file at hand, for notes */
	struct buf out;		/* frames that are not sent yet */
	struct buf note;
	uint64_t quiet;		/* bytes read since the last frame */
	size_t edits_n;
	struct edit edits[MEND_EDITS_MAX];
};

/* The parent is gone, or there is no memory: nothing is left to do. */
static void
flush(struct mending *m)
{
	const uint8_t *p = m->out.p;
	size_t n = m->out.n;
	ssize_t rc;

	if (!buf_ok(&m->out))
		_exit(1);
	while (n > 0) {
		rc = send(m->fd, p, n, MSG_NOSIGNAL);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			_exit(1);
		p += rc;
		n -= (size_t)rc;
	}
	buf_clear(&m->out);
	m->quiet = 0;
}

static void
add_frame(struct mending *m, enum mend_type type, const void *p, size_t n,
    struct span more)
{
	const struct frame f = { .type = type, .size = (uint32_t)(n +
	    more.n) };

	buf_add(&m->out, &f, sizeof(f));
	buf_add(&m->out, p, n);
	buf_add(&m->out, more.p, more.n);
	if (m->out.n >= SEND_AT)
		flush(m);
}

static void
tick(void *ctx, uint64_t bytes, uint64_t again)
{
	struct mending *m = ctx;

	m->quiet += bytes + again;
	if (m->quiet < TICK_AT)
		return;
	add_frame(m, MEND_TICK, NULL, 0, (struct span){ NULL, 0 });
	flush(m);
}

static void
send_edits(struct mending *m)
{
	if (m->edits_n > 0)
		add_frame(m, MEND_EDITS, m->edits,
		    m->edits_n * sizeof(m->edits[0]),
		    (struct span){ NULL, 0 });
	m->edits_n = 0;
}

/* Edits at one place go in one frame. */
static void
on_edit(void *ctx, const struct edit *e)
{
	struct mending *m = ctx;

	if (e->graft != NULL) {
		const struct mend_graft g = { .off = e->graft->off,
		    .del = e->graft->del, .kind = e->graft->kind,
		    .why = e->graft->why };

		send_edits(m);
		add_frame(m, MEND_GRAFT, &g, sizeof(g), e->graft->ins);
		return;
	}
	if (m->edits_n == MEND_EDITS_MAX || (m->edits_n >= MEND_EDITS_MAX -
	    8 && m->edits[m->edits_n - 1].off != e->off))
		send_edits(m);
	m->edits[m->edits_n++] = *e;
}

static int
send_repair(struct mending *m, const struct msg *msg,
    const struct repair_facts *f, struct err *e)
{
	const struct mend_message w = { .off = msg->off, .len = msg->len,
	    .native = f->native, .to = f->to };
	int rc;

	add_frame(m, MEND_MESSAGE, &w, sizeof(w), (struct span){ NULL, 0 });
	if ((rc = repair_edits(m->repair, m->store, on_edit, m, e)) != ST_OK)
		return rc;
	send_edits(m);
	add_frame(m, MEND_END, NULL, 0, (struct span){ NULL, 0 });
	return ST_OK;
}

static void
send_cut(struct mending *m, uint64_t from, const struct msg *msg,
    const struct judged *got)
{
	struct mend_cut w = { .from = from, .to = store_position(m->store),
	    .off = msg->off, .len = msg->len };
	struct report_message r = { .msg = msg, .verdict = got->verdict,
	    .path = span_text(m->path), .hashed = true };

	memcpy(w.sha, got->sha256, HASH_SIZE);
	memcpy(r.sha256, got->sha256, HASH_SIZE);
	buf_clear(&m->note);
	message_note(&m->note, m->store, from, &r, m->options->cwd,
	    &m->options->report);
	if (!buf_ok(&m->note))
		_exit(1);
	add_frame(m, MEND_CUT, &w, sizeof(w), buf_span(&m->note));
}

static bool
is_wanted(const struct mending *m, const struct msg *msg,
    const struct judged *got)
{
	return got->flagged && got->hashed && (m->options->only == NULL ||
	    selection_has(m->options->only, msg->off, msg->len,
	    got->sha256));
}

/* from: where its separator stands. */
static int
mend_message(struct mending *m, const struct msg *msg, uint64_t from,
    time_t when, struct err *e)
{
	struct repair_facts f;
	struct judged got;
	int rc;

	rc = judge_message(m->judge, m->store, msg, false, &got, e);
	if (rc != ST_END)
		return rc;
	if (!is_wanted(m, msg, &got))
		return ST_OK;
	if ((rc = repair_message(m->repair, m->store, msg, got.verdict, when,
	    &f, e)) != ST_OK)
		return rc;
	if (f.is == REPAIR_EDITS)
		return send_repair(m, msg, &f, e);
	if (f.is == REPAIR_TAKE_OUT)
		send_cut(m, from, msg, &got);
	else if (f.is == REPAIR_REFUSED)
		add_frame(m, MEND_LEFT, f.why, strlen(f.why),
		    (struct span){ NULL, 0 });
	return ST_OK;
}

static int
mend_messages(struct mending *m, const struct mend_request *q,
    struct err *e)
{
	uint64_t from = store_first(m->store);
	struct msg msg;
	int rc;

	while ((rc = store_next(m->store, &msg, e)) == ST_OK) {
		if ((rc = mend_message(m, &msg, from, (time_t)q->when,
		    e)) != ST_OK)
			break;
		from = store_position(m->store);
	}
	return rc;
}

/* The store owns fd. */
static void
mend_file(struct mending *m, const struct mend_request *q, int fd)
{
	const struct store_how how = { .format = m->options->format,
	    .place = q->place };
	struct err e = { 0 };
	int rc;

	rc = store_open(m->store, fd, q->size, &how, &e);
	if (rc == ST_OK)
		rc = mend_messages(m, q, &e);
	store_close(m->store);
	m->edits_n = 0;
	if (rc == ST_END)
		add_frame(m, MEND_DONE, NULL, 0, (struct span){ NULL, 0 });
	else
		add_frame(m, MEND_FAILED, e.text, strlen(e.text),
		    (struct span){ NULL, 0 });
	flush(m);
}

/* False: the parent hung up, or sends what makes no sense. */
static bool
receive(int fd, struct mend_request *q, int *file)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec v = { .iov_base = q, .iov_len = sizeof(*q) };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *c;
	ssize_t n;

	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	c = CMSG_FIRSTHDR(&h);
	if (n != (ssize_t)sizeof(*q) || c == NULL ||
	    c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return false;
	memcpy(file, CMSG_DATA(c), sizeof(*file));
	return true;
}

void
mend_child(int fd, const struct scan_options *o)
{
	static struct mending m;	/* too large for a stack */
	struct mend_request q;
	int file;

	sandbox_enter();
	m.fd = fd;
	m.options = o;
	m.judge = judge_new(&(struct judge_options){ .engine = o->engine,
	    .hash = o->hash, .report = o->report, .tick = tick, .ctx = &m });
	m.repair = repair_new(o->repair);
	m.store = store_new(o->engine.kernel);
	if (m.judge == NULL || m.repair == NULL || m.store == NULL)
		_exit(1);
	while (receive(fd, &q, &file)) {
		memcpy(m.path, q.path, sizeof(m.path));
		m.path[sizeof(m.path) - 1] = '\0';
		mend_file(&m, &q, file);
	}
	_exit(0);
}

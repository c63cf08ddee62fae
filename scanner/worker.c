/*
 * See worker.h and wire.h.
 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox.h"
#include "wire.h"

#define SEND_AT (64u << 10)	/* bytes of frames */

/* Frames on their way: few sends, since each of them may wake the parent. */
struct outbox {
	int fd;
	struct buf frames;
	bool careful;		/* a commit must not wait: the next message
				 * may be the end of us */
};

/* The parent is gone, or is about to be: nothing is left to do. */
static void
send_all(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;
	ssize_t rc;

	while (n > 0) {
		rc = send(fd, at, n, MSG_NOSIGNAL);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			_exit(1);
		at += rc;
		n -= (size_t)rc;
	}
}

static bool
receive_all(int fd, void *p, size_t n)
{
	uint8_t *at = p;
	ssize_t rc;

	while (n > 0) {
		rc = read(fd, at, n);
		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return false;
		at += rc;
		n -= (size_t)rc;
	}
	return true;
}

static void
flush(struct outbox *o)
{
	if (!buf_ok(&o->frames))
		_exit(1);	/* no memory: the parent sees us die */
	send_all(o->fd, o->frames.p, o->frames.n);
	buf_clear(&o->frames);
}

static void
add_frame(struct outbox *o, enum frame_type type, const void *p, size_t n)
{
	const struct frame f = { .type = type, .size = (uint32_t)n };

	buf_add(&o->frames, &f, sizeof(f));
	buf_add(&o->frames, p, n);
}

static void
worker_first(void *ctx, uint64_t off)
{
	add_frame(ctx, FRAME_FIRST, &off, sizeof(off));
	flush(ctx);
}

static void
worker_commit(void *ctx, const struct commit_text *t,
    const struct delta *d, struct resume resume)
{
	const struct wire_commit w = { .delta = *d, .resume = resume,
	    .format = wire_format_index(d->folder.format),
	    .plan_size = (uint32_t)t->plan.n,
	    .pieces_size = (uint32_t)t->pieces.n };
	const struct frame f = { .type = FRAME_COMMIT,
	    .size = (uint32_t)(sizeof(w) + t->plan.n + t->pieces.n +
	    t->out.n) };
	struct outbox *o = ctx;

	buf_add(&o->frames, &f, sizeof(f));
	buf_add(&o->frames, &w, sizeof(w));
	buf_add(&o->frames, t->plan.p, t->plan.n);
	buf_add(&o->frames, t->pieces.p, t->pieces.n);
	buf_add(&o->frames, t->out.p, t->out.n);
	if (o->careful || o->frames.n >= SEND_AT)
		flush(o);
}

static void
worker_large(void *ctx, uint64_t size)
{
	add_frame(ctx, FRAME_LARGE, &size, sizeof(size));
	flush(ctx);
}

static void
worker_grown(void *ctx, uint64_t size)
{
	add_frame(ctx, FRAME_GROWN, &size, sizeof(size));
	flush(ctx);
}

static void
worker_tick(void *ctx, uint64_t bytes)
{
	add_frame(ctx, FRAME_TICK, &bytes, sizeof(bytes));
	flush(ctx);
}

static void
worker_cramped(void *ctx)
{
	flush(ctx);
	_exit(WORKER_CRAMPED);
}

/* Receive a job; text keeps what its spec points to. */
static bool
receive_job(int fd, struct wire_job *w, struct buf *text)
{
	uint8_t part[16384];	/* a batch, as a rule */
	size_t left, n, planned;

	if (!receive_all(fd, w, sizeof(*w)))
		return false;
	buf_clear(text);
	planned = w->spec.planned_n * sizeof(struct planned);
	left = planned + w->path_size + w->spec.names_size;
	for (; left > 0; left -= n) {
		n = left < sizeof(part) ? left : sizeof(part);
		if (!receive_all(fd, part, n))
			return false;
		buf_add(text, part, n);
	}
	w->spec.planned = planned > 0 ? (const void *)text->p : NULL;
	w->spec.path = (const char *)text->p + planned;
	w->spec.names = w->spec.path + w->path_size;
	return buf_ok(text);
}

void
worker_main(int fd, const struct scan_options *o, uint64_t share)
{
	struct outbox out = { .fd = fd };
	const struct job_sink sink = { .first = worker_first,
	    .commit = worker_commit, .large = worker_large,
	    .grown = worker_grown, .tick = worker_tick,
	    .cramped = worker_cramped, .ctx = &out };
	bool roomy = true;
	uint64_t bytes;
	struct scanner *s;
	struct wire_job w;
	struct buf text = { 0 };

	/* What all of a group are sent the parent decides about, which may want
	 * what is begun. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	sandbox_enter();
	if ((s = scanner_new(o)) == NULL)
		_exit(1);
	while (receive_job(fd, &w, &text)) {
		out.careful = w.spec.careful;
		if (w.spec.roomy != roomy)
			sandbox_room(w.spec.roomy ? 0 : share);
		roomy = w.spec.roomy;
		bytes = scanner_run(s, &w.spec, &sink);
		add_frame(&out, FRAME_DONE, &bytes, sizeof(bytes));
		flush(&out);
	}
	_exit(0);
}

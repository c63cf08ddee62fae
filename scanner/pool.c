/*
 * See pool.h; what goes over the sockets is in wire.h.
 */
#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "sandbox.h"
#include "wire.h"
#include "worker.h"

#define FRAME_MAX (4u << 20)	/* bytes: far more than a worker ever sends */
#define READ_AT_ONCE (128u << 10)

struct worker {
	struct child child;
	void *tag;		/* NULL: idle */
	bool patient;		/* its input may be slow: no time limit */
	struct timespec heard;
	struct buf in;		/* a frame that has not come whole yet */
};

struct pool {
	struct scan_options options;
	struct pool_events events;
	struct scanner *here;	/* no workers: jobs run in this process */
	unsigned timeout;	/* seconds */
	uint64_t share;		/* bytes of memory, see sandbox.h */
	size_t n;
	struct worker *workers;
};

/* In the child: let go of all that is the parent's, and work. */
static void
child_body(int fd, void *ctx)
{
	struct pool *p = ctx;

	child_keep_only(fd);
	worker_main(fd, &p->options, p->share);
}

static bool
worker_start(struct pool *p, struct worker *w, struct err *e)
{
	w->tag = NULL;
	buf_clear(&w->in);
	if (child_start(&w->child, child_body, p))
		return true;
	(void)err_set(e, ST_DEAD, errno, "cannot start a worker process");
	return false;
}

struct pool *
pool_new(size_t workers, const struct scan_options *o,
    const struct pool_events *events, unsigned timeout, struct err *e)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		goto no_memory;
	p->options = *o;
	p->events = *events;
	p->timeout = timeout;
	p->share = sandbox_share(workers);
	if (workers == 0) {
		if ((p->here = scanner_new(&p->options)) == NULL)
			goto no_memory;
		return p;
	}
	if ((p->workers = calloc(workers, sizeof(*p->workers))) == NULL)
		goto no_memory;
	p->n = workers;
	for (size_t i = 0; i < workers; i++)
		p->workers[i].child.fd = -1;
	for (size_t i = 0; i < workers; i++)
		if (!worker_start(p, &p->workers[i], e)) {
			pool_free(p);
			return NULL;
		}
	return p;
no_memory:
	pool_free(p);
	(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
	return NULL;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		(void)child_stop(&p->workers[i].child);
		buf_free(&p->workers[i].in);
	}
	free(p->workers);
	scanner_free(p->here);
	free(p);
}

bool
pool_has_idle(const struct pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i].tag == NULL && p->workers[i].child.fd >= 0)
			return true;
	return p->here != NULL;
}

/* False: nothing was sent. */
static bool
send_job(int fd, const struct job_spec *spec)
{
	struct wire_job w = { .spec = *spec,
	    .path_size = strlen(spec->path) + 1 };
	struct buf b = { 0 };
	size_t sent = 0;
	ssize_t rc;

	w.spec.path = w.spec.names = NULL;
	w.spec.planned = NULL;
	buf_add(&b, &w, sizeof(w));
	buf_add(&b, spec->planned, spec->planned_n * sizeof(*spec->planned));
	buf_add(&b, spec->path, w.path_size);
	buf_add(&b, spec->names, spec->names_size);
	while (buf_ok(&b) && sent < b.n) {
		rc = send(fd, b.p + sent, b.n - sent, MSG_NOSIGNAL);
		if (rc < 0 && errno != EINTR)
			break;
		sent += rc > 0 ? (size_t)rc : 0;
	}
	buf_free(&b);
	return sent > 0;		/* cut short: it died; poll tells */
}

/* The worker is gone: say so, and start another. */
static void
worker_died(struct pool *p, struct worker *w, const char *why)
{
	const int status = child_stop(&w->child);
	void *tag = w->tag;
	struct err e;
	char text[96];

	if (why == NULL && WIFSIGNALED(status))
		(void)snprintf(text, sizeof(text), "the worker process died "
		    "of signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		(void)snprintf(text, sizeof(text), "%s", why != NULL ? why :
		    "the worker process gave up");
	w->tag = NULL;
	(void)worker_start(p, w, &e);
	if (tag != NULL && why == NULL && WIFEXITED(status) &&
	    WEXITSTATUS(status) == WORKER_CRAMPED)
		p->events.cramped(tag);
	else if (tag != NULL)
		p->events.died(tag, text);
}

void
pool_run(struct pool *p, const struct job_spec *spec, void *tag)
{
	struct job_sink sink = p->events.job;

	if (p->here != NULL) {
		sink.ctx = tag;
		sink.tick(tag, scanner_run(p->here, spec, &sink));
		p->events.done(tag);
		return;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct worker *w = &p->workers[i];

		if (w->tag != NULL || w->child.fd < 0)
			continue;
		w->tag = tag;
		w->patient = spec->kind == JOB_STDIN;
		(void)clock_gettime(CLOCK_MONOTONIC, &w->heard);
		if (!send_job(w->child.fd, spec))
			worker_died(p, w, "the worker process got no job");
		return;
	}
}

static bool
take_commit(struct pool *p, struct worker *w, struct span a)
{
	struct commit_text t;
	struct wire_commit c;

	if (a.n < sizeof(c))
		return false;
	memcpy(&c, a.p, sizeof(c));
	a = (struct span){ a.p + sizeof(c), a.n - sizeof(c) };
	if (!wire_format_name(c.format, &c.delta.folder.format) ||
	    c.plan_size > a.n || c.pieces_size > a.n - c.plan_size)
		return false;
	t.plan = (struct span){ a.p, c.plan_size };
	t.pieces = (struct span){ t.plan.p + t.plan.n, c.pieces_size };
	t.out = (struct span){ t.pieces.p + t.pieces.n,
	    a.n - t.plan.n - t.pieces.n };
	p->events.job.commit(w->tag, &t, &c.delta, c.resume);
	return true;
}

/* One whole frame.  False: no worker of ours would send that. */
static bool
take_frame(struct pool *p, struct worker *w, uint32_t type, struct span a)
{
	uint64_t v = 0;

	if (w->tag == NULL)
		return false;
	if (type == FRAME_COMMIT)
		return take_commit(p, w, a);
	if (a.n != sizeof(v))
		return false;
	memcpy(&v, a.p, sizeof(v));
	switch (type) {
	case FRAME_FIRST:
		p->events.job.first(w->tag, v);
		return true;
	case FRAME_LARGE:
		p->events.job.large(w->tag, v);
		return true;
	case FRAME_GROWN:
		p->events.job.grown(w->tag, v);
		return true;
	case FRAME_TICK:
		p->events.job.tick(w->tag, v);
		return true;
	case FRAME_DONE: {
		void *tag = w->tag;

		p->events.job.tick(tag, v);
		w->tag = NULL;
		p->events.done(tag);
		return true;
	}
	default:
		return false;
	}
}

/* All the whole frames that have come.  False: garbage. */
static bool
take_frames(struct pool *p, struct worker *w)
{
	struct span a = buf_span(&w->in);
	struct frame f;
	bool ok = true;

	while (ok && a.n >= sizeof(f)) {
		memcpy(&f, a.p, sizeof(f));
		if (f.size > FRAME_MAX)
			return false;
		if (a.n - sizeof(f) < f.size)
			break;
		ok = take_frame(p, w, f.type,
		    (struct span){ a.p + sizeof(f), f.size });
		a = (struct span){ a.p + sizeof(f) + f.size,
		    a.n - sizeof(f) - f.size };
	}
	memmove(w->in.p, a.p, a.n);
	w->in.n = a.n;
	return ok;
}

static void
worker_read(struct pool *p, struct worker *w)
{
	uint8_t part[READ_AT_ONCE];
	const ssize_t n = read(w->child.fd, part, sizeof(part));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		worker_died(p, w, NULL);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &w->heard);
	buf_add(&w->in, part, (size_t)n);
	if (!buf_ok(&w->in) || !take_frames(p, w))
		worker_died(p, w, "the worker process sent garbage");
}

static void
check_timeout(struct pool *p, struct worker *w)
{
	struct timespec now;

	if (w->tag == NULL || w->patient || p->timeout == 0)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - w->heard.tv_sec > (time_t)p->timeout)
		worker_died(p, w, "no sign of life within the time limit "
		    "(--timeout)");
}

/* Start those that could not be started when they had to. */
static bool
any_worker(struct pool *p)
{
	bool any = false;
	struct err e;

	for (size_t i = 0; i < p->n; i++)
		any |= p->workers[i].child.fd >= 0 ||
		    worker_start(p, &p->workers[i], &e);
	return any;
}

bool
pool_wait(struct pool *p, int milliseconds)
{
	struct pollfd fds[256];
	const nfds_t n = p->n < 256 ? (nfds_t)p->n : 256;

	if (n == 0)
		return true;
	if (!any_worker(p))
		return false;
	for (nfds_t i = 0; i < n; i++) {
		struct worker *w = &p->workers[i];
		const bool listen = w->tag == NULL || p->events.wanted(w->tag);

		fds[i] = (struct pollfd){
		    .fd = listen ? w->child.fd : -1,
		    .events = POLLIN };
		if (!listen)	/* it waits for us, not we for it */
			(void)clock_gettime(CLOCK_MONOTONIC, &w->heard);
	}
	if (poll(fds, n, milliseconds) < 0)
		return true;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].fd >= 0 && fds[i].revents != 0)
			worker_read(p, &p->workers[i]);
		else if (fds[i].fd >= 0)
			check_timeout(p, &p->workers[i]);
	return true;
}

const char *
pool_sandbox(void)
{
	return sandbox_name();
}

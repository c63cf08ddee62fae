/*
 * See pool.h.
 *
 * To a worker: struct wire_job, path, names.  Back: struct frame and its
 * payload.  Both ends are the same binary, but the parent trusts no length.
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

#define FRAME_MAX (4u << 20)	/* bytes: far more than a worker ever sends */
#define READ_AT_ONCE (128u << 10)

enum frame_type { FRAME_FIRST, FRAME_COMMIT, FRAME_LARGE, FRAME_TICK,
	FRAME_DONE };

struct frame {
	uint32_t type;
	uint32_t size;		/* bytes of payload */
};

struct wire_job {
	struct job_spec spec;	/* its pointers mean nothing */
	size_t path_size;	/* with the NUL */
};

/* The fixed part of FRAME_COMMIT; text follows. */
struct wire_commit {
	struct delta delta;	/* .folder.format: an index, see below */
	struct resume resume;
	uint32_t format;
};

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
	size_t n;
	struct worker *workers;
};

/* --- the worker's side */

/* The literals that may stand in store_facts.format. */
static const char *const format_words[] = { NULL, "mbox", "maildir", "mh",
    "eml", "files" };
#define FORMAT_WORDS (sizeof(format_words) / sizeof(format_words[0]))

static uint32_t
format_index(const char *name)
{
	for (uint32_t i = 1; name != NULL && i < FORMAT_WORDS; i++)
		if (strcmp(format_words[i], name) == 0)
			return i;
	return 0;
}

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
send_frame(int fd, enum frame_type type, const void *p, size_t n)
{
	const struct frame f = { .type = type, .size = (uint32_t)n };

	send_all(fd, &f, sizeof(f));
	send_all(fd, p, n);
}

static void
worker_first(void *ctx, uint64_t off)
{
	send_frame(*(int *)ctx, FRAME_FIRST, &off, sizeof(off));
}

static void
worker_commit(void *ctx, struct span out, const struct delta *d,
    struct resume resume)
{
	const struct wire_commit w = { .delta = *d, .resume = resume,
	    .format = format_index(d->folder.format) };
	const struct frame f = { .type = FRAME_COMMIT,
	    .size = (uint32_t)(sizeof(w) + out.n) };
	const int fd = *(int *)ctx;

	send_all(fd, &f, sizeof(f));
	send_all(fd, &w, sizeof(w));
	send_all(fd, out.p, out.n);
}

static void
worker_large(void *ctx, uint64_t size)
{
	send_frame(*(int *)ctx, FRAME_LARGE, &size, sizeof(size));
}

static void
worker_tick(void *ctx, uint64_t bytes)
{
	send_frame(*(int *)ctx, FRAME_TICK, &bytes, sizeof(bytes));
}

/* Receive a job; text keeps its path and names. */
static bool
receive_job(int fd, struct wire_job *w, struct buf *text)
{
	uint8_t part[4096];
	size_t left, n;

	if (!receive_all(fd, w, sizeof(*w)))
		return false;
	buf_clear(text);
	for (left = w->path_size + w->spec.names_size; left > 0; left -= n) {
		n = left < sizeof(part) ? left : sizeof(part);
		if (!receive_all(fd, part, n))
			return false;
		buf_add(text, part, n);
	}
	w->spec.path = (const char *)text->p;
	w->spec.names = w->spec.path + w->path_size;
	return buf_ok(text);
}

static void
worker_main(int fd, void *ctx)
{
	struct pool *p = ctx;
	struct job_sink sink = { .first = worker_first,
	    .commit = worker_commit, .large = worker_large,
	    .tick = worker_tick, .ctx = &fd };
	struct scanner *s;
	struct wire_job w;
	struct buf text = { 0 };

	for (size_t i = 0; i < p->n; i++)
		if (p->workers[i].child.fd >= 0)
			(void)close(p->workers[i].child.fd);
	sandbox_enter();
	if ((s = scanner_new(&p->options)) == NULL)
		_exit(1);
	while (receive_job(fd, &w, &text)) {
		scanner_run(s, &w.spec, &sink);
		send_frame(fd, FRAME_DONE, NULL, 0);
	}
	_exit(0);
}

/* --- the parent's side */

static bool
worker_start(struct pool *p, struct worker *w, struct err *e)
{
	w->tag = NULL;
	buf_clear(&w->in);
	if (child_start(&w->child, worker_main, p))
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
	buf_add(&b, &w, sizeof(w));
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
	if (tag != NULL)
		p->events.died(tag, text);
}

void
pool_run(struct pool *p, const struct job_spec *spec, void *tag)
{
	struct job_sink sink = p->events.job;

	if (p->here != NULL) {
		sink.ctx = tag;
		scanner_run(p->here, spec, &sink);
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
	struct wire_commit c;

	if (a.n < sizeof(c))
		return false;
	memcpy(&c, a.p, sizeof(c));
	if (c.format >= FORMAT_WORDS)
		return false;
	c.delta.folder.format = format_words[c.format];
	p->events.job.commit(w->tag, (struct span){ a.p + sizeof(c),
	    a.n - sizeof(c) }, &c.delta, c.resume);
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
	if (a.n != (type == FRAME_DONE ? 0 : sizeof(v)))
		return false;
	if (a.n > 0)
		memcpy(&v, a.p, sizeof(v));
	switch (type) {
	case FRAME_FIRST:
		p->events.job.first(w->tag, v);
		return true;
	case FRAME_LARGE:
		p->events.job.large(w->tag, v);
		return true;
	case FRAME_TICK:
		p->events.job.tick(w->tag, v);
		return true;
	case FRAME_DONE: {
		void *tag = w->tag;

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

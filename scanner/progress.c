/*
 * See progress.h.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "child.h"
#include "walk.h"

struct progress {
	uint64_t bytes, messages;
	uint64_t total;			/* bytes; 0: not known yet */
	struct timespec start, shown;
	bool visible;
	struct child adder;		/* the process that adds up */
	char *const *paths;
	bool one_fs;
};

/* --- the process that adds up */

struct adder {
	uint64_t bytes;
	struct buf path;
};

static bool
add_file(void *ctx, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	struct adder *a = ctx;
	struct stat st;

	(void)place;
	buf_clear(&a->path);
	if (d != NULL) {
		buf_str(&a->path, d->path);
		buf_byte(&a->path, '/');
	}
	buf_str(&a->path, name);
	if (stat(buf_text(&a->path), &st) == 0)
		a->bytes += (uint64_t)st.st_size;
	return true;
}

static bool
add_leave(void *ctx, const struct walk_dir *d, bool settled)
{
	(void)ctx;
	(void)d;
	(void)settled;
	return true;
}

static bool
add_skipped(void *ctx, const struct walk_dir *d, const char *name,
    enum walk_skip why)
{
	(void)ctx;
	(void)d;
	(void)name;
	(void)why;
	return true;
}

static bool
add_failed(void *ctx, const char *path, const struct err *e)
{
	(void)ctx;
	(void)path;
	(void)e;
	return true;
}

static void
add_up(int fd, void *ctx)
{
	const struct progress *p = ctx;
	const struct walk_options o = { .one_fs = p->one_fs };
	struct adder a = { 0 };
	const struct walk_sink sink = { .file = add_file, .leave = add_leave,
	    .skipped = add_skipped, .failed = add_failed, .ctx = &a };

	for (char *const *path = p->paths; *path != NULL; path++)
		(void)walk_path(*path, &o, &sink);
	(void)send(fd, &a.bytes, sizeof(a.bytes), MSG_NOSIGNAL);
}

/* --- the line */

struct progress *
progress_new(char *const *paths, bool one_fs)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->paths = paths;
	p->one_fs = one_fs;
	(void)clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->shown = p->start;
	(void)child_start(&p->adder, add_up, p);
	return p;
}

void
progress_hide(struct progress *p)
{
	if (p == NULL || !p->visible)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	p->visible = false;
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_hide(p);
	(void)child_stop(&p->adder);
	free(p);
}

static double
seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) +
	    (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static void
show(struct progress *p, double elapsed)
{
	const double mb = (double)p->bytes / 1e6;
	const double rate = elapsed > 0 ? mb / elapsed : 0;
	uint64_t total;

	if (p->total == 0 && p->adder.fd >= 0 && recv(p->adder.fd, &total,
	    sizeof(total), MSG_DONTWAIT) == (ssize_t)sizeof(total))
		p->total = total;
	(void)fprintf(stderr, "\r\033[K%" PRIu64 " messages, %.0f MB",
	    p->messages, mb);
	if (p->total > p->bytes && rate > 0)
		(void)fprintf(stderr, " of %.0f, %.0f MB/s, %.0f s left",
		    (double)p->total / 1e6, rate,
		    ((double)p->total / 1e6 - mb) / rate);
	else
		(void)fprintf(stderr, ", %.0f MB/s", rate);
	(void)fflush(stderr);
	p->visible = true;
}

void
progress_add(struct progress *p, uint64_t bytes, uint64_t messages)
{
	struct timespec now;

	p->bytes += bytes;
	p->messages = messages;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds_between(&p->shown, &now) < 0.25)
		return;
	p->shown = now;
	show(p, seconds_between(&p->start, &now));
}

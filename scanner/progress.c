/*
 * See progress.h.
 */
#include "progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "child.h"
#include "escape.h"
#include "terminal.h"
#include "walk.h"

struct progress {
	const struct progress_options *o;
	struct progress_at at;
	uint64_t total;			/* bytes; 0: not known yet */
	uint64_t shown_bytes;
	struct timespec start, shown;
	double rate;			/* bytes a second, of late */
	bool wanted, visible;
	struct buf step, line;
	struct child adder;		/* the process that adds up */
};

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t asked;

static void
on_signal(int sig)
{
	(void)sig;
	asked = 1;
}

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
	const struct walk_options o = { .one_fs = p->o->one_fs };
	struct adder a = { 0 };
	const struct walk_sink sink = { .file = add_file, .leave = add_leave,
	    .skipped = add_skipped, .failed = add_failed, .ctx = &a };

	for (char *const *path = p->o->paths; *path != NULL; path++)
		(void)walk_path(*path, &o, &sink);
	(void)send(fd, &a.bytes, sizeof(a.bytes), MSG_NOSIGNAL);
}

/* --- the line */

static void
catch_signals(void)
{
	struct sigaction a = { .sa_handler = on_signal,
	    .sa_flags = SA_RESTART };

	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGUSR1, &a, NULL);
#ifdef SIGINFO
	(void)sigaction(SIGINFO, &a, NULL);
#endif
}

struct progress *
progress_new(const struct progress_options *o)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->o = o;
	p->total = o->total;
	p->adder.fd = -1;
	p->wanted = o->when == WHEN_ALWAYS || (o->when == WHEN_AUTO &&
	    terminal_is_ours(STDERR_FILENO));
	(void)clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->shown = p->start;
	catch_signals();
	if (p->wanted && o->paths != NULL && o->paths[0] != NULL)
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
	buf_free(&p->step);
	buf_free(&p->line);
	free(p);
}

static double
seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) +
	    (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

/* The last seconds count most. */
static void
update_rate(struct progress *p, double elapsed, double since)
{
	const uint64_t more = p->at.bytes > p->shown_bytes ? p->at.bytes -
	    p->shown_bytes : 0;
	const double now = since > 0 ? (double)more / since : 0;

	if (elapsed < 3)
		p->rate = elapsed > 0 ? (double)p->at.bytes / elapsed : 0;
	else
		p->rate += (now - p->rate) * since / (since + 5);
	p->shown_bytes = p->at.bytes;
}

static void
put_size(struct buf *b, double bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB" };
	size_t i = 0;

	for (bytes /= 1e3; bytes >= 999.5 && i < 3; bytes /= 1e3)
		i++;
	buf_printf(b, bytes < 9.95 && i > 0 ? "%.1f %s" : "%.0f %s", bytes,
	    units[i]);
}

static void
put_time(struct buf *b, double seconds)
{
	const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) :
	    1000000000;

	if (s < 60)
		buf_printf(b, "%" PRIu64 " s", s);
	else if (s < 3600)
		buf_printf(b, "%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	else
		buf_printf(b, "%" PRIu64 " h %" PRIu64 " min", s / 3600,
		    s % 3600 / 60);
}

/* What counts most stands first: the end may be cut off. */
static void
make_line(struct progress *p, double elapsed)
{
	const double bytes = (double)p->at.bytes, total = (double)p->total;
	struct buf *b = &p->line;

	buf_clear(b);
	if (p->step.n > 0) {
		buf_add(b, p->step.p, p->step.n);
		return;
	}
	buf_grouped(b, p->at.count);
	buf_printf(b, " %s, ", p->o->unit);
	put_size(b, bytes);
	if (p->total > p->at.bytes) {
		buf_str(b, " of ");
		put_size(b, total);
		buf_printf(b, " (%.0f %%)", bytes * 100 / total);
	}
	buf_str(b, ", ");
	put_size(b, p->rate);
	buf_str(b, "/s, ");
	if (p->total > p->at.bytes && p->rate > 0) {
		put_time(b, (total - bytes) / p->rate);
		buf_str(b, " left");
	} else {
		put_time(b, elapsed);
	}
	if (p->at.flagged > 0) {
		buf_str(b, ", ");
		buf_grouped(b, p->at.flagged);
		buf_printf(b, " %s", p->o->flagged);
	}
}

/* As many bytes as are that many characters: each is one column wide, or so
 * it is for all that we write. */
static size_t
cut_to(struct span s, size_t columns)
{
	size_t at = 0, n;
	uint32_t c;

	while (at < s.n && columns-- > 0) {
		(void)utf8_next((struct span){ s.p + at, s.n - at }, &n, &c);
		at += n;
	}
	return at;
}

static void
show(struct progress *p)
{
	const size_t columns = terminal_size(STDERR_FILENO).columns;

	/* The last column is left: writing there may go to the next line. */
	(void)fprintf(stderr, "\r%.*s\033[K", (int)cut_to(buf_span(&p->line),
	    columns - 1), buf_text(&p->line));
	(void)fflush(stderr);
	p->visible = true;
}

static void
take_total(struct progress *p)
{
	uint64_t total;

	if (p->total == 0 && p->adder.fd >= 0 && recv(p->adder.fd, &total,
	    sizeof(total), MSG_DONTWAIT) == (ssize_t)sizeof(total))
		p->total = total;
}

/* Show what is to be shown, and answer who asked. */
static void
refresh(struct progress *p, bool now)
{
	struct timespec t;
	double since;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	since = seconds_between(&p->shown, &t);
	if (asked == 0 && !now && since < 0.25)
		return;
	take_total(p);
	update_rate(p, seconds_between(&p->start, &t), since);
	p->shown = t;
	make_line(p, seconds_between(&p->start, &t));
	if (asked != 0) {
		asked = 0;
		progress_hide(p);
		(void)fprintf(stderr, "baredot: %s: %s\n", p->o->what,
		    buf_text(&p->line));
	}
	if (p->wanted && (p->o->when == WHEN_ALWAYS ||
	    terminal_is_ours(STDERR_FILENO)))
		show(p);
}

void
progress_at(struct progress *p, const struct progress_at *at)
{
	if (p == NULL)
		return;
	p->at = *at;
	refresh(p, false);
}

void
progress_step(struct progress *p, const char *verb, const char *path,
    uint64_t n, uint64_t of)
{
	if (p == NULL)
		return;
	buf_clear(&p->step);
	if (path != NULL) {
		buf_printf(&p->step, "%s %" PRIu64 " of %" PRIu64 ": ", verb,
		    n, of);
		escape_text(&p->step, span_text(path));
	}
	refresh(p, path != NULL);
}

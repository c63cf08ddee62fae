/*
 * See output.h.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "reach.h"

#define FLUSH_AT (64u << 10)	/* bytes */

struct output {
	int fd;
	int failed;		/* an errno */
	char *path, *temp;	/* NULL: a stream, as standard output is */
	mode_t mode;		/* of the file that it will be */
	bool begun;		/* something was written to it */
	bool fresh;		/* nothing may be there */
	struct buf held;
};

static void
output_free(struct output *o)
{
	if (o->temp != NULL && o->fd >= 0) {
		(void)close(o->fd);
		(void)unlink(o->temp);
	}
	buf_free(&o->held);
	free(o->path);
	free(o->temp);
	free(o);
}

/* What creat(2) would give a new file. */
static mode_t
new_mode(void)
{
	const mode_t mask = umask(077);

	(void)umask(mask);
	return 0666 & ~mask;
}

/* A file beside the one at o->path. */
static bool
open_temp(struct output *o)
{
	if (o->path == NULL || asprintf(&o->temp, "%s.XXXXXX", o->path) < 0) {
		o->temp = NULL;
		errno = ENOMEM;
		return false;
	}
	o->fd = mkostemp(o->temp, O_CLOEXEC);
	return o->fd >= 0;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What was looked at is still what has the name; or errno. */
static bool
keeps_still(int rc, const struct stat *there, const struct stat *now)
{
	if (rc == 0 && is_same(there, now))
		return true;
	if (rc == 0)
		errno = EAGAIN;
	return false;
}

/* /dev/stdout or /dev/stderr, if it leads to that file; -1: none does. */
static int
stream_to(const struct stat *st)
{
	struct stat s;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &s) == 0 && is_same(&s, st) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			return fd;
	return -1;
}

/*
 * A file beside the one that is there, or that a link of that name leads to.
 * Devices and FIFOs as they are, and so a file to which standard output goes:
 * with >> something is in it.
 */
static bool
open_old(struct output *o, const char *path, int there)
{
	struct stat st, now;

	if (fstat(there, &st) != 0)
		return false;
	if ((o->fd = stream_to(&st)) >= 0)
		return true;
	if (!S_ISREG(st.st_mode)) {
		o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return o->fd >= 0 && keeps_still(fstat(o->fd, &now), &st,
		    &now);
	}
	o->mode = st.st_mode & 07777;
	o->path = realpath(path, NULL);
	return o->path != NULL && keeps_still(lstat(o->path, &now), &st,
	    &now) && open_temp(o);
}

/*
 * A file that is wanted.  In /tmp a name may lead to what is ours alone, so it
 * is looked where it leads (reach.h).  False: *e, of the file.
 */
static bool
open_file(struct output *o, const char *path, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach way;
	bool done = false;
	int rc;

	if ((rc = reach_any(&way, path, e)) == ST_OK) {
		done = open_old(o, path, way.fd);
	} else if (rc == ST_DEAD && (rc = reach_parent(&way, path, name,
	    e)) != ST_BAD) {
		o->path = strdup(path);
		done = open_temp(o);
	}
	if (rc != ST_BAD && !done)
		(void)err_set(e, ST_DEAD, errno, "%s", "");
	if (way.fd >= 0)
		(void)close(way.fd);
	return done;
}

struct output *
output_open_new(const char *path, mode_t mode, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));
	struct stat st;
	bool stream;

	if (o == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	o->fd = -1;
	o->mode = mode;
	o->path = strdup(path);
	stream = stat(path, &st) == 0 && (!S_ISREG(st.st_mode) ||
	    stream_to(&st) >= 0);
	if (!stream && open_temp(o))
		return o;
	(void)(stream ? err_set(e, ST_DEAD, 0, "%s: it is no file", path) :
	    err_set(e, ST_DEAD, errno, "%s: cannot write it", path));
	output_free(o);
	return NULL;
}

struct output *
output_to(int fd, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL)
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
	else
		o->fd = fd;
	return o;
}

void
output_errors_not_signals(void)
{
	struct sigaction a = { .sa_handler = SIG_IGN };

	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGPIPE, &a, NULL);
	(void)sigaction(SIGXFSZ, &a, NULL);
}

void
output_catch_signals(void (*on_signal)(int))
{
	struct sigaction a = { .sa_handler = on_signal };

	(void)sigemptyset(&a.sa_mask);
	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
	(void)sigaction(SIGHUP, &a, NULL);
	output_errors_not_signals();
}

const char *
output_path(const char *arg)
{
	return strcmp(arg, "-") == 0 ? NULL : arg;
}

struct output *
output_open(const char *path, struct err *e)
{
	struct err why = { 0 };
	struct output *o = output_open_mode(path, new_mode(), &why);

	if (o == NULL)
		(void)err_set(e, ST_DEAD, 0, "%s: cannot write the report: %s",
		    path != NULL ? path : "standard output", why.text);
	return o;
}

struct output *
output_open_mode(const char *path, mode_t mode, struct err *e)
{
	struct output *o = output_to(STDOUT_FILENO, e);

	if (o == NULL)
		return NULL;
	o->mode = mode;
	if (path == NULL || open_file(o, path, e))
		return o;
	o->fd = -1;
	output_free(o);
	return NULL;
}

struct output *
output_open_named(const char *path, bool replace, struct err *e)
{
	struct output *o = output_to(-1, e);
	struct err why = { 0 };
	struct stat st;

	if (o == NULL)
		return NULL;
	o->fresh = !replace;
	o->mode = new_mode();
	if (!replace && lstat(path, &st) == 0) {
		(void)err_set(e, ST_DEAD, EEXIST, "%s", path);
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)err_set(e, ST_DEAD, 0, "%s: it is no file", path);
	} else if (open_file(o, path, &why)) {
		return o;
	} else {
		(void)err_set(e, ST_DEAD, 0, "%s: cannot write it: %s", path,
		    why.text);
	}
	output_free(o);
	return NULL;
}

const char *
output_name(const struct output *o)
{
	return o->temp;
}

int
output_file(const struct output *o)
{
	return o->temp != NULL ? o->fd : -1;
}

void
output_made(struct output *o)
{
	o->begun = true;
}

static void
flush(struct output *o)
{
	size_t done = 0;
	ssize_t n;

	while (o->failed == 0 && done < o->held.n) {
		n = write(o->fd, o->held.p + done, o->held.n - done);
		if (n < 0 && errno != EINTR)
			o->failed = errno;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&o->held);
}

bool
output_write(struct output *o, struct span s)
{
	o->begun = o->begun || s.n > 0;
	buf_add(&o->held, s.p, s.n);
	if (!buf_ok(&o->held))
		o->failed = ENOMEM;
	if (o->held.n >= FLUSH_AT)
		flush(o);
	return o->failed == 0;
}

void
output_fail(struct output *o, int why)
{
	if (o->failed == 0)
		o->failed = why;
}

void
output_no_memory(struct output *o)
{
	output_fail(o, ENOMEM);
}

/* Where nothing is; not all file systems know how to move so. */
static int
move_fresh(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EEXIST || link(from, to) != 0)
		return -1;
	return unlink(from);
}

/* An error of the call that names it says nothing (NFS): we look. */
static bool
is_placed(const struct output *o, const char *path)
{
	struct stat a, b;

	return fstat(o->fd, &a) == 0 && lstat(path, &b) == 0 &&
	    is_same(&a, &b);
}

/* Put the temporary in its place. */
static int
place_file(struct output *o, bool partial)
{
	char *path = NULL;
	int why = 0;

	if (asprintf(&path, "%s%s", o->path, partial ? ".partial" : "") < 0)
		return ENOMEM;
	if (fchmod(o->fd, o->mode) != 0 || fsync(o->fd) != 0)
		why = errno;
	else if ((o->fresh ? move_fresh(o->temp, path) :
	    rename(o->temp, path)) != 0)
		why = errno;
	if (why != 0 && is_placed(o, path))
		why = 0;
	free(path);
	return why;
}

int
output_close(struct output *o, bool partial, struct err *e)
{
	int rc = ST_OK;

	flush(o);
	if (o->failed == 0 && o->temp != NULL && o->begun)
		o->failed = place_file(o, partial);
	if (o->failed != 0)
		rc = err_set(e, ST_DEAD, o->failed, "%s%scannot write the "
		    "report", o->path != NULL ? o->path : "",
		    o->path != NULL ? ": " : "");
	if (rc == ST_OK && o->temp != NULL && o->begun) {
		(void)close(o->fd);
		o->fd = -1;
	}
	output_free(o);
	return rc;
}

bool
output_is_terminal(const struct output *o)
{
	return o->path == NULL && isatty(o->fd) == 1;
}

/*
 * See output.h.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

#define FLUSH_AT (64u << 10)	/* bytes */

struct output {
	int fd;
	int failed;		/* an errno */
	char *path, *temp;	/* NULL: standard output */
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

/* A file beside the one that is wanted; /dev/stdout and FIFOs as they are. */
static bool
open_file(struct output *o, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return o->fd >= 0;
	}
	o->path = strdup(path);
	if (o->path == NULL || asprintf(&o->temp, "%s.XXXXXX", path) < 0) {
		o->temp = NULL;
		errno = ENOMEM;
		return false;
	}
	o->fd = mkostemp(o->temp, O_CLOEXEC);
	return o->fd >= 0;
}

struct output *
output_open(const char *path, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	o->fd = STDOUT_FILENO;
	if (path == NULL || open_file(o, path))
		return o;
	(void)err_set(e, ST_DEAD, errno, "%s: cannot write the report", path);
	o->fd = -1;
	output_free(o);
	return NULL;
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
	buf_add(&o->held, s.p, s.n);
	if (!buf_ok(&o->held))
		o->failed = ENOMEM;
	if (o->held.n >= FLUSH_AT)
		flush(o);
	return o->failed == 0;
}

void
output_no_memory(struct output *o)
{
	if (o->failed == 0)
		o->failed = ENOMEM;
}

/* A new file has the mode that creat(2) would have given it. */
static void
set_mode(int fd)
{
	const mode_t mask = umask(077);

	(void)umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

int
output_close(struct output *o, struct err *e)
{
	int rc = ST_OK;

	flush(o);
	if (o->failed == 0 && o->temp != NULL) {
		set_mode(o->fd);
		if (fsync(o->fd) != 0 || rename(o->temp, o->path) != 0)
			o->failed = errno;
	}
	if (o->failed != 0)
		rc = err_set(e, ST_DEAD, o->failed, "%s%scannot write the "
		    "report", o->path != NULL ? o->path : "",
		    o->path != NULL ? ": " : "");
	if (rc == ST_OK && o->temp != NULL) {
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

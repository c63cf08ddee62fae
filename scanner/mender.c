/*
 * See mender.h.
 */
#include "mender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "mend_apply.h"
#include "mend_child.h"

#define SLICE (32u << 20)	/* bytes that are read within the timeout */
#define AHEAD (8u << 20)	/* bytes that are copied before it is told that
				 * they are wanted */

struct mender {
	struct scan_options options;
	struct frames_wait wait;
	struct child child;
	struct mend_apply *apply;
	int source;			/* of what is said: it, or a file */
	struct frames_in in;		/* what it says */
	struct mend_request request;
};

static void
body(int fd, void *ctx)
{
	const struct mender *m = ctx;

	child_keep_only(fd);
	mend_child(fd, &m->options);
}

struct mender *
mender_new(const struct scan_options *o, const struct frames_wait *wait,
    struct err *e)
{
	struct mender *m = calloc(1, sizeof(*m));
	struct mend_may may = mend_may(o);

	may.keeps = true;
	if (m == NULL || (m->apply = mend_apply_new(&may)) == NULL) {
		free(m);
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	m->options = *o;
	m->wait = *wait;
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
	frames_free(&m->in);
	free(m);
}

static bool
is_going(const struct mender *m)
{
	return m->wait.going == NULL || m->wait.going(m->wait.ctx);
}

static bool
find_size(const struct filling *from, uint64_t *size)
{
	struct stat st;

	*size = from->size;
	if (from->more != NULL)
		return true;
	if (fstat(from->fd, &st) != 0)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

/* What may be handed to the child, and a child to hand it to. */
static int
ask(struct mender *m, const struct mend_job *job, const struct filling *from,
    uint64_t size, struct err *e)
{
	const int flags = fcntl(from->fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY)
		return err_set(e, ST_DEAD, 0, "cannot hand on the file");
	if (m->child.fd < 0 && !child_start(&m->child, body, m))
		return err_set(e, ST_DEAD, errno, "cannot start a process");
	m->source = m->child.fd;
	m->request = (struct mend_request){ .size = size,
	    .when = job->when, .place = job->place,
	    .waits = from->more != NULL };
	(void)snprintf(m->request.path, sizeof(m->request.path), "%s",
	    job->path);
	return frames_send_files(m->child.fd, &m->request,
	    sizeof(m->request), &from->fd, 1, e);
}

/* It was said before. */
static int
recall(struct mender *m, const struct mend_told *told, struct err *e)
{
	m->source = told->fd;
	return lseek(told->fd, (off_t)told->off, SEEK_SET) >= 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "cannot read what is to be done");
}

static int
begin(struct mender *m, struct mend_job *job, struct filling *from, int to,
    struct err *e)
{
	uint64_t size;

	if (!find_size(from, &size))
		return err_set(e, ST_DEAD, errno, "cannot stat the file");
	if (!is_going(m))
		return err_set(e, ST_BAD, EINTR, "it was stopped");
	m->wait.most = (1 + size / SLICE) * m->wait.timeout;
	frames_begin(&m->in);
	mend_apply_begin(m->apply, job, from->fd, to, size, e);
	mend_apply_fills(m->apply, from);
	return job->told != NULL ? recall(m, job->told, e) :
	    ask(m, job, from, size, e);
}

/* ST_END: all was said. */
static int
take_frame(struct mender *m, struct filling *from, struct err *e)
{
	struct span s;
	uint32_t type;
	int rc;

	/*
	 * While it says nothing there is something else to do; and it shall
	 * not wait for what it is to read while we do what it said.
	 */
	while (filling_lacks(from) && is_going(m) &&
	    (from->have < m->apply->pos + AHEAD ||
	    !frames_ready(&m->in, m->source)))
		if ((rc = filling_upto(from, from->have + 1, e)) != ST_OK)
			return rc;
	rc = frames_next(&m->in, m->source, &m->wait, &type, &s, e);
	return rc == ST_OK ? mend_apply_frame(m->apply, type, s) : rc;
}

int
mender_write(struct mender *m, struct mend_job *job, struct filling *from,
    int to, struct err *e)
{
	int rc;

	if ((rc = begin(m, job, from, to, e)) == ST_OK)
		while ((rc = take_frame(m, from, e)) == ST_OK)
			;
	if (rc == ST_END)
		return mend_apply_end(m->apply);
	(void)child_stop(&m->child);	/* it may be in the middle of it */
	return rc;
}

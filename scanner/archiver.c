/*
 * See archiver.h.
 */
#include "archiver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive_child.h"
#include "child.h"
#include "frames.h"

struct archiver {
	struct scan_options options;
	unsigned timeout;		/* seconds */
	struct frames_in in;
	struct archive_order order;	/* of the task at hand */
	struct archive_job *job;	/* likewise; NULL: no rewrite */
	bool counted;			/* its counts have come */
	uint64_t left;			/* bytes to come of a message that
					 * goes */
	struct archive_taken taken;	/* that message */
};

struct archiver *
archiver_new(const struct scan_options *o, unsigned timeout)
{
	struct archiver *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->options = *o;
	a->timeout = timeout;
	return a;
}

void
archiver_free(struct archiver *a)
{
	if (a != NULL)
		frames_free(&a->in);
	free(a);
}

/* --- what the child says; ST_END: that was all */

static int
garbage(struct err *e)
{
	return err_set(e, ST_DEAD, 0, "the process that reads it sent "
	    "garbage");
}

static int
on_change(struct archive_job *j, struct span s, struct err *e)
{
	const size_t cap = j->changes_cap == 0 ? 64 : 2 * j->changes_cap;
	struct archive_change *more;

	if (s.n != sizeof(*more) || j->changes_n >= ARCHIVE_MEMBERS_MAX)
		return garbage(e);
	if (j->changes_n == j->changes_cap) {
		more = realloc(j->changes, cap * sizeof(*more));
		if (more == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "archive");
		j->changes = more;
		j->changes_cap = cap;
	}
	memcpy(&j->changes[j->changes_n++], s.p, sizeof(*more));
	return ST_OK;
}

static int
on_taken(struct archiver *a, struct span s, struct err *e)
{
	struct archive_job *j = a->job;

	if (s.n < sizeof(a->taken) || j->take == NULL || a->left > 0)
		return garbage(e);
	memcpy(&a->taken, s.p, sizeof(a->taken));
	a->left = a->taken.len;
	return j->take(j->take_ctx, &a->taken, (struct span){
	    s.p + sizeof(a->taken), s.n - sizeof(a->taken) },
	    (struct span){ NULL, 0 }, a->left == 0, e);
}

static int
on_bytes(struct archiver *a, struct span s, struct err *e)
{
	struct archive_job *j = a->job;

	if (s.n > a->left || s.n == 0 || j->take == NULL)
		return garbage(e);
	a->left -= s.n;
	return j->take(j->take_ctx, &a->taken, (struct span){ NULL, 0 }, s,
	    a->left == 0, e);
}

static int
on_found(const struct archive_job *j, struct span s, struct err *e)
{
	uint64_t which;

	if (s.n != sizeof(which) || j->found == NULL)
		return garbage(e);
	memcpy(&which, s.p, sizeof(which));
	j->found(j->ctx, which);
	return ST_OK;
}

/* Severities are looked up in tables. */
static int
on_counts(struct archiver *a, struct span s, struct err *e)
{
	struct archive_counts *c = &a->job->counts;

	if (s.n != sizeof(*c) || a->counted)
		return garbage(e);
	memcpy(c, s.p, sizeof(*c));
	c->why[sizeof(c->why) - 1] = '\0';
	a->counted = true;
	for (size_t i = 0; i < CODE_COUNT; i++)
		if ((unsigned)c->totals.code_worst[i] >= SEVERITIES) {
			memset(c, 0, sizeof(*c));
			return garbage(e);
		}
	return ST_OK;
}

static int
on_done(struct archiver *a, struct span s, struct err *e)
{
	struct archive_job *j = a->job;
	struct archive_done d;

	if (s.n != sizeof(d))
		return garbage(e);
	if (j == NULL)
		return ST_END;
	memcpy(&d, s.p, sizeof(d));
	if (!a->counted || a->left > 0 || d.changes != j->changes_n ||
	    (d.size == 0) != (d.changes == 0))
		return garbage(e);
	j->done = d;
	return ST_END;
}

/* Of its errno only what says that a disk is full: others end a run. */
static int
on_failed(struct span s, struct err *e)
{
	struct archive_failed f;
	size_t n;

	if (s.n < sizeof(f))
		return garbage(e);
	memcpy(&f, s.p, sizeof(f));
	n = s.n - sizeof(f);
	(void)err_set(e, ST_BAD, 0, "%.*s", (int)(n < 200 ? n : 200),
	    (const char *)s.p + sizeof(f));
	if (f.num == ENOSPC || f.num == EDQUOT)
		e->num = f.num;
	return f.status == ST_BAD ? ST_BAD : ST_DEAD;
}

static int
on_rewrite(struct archiver *a, uint32_t type, struct span s, struct err *e)
{
	struct archive_job *j = a->job;

	if (j == NULL)
		return garbage(e);
	switch (type) {
	case ARCHIVE_TEXT:
		return j->text(j->ctx, s) ? ST_OK : err_set(e, ST_DEAD, 0,
		    "the report cannot be written");
	case ARCHIVE_CHANGE:
		return on_change(j, s, e);
	case ARCHIVE_TAKEN:
		return on_taken(a, s, e);
	case ARCHIVE_BYTES:
		return on_bytes(a, s, e);
	case ARCHIVE_FOUND:
		return on_found(j, s, e);
	case ARCHIVE_COUNTS:
		return on_counts(a, s, e);
	default:
		return garbage(e);
	}
}

static int
on_frame(struct archiver *a, uint32_t type, struct span s, struct err *e)
{
	switch (type) {
	case ARCHIVE_TICK:
		return ST_OK;
	case ARCHIVE_DONE:
		return on_done(a, s, e);
	case ARCHIVE_FAILED:
		return on_failed(s, e);
	default:
		return on_rewrite(a, type, s, e);
	}
}

/* --- tasks */

static void
body(int fd, void *ctx)
{
	const struct archiver *a = ctx;

	child_keep_only(fd);
	archive_child(fd, &a->order);
}

/* It is silent while it looks an archive through. */
static unsigned
patience(const struct archiver *a, int fd)
{
	struct stat st;

	if (a->timeout == 0 || fstat(fd, &st) != 0 || st.st_size < 0)
		return a->timeout;
	return a->timeout + (unsigned)(st.st_size >> 20 < 1000000 ?
	    st.st_size >> 20 : 1000000);
}

static int
hear(struct archiver *a, int fd, const struct frames_wait *w,
    struct err *e)
{
	uint32_t type;
	struct span s;
	int rc;

	do {
		rc = frames_next(&a->in, fd, w, &type, &s, e);
		if (rc == ST_BAD)
			return ST_DEAD;
		if (rc == ST_OK)
			rc = on_frame(a, type, s, e);
	} while (rc == ST_OK);
	return rc == ST_END ? ST_OK : rc;
}

static int
run(struct archiver *a, const int *files, size_t files_n, struct err *e)
{
	const struct archive_job *j = a->job;
	const struct frames_wait wait = {
		.timeout = patience(a, files[0]),
		.going = j != NULL ? j->going : NULL,
		.ctx = j != NULL ? j->ctx : NULL };
	struct child child;
	int rc;

	frames_begin(&a->in);
	a->counted = false;
	a->left = 0;
	if (!child_start(&child, body, a))
		return err_set(e, ST_DEAD, errno, "cannot start a process");
	rc = frames_send_files(child.fd, "", 1, files, files_n, e);
	rc = rc == ST_OK ? hear(a, child.fd, &wait, e) : ST_DEAD;
	(void)child_stop(&child);
	return rc;
}

static bool
is_read_only(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY;
}

int
archiver_kind(struct archiver *a, int fd, struct err *e)
{
	a->job = NULL;
	a->order = (struct archive_order){ .task = ARCHIVE_KIND };
	return run(a, &fd, 1, e);
}

int
archiver_rewrite(struct archiver *a, struct archive_job *j, int from, int to,
    struct err *e)
{
	const int files[] = { from, to, j->spool_a, j->spool_b };

	if (!is_read_only(from))
		return err_set(e, ST_DEAD, 0, "cannot hand on the file");
	a->job = j;
	a->order = (struct archive_order){ .task = ARCHIVE_REWRITE,
	    .scan = &a->options, .path = j->path, .mtime = j->mtime,
	    .takes = j->take != NULL };
	return run(a, files, 4, e);
}

int
archiver_check(struct archiver *a, const struct archive_job *j, int old,
    int new, struct err *e)
{
	const int files[] = { old, new };

	if (!is_read_only(old) || !is_read_only(new))
		return err_set(e, ST_DEAD, 0, "cannot hand on the file");
	a->job = NULL;
	a->order = (struct archive_order){ .task = ARCHIVE_CHECK,
	    .changes = j->changes, .changes_n = j->changes_n };
	return run(a, files, 2, e);
}

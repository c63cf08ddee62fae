/*
 * See act_archive.h.
 */
#include "act_archive.h"

#include <errno.h>
#include <unistd.h>

#include "blob.h"
#include "kernel_calls.h"
#include "note.h"
#include "owner.h"
#include "sum.h"

static void
forget(struct act_archive *w)
{
	if (w->fd > 0)
		(void)close(w->fd);
	w->fd = 0;
	w->n = 0;
}

static int
begin_message(struct act_archive *w, struct span note, struct err *e)
{
	const int fd = call_new_unnamed(w->run->blobs);

	forget(w);
	if (fd < 0)
		return err_set(e, ST_DEAD, errno, "cannot store the message");
	w->fd = fd;
	buf_clear(&w->note);
	buf_add(&w->note, note.p, note.n);
	return buf_ok(&w->note) ? ST_OK : err_set(e, ST_DEAD, ENOMEM,
	    "message");
}

/* It is an original of the run, if it is what it should be. */
static int
keep_message(struct act_archive *w, const struct archive_taken *t,
    struct err *e)
{
	struct sum sum;
	int rc;

	if ((rc = sum_file(w->fd, UINT64_MAX, -1, &sum, e)) != ST_OK)
		return rc;
	if (memcmp(sum.sha, t->sha, HASH_SIZE) != 0)
		return err_set(e, ST_BAD, 0, "a message is not what it was");
	if ((rc = blob_put(w->run->blobs, w->fd, &sum, e)) == ST_OK)
		rc = run_note(w->run, buf_span(&w->note), e);
	forget(w);
	return rc;
}

static int
take_piece(struct act_archive *w, const struct archive_taken *t,
    struct span note, struct span bytes, bool done, struct err *e)
{
	int rc = ST_OK;

	if (bytes.n == 0 && (rc = begin_message(w, note, e)) != ST_OK)
		return rc;
	if (bytes.n > 0 && call_write(w->fd, bytes.p, bytes.n, w->n) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot store the message");
	w->n += bytes.n;
	return done ? keep_message(w, t, e) : ST_OK;
}

/* As root, if that is what we are: the originals are nobody else's. */
static int
take(void *ctx, const struct archive_taken *t, struct span note,
    struct span bytes, bool done, struct err *e)
{
	const struct owner owner = owner_step_out();
	struct act_archive *w = ctx;
	const int rc = take_piece(w, t, note, bytes, done, e);

	return owner_step_in(owner, rc, e);
}

int
act_archive_write(void *ctx, struct filling *from, int to,
    struct said *said, struct err *e)
{
	struct act_archive *w = ctx;
	struct archive_job *j = w->job;
	int rc, fd;

	if ((rc = filling_upto(from, UINT64_MAX, e)) != ST_OK ||
	    (rc = archiver_rewrite(w->archiver, j, from->fd, to, e)) != ST_OK)
		return rc;
	if (j->done.size == 0) {
		w->same = true;
		return err_set(e, ST_BAD, 0, "there is nothing to change");
	}
	if ((fd = call_open_pinned(to)) < 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot read the new archive");
	rc = archiver_check(w->archiver, j, from->fd, fd, e);
	(void)close(fd);
	if (rc == ST_OK)
		*said = said_sha(j->done.sha);
	return rc;
}

int
act_archive_open(struct act_archive *w, int folder, struct err *e)
{
	struct archive_job *j = w->job;

	if (w->run != NULL) {
		j->take = take;
		j->take_ctx = w;
	}
	j->spool_a = call_new_unnamed(folder);
	j->spool_b = call_new_unnamed(folder);
	if (j->spool_a >= 0 && j->spool_b >= 0)
		return ST_OK;
	return err_set(e, ST_DEAD, errno,
	    "cannot make a temporary file for what is in the archive");
}

void
act_archive_close(struct act_archive *w)
{
	struct archive_job *j = w->job;

	if (j->spool_a > 0)
		(void)close(j->spool_a);
	if (j->spool_b > 0)
		(void)close(j->spool_b);
	j->spool_a = j->spool_b = -1;
	forget(w);
	buf_free(&w->note);
}

/*
 * See act_mend.h.
 */
#include "act_mend.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "kernel_calls.h"
#include "note.h"
#include "owner.h"

#define CHUNK (256u << 10)

/* n bytes at off of one file, to the start of another. */
static int
copy_part(int from, uint64_t off, uint64_t n, int to, struct err *e)
{
	uint8_t *p = malloc(CHUNK);
	uint64_t done = 0;
	int rc = ST_OK;

	if (p == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "message");
	while (done < n && rc == ST_OK) {
		const ssize_t got = call_read(from, p, n - done < CHUNK ?
		    (size_t)(n - done) : CHUNK, off + done);

		if (got <= 0)
			rc = err_set(e, ST_DEAD, got < 0 ? errno : 0,
			    "cannot read the message once more");
		else if (call_write(to, p, (size_t)got, done) != 0)
			rc = err_set(e, ST_DEAD, errno,
			    "cannot store the message");
		else
			done += (uint64_t)got;
	}
	free(p);
	return rc;
}

/* The message as an original of the run, if it is what it should be. */
static int
keep_message(struct run *r, int old, const struct mend_taken *t,
    struct err *e)
{
	const int fd = call_new_unnamed(r->blobs);
	struct sum sum;
	int rc;

	if (fd < 0)
		return err_set(e, ST_DEAD, errno, "cannot store the message");
	if ((rc = copy_part(old, t->off, t->len, fd, e)) == ST_OK &&
	    (rc = sum_file(fd, UINT64_MAX, -1, &sum, e)) == ST_OK)
		rc = memcmp(sum.sha, t->sha, HASH_SIZE) == 0 ?
		    blob_put(r->blobs, fd, &sum, e) : err_set(e, ST_BAD, 0,
		    "a message is not what it was");
	(void)close(fd);
	return rc;
}

/* As root, if that is what we are: the originals are nobody else's. */
static int
take(void *ctx, int old, const struct mend_taken *t, struct err *e)
{
	const struct owner owner = owner_step_out();
	struct act_mend *w = ctx;
	int rc;

	if ((rc = keep_message(w->run, old, t, e)) == ST_OK)
		rc = run_note(w->run, t->note, e);
	return owner_step_in(owner, rc, e);
}

int
act_mend_write(void *ctx, struct filling *from, int to,
    struct said *said, struct err *e)
{
	struct act_mend *w = ctx;
	const struct stat *st = from->st;
	struct stat own;
	struct stamp stamp;
	int rc;

	if (from->more == NULL)
		st = fstat(from->fd, &own) == 0 ? &own : NULL;
	w->job->when = st != NULL ? st->st_mtim.tv_sec : 0;
	if (w->job->told != NULL) {
		stamp = st != NULL ? stamp_of(st) : (struct stamp){ 0 };
		if (!stamp_same(&stamp, &w->job->told->stamp))
			w->job->told = NULL;
	}
	w->job->take = w->run != NULL ? take : NULL;
	w->job->ctx = w;
	w->job->tag = from->more != NULL;
	*said = (struct said){ .tag = w->job->tag };
	if ((rc = mender_write(w->mender, w->job, from, to, e)) == ST_OK)
		memcpy(said->sum, w->job->sum, HASH_SIZE);
	return rc;
}

/*
 * See in_place.h.
 */
#include "in_place.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "in_placing.h"
#include "over.h"

#define ROUNDS_MAX 16u

int
in_placing_look(struct work *w, struct err *e)
{
	return fstat(w->fd, &w->st) == 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "cannot stat the mailbox");
}

static uint64_t
size(const struct work *w)
{
	return (uint64_t)w->st.st_size;
}

int
in_placing_sync(struct work *w, struct err *e)
{
	return fsync(w->fd) == 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "cannot sync the mailbox");
}

int
in_placing_finish(struct work *w, bool commit, enum side message, struct err *e)
{
	w->over = true;
	w->out->committed = commit;
	w->out->message = message;
	w->out->name = w->box->name;
	return over_log_end(w->box->run, w->seq, w->out, e);
}

/*
 * Its own times, or those chosen for the new contents; with new mail in it,
 * it was changed when that came.
 */
static int
set_times(struct work *w, bool commit, struct err *e)
{
	const struct meta *m = &w->in->meta;
	struct timespec t[2] = { m->atime, m->mtime };

	if (commit) {
		t[0] = w->in->times[0];
		t[1] = w->in->times[1];
	}
	if (w->more)
		t[1] = w->st.st_mtim;
	return futimens(w->fd, t) == 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "cannot set the times");
}

/* The file is as it is to be, but for its times. */
static int
done(struct work *w, bool commit, struct err *e)
{
	int rc;

	if ((rc = set_times(w, commit, e)) != ST_OK ||
	    (rc = in_placing_sync(w, e)) != ST_OK)
		return rc;
	return in_placing_finish(w, commit, commit ? SIDE_NEW : SIDE_OLD, e);
}

static int
cut_to(struct work *w, uint64_t n, struct err *e)
{
	return ftruncate(w->fd, (off_t)n) == 0 ? in_placing_look(w, e) :
	    err_set(e, ST_DEAD, errno, "cannot cut the mailbox");
}

/*
 * Mail is behind what is to be cut off: the first a bytes of an original, and
 * then the file from `at` on, are what it becomes.
 */
static int
move_mail(struct work *w, const uint8_t sha[HASH_SIZE], uint64_t a,
    uint64_t at, bool commit, struct err *e)
{
	struct over_log log = { .any = true, .commit = commit,
	    .len = a + (size(w) - at), .extent = size(w) };
	int rc;

	w->more = true;
	owner_leave();
	rc = over_log_join(w->box->run, sha, a, w->fd, at, log.extent,
	    log.sha, e);
	if (rc == ST_OK && (rc = over_log_add(w->box->run, w->seq, &log,
	    e)) == ST_OK)
		w->log = log;
	return owner_enter(w->box->place->owner, rc == ST_OK ? e : NULL) ==
	    ST_OK ? rc : ST_DEAD;
}

bool
in_placing_is_at(const struct work *w)
{
	struct stat st;

	return fstatat(w->box->place->dir, w->box->name.text, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == w->st.st_ino &&
	    st.st_dev == w->st.st_dev;
}

/* Make room, and say that it is written over from now on. */
static int
extend(struct work *w, struct err *e)
{
	const uint64_t old = w->in->old.size, new = w->in->new.size;
	struct over_log log = { .any = true, .commit = true, .len = new,
	    .extent = old > new ? old : new };
	int rc;

	w->begin = false;	/* or all is to be as it was */
	if (size(w) != old || !in_placing_is_at(w)) {
		w->out->was_bad = true;
		return ST_OK;
	}
	if (new > old) {
		if (over_fill(w->fd, old, new, e) != ST_OK) {
			w->out->num = e->num;
			return ST_OK;
		}
		if ((rc = in_placing_sync(w, e)) != ST_OK ||
		    (rc = in_placing_look(w, e)) != ST_OK)
			return rc;
	}
	w->out->was_bad = size(w) != log.extent;
	if (w->out->was_bad)
		return ST_OK;
	memcpy(log.sha, w->in->new.sha, HASH_SIZE);
	rc = over_log_add(w->box->run, w->seq, &log, e);
	w->log = log;
	return rc;
}

static int
is_old(struct work *w, bool *out, struct err *e)
{
	const struct file_id *old = &w->in->old;
	struct sum sum;
	int rc;

	*out = false;
	if (size(w) < old->size)
		return ST_OK;
	if ((rc = sum_file(w->fd, old->size, -1, &sum, e)) == ST_OK)
		*out = sum.size == old->size &&
		    memcmp(sum.sha, old->sha, HASH_SIZE) == 0;
	return rc;
}

/* It was not written over yet: what was put behind it goes. */
static int
take_back(struct work *w, struct err *e)
{
	const struct timespec *m = &w->in->meta.mtime;
	const uint64_t old = w->in->old.size;
	bool same;
	uint64_t n;
	int rc;

	if ((rc = is_old(w, &same, e)) != ST_OK)
		return rc;
	if (!same) {
		w->out->was_bad = true;
		return in_placing_finish(w, false, SIDE_FILE, e);
	}
	if ((rc = over_filled(w->fd, old, w->in->new.size, &n, e)) != ST_OK)
		return rc;
	w->out->was_bad = w->out->was_bad || size(w) > old + n;
	if (n > 0 && size(w) > old + n)
		return move_mail(w, w->in->old.sha, old, old + n, false, e);
	if (n > 0 && (rc = cut_to(w, old, e)) != ST_OK)
		return rc;
	if (size(w) == old && (n > 0 || m->tv_sec != w->st.st_mtim.tv_sec ||
	    m->tv_nsec != w->st.st_mtim.tv_nsec))
		return done(w, false, e);
	return in_placing_finish(w, false, SIDE_OLD, e);
}

static int
stuck(struct work *w, struct err *e)
{
	if (w->other) {
		w->out->was_other = true;
		return in_placing_finish(w, false, SIDE_FILE, e);
	}
	return err_set(e, ST_BAD, 0, "it was half written over, and somebody "
	    "wrote to it: old and new contents are originals of the run; put "
	    "a whole file in its place");
}

/* By somebody, from nothing: there is nothing to put right. */
static int
emptied(struct work *w, struct err *e)
{
	w->out->was_other = true;
	return size(w) == 0 ? in_placing_finish(w, false, SIDE_FILE, e) :
	    stuck(w, e);
}

/* After a crash only: it is torn by us, and not by others. */
static int
check_torn(struct work *w, struct err *e)
{
	bool ours = true;
	int rc;

	if (w->live)
		return ST_OK;
	owner_leave();
	rc = over_log_explains(w->box->run, w->in, &w->log, w->fd, &ours, e);
	if (owner_enter(w->box->place->owner, rc == ST_OK ? e : NULL) != ST_OK)
		return ST_DEAD;
	return rc == ST_OK && !ours ? stuck(w, e) : rc;
}

static int
put_image(struct work *w, struct err *e)
{
	int image = -1, rc;

	owner_leave();
	rc = over_log_open(w->box->run, w->log.sha, &image, e);
	if (owner_enter(w->box->place->owner, rc == ST_OK ? e : NULL) != ST_OK)
		rc = ST_DEAD;
	if (rc == ST_OK)
		rc = over_write(w->fd, image, w->log.len, e);
	if (rc == ST_OK)
		rc = over_fill(w->fd, w->log.len, w->log.extent, e);
	if (image >= 0)
		(void)close(image);
	return rc == ST_OK ? in_placing_sync(w, e) : rc;
}

/* What the disk has. */
static int
read_back(struct work *w, struct err *e)
{
	const uint64_t len = w->log.len, extent = w->log.extent;
	struct sum sum;
	uint64_t n;
	int rc;

	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	if ((rc = sum_file(w->fd, len, -1, &sum, e)) != ST_OK ||
	    (rc = over_filled(w->fd, len, extent, &n, e)) != ST_OK)
		return rc;
	return sum.size == len && n == extent - len &&
	    memcmp(sum.sha, w->log.sha, HASH_SIZE) == 0 ? ST_OK :
	    err_set(e, ST_DEAD, 0, "what was written cannot be read back");
}

static int
write_over(struct work *w, struct err *e)
{
	struct over_log log = w->log;
	int rc;

	if (size(w) < log.extent)
		return emptied(w, e);
	w->more = w->more || size(w) > log.extent;
	if ((rc = check_torn(w, e)) != ST_OK || w->over)
		return rc;
	if ((rc = put_image(w, e)) != ST_OK ||
	    (rc = read_back(w, e)) != ST_OK)
		return rc;
	if (log.len == log.extent)
		return done(w, log.commit, e);
	log.written = true;
	rc = over_log_add(w->box->run, w->seq, &log, e);
	w->log = log;
	return rc;
}

/* All is written: what was filled up goes, if it is still there. */
static int
cut(struct work *w, struct err *e)
{
	const uint64_t len = w->log.len, extent = w->log.extent;
	uint64_t n = 0;
	int rc;

	if (size(w) >= extent &&
	    (rc = over_filled(w->fd, len, extent, &n, e)) != ST_OK)
		return rc;
	if (size(w) == len)
		return done(w, w->log.commit, e);
	if (size(w) < extent || n < extent - len)	/* it is gone */
		return in_placing_finish(w, w->log.commit, SIDE_FILE, e);
	if (size(w) > extent)
		return move_mail(w, w->log.sha, len, extent, w->log.commit, e);
	if ((rc = cut_to(w, len, e)) != ST_OK)
		return rc;
	return done(w, w->log.commit, e);
}

int
in_placing_go(struct work *w, struct err *e)
{
	int rc = ST_OK;

	for (unsigned i = 0; i < ROUNDS_MAX && !w->over && rc == ST_OK; i++) {
		dotlock_touch(&w->box->lock);
		if ((rc = in_placing_look(w, e)) != ST_OK)
			break;
		rc = w->begin ? extend(w, e) : !w->log.any ? take_back(w, e) :
		    w->log.written ? cut(w, e) : write_over(w, e);
	}
	if (rc == ST_OK && !w->over)
		rc = err_set(e, ST_BAD, 0, "mail comes all the time");
	w->box->run->unsettled = w->box->run->unsettled || rc != ST_OK;
	w->box->run->pending = false;
	return over_log_blind(rc, e);
}

int
in_place_prepare(struct deed *d, const struct meta *meta,
    const struct said *said, struct err *e)
{
	struct intent *in = &d->intent;
	struct sum *sum = &d->stage.sum;
	int rc;

	if ((rc = stage_sum(&d->stage, e)) != ST_OK)
		return rc;
	if (!sum_is(sum, said))
		return outcome_set(d->out, OUTCOME_FAILED, 0,
		    "what was written cannot be read back");
	d->image = !blob_is_there(d->run->blobs, sum->sha);
	if ((rc = blob_put(d->run->blobs, d->stage.fd, sum, e)) != ST_OK)
		return rc == ST_BAD ? ST_DEAD : rc;
	in->in_place = true;
	in->new = (struct file_id){ .ino = d->source.st.st_ino,
	    .size = sum->size };
	memcpy(in->new.sha, sum->sha, HASH_SIZE);
	in->times[0] = meta->atime;
	in->times[1] = meta->mtime;
	return ST_OK;
}

int
in_place_exchange(struct box *b, struct deed *d, struct settled *out,
    struct err *e)
{
	struct work w = { .box = b, .in = &d->intent, .fd = d->source.fd,
	    .live = true, .begin = true, .out = out };
	struct meta meta = d->source.meta;
	int rc;

	*out = (struct settled){ 0 };
	d->intent.name = b->name;
	if ((rc = deed_record(d, &meta, e)) != ST_OK)
		return rc;
	w.seq = d->seq;
	d->intent.meta = meta;		/* borrowed */
	if ((rc = owner_enter(b->place->owner, e)) == ST_OK) {
		rc = in_placing_go(&w, e);
		owner_leave();
	}
	d->intent.meta = (struct meta){ 0 };
	if (rc == ST_OK && d->image)	/* that much room can be had again */
		blob_remove(d->run->blobs, d->intent.new.sha);
	return rc;
}

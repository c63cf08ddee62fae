/*
 * See mailbox.h.
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "box_settle.h"
#include "hold.h"
#include "in_place.h"
#include "kernel_calls.h"
#include "mailbox_look.h"

/* The mailbox file of an act, and what it becomes. */
struct work {
	struct box box;
	struct deed deed;	/* deed.source.fd: held */
	const struct target *target;
	bool in_place;		/* where leases are had, if there are any */
	bool leased;
};

/* The answers of one try, besides ST_OK and ST_BAD (an outcome). */
#define BUSY ST_END

static int
busy(struct work *w, const char *why)
{
	(void)outcome_set(w->deed.out, OUTCOME_BUSY, 0, "%s", why);
	return BUSY;
}

static int
hold_file(struct work *w, struct err *e)
{
	const int fd = w->deed.source.fd;
	int rc;

	if (hold_lock(fd) != 0)
		return errno == EAGAIN ? busy(w,
		    "somebody has it locked (fcntl)") : err_set(e, ST_DEAD,
		    errno, "cannot lock it");
	rc = box_lock(&w->box, e);
	if (rc == ST_BAD && e->num == EEXIST)
		return busy(w, "it has a lock file (" DOTLOCK_SUFFIX ")");
	if (rc == ST_BAD)
		return outcome_from(w->deed.out, e->num == EACCES ||
		    e->num == EPERM || e->num == EOPNOTSUPP ||
		    e->num == ENAMETOOLONG ? OUTCOME_REFUSED : OUTCOME_FAILED,
		    e);
	if (rc != ST_OK)
		return rc;
	w->leased = hold_lease(fd) == 0;
	if (w->leased)
		return ST_OK;
	if (errno == EAGAIN)
		return busy(w, "somebody has it open");
	return w->in_place ? ST_OK : outcome_lacks(w->deed.out, errno,
	    "leases", "allow-in-place");
}

static int
check_pinned(struct work *w, int pin, struct stat *st, struct err *e)
{
	const struct target *t = w->target;
	int rc;

	if (fstat(pin, st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if ((rc = source_check_kind(w->box.place, st, w->deed.out)) != ST_OK)
		return rc;
	if (t->judged != NULL && !source_same_file(t->judged, st))
		return outcome_set(w->deed.out, OUTCOME_CHANGED, 0,
		    "it is not what it was when it was read");
	return ST_OK;
}

static int
open_pinned(struct work *w, int pin, struct err *e)
{
	struct source *s = &w->deed.source;
	struct stat st;
	int rc;

	if ((rc = check_pinned(w, pin, &st, e)) != ST_OK)
		return rc;
	if ((s->fd = call_open_pinned_rw(pin)) < 0) {
		s->fd = 0;
		if (errno == EAGAIN || errno == ETXTBSY)
			return busy(w, "somebody else holds it");
		return errno == EACCES || errno == EPERM ? outcome_set(
		    w->deed.out, OUTCOME_REFUSED, errno,
		    "its owner may not write to it") :
		    err_set(e, ST_DEAD, errno, "cannot open");
	}
	if ((rc = hold_file(w, e)) != ST_OK)
		return rc;
	/* By now it keeps still. */
	if (fstat(s->fd, &s->st) != 0 ||
	    fstatat(w->box.place->dir, w->box.name.text, &st,
	    AT_SYMLINK_NOFOLLOW) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (!source_same_file(&s->st, &st) || st.st_nlink != 1)
		return busy(w, "another file took its place");
	return ST_OK;
}

static void
let_go(struct work *w)
{
	struct source *s = &w->deed.source;

	if (s->fd > 0) {
		hold_end(s->fd);
		(void)close(s->fd);
		s->fd = 0;
	}
	box_unlock(&w->box);
}

/* All locks, or none. */
static int
hold_once(struct work *w, struct err *e)
{
	int pin, rc;

	pin = call_pin(w->box.place->dir, w->box.name.text);
	if (pin < 0)
		return outcome_set(w->deed.out, errno == ENOENT ?
		    OUTCOME_GONE : OUTCOME_REFUSED, errno, "cannot open");
	rc = open_pinned(w, pin, e);
	(void)close(pin);
	if (rc != ST_OK)
		let_go(w);
	return rc;
}

static int
hold(struct work *w, struct err *e)
{
	int rc;

	if ((rc = owner_enter(w->box.place->owner, e)) != ST_OK)
		return rc;
	while ((rc = hold_once(w, e)) == BUSY && box_wait(&w->box))
		w->deed.out->kind = OUTCOME_DONE;
	owner_leave();
	return rc == BUSY ? ST_BAD : deed_not_done(&w->deed, rc, e);
}

/*
 * Begin the copy that is kept, which is on the disk when it is needed; all of
 * it where something is to be known of the whole.
 */
static int
read_source(struct work *w, bool whole, struct err *e)
{
	struct source *s = &w->deed.source;
	const uint8_t *sha = w->target->sha;
	int rc;

	if ((rc = meta_read(s->fd, &s->st, &s->meta, e)) != ST_OK)
		return deed_not_done(&w->deed, rc, e);
	rc = deed_take_begin(&w->deed, e);
	if (rc == ST_OK && (whole || sha != NULL) &&
	    (rc = deed_take_end(&w->deed, e)) == ST_OK)
		rc = deed_take_sum(&w->deed, e);
	if (rc != ST_OK)
		return rc;
	if (sha != NULL && memcmp(sha, s->sum.sha, HASH_SIZE) != 0)
		return outcome_set(w->deed.out, OUTCOME_CHANGED, 0,
		    "it is not what it was when it was read");
	if (source_is_packed(&s->sum))
		return outcome_set(w->deed.out, OUTCOME_REFUSED, 0,
		    "it is compressed or encrypted");
	return ST_OK;
}

static int
begin(struct work *w, struct run *r, unsigned wait, bool whole,
    struct err *e)
{
	const struct target *t = w->target;
	int rc;

	rc = box_open(&w->box, r, t->folder, t->root, t->name, NULL, e);
	if (rc == ST_BAD)
		return outcome_from(w->deed.out, OUTCOME_REFUSED, e);
	if (rc != ST_OK)
		return deed_not_done(&w->deed, rc, e);
	box_allow(&w->box, wait);
	w->deed.run = r;
	w->deed.place = w->box.place;
	if ((rc = deed_place_writable(&w->deed, e)) != ST_OK ||
	    (rc = intent_begin(&w->deed.intent, ACT_MBOX, w->box.place,
	    e)) != ST_OK ||
	    (rc = hold(w, e)) != ST_OK)
		return rc;
	return read_source(w, whole, e);
}

static void
end(struct work *w)
{
	if (w->box.place != NULL && owner_enter(w->box.place->owner, NULL) ==
	    ST_OK) {
		let_go(w);
		owner_leave();
	}
	deed_free(&w->deed);
	box_close(&w->box);
}

/* Somebody waits: do not begin. */
static int
still_held(struct work *w)
{
	dotlock_touch(&w->box.lock);
	return !w->leased || hold_lasts(w->deed.source.fd) ? ST_OK :
	    outcome_set(w->deed.out, OUTCOME_BUSY, 0,
	    "somebody came to open it");
}

static uint64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int
open_stage(struct work *w, struct err *e)
{
	struct outcome *o = w->deed.out;
	int rc;

	if (w->in_place) {
		w->deed.stage.fd = call_new_unnamed(w->deed.run->blobs);
		return w->deed.stage.fd >= 0 ? ST_OK : err_set(e, ST_DEAD,
		    errno, "cannot store the mailbox");
	}
	if ((rc = owner_enter(w->box.place->owner, e)) != ST_OK)
		return rc;
	rc = stage_open(w->box.place, &w->deed.stage, o);
	owner_leave();
	if (rc == ST_BAD && o->lacks)
		return outcome_lacks(o, o->num, "O_TMPFILE",
		    "allow-in-place");
	return deed_not_done(&w->deed, rc, e);
}

static int
write_new(struct work *w, const struct change *c, struct said *said,
    struct err *e)
{
	struct filling from;
	int rc;

	if ((rc = deed_filling(&w->deed, &from, e)) != ST_OK)
		return rc;
	stage_follow(&w->deed.stage, from.size);
	if ((rc = owner_enter(w->box.place->owner, e)) == ST_OK) {
		stage_reserve(&w->deed.stage, from.size);
		rc = c->write(c->ctx, &from, w->deed.stage.fd, said, e);
		owner_leave();
	}
	(void)close(from.fd);
	if (w->deed.take_rc != ST_OK)
		return deed_take_end(&w->deed, e);
	if (rc == ST_BAD)
		return deed_not_written(&w->deed, e);
	if (rc != ST_OK)
		return deed_not_done(&w->deed, rc, e);
	if ((rc = deed_take_end(&w->deed, e)) != ST_OK)
		return rc;
	call_start_sync(w->deed.stage.fd);
	return deed_take_differs(&w->deed, said, e);
}

/*
 * The original is on the disk.  Not before the new file is written: the disk
 * was at work on it meanwhile.
 */
static int
keep_old(struct work *w, struct err *e)
{
	int rc = deed_finish_old(&w->deed, 1, e);

	if (rc == ST_OK)
		rc = deed_take_sum(&w->deed, e);
	return rc == ST_OK ? still_held(w) : rc;
}

static int
seal_as(struct work *w, const struct meta *m, const struct said *said,
    struct err *e)
{
	return w->in_place ? in_place_prepare(&w->deed, m, said, e) :
	    deed_seal(&w->deed, m, said, e);
}

/*
 * The stage, with all that belongs to a mailbox, and times like these: mail
 * programs see by size and modification time that something is new.
 */
static int
seal(struct work *w, struct meta meta, const struct said *said,
    struct err *e)
{
	struct deed *d = &w->deed;
	int rc;

	if (d->source.sum.size == size_of(d->stage.fd))
		meta_touch(&meta);
	rc = seal_as(w, &meta, said, e);
	return rc == ST_OK ? still_held(w) : rc;
}

/* Why the mailbox is as it was. */
static int
explain(struct outcome *o, const struct settled *s, int error)
{
	if (o->kind != OUTCOME_DONE)	/* it failed before that */
		return ST_BAD;
	if (call_lacks(error))
		return outcome_lacks(o, error, "RENAME_EXCHANGE",
		    "allow-in-place");
	if (s->message == SIDE_GONE)
		return outcome_set(o, OUTCOME_GONE, 0, "it is gone");
	if (s->was_other)
		return outcome_set(o, OUTCOME_CHANGED, 0,
		    "another file took its place");
	if (s->was_bad || error == EBUSY || error == EAGAIN)
		return outcome_set(o, OUTCOME_BUSY, 0,
		    "somebody came to open it");
	return outcome_set(o, OUTCOME_FAILED, error != 0 ? error : s->num,
	    "it could not be done");
}

static int
exchange(struct work *w, struct err *e)
{
	struct deed *d = &w->deed;
	struct settled s;
	int num = 0, rc;

	rc = w->in_place ? in_place_exchange(&w->box, d, &s, e) :
	    box_exchange(&w->box, d, &d->source.meta, d->source.fd, &s, &num,
	    e);
	if (rc == ST_BAD)
		return outcome_from(d->out, OUTCOME_UNSETTLED, e);
	if (rc != ST_OK)
		return rc;
	if (!s.committed)
		return explain(d->out, &s, num);
	d->out->kind = OUTCOME_DONE;
	d->out->reason[0] = '\0';
	d->out->name = s.name;
	return ST_OK;
}

static int
change_as(struct run *r, const struct target *t, const struct change *c,
    unsigned wait, bool in_place, struct outcome *o, struct err *e)
{
	struct work w = { .target = t, .in_place = in_place,
	    .deed = { .out = o } };
	struct said said = { 0 };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = begin(&w, r, wait, false, e)) != ST_OK ||
	    (rc = still_held(&w)) != ST_OK ||
	    (rc = open_stage(&w, e)) != ST_OK ||
	    (rc = write_new(&w, c, &said, e)) != ST_OK ||
	    (rc = keep_old(&w, e)) != ST_OK ||
	    (rc = seal(&w, w.deed.source.meta, &said, e)) != ST_OK)
		goto out;
	buf_str(&w.deed.intent.reason, c->reason != NULL ? c->reason : "");
	rc = exchange(&w, e);
out:
	end(&w);
	return outcome_status(rc);
}

int
mailbox_change(struct run *r, const struct target *t, const struct change *c,
    const struct mailbox_options *options, struct outcome *o, struct err *e)
{
	const unsigned wait = options != NULL ? options->wait : MAILBOX_WAIT;
	const int rc = change_as(r, t, c, wait, false, o, e);

	return rc == ST_OK && o->lacks && (r->may & MAY_IN_PLACE) != 0 ?
	    change_as(r, t, c, wait, true, o, e) : rc;
}

/* It is what the change made of it, and perhaps mail behind that. */
static int
check_changed(struct work *w, const struct intent *past, struct err *e)
{
	const struct source *s = &w->deed.source;
	struct sum sum = s->sum;
	int rc = ST_OK;

	if (sum.size > past->new.size)
		rc = mailbox_past_sum(s->fd, sum.size, past, &sum, e);
	return rc == ST_OK ? mailbox_is_past(&sum, past, w->deed.out) :
	    deed_not_done(&w->deed, rc, e);
}

/* The original, and what was delivered since. */
static int
write_original(struct work *w, const struct intent *past,
    uint8_t sha[HASH_SIZE], struct err *e)
{
	struct deed *d = &w->deed;
	struct sum sum;
	uint64_t size;
	int copy, rc;

	if ((rc = deed_open_blob(d, past->old.sha, &copy, &sum, e)) != ST_OK)
		return rc;
	size = sum.size + d->source.sum.size - past->new.size;
	stage_follow(&d->stage, size);
	if ((rc = owner_enter(w->box.place->owner, e)) == ST_OK) {
		stage_reserve(&d->stage, size);
		rc = box_join(copy, sum.size, d->source.fd, past->new.size,
		    d->source.sum.size, d->stage.fd, sha, e);
		owner_leave();
	}
	(void)close(copy);
	return deed_not_done(d, rc, e);
}

/* Its own times, unless there is mail in it that is younger. */
static struct meta
original_meta(const struct work *w, const struct intent *past)
{
	struct meta m = past->meta;

	if (w->deed.source.sum.size > past->new.size) {
		m.mtime = w->deed.source.meta.mtime;
		m.atime = w->deed.source.meta.atime;
	}
	return m;
}

static int
seal_original(struct work *w, const struct intent *past,
    const struct said *said, struct err *e)
{
	struct deed *d = &w->deed;
	const struct meta m = original_meta(w, past);
	int rc;

	/* Its own modification time was another one, if the size was not. */
	if (d->source.sum.size > past->new.size)
		return seal(w, m, said, e);
	rc = seal_as(w, &m, said, e);
	return rc == ST_OK ? still_held(w) : rc;
}

int
mailbox_undo(struct run *r, uint64_t seq, struct intent *past,
    struct outcome *o, struct err *e)
{
	const struct target t = { .folder = buf_text(&past->path),
	    .root = (size_t)past->root, .name = past->name.text };
	struct work w = { .target = &t, .in_place = past->in_place,
	    .deed = { .out = o } };
	struct said said = { 0 };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = begin(&w, r, MAILBOX_WAIT, true, e)) != ST_OK ||
	    (rc = check_changed(&w, past, e)) != ST_OK ||
	    (rc = open_stage(&w, e)) != ST_OK ||
	    (rc = write_original(&w, past, said.sum, e)) != ST_OK ||
	    (rc = keep_old(&w, e)) != ST_OK ||
	    (rc = seal_original(&w, past, &said, e)) != ST_OK)
		goto out;
	w.deed.intent.undoes = seq;
	if ((rc = exchange(&w, e)) == ST_OK && o->kind == OUTCOME_DONE &&
	    past->old.size > past->new.size)
		outcome_note_longer(o);
out:
	end(&w);
	return outcome_status(rc);
}

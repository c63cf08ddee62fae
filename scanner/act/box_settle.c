/*
 * See box_settle.h.
 */
#include "box_settle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hold.h"
#include "kernel_calls.h"
#include "record.h"

#define ROUNDS_MAX 64u
#define FAILURES_MAX 6u		/* of steps, until it is left as it is */

enum step {
	ABORT,			/* nothing is left to do: it did not happen */
	COMMIT,			/* nothing is left to do: it did */
	DROP,			/* unlink the temporary */
	BACK,			/* swap the temporary and the mailbox */
	GIVE,			/* the temporary is the mailbox */
	MERGE,			/* move what was added to the temporary */
	STUCK			/* two files with what people did to them */
};

/*
 * By what is under the temporary's name (rows) and the mailbox's (columns, in
 * the order of enum box_side: gone, the old file, with mail added, changed;
 * the new one likewise; another file; no file).
 *
 * Only the old and the new file as they were are ever unlinked: the old one is
 * an original of the run, the new one can be made again.  A new file that is
 * not what it was is one that did not come to the disk (see decide).
 */
static const unsigned char steps[BOX_SIDES][BOX_SIDES] = {
	[BOX_GONE] = { ABORT, ABORT, ABORT, ABORT, COMMIT, COMMIT, COMMIT,
	    ABORT, ABORT },
	[BOX_OLD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP, BACK },
	[BOX_OLD_MORE] = { GIVE, MERGE, MERGE, MERGE, BACK, MERGE, MERGE,
	    MERGE, STUCK },
	[BOX_OLD_BAD] = { GIVE, STUCK, STUCK, STUCK, BACK, BACK, STUCK,
	    STUCK, STUCK },
	[BOX_NEW] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[BOX_NEW_MORE] = { GIVE, BACK, MERGE, MERGE, MERGE, MERGE, MERGE,
	    MERGE, STUCK },
	[BOX_NEW_BAD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP,
	    DROP },
	[BOX_FILE] = { GIVE, ABORT, ABORT, ABORT, BACK, BACK, BACK, STUCK,
	    STUCK },
	[BOX_SPECIAL] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP, DROP,
	    DROP },
};

struct work {
	struct box_view v;
	uint64_t seq;
	const struct box_known *known;
	bool unsynced;		/* the folder */
	bool swapped;		/* the mailbox had the new contents */
	bool backed_out;
	bool grace_due;		/* since a file left the mailbox's name */
	struct post *dropped;	/* the file that was unlinked */
	unsigned failures;
	struct settled *out;
};

static bool
is_one_file(const struct box_view *v)
{
	return v->temp != BOX_GONE && v->mail != BOX_GONE &&
	    v->temp_st.st_ino == v->mail_st.st_ino &&
	    v->temp_st.st_dev == v->mail_st.st_dev && v->temp_st.st_ino != 0;
}

/* A file that we know has a name somewhere. */
static bool
lives(const struct work *w, int fd)
{
	struct stat st;

	return w->known->live && fd > 0 && fstat(fd, &st) == 0 &&
	    st.st_nlink > 0;
}

static enum step
decide(const struct work *w)
{
	const struct box_view *v = &w->v;
	enum step step;

	if (is_one_file(v))	/* only one of two changes came to the disk */
		return DROP;
	step = (enum step)steps[v->temp][v->mail];
	if (v->temp == BOX_GONE && w->swapped && (v->mail == BOX_GONE ||
	    v->mail == BOX_FILE || v->mail == BOX_SPECIAL))
		return COMMIT;	/* and replaced since */
	if (v->temp == BOX_NEW_BAD &&
	    (uint64_t)v->temp_st.st_size > v->intent->new.size)
		return STUCK;	/* it grew: somebody wrote to it */
	if (v->temp == BOX_SPECIAL && lives(w, w->known->old) &&
	    (v->mail == BOX_NEW || v->mail == BOX_NEW_MORE))
		return BACK;	/* that was put in the old one's place */
	if (v->temp == BOX_OLD && v->mail == BOX_SPECIAL &&
	    lives(w, w->known->new))
		return DROP;	/* its owner moved the new one */
	return step;
}

static int
sync_folder(struct work *w, struct err *e)
{
	if (w->unsynced && fsync(w->v.box->place->dir) != 0)
		return err_set(e, ST_DEAD, errno, "cannot sync the mailbox");
	w->unsynced = false;
	return ST_OK;
}

/* As in settle.c: where the disk fails, all stops. */
static int
blind(int rc, const struct err *e)
{
	return rc != ST_DEAD || e->num == EIO || e->num == EROFS ||
	    e->num == ENOMEM || e->num == 0 ? rc : ST_BAD;
}

static void
failed(struct work *w)
{
	w->out->num = errno;
	w->failures++;
}

static int
record(const struct work *w, enum record_type type, enum side message,
    struct err *e)
{
	struct buf b = { 0 };

	record_u64(&b, "of", w->seq);
	record_text(&b, "name", w->v.box->name.text);
	record_u64(&b, "message", message);
	return journal_append_fields(w->v.box->run->journal, type, &b, e);
}

/*
 * The swap was done, which nothing shows any more once the old file is gone
 * and somebody has put another in the place of the new.
 */
static int
note_swapped(struct work *w, struct err *e)
{
	if (w->swapped || w->v.temp != BOX_OLD || is_one_file(&w->v))
		return ST_OK;
	w->swapped = true;
	return record(w, RECORD_SWAPPED, SIDE_FILE, e);
}

static int
do_drop(struct work *w, struct err *e)
{
	int rc;

	if (w->grace_due) {	/* then look whether somebody came */
		hold_grace();
		w->grace_due = false;
		return ST_OK;
	}
	/* The mailbox on the disk must not lead to what is about to go. */
	if ((rc = sync_folder(w, e)) != ST_OK ||
	    (rc = note_swapped(w, e)) != ST_OK)
		return rc;
	w->dropped = w->v.temp_post;
	if (call_remove(w->v.box->place->dir, w->v.intent->temp.text) != 0)
		failed(w);
	w->unsynced = true;
	return ST_OK;
}

static void
do_back(struct work *w)
{
	const struct box *b = w->v.box;

	if (call_swap(b->place->dir, w->v.intent->temp.text, b->place->dir,
	    b->name.text) != 0)
		failed(w);
	w->unsynced = w->grace_due = true;
}

static void
do_give(struct work *w)
{
	const struct box *b = w->v.box;

	if (call_move(b->place->dir, w->v.intent->temp.text, b->place->dir,
	    b->name.text) != 0)
		failed(w);
	w->unsynced = true;
}

/* How much of the temporary is not to be moved. */
static uint64_t
moved_already(const struct box_view *v, enum box_side side)
{
	const uint64_t n = side == BOX_OLD_MORE ? v->intent->old.size :
	    v->intent->new.size;

	return v->upto > n ? v->upto : n;
}

static int
stuck(struct work *w, struct err *e)
{
	return err_set(e, ST_BAD, 0, "the mailbox and %s were both written "
	    "to: put them together by hand", w->v.intent->temp.text);
}

static int
do_merge(struct work *w, struct err *e)
{
	struct box_view *v = &w->v;
	struct post *from = v->temp_post, *onto = v->mail_post;
	const uint64_t size = from != NULL ? from->size : 0;
	bool moved = false;
	int rc;

	if (from == NULL || (onto == NULL && v->need_mail))
		return stuck(w, e);
	if (onto == NULL) {
		v->need_mail = true;
		return view_hold(v, e);
	}
	rc = box_merge(v->box, w->seq, from, moved_already(v, v->temp), onto,
	    &moved, e);
	if (moved)
		v->upto = size;
	else
		w->failures++;
	view_release(v, from);	/* and look again what is in them */
	view_release(v, onto);
	v->need_mail = false;
	w->unsynced = true;
	return rc == ST_DEAD ? rc : ST_OK;
}

static int
do_step(struct work *w, enum step step, struct err *e)
{
	switch (step) {
	case DROP:
		return do_drop(w, e);
	case BACK:
		do_back(w);
		return ST_OK;
	case GIVE:
		do_give(w);
		return ST_OK;
	case MERGE:
		return do_merge(w, e);
	case STUCK:
		return stuck(w, e);
	default:
		return ST_OK;
	}
}

static int
finish(struct work *w, bool commit, struct err *e)
{
	const struct box_view *v = &w->v;
	int rc;

	if ((rc = sync_folder(w, e)) != ST_OK)
		return rc;
	w->out->committed = commit;
	w->out->message = v->mail == BOX_GONE ? SIDE_GONE :
	    v->mail == BOX_NEW ? SIDE_NEW : v->mail == BOX_OLD ? SIDE_OLD :
	    v->mail == BOX_SPECIAL ? SIDE_SPECIAL : SIDE_FILE;
	w->out->name = v->box->name;
	return record(w, commit ? RECORD_COMMIT : RECORD_ABORT,
	    w->out->message, e);
}

static void
remember(struct work *w)
{
	const struct box_view *v = &w->v;

	w->out->was_bad = w->out->was_bad || v->came ||
	    v->temp == BOX_OLD_MORE || v->temp == BOX_OLD_BAD ||
	    v->temp == BOX_NEW_MORE;
	w->out->was_other = w->out->was_other || v->temp == BOX_FILE ||
	    v->mail == BOX_FILE || v->mail == BOX_SPECIAL;
}

static bool
is_at(const struct work *w, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(w->v.box->place->dir, name, &b, AT_SYMLINK_NOFOLLOW) ==
	    0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/*
 * Somebody waits for the old file, and nobody for the new one: the old one is
 * the mailbox again before they get it.
 */
static bool
back_out(struct work *w)
{
	const struct box_known *k = w->known;

	if (!k->live || w->backed_out || k->old <= 0 || k->new <= 0 ||
	    hold_lasts(k->old) || !hold_lasts(k->new) ||
	    !is_at(w, w->v.intent->temp.text, k->old) ||
	    !is_at(w, w->v.box->name.text, k->new))
		return false;
	w->backed_out = true;
	do_back(w);
	return true;
}

static int
work(struct work *w, struct err *e)
{
	enum step step;
	int rc;

	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		rc = view_look(&w->v, e);
		if (rc == ST_BAD && (back_out(w) ||
		    (rc = view_hold(&w->v, e)) == ST_OK))
			continue;
		if (rc != ST_OK)
			return blind(rc, e);
		remember(w);
		step = decide(w);
		if (step == ABORT || step == COMMIT)
			return finish(w, step == COMMIT, e);
		if (w->failures > FAILURES_MAX)
			break;
		if ((rc = blind(do_step(w, step, e), e)) != ST_OK)
			return rc;
	}
	rc = err_set(e, ST_DEAD, w->out->num, "a change is not settled");
	return blind(rc, e);
}

/* Nobody has it open, nor waits for it: what waits counts for a lease. */
static bool
is_alone(struct post *p)
{
	struct stat st;

	p->held = hold_lock(p->fd) == 0 && hold_lease(p->fd) == 0;
	return p->held && fstat(p->fd, &st) == 0 &&
	    (uint64_t)st.st_size == p->size;
}

/*
 * Somebody may have found the file by its name before the swap, and been held
 * up so long that it has none by now.  Let them write, and move what they
 * wrote.
 */
static int
rescue(struct work *w, struct err *e)
{
	struct post *from = w->dropped;
	const uint64_t at = from->size;
	struct stat st;

	hold_end(from->fd);
	if (is_alone(from))
		return ST_OK;
	while (!from->held) {
		hold_end(from->fd);
		box_unlock(w->v.box);
		if (!box_wait(w->v.box))
			return err_set(e, ST_BAD, 0, "somebody has a file of "
			    "before open");
		(void)is_alone(from);
	}
	w->out->was_bad = true;
	if (fstat(from->fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	from->size = (uint64_t)st.st_size;
	view_release(&w->v, from);
	return from->size > at ? box_carry(w->v.box, w->seq, from, at, e) :
	    ST_OK;
}

int
box_settle(struct box *b, const struct intent *in, uint64_t seq,
    const struct box_known *known, struct settled *out, struct err *e)
{
	struct work w = {
		.v = { .box = b, .intent = in, .upto = known->upto },
		.seq = seq, .known = known, .swapped = known->swapped,
		.unsynced = true, .grace_due = false, .out = out,
	};
	int rc = ST_OK;

	*out = (struct settled){ 0 };
	if (known->live) {
		view_add(&w.v, known->old, BOX_OLD);
		view_add(&w.v, known->new, BOX_NEW);
		w.grace_due = true;
	} else {		/* what is seen must be what stays */
		rc = sync_folder(&w, e);
		w.unsynced = true;
	}
	if (rc == ST_OK)
		rc = work(&w, e);
	if (rc == ST_OK && w.dropped != NULL && w.dropped->fd > 0)
		rc = blind(rescue(&w, e), e);
	view_end(&w.v);
	b->run->unsettled = b->run->unsettled || rc != ST_OK;
	b->run->pending = false;
	return rc;
}

/*
 * See in_place.h: what is left after a crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hold.h"
#include "in_place.h"
#include "in_placing.h"
#include "kernel_calls.h"

/* Nothing that could be ours has its name. */
static int
not_ours(struct work *w, int pin, struct err *e)
{
	const bool gone = pin < 0 && errno == ENOENT;

	w->out->was_other = true;
	return in_placing_finish(w, false, gone ? SIDE_GONE : SIDE_FILE, e);
}

/* ST_END: somebody has it. */
static int
hold_file(struct work *w, struct err *e)
{
	int rc;

	if (hold_lock(w->fd) != 0)
		return errno == EAGAIN ? ST_END :
		    err_set(e, ST_DEAD, errno, "cannot lock the mailbox");
	rc = box_lock(w->box, e);
	if (rc != ST_OK)
		return rc == ST_BAD && e->num == EEXIST ? ST_END : rc;
	if (hold_lease(w->fd) != 0 && errno == EAGAIN)
		return ST_END;
	if ((rc = in_placing_look(w, e)) != ST_OK)
		return rc;
	return in_placing_is_at(w) ? ST_OK : ST_END;
}

static void
let_go(struct work *w)
{
	if (w->fd > 0) {
		hold_end(w->fd);
		(void)close(w->fd);
		w->fd = 0;
	}
	box_unlock(w->box);
}

static int
hold_once(struct work *w, int pin, struct err *e)
{
	if (pin < 0 && errno != ENOENT && errno != EXDEV)
		return err_set(e, ST_DEAD, errno, "cannot open");
	if (pin >= 0 && fstat(pin, &w->st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (pin < 0 || !S_ISREG(w->st.st_mode) ||
	    w->st.st_dev != w->box->place->dev)
		return not_ours(w, pin, e);
	w->other = w->st.st_ino != w->in->old.ino;
	if ((w->fd = call_open_pinned_rw(pin)) < 0) {
		w->fd = 0;
		return errno == EAGAIN || errno == ETXTBSY ? ST_END :
		    err_set(e, ST_DEAD, errno, "cannot open");
	}
	return hold_file(w, e);
}

/* What is seen must be what stays. */
static int
settle_held(struct work *w, struct err *e)
{
	const int rc = in_placing_sync(w, e);

	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	return rc == ST_OK ? in_placing_go(w, e) : rc;
}

static int
settle_as_owner(struct work *w, struct err *e)
{
	int pin, rc;

	do {
		pin = call_pin(w->box->place->dir, w->box->name.text);
		rc = hold_once(w, pin, e);
		if (pin >= 0)
			(void)close(pin);
		if (rc == ST_OK && !w->over)
			rc = settle_held(w, e);
		let_go(w);
	} while (rc == ST_END && box_wait(w->box));
	return rc == ST_END ? err_set(e, ST_BAD, 0,
	    "somebody is using the mailbox") : over_log_blind(rc, e);
}

int
in_place_settle(struct box *b, const struct intent *in, uint64_t seq,
    struct settled *out, struct err *e)
{
	struct work w = { .box = b, .in = in, .seq = seq, .out = out };
	int rc;

	*out = (struct settled){ 0 };
	if ((rc = over_log_read(b->run, seq, &w.log, e)) != ST_OK ||
	    (rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	rc = settle_as_owner(&w, e);
	owner_leave();
	b->run->unsettled = b->run->unsettled || rc != ST_OK;
	return rc;
}

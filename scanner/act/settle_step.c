/*
 * See settling.h: the steps.
 */
#include "settling.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "names.h"

unsigned
settling_bit(const struct work *w, int dir)
{
	return dir == w->place->other ? IN_OTHER : IN_DIR;
}

unsigned
settling_bit_of_tmp(const struct place *p)
{
	return p->tmp == p->dir ? IN_DIR : IN_TMP;
}

const char *
settling_wrong_base(const struct work *w)
{
	const struct intent *in = w->intent;
	const char *wanted;

	if (in->act != ACT_SWAP || !w->place->maildir)
		return NULL;
	if (w->mail == SIDE_NEW || w->mail == SIDE_NEW_BAD)
		wanted = w->back ? NULL : in->renamed.text;
	else if (w->mail == SIDE_OLD || w->mail == SIDE_OLD_BAD)
		wanted = w->keep_name ? NULL : in->name.text;
	else
		return NULL;
	return wanted != NULL && !name_same_base(wanted, w->at.name.text) ?
	    wanted : NULL;
}

/* errno of what failed; whether it did the next look shows. */
static void
failed(struct work *w)
{
	w->out->num = errno;
	w->failures++;
}

static void
do_drop(struct work *w)
{
	if (unlinkat(w->place->tmp, w->intent->temp.text, 0) != 0)
		failed(w);
	w->dropped = true;
	w->unsynced |= settling_bit_of_tmp(w->place);
}

static void
do_back(struct work *w)
{
	if (call_swap(w->place->tmp, w->intent->temp.text, w->at.dir,
	    w->at.name.text) != 0)
		failed(w);
	w->unsynced |= settling_bit_of_tmp(w->place) |
	    settling_bit(w, w->at.dir);
}

/* A name that nothing has, much like that of the intent. */
static int
fresh_name(struct work *w, struct mailname *out, struct err *e)
{
	char random[2 * MAILNAME_RANDOM + 1];
	struct sum sum = { 0 };
	int pin, fd;

	if ((pin = call_pin(w->place->tmp, w->intent->temp.text)) >= 0) {
		fd = S_ISREG(w->temp_st.st_mode) ? call_open_pinned(pin) : -1;
		if (fd >= 0) {
			(void)sum_file(fd, UINT64_MAX, -1, &sum, NULL);
			(void)close(fd);
		}
		(void)close(pin);
	}
	if (call_random_hex(random, MAILNAME_RANDOM) != 0 ||
	    !mailname_renew(w->intent->name.text, &sum, random, out))
		return err_set(e, ST_DEAD, 0, "no name for a message");
	return ST_OK;
}

static int
do_give(struct work *w, struct err *e)
{
	const struct place *p = w->place;
	const int dir = w->live != NULL ? w->live->home->dir : p->dir;
	struct mailname name = w->live != NULL ? w->live->home->name :
	    w->intent->name;
	int rc;

	if ((w->mail != SIDE_GONE || w->failures > 0) &&
	    (rc = fresh_name(w, &name, e)) != ST_OK)
		return rc;
	if (call_move(p->tmp, w->intent->temp.text, dir, name.text) != 0)
		failed(w);
	w->given = true;
	w->unsynced |= settling_bit_of_tmp(p) | settling_bit(w, dir);
	return ST_OK;
}

static void
do_name(struct work *w)
{
	const bool new = w->mail == SIDE_NEW || w->mail == SIDE_NEW_BAD;
	struct mailname to;
	struct stat st;
	bool taken;

	if (!mailname_join(settling_wrong_base(w), w->at.name.text, &to))
		errno = ENAMETOOLONG;
	else if (call_move(w->at.dir, w->at.name.text, w->at.dir,
	    to.text) == 0) {
		w->unsynced |= settling_bit(w, w->at.dir);
		return;
	}
	failed(w);
	w->unsynced |= settling_bit(w, w->at.dir);
	taken = w->out->num == EEXIST && fstatat(w->at.dir, to.text, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino != w->mail_st.st_ino;
	w->out->name_taken = w->out->name_taken || taken;
	if (taken || w->failures > SETTLE_FAILURES_MAX / 2) {
		w->back = w->back || new;
		w->keep_name = w->keep_name || !new;
	}
}

int
settling_do(struct work *w, enum step step, struct err *e)
{
	switch (step) {
	case DROP:
		do_drop(w);
		return ST_OK;
	case BACK:
		do_back(w);
		return ST_OK;
	case GIVE:
		return do_give(w, e);
	case NAME:
		do_name(w);
		return ST_OK;
	default:
		return ST_OK;
	}
}

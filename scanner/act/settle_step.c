/*
 * See settling.h: the steps.
 */
#include "settling.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "listing.h"
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

	if (in->act != ACT_SWAP)
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

/* The temporary that the step is about. */
static const char *
temp_name(const struct work *w)
{
	return w->at_spare ? w->spare_name.text : w->intent->temp.text;
}

static const struct stat *
temp_stat(const struct work *w)
{
	return w->at_spare ? &w->spare_st : &w->temp_st;
}

static void
do_drop(struct work *w)
{
	if (call_remove(w->place->tmp, temp_name(w)) != 0)
		failed(w);
	w->dropped = w->dropped || !w->at_spare;
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

static bool
is_number(const char *name)
{
	return name[0] != '\0' && strlen(name) < 10 &&
	    name[strspn(name, "0123456789")] == '\0';
}

/* For MH a message is what has a number for a name. */
static int
next_number(const struct work *w, struct mailname *out, struct err *e)
{
	struct listing l = { 0 };
	unsigned long n, most = 0;
	int rc = listing_read(&l, w->place->dir, e);

	for (size_t i = 0; i < l.n && rc == ST_OK; i++)
		if (is_number(l.list[i].name)) {
			n = strtoul(l.list[i].name, NULL, 10);
			most = n > most ? n : most;
		}
	listing_free(&l);
	if (rc == ST_OK)
		(void)snprintf(out->text, sizeof(out->text), "%lu", most + 1);
	return rc;
}

/* A name that nothing has, much like that of the intent. */
static int
fresh_name(struct work *w, struct mailname *out, struct err *e)
{
	char random[2 * MAILNAME_RANDOM + 1];
	struct sum sum = { 0 };
	int pin, fd;

	if (!w->place->maildir && is_number(w->intent->name.text))
		return next_number(w, out, e);
	if ((pin = call_pin(w->place->tmp, temp_name(w))) >= 0) {
		fd = S_ISREG(temp_stat(w)->st_mode) ?
		    call_open_pinned(pin) : -1;
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

/*
 * By links it keeps the temporary's name, which goes when this is synced.
 * Linux lets nobody link links, devices and files of others.
 */
static int
give(const struct work *w, int dir, const char *name)
{
	const char *temp = temp_name(w);
	struct stat st;

	if (!w->intent->by_links)
		return call_move(w->place->tmp, temp, dir, name);
	if (S_ISREG(temp_stat(w)->st_mode)) {
		if (call_link(w->place->tmp, temp, dir, name) == 0)
			return 0;
		if (errno != EPERM && !call_lacks(errno))
			return -1;
	}
	if (call_move(w->place->tmp, temp, dir, name) == 0)
		return 0;
	if (!call_lacks(errno))
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return call_take(w->place->tmp, temp, dir, name);
}

static int
do_give(struct work *w, struct err *e)
{
	const struct place *p = w->place;
	const int dir = w->live != NULL ? w->live->home->dir : p->dir;
	struct mailname name = w->live != NULL ? w->live->home->name :
	    w->intent->name;
	int rc;

	if ((w->mail != SIDE_GONE || w->failures > 0 || w->at_spare) &&
	    (rc = fresh_name(w, &name, e)) != ST_OK)
		return rc;
	if (give(w, dir, name.text) != 0)
		failed(w);
	else if (w->intent->by_links)
		*(w->at_spare ? &w->spare_linked : &w->temp_linked) = true;
	w->given = w->given || !w->at_spare;
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

static void
do_out(struct work *w)
{
	if (call_take(w->fresh_at.dir, w->fresh_at.name.text, w->place->tmp,
	    w->spare_name.text) != 0)
		failed(w);
	w->unsynced |= settling_bit_of_tmp(w->place) |
	    settling_bit(w, w->fresh_at.dir);
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
	case OUT:
		do_out(w);
		return ST_OK;
	default:
		return ST_OK;
	}
}

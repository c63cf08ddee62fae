/*
 * See settling.h: what is under the names of an intent.
 */
#include "settling.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "listing.h"
#include "names.h"
#include "settle_links.h"

#define LOOKS_MAX 16u		/* at a message that is renamed all the while */

int
settling_look_under(struct work *w, const char *name, struct found *at,
    enum side *side, struct stat *st, struct err *e)
{
	int rc;

	/* When it is renamed between the two looks it is not gone: it has
	 * other flags. */
	for (unsigned i = 0; i < LOOKS_MAX; i++) {
		*side = SIDE_GONE;
		if ((rc = place_find(w->place, name, at, e)) != ST_OK)
			return rc == ST_END ? ST_OK : rc;
		rc = side_look(&w->sides, at->dir, at->name.text, side, st, e);
		if (rc != ST_OK || *side != SIDE_GONE)
			return rc;
	}
	return err_set(e, ST_DEAD, EBUSY, "the message does not keep still");
}

static int
look_under(struct work *w, const char *name, struct err *e)
{
	return settling_look_under(w, name, &w->at, &w->mail, &w->mail_st, e);
}

static int
is_in(const struct work *w, int dir, const struct stat *st, bool *out,
    struct err *e)
{
	const char *temp = w->intent->temp.text;
	struct listing l = { 0 };
	struct stat at;
	int rc = listing_read(&l, dir, e);

	for (size_t i = 0; i < l.n && rc == ST_OK && !*out; i++)
		*out = strncmp(l.list[i].name, temp, strlen(temp)) != 0 &&
		    fstatat(dir, l.list[i].name, &at, AT_SYMLINK_NOFOLLOW) ==
		    0 && at.st_ino == st->st_ino && at.st_dev == st->st_dev;
	listing_free(&l);
	return rc;
}

int
settling_is_copied(const struct work *w, const struct stat *st, bool *out,
    struct err *e)
{
	int rc = ST_OK;

	*out = false;
	if (!w->intent->by_links || st->st_ino == 0 || st->st_nlink < 2 ||
	    S_ISDIR(st->st_mode))
		return ST_OK;
	rc = is_in(w, w->place->dir, st, out, e);
	if (rc == ST_OK && w->place->other >= 0)
		rc = is_in(w, w->place->other, st, out, e);
	return rc;
}

/*
 * The new name first, as it is, for that is where the message is as a rule:
 * looking for one that is gone reads the whole folder.
 */
static int
look_for_swapped(struct work *w, struct err *e)
{
	const struct intent *in = w->intent;
	struct found at = w->at;
	struct stat st;
	enum side mail;
	int rc;

	if (name_same_base(in->name.text, in->renamed.text))
		return look_under(w, in->name.text, e);
	if (mailname_join(in->renamed.text, at.name.text, &w->at.name)) {
		rc = side_look(&w->sides, at.dir, w->at.name.text, &w->mail,
		    &w->mail_st, e);
		if (rc != ST_OK || w->mail == SIDE_NEW)
			return rc;
	}
	if ((rc = look_under(w, in->name.text, e)) != ST_OK ||
	    (w->mail != SIDE_GONE && w->mail != SIDE_FILE &&
	    w->mail != SIDE_SPECIAL))
		return rc;
	at = w->at;
	st = w->mail_st;
	mail = w->mail;
	rc = look_under(w, in->renamed.text, e);
	if (rc == ST_OK && w->mail == SIDE_GONE && mail != SIDE_GONE) {
		w->at = at;
		w->mail_st = st;
		w->mail = mail;
	}
	return rc;
}

/* We unlinked the old file, and that was its last name. */
static bool
is_removed(const struct work *w)
{
	struct stat st;

	return w->dropped && w->live != NULL && w->live->old >= 0 &&
	    fstat(w->live->old, &st) == 0 && st.st_nlink == 0;
}

static int
look_for_mail(struct work *w, struct err *e)
{
	if (w->intent->act == ACT_SWAP)
		return look_for_swapped(w, e);
	/* Nothing depends on it; and see look_for_swapped. */
	if (w->intent->act == ACT_REMOVE &&
	    (w->temp == SIDE_OLD || is_removed(w))) {
		w->mail = SIDE_GONE;
		return ST_OK;
	}
	return look_under(w, w->intent->name.text, e);
}

int
settling_look(struct work *w, struct err *e)
{
	int rc = side_look(&w->sides, w->place->tmp,
	    w->intent->temp.text, &w->temp, &w->temp_st, e);

	if (rc != ST_OK || (rc = settling_is_copied(w, &w->temp_st,
	    &w->temp_copied, e)) != ST_OK)
		return rc;
	/* A folder is whosever it is. */
	if (S_ISDIR(w->temp_st.st_mode) && w->intent->act != ACT_REMOVE)
		w->temp = SIDE_GONE;
	return settle_by_links(w->intent) ? links_look(w, e) :
	    look_for_mail(w, e);
}

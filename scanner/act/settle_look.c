/*
 * See settling.h: what is under the names of an intent.
 */
#include "settling.h"

#include <sys/stat.h>

#include "names.h"

/* One of the names that the message may have. */
static int
look_under(struct work *w, const char *name, struct err *e)
{
	int rc = place_find(w->place, name, &w->at, e);

	w->mail = SIDE_GONE;
	if (rc == ST_OK)
		rc = side_look(&w->sides, w->at.dir, w->at.name.text,
		    &w->mail, &w->mail_st, e);
	return rc == ST_END ? ST_OK : rc;
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
	const int rc = side_look(&w->sides, w->place->tmp,
	    w->intent->temp.text, &w->temp, &w->temp_st, e);

	if (rc != ST_OK)
		return rc;
	/* A folder is whosever it is. */
	if (S_ISDIR(w->temp_st.st_mode) && w->intent->act != ACT_REMOVE)
		w->temp = SIDE_GONE;
	return look_for_mail(w, e);
}

/*
 * See settle_links.h.
 */
#include "settle_links.h"

#include <sys/stat.h>

#include "names.h"

bool
settle_by_links(const struct intent *in)
{
	return in->by_links && in->act == ACT_SWAP;
}

static bool
keeps_name(const struct intent *in)
{
	return name_same_base(in->name.text, in->renamed.text);
}

void
links_begin(struct work *w)
{
	const struct intent *in = w->intent;

	if (!settle_by_links(in))
		return;
	intent_stage_name(in, &w->spare_name);
	w->fresh_at = (struct found){ .dir = w->live != NULL ?
	    w->live->home->dir : w->place->dir, .name = in->renamed };
	if (w->live != NULL)
		(void)mailname_join(in->renamed.text,
		    w->live->home->name.text, &w->fresh_at.name);
}

static bool
is_new(enum side s)
{
	return s == SIDE_NEW || s == SIDE_NEW_BAD;
}

/* The new name, as it was given first: looking for another takes long. */
static int
look_for_fresh(struct work *w, struct err *e)
{
	const char *base = w->intent->renamed.text;
	int rc;

	rc = side_look(&w->sides, w->fresh_at.dir, w->fresh_at.name.text,
	    &w->fresh, &w->fresh_st, e);
	if (rc == ST_OK && !is_new(w->fresh))
		rc = settling_look_under(w, base, &w->fresh_at, &w->fresh,
		    &w->fresh_st, e);
	if (rc == ST_OK && !is_new(w->fresh))
		w->fresh = SIDE_GONE;	/* none of ours, then */
	return rc;
}

static int
look_for_both(struct work *w, struct err *e)
{
	const struct intent *in = w->intent;
	int rc;

	w->mail = w->fresh = SIDE_GONE;
	if (!keeps_name(in)) {
		if ((rc = look_for_fresh(w, e)) != ST_OK)
			return rc;
		/* We took it out: what is there now is none of ours. */
		if (w->fresh == SIDE_NEW && (w->temp == SIDE_OLD ||
		    (w->dropped && !w->given)))
			return ST_OK;
	}
	rc = settling_look_under(w, in->name.text, &w->at, &w->mail,
	    &w->mail_st, e);
	if (rc == ST_OK && keeps_name(in) && is_new(w->mail)) {
		w->fresh = w->mail;
		w->fresh_st = w->mail_st;
		w->fresh_at = w->at;
		w->mail = SIDE_GONE;
	}
	return rc;
}

int
links_look(struct work *w, struct err *e)
{
	int rc = side_look(&w->sides, w->place->tmp, w->spare_name.text,
	    &w->spare, &w->spare_st, e);

	if (rc == ST_OK && S_ISDIR(w->spare_st.st_mode))
		w->spare = SIDE_GONE;
	w->spare_copied = false;
	if (rc == ST_OK && w->spare != SIDE_GONE && w->spare != SIDE_NEW)
		rc = settling_is_copied(w, &w->spare_st, &w->spare_copied, e);
	return rc == ST_OK ? look_for_both(w, e) : rc;
}

static enum step
spare(struct work *w, enum step step)
{
	w->at_spare = true;
	return step;
}

/* What was taken out by mistake, and what was added since. */
static bool
spare_is_mail(const struct work *w)
{
	if (w->spare == SIDE_NEW)
		return !w->spare_linked && w->spare_st.st_nlink == 1 &&
		    (uint64_t)w->spare_st.st_size > w->intent->new.size;
	return !w->spare_copied && !w->spare_linked && (w->spare == SIDE_FILE ||
	    w->spare == SIDE_OLD || w->spare == SIDE_OLD_BAD);
}

/* The new file is under the new name, and not a copy of it. */
static bool
is_ours(const struct work *w)
{
	return w->fresh != SIDE_GONE &&
	    w->fresh_st.st_ino == w->intent->new.ino;
}

/* The new file out of the mailbox. */
static enum step
take_back(struct work *w)
{
	return w->spare != SIDE_GONE ? spare(w, DROP) : OUT;
}

/* The end, and the second temporary goes before it. */
static enum step
end(struct work *w, enum step step)
{
	if (w->spare != SIDE_GONE)
		return spare(w, DROP);
	if (w->fresh != SIDE_GONE && (step == COMMIT ||
	    w->mail == SIDE_GONE)) {
		w->mail = w->fresh;
		w->mail_st = w->fresh_st;
		w->at = w->fresh_at;
	}
	return step;
}

/* Nothing is out of the mailbox. */
static enum step
decide_without_temp(struct work *w)
{
	bool both;

	if (w->fresh == SIDE_GONE)
		return end(w, ABORT);
	both = w->mail == SIDE_OLD || w->mail == SIDE_OLD_BAD ||
	    (w->mail == SIDE_FILE && w->live != NULL &&
	    (!w->dropped || w->given));
	if (!both)
		return end(w, COMMIT);
	return is_ours(w) ? take_back(w) : end(w, ABORT);
}

/* What was taken out goes back; the name must be free for that. */
static enum step
put_back(struct work *w)
{
	return keeps_name(w->intent) && is_ours(w) ? take_back(w) : GIVE;
}

static bool
is_one_file(const struct stat *a, enum side a_side, const struct stat *b,
    enum side b_side)
{
	return a_side != SIDE_GONE && b_side != SIDE_GONE &&
	    a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
	    a->st_ino != 0;
}

static enum step
decide_old(struct work *w)
{
	if (w->fresh == SIDE_NEW || (w->fresh == SIDE_GONE &&
	    w->mail == SIDE_OLD))
		return DROP;
	return put_back(w);
}

static bool
temp_has_name(const struct work *w)
{
	return w->temp_copied || (w->temp_linked && w->temp != SIDE_GONE);
}

enum step
links_decide(struct work *w)
{
	if (spare_is_mail(w))
		return spare(w, GIVE);
	if (temp_has_name(w) || is_one_file(&w->temp_st, w->temp, &w->mail_st,
	    w->mail)) {
		w->given = true;
		return DROP;
	}
	switch (w->temp) {
	case SIDE_GONE:
		return decide_without_temp(w);
	case SIDE_OLD:
		return decide_old(w);
	case SIDE_OLD_BAD:
	case SIDE_FILE:
		return put_back(w);
	case SIDE_NEW:
	case SIDE_NEW_BAD:
	case SIDE_SPECIAL:
		break;
	}
	return DROP;
}

/*
 * See settle.h.
 */
#include "settle.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "names.h"
#include "record.h"
#include "side.h"

#define ROUNDS_MAX 64u
#define FAILURES_MAX 6u		/* of steps, until it is left as it is */

enum step {
	ABORT,			/* nothing is left to do: it did not happen */
	COMMIT,			/* nothing is left to do: it did */
	DROP,			/* unlink the temporary */
	BACK,			/* swap the temporary and the message back */
	GIVE,			/* the temporary is somebody's: into the
				 * mailbox with it */
	NAME			/* rename the message: see wrong_base */
};

/*
 * By what is under the temporary's name (rows) and the message's (columns, in
 * the order of enum side).  The two may be one file: see decide.
 *
 * SWAP.  The temporary is new until the swap, and old after it.  What was
 * taken out of the mailbox is unlinked only when it is the old file, unchanged
 * and nobody is writing to it; another file is given back.  A link that was
 * put under the temporary's name is nobody's mail.
 */
static const unsigned char swap_steps[SIDES][SIDES] = {
	/*		  gone   old    old-bad new     new-bad file   other */
	[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_OLD]     = { DROP,  DROP,  DROP,  DROP,   BACK,   DROP,  BACK },
	[SIDE_OLD_BAD] = { GIVE,  DROP,  DROP,  BACK,   BACK,   GIVE,  GIVE },
	[SIDE_NEW]     = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
	[SIDE_NEW_BAD] = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
	[SIDE_FILE]    = { GIVE,  ABORT, ABORT, BACK,   BACK,   GIVE,  GIVE },
	[SIDE_SPECIAL] = { DROP,  DROP,  DROP,  DROP,   DROP,   DROP,  DROP },
};

/*
 * REMOVE.  Nothing under either name: it was removed, by us or its owner; the
 * copy is kept.
 */
static const unsigned char remove_steps[SIDES][SIDES] = {
	[SIDE_GONE]    = { COMMIT, ABORT, ABORT, COMMIT, COMMIT, COMMIT,
			   COMMIT },
	[SIDE_OLD]     = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_OLD_BAD] = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
	[SIDE_FILE]    = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
	[SIDE_SPECIAL] = { GIVE, GIVE, GIVE, GIVE, GIVE, GIVE, GIVE },
};

/* PUT.  Not in the mailbox yet: then never. */
static const unsigned char put_steps[SIDES][SIDES] = {
	[SIDE_GONE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_NEW]     = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_NEW_BAD] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
	[SIDE_FILE]    = { ABORT, ABORT, ABORT, COMMIT, COMMIT, ABORT, ABORT },
	[SIDE_SPECIAL] = { DROP, DROP, DROP, DROP, DROP, DROP, DROP },
};

enum touched { IN_DIR = 1, IN_OTHER = 2, IN_TMP = 4 };

struct work {
	struct run *run;
	const struct place *place;
	const struct intent *intent;
	const struct settle_live *live;
	struct sides sides;
	enum side temp, mail;
	struct stat temp_st, mail_st;
	struct found at;	/* the message; if it is gone, where it was
				 * seen last */
	unsigned unsynced;	/* enum touched */
	unsigned failures;
	bool back;		/* the new name cannot be had */
	bool dropped, given;	/* the temporary: what we did with it */
	bool keep_name;		/* the old name cannot be had again */
	struct settled *out;
};

static unsigned
bit_of(const struct work *w, int dir)
{
	return dir == w->place->other ? IN_OTHER : IN_DIR;
}

static int
sync_dirs(struct work *w, unsigned which, struct err *e)
{
	const struct place *p = w->place;
	const unsigned todo = w->unsynced & which;

	if (((todo & IN_DIR) != 0 && fsync(p->dir) != 0) ||
	    ((todo & IN_OTHER) != 0 && p->other >= 0 &&
	    fsync(p->other) != 0) ||
	    ((todo & IN_TMP) != 0 && fsync(p->tmp) != 0))
		return err_set(e, ST_DEAD, errno, "cannot sync the mailbox");
	w->unsynced &= ~which;
	return ST_OK;
}

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

static int
look(struct work *w, struct err *e)
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

/* The name whose base the message should have, or NULL: it has it. */
static const char *
wrong_base(const struct work *w)
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

static bool
is_one_file(const struct work *w)
{
	return w->temp != SIDE_GONE && w->mail != SIDE_GONE &&
	    w->temp_st.st_ino == w->mail_st.st_ino &&
	    w->temp_st.st_dev == w->mail_st.st_dev && w->temp_st.st_ino != 0;
}

/* The old file has a name somewhere. */
static bool
old_lives(const struct work *w)
{
	struct stat st;

	return w->live != NULL && w->live->old >= 0 &&
	    fstat(w->live->old, &st) == 0 && st.st_nlink > 0;
}

static enum step
decide(const struct work *w)
{
	const struct intent *in = w->intent;
	enum step step;

	if (is_one_file(w))	/* only one of two changes came to the disk */
		return DROP;
	if (in->act == ACT_PUT)
		return (enum step)put_steps[w->temp][w->mail];
	if (in->act == ACT_REMOVE) {
		step = (enum step)remove_steps[w->temp][w->mail];
		/* Not by us, then. */
		return step == COMMIT && !w->dropped &&
		    (w->given || w->live != NULL) ? ABORT : step;
	}
	step = (enum step)swap_steps[w->temp][w->mail];
	if (w->mail == SIDE_NEW && ((w->back && w->temp == SIDE_OLD) ||
	    (w->temp == SIDE_SPECIAL && old_lives(w))))
		return BACK;
	if (step != BACK && step != GIVE && wrong_base(w) != NULL)
		return NAME;
	return step;
}

/*
 * It cannot be seen what is there.  Where that is the mailbox's own doing
 * (rights, a mount) only this message stays open; where the disk fails, all
 * stops.
 */
static int
blind(int rc, const struct err *e)
{
	return rc == ST_OK || e->num == EIO || e->num == EROFS ||
	    e->num == ENOMEM || e->num == 0 ? rc : ST_BAD;
}

/* errno of what failed; whether it did the next look shows. */
static void
failed(struct work *w)
{
	w->out->num = errno;
	w->failures++;
}

static int
do_drop(struct work *w, struct err *e)
{
	int rc;

	/* The mailbox on the disk must not lead to what is about to go. */
	if ((rc = sync_dirs(w, IN_DIR | IN_OTHER, e)) != ST_OK)
		return rc;
	if (unlinkat(w->place->tmp, w->intent->temp.text, 0) != 0)
		failed(w);
	w->dropped = true;
	w->unsynced |= IN_TMP;
	return ST_OK;
}

static void
do_back(struct work *w)
{
	if (call_swap(w->place->tmp, w->intent->temp.text, w->at.dir,
	    w->at.name.text) != 0)
		failed(w);
	w->unsynced |= IN_TMP | bit_of(w, w->at.dir);
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
	w->unsynced |= IN_TMP | bit_of(w, dir);
	return ST_OK;
}

static void
do_name(struct work *w)
{
	const bool new = w->mail == SIDE_NEW || w->mail == SIDE_NEW_BAD;
	struct mailname to;
	struct stat st;
	bool taken;

	if (!mailname_join(wrong_base(w), w->at.name.text, &to))
		errno = ENAMETOOLONG;
	else if (call_move(w->at.dir, w->at.name.text, w->at.dir,
	    to.text) == 0) {
		w->unsynced |= bit_of(w, w->at.dir);
		return;
	}
	failed(w);
	w->unsynced |= bit_of(w, w->at.dir);
	taken = w->out->num == EEXIST && fstatat(w->at.dir, to.text, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino != w->mail_st.st_ino;
	w->out->name_taken = w->out->name_taken || taken;
	if (taken || w->failures > FAILURES_MAX / 2) {
		w->back = w->back || new;
		w->keep_name = w->keep_name || !new;
	}
}

static int
finish(struct work *w, uint64_t seq, bool commit, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	if ((rc = sync_dirs(w, IN_DIR | IN_OTHER | IN_TMP, e)) != ST_OK)
		return rc;
	w->out->committed = commit;
	w->out->message = w->mail;
	if (w->mail != SIDE_GONE)
		w->out->name = w->at.name;
	record_u64(&b, "of", seq);
	record_text(&b, "name", w->out->name.text);
	record_u64(&b, "message", w->mail);
	rc = buf_ok(&b) ? journal_append(w->run->journal, commit ?
	    RECORD_COMMIT : RECORD_ABORT, buf_span(&b), NULL, e) :
	    err_set(e, ST_DEAD, ENOMEM, "settle");
	buf_free(&b);
	return rc;
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
		return do_give(w, e);
	case NAME:
		do_name(w);
		return ST_OK;
	default:
		return ST_OK;
	}
}

static int
work(struct work *w, uint64_t seq, struct err *e)
{
	enum step step;
	int rc;

	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		if ((rc = blind(look(w, e), e)) != ST_OK)
			return rc;
		w->out->was_bad = w->out->was_bad ||
		    w->temp == SIDE_OLD_BAD || w->mail == SIDE_OLD_BAD;
		w->out->was_other = w->out->was_other ||
		    w->temp == SIDE_FILE || w->mail == SIDE_FILE ||
		    w->mail == SIDE_SPECIAL;
		step = decide(w);
		if (step == ABORT || step == COMMIT)
			return finish(w, seq, step == COMMIT, e);
		if (w->failures > FAILURES_MAX)
			break;
		if ((rc = do_step(w, step, e)) != ST_OK)
			return rc;
	}
	rc = err_set(e, ST_DEAD, w->out->num, "a change is not settled");
	return blind(rc, e);
}

int
settle(struct run *r, const struct place *p, const struct intent *in,
    uint64_t seq, const struct settle_live *live, struct settled *out,
    struct err *e)
{
	struct work w = {
		.run = r, .place = p, .intent = in, .live = live, .out = out,
		.sides = { .place = p, .intent = in },
		.unsynced = IN_DIR | IN_OTHER | IN_TMP,
		.at = { .dir = live != NULL ? live->home->dir : p->dir,
		    .name = in->name },
	};
	int rc = ST_OK;

	*out = (struct settled){ 0 };
	if (live == NULL)	/* what is seen must be what stays */
		rc = sync_dirs(&w, w.unsynced, e);
	else
		w.unsynced = IN_TMP | bit_of(&w, live->home->dir);
	if (live != NULL && live->new != NULL)
		side_trust_new(&w.sides, live->new);
	if (rc == ST_OK)
		rc = work(&w, seq, e);
	r->unsettled = r->unsettled || rc != ST_OK;
	r->pending = false;
	return rc;
}

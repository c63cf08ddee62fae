/*
 * See settle.h.
 */
#include "settle.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "record.h"
#include "settle_links.h"
#include "settling.h"

#define ROUNDS_MAX 64u

static int
sync_dirs(const struct place *p, unsigned todo, struct err *e)
{
	if (((todo & IN_DIR) != 0 && fsync(p->dir) != 0) ||
	    ((todo & IN_OTHER) != 0 && p->other >= 0 &&
	    fsync(p->other) != 0) ||
	    ((todo & IN_TMP) != 0 && fsync(p->tmp) != 0))
		return err_set(e, ST_DEAD, errno, "cannot sync the mailbox");
	return ST_OK;
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
decide(struct work *w)
{
	const struct intent *in = w->intent;
	enum step step;

	if (settle_by_links(in))
		return links_decide(w);
	/* Only one of two changes came to the disk, or was done by now. */
	if (is_one_file(w) || w->temp_copied ||
	    (w->temp_linked && w->temp != SIDE_GONE))
		return DROP;
	step = settle_step(in->act, w->temp, w->mail);
	if (in->act == ACT_REMOVE && step == COMMIT && (w->given ||
	    (!w->dropped && w->live != NULL)))
		return ABORT;	/* not by us, then */
	if (in->act != ACT_SWAP)
		return step;
	if (w->mail == SIDE_NEW && ((w->back && w->temp == SIDE_OLD) ||
	    (w->temp == SIDE_SPECIAL && old_lives(w))))
		return BACK;
	if (step != BACK && step != GIVE && settling_wrong_base(w) != NULL)
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

/* What must be on the disk before a step. */
static unsigned
needed(enum step step)
{
	if (step == ABORT || step == COMMIT)
		return IN_DIR | IN_OTHER | IN_TMP;
	/* The mailbox on the disk must not lead to what is about to go. */
	return step == DROP ? IN_DIR | IN_OTHER : 0;
}

/* Steps until it is over, or waits for a sync; what was seen before that is
 * looked at again after it. */
static int
advance(struct work *w, struct err *e)
{
	enum step step;
	int rc;

	for (; w->rounds < ROUNDS_MAX; w->rounds++) {
		w->at_spare = false;
		if ((rc = blind(settling_look(w, e), e)) != ST_OK)
			return rc;
		w->out->was_bad = w->out->was_bad ||
		    w->temp == SIDE_OLD_BAD || w->mail == SIDE_OLD_BAD;
		w->out->was_other = w->out->was_other ||
		    w->temp == SIDE_FILE || w->mail == SIDE_FILE ||
		    w->mail == SIDE_SPECIAL;
		step = decide(w);
		if ((w->waits = w->unsynced & needed(step)) != 0)
			return ST_OK;
		if (step == ABORT || step == COMMIT) {
			w->committed = step == COMMIT;
			w->over = true;
			return ST_OK;
		}
		if (w->failures > SETTLE_FAILURES_MAX)
			break;
		if ((rc = settling_do(w, step, e)) != ST_OK)
			return rc;
	}
	rc = err_set(e, ST_DEAD, w->out->num, "a change is not settled");
	return blind(rc, e);
}

/* One round of syncs for all that wait. */
static int
sync_for(struct work *list, size_t n, unsigned which, struct err *e)
{
	const int rc = sync_dirs(list[0].place, which, e);

	for (size_t i = 0; i < n && rc == ST_OK; i++)
		list[i].unsynced &= ~which;
	return rc;
}

static int
advance_all(struct work *list, struct settle_item *items, size_t n,
    struct err *e)
{
	unsigned waits = 0;

	/* After a crash: what is seen must be what stays. */
	for (size_t i = 0; i < n; i++)
		if (items[i].live == NULL)
			waits |= list[i].unsynced;
	do {
		if (sync_for(list, n, waits, e) != ST_OK)
			return ST_DEAD;
		waits = 0;
		for (size_t i = 0; i < n; i++) {
			struct work *w = &list[i];

			if (!w->over)
				w->rc = advance(w, &items[i].e);
			if (w->rc == ST_DEAD) {
				if (e != NULL)
					*e = items[i].e;
				return ST_DEAD;
			}
			w->over = w->over || w->rc != ST_OK;
			waits |= w->over ? 0 : w->waits;
		}
	} while (waits != 0);
	return ST_OK;
}

static int
record(struct work *w, uint64_t seq, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	w->out->committed = w->committed;
	w->out->message = w->mail;
	if (w->mail != SIDE_GONE)
		w->out->name = w->at.name;
	record_u64(&b, "of", seq);
	record_text(&b, "name", w->out->name.text);
	record_u64(&b, "message", w->mail);
	rc = buf_ok(&b) ? journal_add(w->run->journal, w->committed ?
	    RECORD_COMMIT : RECORD_ABORT, buf_span(&b), NULL, e) :
	    err_set(e, ST_DEAD, ENOMEM, "settle");
	buf_free(&b);
	return rc;
}

static int
record_all(struct work *list, struct settle_item *items, size_t n,
    struct err *e)
{
	struct run *r = list[0].run;
	int rc = ST_OK;

	for (size_t i = 0; i < n && rc == ST_OK; i++) {
		items[i].rc = list[i].rc;
		if (list[i].rc == ST_OK)
			rc = record(&list[i], items[i].seq, e);
		else
			r->unsettled = true;
	}
	return rc == ST_OK ? journal_sync(r->journal, e) : rc;
}

static struct work
work_of(struct run *r, const struct place *p, struct settle_item *item)
{
	const struct settle_live *live = item->live;
	struct work w = {
		.run = r, .place = p, .intent = item->intent, .live = live,
		.out = &item->out,
		.sides = { .place = p, .intent = item->intent },
		.unsynced = IN_DIR | IN_OTHER | settling_bit_of_tmp(p),
		.at = { .dir = p->dir, .name = item->intent->name },
	};

	item->out = (struct settled){ 0 };
	links_begin(&w);
	if (live == NULL)
		return w;
	w.at.dir = live->home->dir;
	if (!w.intent->by_links)
		w.unsynced = settling_bit_of_tmp(p) |
		    settling_bit(&w, live->home->dir);
	if (live->new != NULL)
		side_trust_new(&w.sides, live->new);
	return w;
}

int
settle_all(struct run *r, const struct place *p, struct settle_item *items,
    size_t n, struct err *e)
{
	struct work *list = calloc(n > 0 ? n : 1, sizeof(*list));
	int rc = ST_OK;

	if (list == NULL)
		rc = err_set(e, ST_DEAD, ENOMEM, "settle");
	for (size_t i = 0; i < n && rc == ST_OK; i++)
		list[i] = work_of(r, p, &items[i]);
	if (rc == ST_OK && n > 0 &&
	    (rc = advance_all(list, items, n, e)) == ST_OK)
		rc = record_all(list, items, n, e);
	free(list);
	r->unsettled = r->unsettled || rc != ST_OK;
	r->pending = false;
	return rc;
}

int
settle(struct run *r, const struct place *p, const struct intent *in,
    uint64_t seq, const struct settle_live *live, struct settled *out,
    struct err *e)
{
	struct settle_item item = { .intent = in, .seq = seq, .live = live };
	int rc = settle_all(r, p, &item, 1, e);

	*out = item.out;
	if (rc == ST_OK && item.rc != ST_OK) {
		*e = item.e;
		rc = item.rc;
	}
	return rc;
}

/*
 * See recover.h.
 */
#include "recover.h"

#include <errno.h>

#include "blob.h"
#include "dotlock.h"
#include "history.h"
#include "leftover.h"
#include "mailbox.h"
#include "quota.h"
#include "run.h"

struct recovery {
	struct recovered *out;
	const char *run;	/* its id: the one at hand */
	recover_fn *fn;
	void *ctx;
};

static void
leave(void *recovery, const char *path, const struct err *why)
{
	struct recovery *c = recovery;

	c->out->unsettled++;
	c->out->failed += why->num == EROFS;
	if (c->fn != NULL)
		c->fn(c->ctx, c->run, path, why->text);
}

static void
count(struct recovery *c, const struct settled *s)
{
	if (s->committed)
		c->out->finished++;
	else
		c->out->taken_back++;
}

/* ST_BAD: it cannot be settled now. */
static int
settle_in(struct run *r, const struct place *p, const struct intent *in,
    uint64_t seq, struct recovery *c, struct err *e)
{
	struct settled s;
	int rc;

	if (p->ino != in->folder)
		return err_set(e, ST_BAD, 0, "the folder is another one now");
	if ((rc = owner_enter(p->owner, e)) != ST_OK)
		return rc;
	rc = settle(r, p, in, seq, NULL, &s, e);
	if (rc == ST_OK)
		quota_settled(p, in, &s, NULL);
	owner_leave();
	if (rc == ST_OK)
		count(c, &s);
	return rc;
}

static int
settle_intent(struct run *r, uint64_t seq, struct intent *in,
    struct recovery *c, struct err *e)
{
	const struct place *p;
	struct settled s;
	int rc;

	if (in->act == ACT_MBOX) {
		if ((rc = mailbox_settle(r, seq, in, &s, e)) == ST_OK)
			count(c, &s);
		return rc;
	}
	rc = run_place_of(r, buf_text(&in->path), (size_t)in->root,
	    in->temp.text, &p, e);
	/* A folder that cannot be opened holds up nothing else. */
	return rc != ST_OK ? ST_BAD : settle_in(r, p, in, seq, c, e);
}

/* Mail is moved for the sake of another change, and settled before it. */
static int
settle_one(struct run *r, uint64_t seq, bool merges, struct recovery *c,
    struct err *e)
{
	struct intent in = { 0 };
	int rc;

	if ((rc = intent_read(r->journal, seq, &in, e)) == ST_OK &&
	    (in.merges != 0) == merges)
		rc = settle_intent(r, seq, &in, c, e);
	if (rc == ST_BAD) {
		leave(c, buf_text(&in.path), e);
		r->unsettled = true;
		rc = ST_OK;
	}
	intent_free(&in);
	return rc;
}

static int
settle_run(struct run *r, struct recovery *c, struct err *e)
{
	const struct sweep s = { .run = r, .stays = leave, .ctx = c };
	struct history h = { 0 };
	int rc;

	c->out->torn += journal_cut(r->journal) > 0;
	blob_sweep(r->blobs);
	r->unsettled = false;
	if ((rc = history_read(&h, r->journal, e)) != ST_OK) {
		leave(c, "", e);
		r->unsettled = true;
		history_free(&h);
		return ST_OK;
	}
	rc = dotlock_sweep(&s, e);
	for (size_t i = h.n; i-- > 0 && rc == ST_OK; )
		if (h.list[i].fate == FATE_OPEN)
			rc = settle_one(r, h.list[i].seq, true, c, e);
	for (size_t i = 0; i < h.n && rc == ST_OK; i++)
		if (h.list[i].fate == FATE_OPEN)
			rc = settle_one(r, h.list[i].seq, false, c, e);
	if (rc == ST_OK && !r->unsettled)
		rc = leftover_sweep(&s, e);
	r->unsettled = r->unsettled || rc != ST_OK;
	history_free(&h);
	return rc;
}

static int
recover_run(const struct statedir *s, const char *id, struct recovery *c,
    struct err *e)
{
	struct run r;
	int rc;

	c->run = id;
	c->out->runs++;
	rc = run_again(&r, s, id, e);
	if (rc == ST_END && run_discard(s, id))
		return ST_OK;
	if (rc != ST_OK) {	/* damaged: others may be sound */
		leave(c, "", e);
		return ST_OK;
	}
	rc = settle_run(&r, c, e);
	run_end(&r);
	return rc;
}

int
recover_all(const struct statedir *s, struct recovered *out, recover_fn *fn,
    void *ctx, struct err *e)
{
	struct recovery c = { .out = out, .fn = fn, .ctx = ctx };
	struct listing l = { 0 };
	int rc;

	*out = (struct recovered){ 0 };
	rc = statedir_runs(s, &l, e);
	for (size_t i = 0; i < l.n && rc == ST_OK; i++)
		if (l.list[i].type == ENTRY_DIR &&
		    run_is_open(s, l.list[i].name))
			rc = recover_run(s, l.list[i].name, &c, e);
	listing_free(&l);
	return rc;
}

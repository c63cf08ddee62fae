/*
 * See undo.h.
 */
#include "undo.h"

#include "exchange.h"
#include "history.h"
#include "mailbox.h"
#include "remove.h"

bool
undo_is_for(const struct intent *in)
{
	return in->act != ACT_PUT && in->merges == 0;
}

static int
undo_intent(struct run *r, uint64_t seq, struct intent *in, undo_fn *fn,
    void *ctx, struct err *e)
{
	struct outcome o = { 0 };
	int rc = ST_OK;

	if (!undo_is_for(in))
		return ST_OK;
	switch (in->act) {
	case ACT_SWAP:
		rc = exchange_undo(r, seq, in, &o, e);
		break;
	case ACT_REMOVE:
		rc = remove_undo(r, seq, in, &o, e);
		break;
	case ACT_MBOX:
		rc = mailbox_undo(r, seq, in, &o, e);
		break;
	case ACT_PUT:
		break;
	}
	/* It goes the way that it came: there are no options for another. */
	if (rc == ST_OK && o.lacks != NULL)
		(void)outcome_lacks(&o, o.num, o.lacks, NULL);
	if (rc == ST_OK && fn != NULL)
		fn(ctx, in, &o);
	return rc;
}

int
undo_one(struct run *r, uint64_t seq, undo_fn *fn, void *ctx, struct err *e)
{
	struct intent in = { 0 };
	int rc;

	if ((rc = intent_read(r->journal, seq, &in, e)) == ST_OK)
		rc = undo_intent(r, seq, &in, fn, ctx, e);
	intent_free(&in);
	return rc;
}

static bool
is_wanted(struct run *r, uint64_t seq, enum undo_what what)
{
	struct intent in = { 0 };
	bool removed;

	if (what == UNDO_ALL)
		return true;
	removed = intent_read(r->journal, seq, &in, NULL) != ST_OK ||
	    in.act == ACT_REMOVE;
	intent_free(&in);
	return removed;
}

/* ST_BAD says something else there. */
static int
damaged_is_dead(int rc)
{
	return rc == ST_BAD ? ST_DEAD : rc;
}

int
undo_run(struct run *r, enum undo_what what, undo_fn *fn, void *ctx,
    struct err *e)
{
	struct history h = { 0 };
	int rc = history_read(&h, r->journal, e);

	for (size_t i = 0; i < h.n && rc == ST_OK; i++)
		if (h.list[i].fate == FATE_OPEN)
			rc = err_set(e, ST_BAD, 0,
			    "the run has something unsettled");
	for (size_t i = h.n; i-- > 0 && rc == ST_OK; )
		if (h.list[i].fate == FATE_DONE && h.list[i].undoes == 0 &&
		    is_wanted(r, h.list[i].seq, what))
			rc = damaged_is_dead(undo_one(r, h.list[i].seq, fn,
			    ctx, e));
	history_free(&h);
	return rc;
}

/*
 * See mailbox.h: what is left of a change after a crash.
 */
#include "box_settle.h"
#include "history.h"
#include "in_place.h"
#include "mailbox.h"
#include "record.h"

#define WAIT 10u		/* seconds */

/* One other intent: whether it moved mail for ours, and how much. */
static int
add_merge(struct run *r, const struct past *p, uint64_t seq,
    struct box_known *out, struct err *e)
{
	struct intent in = { 0 };
	int rc;

	if ((rc = intent_read(r->journal, p->seq, &in, e)) != ST_OK)
		return rc;
	if (in.merges == seq && p->fate == FATE_OPEN)
		rc = err_set(e, ST_BAD, 0, "moving mail is not settled");
	else if (in.merges == seq && p->fate == FATE_DONE &&
	    in.upto > out->upto)
		out->upto = in.upto;
	intent_free(&in);
	return rc;
}

static int
find_merges(struct run *r, uint64_t seq, struct box_known *out,
    struct err *e)
{
	struct history h = { 0 };
	int rc = history_read(&h, r->journal, e);

	for (size_t i = 0; i < h.n && rc == ST_OK; i++)
		if (h.list[i].seq > seq)
			rc = add_merge(r, &h.list[i], seq, out, e);
	history_free(&h);
	return rc;
}

static int
find_swapped(struct run *r, uint64_t seq, struct box_known *out,
    struct err *e)
{
	const uint64_t n = journal_count(r->journal);
	struct buf b = { 0 };
	uint64_t of;
	int rc = ST_OK;

	for (uint64_t i = seq + 1; i <= n && rc == ST_OK; i++)
		if (journal_type(r->journal, i) == RECORD_SWAPPED &&
		    (rc = journal_read(r->journal, i, &b, e)) == ST_OK &&
		    record_find_u64(buf_span(&b), "of", &of) && of == seq)
			out->swapped = true;
	buf_free(&b);
	return rc;
}

static int
settle_in(struct box *b, const struct intent *in, uint64_t seq,
    const struct box_known *known, struct settled *out, struct err *e)
{
	int rc;

	if (b->place->ino != in->folder)
		return err_set(e, ST_BAD, 0, "the folder is another one now");
	if (in->in_place)
		return in_place_settle(b, in, seq, out, e);
	if ((rc = owner_enter(b->place->owner, e)) != ST_OK)
		return rc;
	rc = box_settle(b, in, seq, known, out, e);
	owner_leave();
	return rc;
}

int
mailbox_settle(struct run *r, uint64_t seq, const struct intent *in,
    struct settled *out, struct err *e)
{
	const struct owner owner = { in->meta.uid, in->meta.gid };
	struct box_known known = { .old = -1, .new = -1 };
	struct buf path = { 0 };
	struct box b = { 0 };
	int rc;

	if ((rc = find_merges(r, seq, &known, e)) != ST_OK ||
	    (rc = find_swapped(r, seq, &known, e)) != ST_OK)
		return rc;
	buf_add(&path, in->path.p, in->path.n);
	rc = box_open(&b, r, buf_text(&path), (size_t)in->root,
	    in->name.text, &owner, e);
	buf_free(&path);
	if (rc != ST_OK)	/* holds up nothing else */
		return ST_BAD;
	box_allow(&b, WAIT);
	rc = settle_in(&b, in, seq, &known, out, e);
	box_close(&b);
	return rc;
}

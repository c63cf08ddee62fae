/*
 * See history.h.
 */
#include "history.h"

#include <errno.h>
#include <stdlib.h>

#include "record.h"

void
history_free(struct history *h)
{
	free(h->list);
	*h = (struct history){ 0 };
}

static int
nonsense(struct err *e)
{
	return err_set(e, ST_DEAD, 0, "the journal makes no sense");
}

static struct past *
find(const struct history *h, uint64_t seq)
{
	size_t lo = 0, hi = h->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (h->list[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < h->n && h->list[lo].seq == seq ? &h->list[lo] : NULL;
}

static int
add_intent(struct history *h, uint64_t seq, uint64_t notes,
    struct span fields, struct err *e)
{
	const size_t cap = h->cap > 0 ? 2 * h->cap : 64;
	struct past p = { .seq = seq, .first_note = seq - notes,
		.notes = notes };
	struct past *more;

	if (!record_find_u64(fields, "undoes", &p.undoes) ||
	    (p.undoes != 0 && find(h, p.undoes) == NULL))
		return nonsense(e);
	if (h->n == h->cap) {
		if ((more = realloc(h->list, cap * sizeof(*more))) == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "history");
		h->list = more;
		h->cap = cap;
	}
	h->list[h->n++] = p;
	return ST_OK;
}

static int
add_end(struct history *h, uint64_t seq, struct span fields, enum fate fate,
    struct err *e)
{
	struct past *p, *undone;
	uint64_t of;

	if (!record_find_u64(fields, "of", &of) ||
	    (p = find(h, of)) == NULL || p->fate != FATE_OPEN)
		return nonsense(e);
	p->fate = fate;
	p->end = seq;
	if (fate == FATE_DONE && p->undoes != 0 &&
	    (undone = find(h, p->undoes)) != NULL)
		undone->fate = FATE_UNDONE;
	return ST_OK;
}

static int
add(struct history *h, struct journal *j, uint64_t seq, struct buf *b,
    struct err *e)
{
	const enum record_type type = journal_type(j, seq);
	int rc;

	if (type == RECORD_RUN || type > RECORD_ABORT)
		return ST_OK;
	if ((rc = journal_read(j, seq, b, e)) != ST_OK)
		return rc;
	if (type == RECORD_INTENT)
		return add_intent(h, seq, journal_notes(j, seq), buf_span(b),
		    e);
	return add_end(h, seq, buf_span(b), type == RECORD_COMMIT ? FATE_DONE :
	    FATE_NOT_DONE, e);
}

int
history_read(struct history *h, struct journal *j, struct err *e)
{
	struct buf b = { 0 };
	int rc = ST_OK;

	for (uint64_t i = 1; i <= journal_count(j) && rc == ST_OK; i++)
		rc = add(h, j, i, &b, e);
	buf_free(&b);
	return rc;
}

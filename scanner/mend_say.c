/*
 * See mend_say.h.
 */
#include "mend_say.h"

static const struct span nothing;

static void
add_frame(struct mend_say *m, enum mend_type type, const void *p, size_t n,
    struct span more)
{
	if (m->status == ST_OK)
		m->status = m->fn(m->ctx, type, p, n, more, m->e);
}

static void
say_edits(struct mend_say *m)
{
	if (m->edits_n > 0)
		add_frame(m, MEND_EDITS, m->edits,
		    m->edits_n * sizeof(m->edits[0]), nothing);
	m->edits_n = 0;
}

/* Edits at one place go in one frame. */
static void
on_edit(void *ctx, const struct edit *e)
{
	struct mend_say *m = ctx;

	if (e->graft != NULL) {
		const struct mend_graft g = { .off = e->graft->off,
		    .del = e->graft->del, .kind = e->graft->kind,
		    .why = e->graft->why };

		say_edits(m);
		add_frame(m, MEND_GRAFT, &g, sizeof(g), e->graft->ins);
		return;
	}
	if (m->edits_n == MEND_EDITS_MAX || (m->edits_n >= MEND_EDITS_MAX -
	    MEND_SAME && m->edits[m->edits_n - 1].off != e->off))
		say_edits(m);
	m->edits[m->edits_n++] = *e;
}

void
mend_say_init(struct mend_say *m, mend_frame_fn *fn, void *ctx)
{
	m->fn = fn;
	m->ctx = ctx;
	m->edits_n = 0;
}

int
mend_say_edits(struct mend_say *m, struct repair *r, struct store *st,
    const struct msg *msg, const struct repair_facts *f, struct err *e)
{
	const struct mend_message w = { .off = msg->off, .len = msg->len,
	    .native = f->native, .to = f->to };
	int rc;

	m->e = e;
	m->status = ST_OK;
	m->edits_n = 0;
	add_frame(m, MEND_MESSAGE, &w, sizeof(w), nothing);
	if ((rc = repair_edits(r, st, on_edit, m, e)) != ST_OK)
		return rc;
	say_edits(m);
	add_frame(m, MEND_END, NULL, 0, nothing);
	return m->status;
}

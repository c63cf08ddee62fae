/*
 * See mended.h.
 */
#include "mended.h"

size_t
mended_size(struct span s)
{
	const uint8_t *lf;

	for (size_t line = 0, at; line < s.n; line = at + 1) {
		if ((lf = memchr(s.p + line, '\n', s.n - line)) == NULL)
			return 0;
		for (at = line; s.p[at] == '\r'; at++)
			;
		if (s.p + at == lf)
			return at + 1;
		at = (size_t)(lf - s.p);
	}
	return 0;
}

bool
mended_has_cr(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))
			return true;
	return false;
}

bool
mended_is_needed(struct span head, const struct fix_options *o)
{
	return o != NULL && !o->cr_is_break && head.n <= MENDED_MAX &&
	    (mended_has_cr(head) || memchr(head.p, 0, head.n) != NULL);
}

static void
copy_upto(struct mended *m, size_t upto)
{
	const size_t n = upto - m->at;

	if (m->wanted >= m->n && m->wanted - m->n < n)
		m->was = m->at + (m->wanted - m->n);
	memcpy(m->p + m->n, m->old.p + m->at, n);
	m->n += n;
	m->at = upto;
}

static void
on_edit(void *ctx, const struct edit *e)
{
	struct mended *m = ctx;

	if (e->off < m->skip || e->off - m->skip >= m->old.n)
		return;
	copy_upto(m, (size_t)(e->off - m->skip));
	memcpy(m->p + m->n, e->put, e->ins);
	m->n += e->ins;
	m->at += e->del;
}

struct span
mended_head(struct mended *m, const struct fix_options *o, struct span rest,
    size_t head, bool first, size_t wanted)
{
	static const struct span none = { (const uint8_t *)"\n", 1 };
	const struct fix_range body = { head + !first, UINT64_MAX };

	m->old = (struct span){ rest.p, head };
	m->skip = !first;
	m->at = m->n = 0;
	m->wanted = wanted;
	m->was = head;
	fix_init(&m->fix, NULL, on_edit, m);
	fix_begin(&m->fix, o, &body, 1);
	fix_feed(&m->fix, (struct span){ none.p, m->skip });
	fix_feed(&m->fix, (struct span){ rest.p, rest.n < head + FIX_AHEAD ?
	    rest.n : head + FIX_AHEAD });
	(void)fix_end(&m->fix);
	copy_upto(m, head);
	return (struct span){ m->p, m->n };
}

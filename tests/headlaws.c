/*
 * See headlaws.h.
 */
#include "headlaws.h"

#include <stdlib.h>

#include "conform_oracle.h"

#define ROOM(max) (4 * (max) + 4096)

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void
headlaws_open(struct headlaws *l, size_t max)
{
	memset(l, 0, sizeof(*l));
	l->max = max;
	l->fix = must(header_fix_new());
	l->made = must(malloc(ROOM(max)));
	l->other = must(malloc(ROOM(max)));
	l->wire = must(malloc(2 * ROOM(max)));
}

void
headlaws_close(struct headlaws *l)
{
	header_fix_free(l->fix);
	free(l->made);
	free(l->other);
	free(l->wire);
}

/* --- to plan, apply, write */

/* Each piece in memory of its own that is gone at once. */
static size_t
plan(struct headlaws *l, const struct headlaws_case *c, struct span m,
    size_t step, const struct edit **list)
{
	bool more = true;

	header_fix_begin(l->fix, &c->o, c->convention);
	for (size_t at = 0; at < m.n && more; at += step) {
		const size_t n = m.n - at < step ? m.n - at : step;
		uint8_t *p = must(malloc(n));

		memcpy(p, m.p + at, n);
		more = header_fix_feed(l->fix, (struct span){ p, n });
		free(p);
	}
	return header_fix_end(l->fix, list, &l->why_not);
}

static size_t
apply(struct span m, const struct edit *e, size_t n, uint8_t *out)
{
	size_t made = 0, at = 0;

	for (size_t i = 0; i < n; i++) {
		const struct graft *g = e[i].graft;
		const uint64_t del = g != NULL ? g->del : e[i].del;
		const struct span ins = g != NULL ? g->ins :
		    (struct span){ e[i].put, e[i].ins };

		if (e[i].off < at || del > m.n - e[i].off)
			abort();
		memcpy(out + made, m.p + at, e[i].off - at);
		made += e[i].off - at;
		at = e[i].off + del;
		if (ins.n > 0)
			memcpy(out + made, ins.p, ins.n);
		made += ins.n;
	}
	if (m.n > at)
		memcpy(out + made, m.p + at, m.n - at);
	return made + m.n - at;
}

static void
add_bytes(void *ctx, struct span s)
{
	struct headlaws *l = ctx;

	if (s.n > ROOM(l->max) - l->other_n)
		abort();
	memcpy(l->other + l->other_n, s.p, s.n);
	l->other_n += s.n;
}

static const char *
law_of_splice(struct headlaws *l, const struct headlaws_case *c)
{
	struct splice *s = must(malloc(sizeof(*s)));
	const char *bad;
	size_t used = 0;

	l->other_n = 0;
	splice_begin(s, HEADER_FIX_KINDS, add_bytes, l);
	splice_text(s, c->o.to, NULL);
	for (size_t at = 0; at < c->m.n; at += c->step)
		used += splice_feed(s, (struct span){ c->m.p + at,
		    c->m.n - at < c->step ? c->m.n - at : c->step },
		    l->list + used, l->n - used);
	bad = splice_end(s);
	free(s);
	if (bad != NULL)
		return bad;
	if (used != l->n || l->other_n != l->made_n ||
	    memcmp(l->other, l->made, l->made_n) != 0)
		return "splice applies the edits";
	return edits_are_allowed(l->list, l->n, HEADER_FIX_KINDS, c->m.n) ?
	    NULL : "the edits are allowed";
}

static const char *
law_of_undoing(struct headlaws *l, const struct headlaws_case *c)
{
	edits_invert_all(l->list, l->n, c->m, l->back, l->room);
	l->other_n = apply((struct span){ l->made, l->made_n }, l->back, l->n,
	    l->other);
	return l->other_n != c->m.n ||
	    memcmp(l->other, c->m.p, c->m.n) != 0 ?
	    "inverse edits give the old bytes" : NULL;
}

/* --- what the header block says */

/* Bytes of the header block as text: white space before a colon and the
 * breaks before white space are gone.  Returns how many. */
static size_t
unfold(struct span m, uint8_t *out)
{
	size_t n = 0, line = 0;

	for (size_t i = 0; i < m.n; i++) {
		const size_t k = m.p[i] == '\r' && i + 1 < m.n &&
		    m.p[i + 1] == '\n' ? 2 : m.p[i] == '\n' ? 1 : 0;

		if (k > 0 && i + k < m.n && ascii_wsp(m.p[i + k])) {
			i += k - 1;
			continue;
		}
		if (m.p[i] == ':')
			while (n > line && ascii_wsp(out[n - 1]))
				n--;
		out[n++] = m.p[i];
		if (m.p[i] == ':')
			line = SIZE_MAX;	/* only the first */
		if (m.p[i] == '\n')
			line = n;
	}
	return n;
}

/* Where the empty line is, for those who end lines at an LF; else the end.
 * *behind: where the body is. */
static size_t
head_end_of(struct span m, const struct headlaws_case *c, size_t *behind)
{
	for (size_t i = 0, from = 0, k; i < m.n; i++) {
		if (m.p[i] != '\n')
			continue;
		for (k = from; k < i && m.p[k] == '\r'; k++)
			;
		*behind = i + 1;
		if (k == i && (k <= from + 1 || c->o.breaks_fixed))
			return from;
		from = i + 1;
	}
	*behind = m.n;
	return m.n;
}

/* Without the fields that were put, which are the last ones. */
static const char *
law_of_text(struct headlaws *l, const struct headlaws_case *c)
{
	const struct span new = { l->made, l->made_n };
	size_t behind;
	const size_t a = head_end_of(c->m, c, &behind);
	const size_t b = head_end_of(new, c, &behind);
	size_t put = 0, was_n, is_n;
	bool ok;
	uint8_t *was = must(malloc(ROOM(l->max))), *is =
	    must(malloc(ROOM(l->max)));

	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].graft != NULL)
			put += l->list[i].graft->ins.n;
	was_n = unfold((struct span){ c->m.p, a }, was);
	is_n = unfold((struct span){ l->made, b - put }, is);
	ok = was_n == is_n && memcmp(was, is, is_n) == 0 &&
	    c->m.n - a == new.n - b &&
	    memcmp(c->m.p + a, new.p + b, new.n - b) == 0;
	free(was);
	free(is);
	return ok ? NULL : "fields and body say what they said";
}

/* No line of white space, dots, or that begins with "From ", that was not. */
static void
count_lines(struct span m, size_t count[3])
{
	memset(count, 0, 3 * sizeof(count[0]));
	for (size_t from = 0, i; from < m.n; from = i + 1) {
		bool white = true, dots = true;

		for (i = from; i < m.n && m.p[i] != '\n'; i++) {
			const uint8_t k = m.p[i];

			white = white && (ascii_wsp(k) || k == '\r');
			dots = dots && (ascii_wsp(k) || k == '\r' ||
			    k == '.' || k == 0);
		}
		count[0] += white;
		count[1] += dots;
		count[2] += span_starts((struct span){ m.p + from,
		    m.n - from }, SPAN("From "));
	}
}

static const char *
law_of_lines(struct headlaws *l, const struct headlaws_case *c)
{
	size_t was[3], is[3];

	count_lines(c->m, was);
	count_lines((struct span){ l->made, l->made_n }, is);
	return is[0] > was[0] || is[1] > was[1] || is[2] > was[2] ?
	    "no line is made that must not be" : NULL;
}

/* --- KumoMTA's flags */

static void
judge(struct headlaws *l, const struct headlaws_case *c, struct span m,
    struct conform_oracle *o)
{
	size_t n = 0;

	if (c->o.breaks_fixed) {
		for (size_t i = 0; i < m.n; i++) {
			if (m.p[i] == '\n') {
				while (n > 0 && l->wire[n - 1] == '\r')
					n--;
				l->wire[n++] = '\r';
			}
			l->wire[n++] = m.p[i];
		}
		m = (struct span){ l->wire, n };
	} else if (c->convention == CONV_LF) {
		m = (struct span){ l->wire, oracle_expand(m, '\n', l->wire) };
	}
	conform_oracle(o, m);
}

/* Of the header block alone; the body may have lines that are too long. */
static unsigned
head_flags(struct headlaws *l, const struct headlaws_case *c, struct span m)
{
	struct conform_oracle o;

	(void)head_end_of(m, c, &m.n);
	judge(l, c, m, &o);
	return o.flags;
}

static const char *
law_of_flags(struct headlaws *l, const struct headlaws_case *c)
{
	const struct span new = { l->made, l->made_n };
	const unsigned asked = c->o.flags & HEADER_FIX_FLAGS;
	struct conform_oracle was, is;
	unsigned gone;

	judge(l, c, c->m, &was);
	judge(l, c, new, &is);
	if (was.error != HEAD_FINE)
		return l->n > 0 ? "what cannot be read is left alone" : NULL;
	if (is.error != HEAD_FINE)
		return "what can be read stays so";
	if (l->left & ~asked)
		return "no more is left than was asked";
	if ((l->why_not == NULL) != (l->left == 0))
		return "it is said why something is left";
	/* A line may have been too long for the spaces that went. */
	gone = (was.flags & ~is.flags) & ~asked;
	if ((is.flags & ~asked & ~was.flags) != 0 ||
	    (gone & ~(1u << CONFORM_LINE_LONG)) != 0)
		return "other flags stay as they were";
	if (l->left == asked && l->n == 0)	/* it may have been refused */
		return NULL;
	return (head_flags(l, c, new) & asked) != l->left ?
	    "a flag goes if nothing is left of it" : NULL;
}

static const char *
law_of_repetition(struct headlaws *l, const struct headlaws_case *c)
{
	const unsigned left = l->left;
	const struct edit *list;
	const size_t n = plan(l, c, (struct span){ l->made, l->made_n },
	    l->made_n + 1, &list);

	return n > 0 ? "a second repair finds nothing" :
	    header_fix_left(l->fix) != left ? "what is left is left" : NULL;
}

const char *
headlaws_check(struct headlaws *l, const struct headlaws_case *c)
{
	static const char *(*const laws[])(struct headlaws *,
	    const struct headlaws_case *) = { law_of_splice, law_of_undoing,
	    law_of_text, law_of_lines, law_of_flags };
	const struct edit *list;
	const char *bad = NULL, *why;
	size_t n;

	n = plan(l, c, c->m, c->m.n + 1, &list);
	l->n = n;
	memcpy(l->list, list, n * sizeof(*list));
	l->left = header_fix_left(l->fix);
	l->made_n = apply(c->m, l->list, n, l->made);
	for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++)
		if ((bad = laws[i](l, c)) != NULL)
			return bad;
	why = l->why_not;
	n = plan(l, c, c->m, c->step, &list);
	if (n != l->n || header_fix_left(l->fix) != l->left ||
	    l->why_not != why)
		return "edits do not depend on cuts";
	for (size_t i = 0; i < n; i++)
		if (memcmp(&list[i], &l->list[i], sizeof(*list)) != 0)
			return "edits do not depend on cuts";
	return law_of_repetition(l, c);
}

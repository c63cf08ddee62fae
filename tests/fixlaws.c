/*
 * See fixlaws.h.
 */
#include "fixlaws.h"

#include <stdlib.h>

#define NOWHERE UINT64_MAX

static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

void
fixlaws_open(struct fixlaws *l, size_t max)
{
	for (size_t i = 0; i < 2; i++)
		l->engine[i] = must(engine_new(&(struct engine_options){
		    .eol = i > 0 ? EOL_CRLF : EOL_LF,
		    .codes = code_set_default() }));
	l->max = max;
	l->list = must(calloc(2 * max + 1, sizeof(*l->list)));
	l->back = must(calloc(2 * max + 1, sizeof(*l->back)));
	l->made = must(calloc(2 * max + 1, 1));
	l->other = must(calloc(2 * max + 1, 1));
	l->origin = must(calloc(2 * max + 1, sizeof(*l->origin)));
}

void
fixlaws_close(struct fixlaws *l)
{
	engine_free(l->engine[0]);
	engine_free(l->engine[1]);
	free(l->list);
	free(l->back);
	free(l->made);
	free(l->other);
	free(l->origin);
}

/* --- to plan, apply, write */

struct sink {
	struct edit *list;
	size_t n, max;
};

static void
add_edit(void *ctx, const struct edit *e)
{
	struct sink *s = ctx;

	if (s->n == s->max)
		abort();
	s->list[s->n++] = *e;
}

static void
add_bytes(void *ctx, struct span s)
{
	struct fixlaws *l = ctx;

	if (s.n > 2 * l->max - l->other_n)
		abort();
	memcpy(l->other + l->other_n, s.p, s.n);
	l->other_n += s.n;
}

typedef void feed_fn(void *, struct span);

/* Each piece in memory of its own that is gone at once. */
static void
feed(feed_fn *fn, void *ctx, const struct fixlaws_case *c)
{
	size_t size = c->first;

	for (size_t at = 0; at < c->m.n; at += size, size = c->step) {
		uint8_t *p;

		if (size > c->m.n - at)
			size = c->m.n - at;
		p = must(malloc(size + (size == 0)));
		memcpy(p, c->m.p + at, size);
		fn(ctx, (struct span){ p, size });
		free(p);
	}
}

static void
feed_fix(void *f, struct span s)
{
	const uint64_t fed = ((struct fix *)f)->off +
	    ((struct fix *)f)->held + s.n;

	fix_feed(f, s);
	if (fix_settled(f) > fed || fed - fix_settled(f) > FIX_AHEAD)
		abort();
}

static void
feed_rewrite(void *r, struct span s)
{
	rewrite_feed(r, s);
}

static enum fix_end
plan(const struct fixlaws_case *c, struct sink *s, struct fix_counts *counts)
{
	struct fix *f = must(malloc(sizeof(*f)));
	enum fix_end end;

	fix_init(f, c->kernel, add_edit, s);
	fix_begin(f, &c->o, c->range, c->ranges);
	feed(feed_fix, f, c);
	end = fix_end(f);
	*counts = f->counts;
	free(f);
	return end;
}

/* New bytes into out, where each came from into origin (if not NULL). */
static size_t
apply(struct span m, const struct edit *e, size_t n, uint8_t *out,
    uint64_t *origin)
{
	size_t made = 0;

	for (size_t at = 0; at <= m.n; at++) {
		if (n > 0 && e->off == at) {
			for (size_t i = 0; i < e->ins; i++) {
				if (origin != NULL)
					origin[made] = NOWHERE;
				out[made++] = e->put[i];
			}
			for (size_t i = 0; i < e->del; i++)
				if (m.p[at + i] != e->old[i])
					abort();
			at += e->del;
			e++;
			n--;
			if (n > 0 && e->off == at) {
				at--;
				continue;
			}
		}
		if (at >= m.n)
			continue;
		if (origin != NULL)
			origin[made] = at;
		out[made++] = m.p[at];
	}
	if (n > 0)
		abort();
	return made;
}

void
fixlaws_plan(struct fixlaws *l, const struct fixlaws_case *c)
{
	struct fixlaws_case whole = *c;
	struct sink s = { .list = l->list, .max = 2 * l->max };

	whole.kernel = NULL;
	whole.first = c->m.n;
	l->end = plan(&whole, &s, &l->counts);
	l->n = s.n;
	l->made_n = apply(c->m, l->list, l->n, l->made, l->origin);
}

static bool
is_made(const struct fixlaws *l)
{
	return l->other_n == l->made_n &&
	    memcmp(l->other, l->made, l->made_n) == 0;
}

/* --- the laws */

static bool
same_edits(const struct edit *a, const struct edit *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].off != b[i].off || a[i].del != b[i].del ||
		    a[i].ins != b[i].ins || a[i].why != b[i].why ||
		    a[i].spaced != b[i].spaced ||
		    memcmp(a[i].old, b[i].old, a[i].del) != 0 ||
		    memcmp(a[i].put, b[i].put, a[i].ins) != 0)
			return false;
	return true;
}

static const char *
law_of_cuts(struct fixlaws *l, const struct fixlaws_case *c)
{
	struct sink s = { .list = l->back, .max = 2 * l->max };
	struct fix_counts counts;
	const enum fix_end end = plan(c, &s, &counts);

	if (s.n != l->n || end != l->end ||
	    !same_edits(l->back, l->list, s.n))
		return "edits do not depend on cuts and kernel";
	return memcmp(&counts, &l->counts, sizeof(counts)) != 0 ?
	    "counts do not depend on cuts and kernel" : NULL;
}

struct splicing {
	struct splice splice;
	const struct edit *e;
	size_t n;
};

static void
feed_splice(void *ctx, struct span s)
{
	struct splicing *p = ctx;
	const size_t used = splice_feed(&p->splice, s, p->e, p->n);

	p->e += used;
	p->n -= used;
}

static const char *
law_of_writers(struct fixlaws *l, const struct fixlaws_case *c)
{
	const unsigned kinds = fix_kinds(&c->o);
	struct splicing *p = must(malloc(sizeof(*p)));
	struct rewrite *r = must(malloc(sizeof(*r)));
	const char *bad;

	p->e = l->list;
	p->n = l->n;
	l->other_n = 0;
	splice_begin(&p->splice, kinds, add_bytes, l);
	feed(feed_splice, p, c);
	bad = splice_end(&p->splice);
	if (bad == NULL && (p->n > 0 || !is_made(l) ||
	    p->splice.made != l->made_n))
		bad = "splice applies the edits";
	free(p);
	if (bad == NULL) {
		l->other_n = 0;
		rewrite_init(r, c->kernel, add_bytes, l);
		rewrite_begin(r, kinds, &c->o, c->range, c->ranges);
		feed(feed_rewrite, r, c);
		bad = rewrite_end(r);
		if (l->end == FIX_ELSEWHERE)
			bad = bad == NULL ? "elsewhere is said" : NULL;
		if (bad == NULL && !is_made(l))
			bad = "rewrite applies the edits";
	}
	free(r);
	return bad;
}

static const char *
law_of_undoing(struct fixlaws *l, const struct fixlaws_case *c)
{
	edits_invert(l->list, l->n, l->back);
	l->other_n = apply((struct span){ l->made, l->made_n }, l->back, l->n,
	    l->other, NULL);
	return l->other_n != c->m.n ||
	    memcmp(l->other, c->m.p, c->m.n) != 0 ?
	    "inverse edits give the old bytes" : NULL;
}

static size_t
count(struct span m, uint8_t c)
{
	size_t n = 0;

	for (size_t i = 0; i < m.n; i++)
		n += m.p[i] == c;
	return n;
}

/* What is left when all that a repair may touch is taken out. */
static size_t
skeleton(struct span m, bool dots, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < m.n; i++)
		if (m.p[i] != '\r' && m.p[i] != '\n' && m.p[i] != 0 &&
		    m.p[i] != ' ' && (dots || m.p[i] != '.'))
			out[n++] = m.p[i];
	return n;
}

static const char *
law_of_skeletons(struct fixlaws *l, const struct fixlaws_case *c)
{
	const struct span new = { l->made, l->made_n };
	const bool removes = c->o.eod == FIX_EOD_REMOVE;
	const bool dots = c->o.eod != FIX_EOD_STUFF && !removes;
	const size_t lost = count(c->m, '\r') + count(c->m, 0);
	uint8_t *a = must(malloc(2 * c->m.n + 1));
	uint8_t *b = must(malloc(new.n + 1));
	const size_t n = skeleton(c->m, dots, a);
	const bool same = n == skeleton(new, dots, b) &&
	    memcmp(a, b, n) == 0;

	free(a);
	free(b);
	if (!same)
		return "the skeleton stays";
	if (count(new, ' ') < count(c->m, ' ') ||
	    count(new, ' ') - count(c->m, ' ') > lost)
		return "spaces take the place of CRs and NULs only";
	if (count(new, 0) > count(c->m, 0) || (count(new, 0) < count(c->m, 0) &&
	    (c->o.nul == FIX_NUL_KEEP || (c->o.classes & FIX_NUL) == 0)))
		return "NULs go only where asked";
	if (removes ? count(new, '.') > count(c->m, '.') :
	    count(new, '.') < count(c->m, '.'))
		return "dots go only where asked";
	return NULL;
}

/* Each line end as two bytes. */
static int64_t
wire_size(struct span m)
{
	int64_t n = (int64_t)m.n;

	for (size_t i = 0; i < m.n; i++)
		n += m.p[i] == '\n' && (i == 0 || m.p[i - 1] != '\r');
	return n;
}

static const char *
law_of_growth(const struct fixlaws *l, const struct fixlaws_case *c)
{
	const unsigned longer = EDIT_CR_TO_LF | EDIT_CR_TO_CRLF | EDIT_STUFF;
	const int64_t is = wire_size((struct span){ l->made, l->made_n }) -
	    wire_size(c->m);
	struct edit_growth g = { 0 };
	unsigned kinds = 0;

	for (size_t i = 0; i < l->n; i++) {
		kinds |= edit_kind(&l->list[i]);
		edit_grows(&g, &l->list[i]);
	}
	if (is > edit_growth(&g))
		return "a message grows no more than is said";
	return (kinds & longer) == 0 && edit_growth(&g) > 0 ?
	    "without an edit that makes it longer it is not" : NULL;
}

/* The byte at i is a dot alone on its line; cr: a CR ends lines too. */
static bool
is_lone(struct span m, size_t i, bool cr)
{
	size_t end = i + 1;

	if (m.p[i] != '.')
		return false;
	if (i > 0 && m.p[i - 1] != '\n' && !(cr && m.p[i - 1] == '\r'))
		return false;
	if (!cr && end + 1 < m.n && m.p[end] == '\r' && m.p[end + 1] == '\n')
		end++;
	return end == m.n || m.p[end] == '\n' || (cr && m.p[end] == '\r');
}

static const char *
law_of_lone_dots(struct fixlaws *l, const struct fixlaws_case *c)
{
	const struct span new = { l->made, l->made_n };

	for (size_t i = 0; i < new.n; i++)
		for (int cr = 0; cr < 2; cr++)
			if (is_lone(new, i, cr > 0) &&
			    (l->origin[i] == NOWHERE ||
			    !is_lone(c->m, (size_t)l->origin[i], cr > 0)))
				return cr > 0 ?
				    "no lone dot is made, CR ending lines" :
				    "no lone dot is made, LF ending lines";
	return NULL;
}

/* Where an LF reader sees a line begin that is not a continuation. */
static bool
starts_field(struct span m, size_t i)
{
	return (i == 0 || m.p[i - 1] == '\n') && m.p[i] != ' ' &&
	    m.p[i] != '\t';
}

static size_t
header_end(struct span m)
{
	for (size_t i = 0; i < m.n; i++)
		if (i == 0 || m.p[i - 1] == '\n') {
			size_t k = i;

			while (k < m.n && m.p[k] == '\r')
				k++;
			if (k < m.n && m.p[k] == '\n')
				return i;
		}
	return m.n;
}

static const char *
law_of_fields(struct fixlaws *l, const struct fixlaws_case *c)
{
	const struct span new = { l->made, l->made_n };
	const size_t end = header_end(new), old_end = header_end(c->m);

	if (c->o.cr_is_break || old_end >= c->m.n)
		return NULL;
	for (size_t i = 0; i < end; i++)
		if (starts_field(new, i) && l->origin[i] != NOWHERE &&
		    !starts_field(c->m, (size_t)l->origin[i]) &&
		    l->origin[i] < old_end && new.p[i] != '\r')
			return "no field is made of what was none";
	if (end < new.n && l->origin[end] < old_end)
		return "the header block does not end earlier";
	return NULL;
}

static bool
is_from(struct span m, size_t i)
{
	return (i == 0 || m.p[i - 1] == '\n') && m.n - i >= 5 &&
	    memcmp(m.p + i, "From ", 5) == 0;
}

static const char *
law_of_from(struct fixlaws *l, const struct fixlaws_case *c)
{
	const struct span new = { l->made, l->made_n };

	for (size_t i = 0; i < new.n; i++)
		if (is_from(new, i) && (l->origin[i] == NOWHERE ||
		    !is_from(c->m, (size_t)l->origin[i])))
			return "no From_ line is made";
	return NULL;
}

/* The ranges as they are in the new message. */
static size_t
move_ranges(const struct fixlaws *l, const struct fixlaws_case *c,
    struct fix_range *out)
{
	size_t n = 0;

	for (size_t k = 0; k < c->ranges; k++) {
		bool any = false;

		for (size_t i = 0; i < l->made_n; i++)
			if (l->origin[i] != NOWHERE &&
			    l->origin[i] >= c->range[k].from &&
			    l->origin[i] < c->range[k].to) {
				if (!any)
					out[n].from = i;
				out[n].to = i + 1;
				any = true;
			}
		n += any;
	}
	return n;
}

static const char *
law_of_once(struct fixlaws *l, const struct fixlaws_case *c)
{
	struct fix_range moved[FIXLAWS_RANGES];
	struct sink s = { .list = l->back, .max = 2 * l->max };
	struct fixlaws_case again = *c;
	struct fix_counts counts;
	enum fix_end end;

	for (size_t k = 0; k < c->ranges; k++)
		for (size_t i = 0; i < l->n; i++)
			if (l->list[i].off < c->range[k].to &&
			    l->list[i].off + l->list[i].del > c->range[k].from)
				return "protected bytes stay";
	again.m = (struct span){ l->made, l->made_n };
	again.kernel = NULL;
	again.first = l->made_n;
	again.range = moved;
	again.ranges = move_ranges(l, c, moved);
	end = plan(&again, &s, &counts);
	if (counts.edits != s.n)
		return "edits are counted";
	return s.n > 0 || (end == FIX_ELSEWHERE) != (l->end == FIX_ELSEWHERE) ?
	    "a repair leaves nothing to repair" : NULL;
}

/* --- what the engine says */

struct seen {
	uint64_t of[5];		/* as in enum repair_class */
	uint64_t odd_pairs;	/* lone dots not between the target's breaks */
	uint64_t odd_stuffed;
	uint64_t nul;		/* dots beside NULs */
	uint64_t same[BRK_KINDS][BRK_KINDS];
	code_set codes;		/* of its findings, but those for information */
};

static void
see(struct fixlaws *l, struct span m, enum brk to, struct seen *s)
{
	struct engine *g = l->engine[to == BRK_CRLF];
	const struct verdict *v;
	const struct tally *t;

	engine_begin(g, to);
	engine_feed(g, m);
	v = engine_end(g);
	t = v->tally;
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].severity > SEV_INFO)
			s->codes |= 1ull << v->list[i].code;
	s->of[0] = t->breaks[BRK_CR].count;
	s->of[1] = to == BRK_CRLF ? t->breaks[BRK_LF].count : 0;
	s->of[2] = to == BRK_LF ? t->breaks[BRK_CRLF].count : 0;
	s->of[3] = t->crcrlf.count;
	s->of[4] = t->nul.count;
	s->odd_pairs = t->dot_crcrlf.count;
	s->nul = t->dot_nul.count + t->nul_dot.count;
	for (enum brk b = BRK_CRLF; b < BRK_KINDS; b++) {
		for (enum brk a = BRK_CRLF; a < BRK_KINDS; a++) {
			s->same[b][a] = t->lone[b][a].count;
			if (b != to || a != to)
				s->odd_pairs += t->lone[b][a].count;
		}
		if (b != to)
			s->odd_stuffed += t->stuffed[b].count;
	}
	s->odd_stuffed += t->stuffed[BRK_NONE].count;
}

/* What is a look-alike by the breaks around it. */
static const code_set of_breaks = (1ull << CODE_EOD_DOT_NUL) -
    (1ull << CODE_EOD_CRLF_CRLF) + (1ull << CODE_EOD_STUFFED_DOT);

/* Nothing may be left of what was asked to go. */
static const char *
law_of_selection(const struct fixlaws *l, const struct seen *new,
    const struct fixlaws_case *c)
{
	const struct fix_options *o = &c->o;
	const bool keeps = o->eod >= FIX_EOD_KEEP &&
	    (o->classes & FIX_LOOK_ALIKE) != 0;
	const bool mac = o->cr_is_break && (o->classes & FIX_BARE_CR) != 0;
	const bool no_cr = o->cr != FIX_CR_KEEP || mac;
	const bool no_nul = o->nul != FIX_NUL_KEEP &&
	    (o->classes & FIX_NUL) != 0;
	const bool around = o->eod == FIX_EOD_CRLF && o->to == BRK_LF;
	code_set left;

	if (c->ranges > 0 || l->counts.unsafe > 0 || keeps)
		return NULL;
	if ((o->classes & FIX_BARE_CR) != 0 && no_cr && new->of[0] > 0)
		return "no bare CR is left";
	if ((o->classes & FIX_BARE_LF) != 0 && new->of[1] > 0)
		return "no bare LF is left";
	if ((o->classes & FIX_CRLF) != 0 && new->of[2] > 0 && !around)
		return "no CRLF is left";
	if ((o->classes & FIX_CRCRLF) != 0 && new->of[3] > 0)
		return "no CRCRLF is left";
	if (no_nul && new->of[4] > 0)
		return "no NUL is left";
	if ((o->classes & FIX_LOOK_ALIKE) == 0)
		return NULL;
	left = new->codes & of_breaks & ~o->spared;
	if (no_cr && !around && left != 0)
		return "no look-alike is left that is one by its breaks";
	left = new->codes & (1ull << CODE_EOD_DOT_NUL |
	    1ull << CODE_EOD_NUL_DOT) & ~o->spared;
	if ((no_nul || o->eod == FIX_EOD_STUFF) && left != 0)
		return "no dot is left beside a NUL";
	return NULL;
}

/* --- what may be touched */

/* One or two dots between two breaks, as they are in the old message. */
struct dots {
	size_t from, to;	/* with both breaks */
	size_t before, at, dots, after;	/* bytes */
	code_set code;
};

/* The break that ends at `end`, or begins there: how long, and which. */
static size_t
break_before(struct span m, size_t end, enum brk *is)
{
	size_t n = 0;

	*is = BRK_NONE;
	if (end == 0 || (m.p[end - 1] != '\r' && m.p[end - 1] != '\n'))
		return 0;
	*is = m.p[end - 1] == '\r' ? BRK_CR : BRK_LF;
	if (*is == BRK_CR)
		return 1;
	while (n < FIX_RUN && end > n + 1 && m.p[end - 2 - n] == '\r')
		n++;
	*is = n > 0 ? BRK_CRLF : BRK_LF;
	return n + 1;
}

static size_t
break_behind(struct span m, size_t at, enum brk *is)
{
	size_t n = 0;

	while (at + n < m.n && n < FIX_RUN && m.p[at + n] == '\r')
		n++;
	*is = BRK_NONE;
	if (at + n < m.n && m.p[at + n] == '\n') {
		*is = n == 0 ? BRK_LF : n == 1 ? BRK_CRLF : BRK_CR;
		return n + 1;
	}
	*is = n > 0 ? BRK_CR : BRK_NONE;
	return n > 0;
}

/* The look-alike whose first dot is at i, if that is one by its breaks. */
static bool
dots_at(struct span m, size_t i, enum brk to, struct dots *d)
{
	static const code_set of[BRK_KINDS][BRK_KINDS] = {
		[BRK_CRLF] = { [BRK_CRLF] = 1ull << CODE_EOD_CRLF_CRLF,
		    [BRK_LF] = 1ull << CODE_EOD_CRLF_LF,
		    [BRK_CR] = 1ull << CODE_EOD_CRLF_CR },
		[BRK_LF] = { [BRK_CRLF] = 1ull << CODE_EOD_LF_CRLF,
		    [BRK_LF] = 1ull << CODE_EOD_LF_LF,
		    [BRK_CR] = 1ull << CODE_EOD_LF_CR },
		[BRK_CR] = { [BRK_CRLF] = 1ull << CODE_EOD_CR_CRLF,
		    [BRK_LF] = 1ull << CODE_EOD_CR_LF,
		    [BRK_CR] = 1ull << CODE_EOD_CR_CR },
	};
	enum brk before, after;
	size_t n = 0;

	while (i + n < m.n && m.p[i + n] == '.')
		n++;
	*d = (struct dots){ .at = i, .dots = n,
	    .before = break_before(m, i, &before),
	    .after = break_behind(m, i + n, &after) };
	d->from = i - d->before;
	d->to = i + n + d->after;
	if ((i > 0 && d->before == 0) || n == 0 || n > 2 ||
	    after == BRK_NONE || (before == to && after == to))
		return false;
	d->code = n > 1 ? 1ull << CODE_EOD_STUFFED_DOT : d->after == 3 ?
	    1ull << CODE_EOD_DOT_CRCRLF : of[before][after];
	return i > 0 ? true : n == 1 && d->after == 3;
}

static bool
is_target(struct span m, size_t from, size_t n, enum brk to)
{
	return n == (to == BRK_CRLF ? 2u : 1u) && m.p[from + n - 1] == '\n' &&
	    (n < 2 || m.p[from] == '\r');
}

/* Look-alikes that share breaks: to where, and whether they are touched. */
static size_t
row_at(const struct fixlaws_case *c, size_t i, bool *touched)
{
	size_t n = 0;
	struct dots d;

	*touched = false;
	while (dots_at(c->m, i, c->o.to, &d)) {
		n += d.dots + (d.after < 2 ? 2 : d.after);
		*touched = *touched || n > FIX_ROW ||
		    (d.code & ~c->o.spared) != 0;
		i = d.to;
		if (is_target(c->m, i - d.after, d.after, c->o.to) &&
		    c->o.eod != FIX_EOD_CRLF)
			break;
	}
	return i;
}

static bool
is_nul_dot(const struct fixlaws_case *c, size_t i)
{
	const struct span m = c->m;

	if (m.p[i] != '.')
		return false;
	return (i + 1 < m.n && m.p[i + 1] == 0 && (c->o.spared >>
	    CODE_EOD_DOT_NUL & 1) == 0) || (i > 0 && m.p[i - 1] == 0 &&
	    (c->o.spared >> CODE_EOD_NUL_DOT & 1) == 0);
}

/* Where look-alikes alone are repaired: those that are selected, those that
 * share a break with one, and their breaks. */
static const char *
law_of_sparing(const struct fixlaws *l, const struct fixlaws_case *c)
{
	size_t k = 0, end = 0;
	bool touched = false;

	if (c->o.classes != FIX_LOOK_ALIKE || c->o.spared == 0 ||
	    c->ranges > 0 || c->o.eod == FIX_EOD_CRLF)
		return NULL;
	for (size_t i = 0; i < c->m.n && k < l->n; i++) {
		struct dots d;

		if (i < end || c->m.p[i] != '.' || !dots_at(c->m, i,
		    c->o.to, &d)) {
			while (k < l->n && l->list[k].off == i &&
			    is_nul_dot(c, i))
				k++;
			continue;
		}
		end = row_at(c, i, &touched);
		while (touched && k < l->n && l->list[k].off >= d.from &&
		    l->list[k].off < end)
			k++;
	}
	return k < l->n ? "what is spared is not touched" : NULL;
}

/* What is kept is what is reported. */
static const char *
law_of_keeping(const struct seen *old, const struct seen *new,
    const struct fixlaws_case *c)
{
	if (c->o.eod < FIX_EOD_KEEP || (c->o.classes & FIX_LOOK_ALIKE) == 0 ||
	    c->ranges > 0 || c->o.spared != 0)
		return NULL;
	if (memcmp(old->same, new->same, sizeof(old->same)) != 0 ||
	    old->odd_pairs != new->odd_pairs || old->nul != new->nul ||
	    old->odd_stuffed != new->odd_stuffed)
		return "look-alikes that are kept stay as they are";
	return NULL;
}

static const char *
law_of_judging(struct fixlaws *l, const struct fixlaws_case *c)
{
	struct seen old, new;
	const char *bad;

	see(l, c->m, c->o.to, &old);
	see(l, (struct span){ l->made, l->made_n }, c->o.to, &new);
	if (c->m.n + l->counts.added - l->counts.cut != l->made_n)
		return "bytes are counted";
	if ((bad = law_of_selection(l, &new, c)) != NULL)
		return bad;
	return law_of_keeping(&old, &new, c);
}

const char *
fixlaws_check(struct fixlaws *l, const struct fixlaws_case *c)
{
	const char *bad;

	if (c->m.n > l->max)
		abort();
	fixlaws_plan(l, c);
	if (!edits_are_allowed(l->list, l->n, fix_kinds(&c->o), c->m.n))
		return "edits are allowed";
	if (l->n > 0 ? l->end == FIX_CLEAN : l->end == FIX_EDITED)
		return "the end says if there were edits";
	(void)((bad = law_of_cuts(l, c)) != NULL ||
	    (bad = law_of_writers(l, c)) != NULL ||
	    (bad = law_of_undoing(l, c)) != NULL ||
	    (bad = law_of_skeletons(l, c)) != NULL ||
	    (bad = law_of_lone_dots(l, c)) != NULL ||
	    (bad = law_of_fields(l, c)) != NULL ||
	    (bad = law_of_from(l, c)) != NULL ||
	    (bad = law_of_once(l, c)) != NULL ||
	    (bad = law_of_growth(l, c)) != NULL ||
	    (bad = law_of_sparing(l, c)) != NULL ||
	    (bad = law_of_judging(l, c)) != NULL);
	return bad;
}

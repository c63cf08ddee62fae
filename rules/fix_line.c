/*
 * See fixing.h: breaks, look-alikes, and what must not be touched.
 */
#include "fixing.h"

#include "census.h"

bool
fix_is_protected(struct fix *f, uint64_t off, size_t n)
{
	while (f->ranges > 0 && f->range->to <= f->off) {
		f->range++;
		f->ranges--;
	}
	for (size_t i = 0; i < f->ranges && f->range[i].from < off + n; i++)
		if (f->range[i].to > off)
			return true;
	return false;
}

struct token
fix_token_at(struct win w, size_t i)
{
	size_t n = 0;

	if (peek(w, i) == '\n')
		return (struct token){ BRK_LF, 1 };
	while (n < FIX_RUN && peek(w, i + n) == '\r')
		n++;
	if (peek(w, i + n) == '\n')
		return (struct token){ BRK_CRLF, n + 1 };
	return n > 0 ? (struct token){ BRK_CR, 1 } :
	    (struct token){ BRK_NONE, 0 };
}

/* A CR at off that is beside one will be a CR afterwards. */
static bool
cr_stays(struct fix *f, uint64_t off)
{
	return (f->o.cr == FIX_CR_KEEP && !cr_is_break(f)) ||
	    fix_is_protected(f, off, 1);
}

/* As the engine has it: of more CRs before an LF the first is a bare one. */
static enum code
pair_code(enum brk before, struct token after)
{
	_Static_assert(CODE_EOD_LF_CRLF == CODE_EOD_CRLF_CRLF + 3 &&
	    CODE_EOD_CR_CR == CODE_EOD_CRLF_CRLF + 8, "the order of codes");

	if (after.n == 3)
		return CODE_EOD_DOT_CRCRLF;
	return CODE_EOD_CRLF_CRLF + 3 * (before - BRK_CRLF) +
	    ((after.n > 3 ? BRK_CR : after.kind) - BRK_CRLF);
}

/* A dot alone is at w.p[i], between these breaks, which are not both the
 * target's. */
static enum fix_mode
lone_mode(struct fix *f, struct win w, size_t i, struct token before,
    struct token after)
{
	const uint64_t off = f->off + i;
	const bool lf = before.kind != BRK_CR && after.kind != BRK_CR;

	switch (f->o.eod) {
	case FIX_EOD_STUFF:
		return (before.kind != BRK_CR || cr_stays(f, off - 1)) &&
		    (after.kind != BRK_CR || cr_stays(f, off + 1)) ?
		    STUFF : TARGET;
	case FIX_EOD_CRLF:
		return lf && after.n <= 2 && f->o.to != BRK_CRLF &&
		    f->mode != ORDINARY && f->mode != TARGET ? AROUND : TARGET;
	case FIX_EOD_REMOVE:
		i += 1 + after.n;
		return lf && before.n > 0 && 1 + after.n <= EDIT_MAX &&
		    !fix_is_protected(f, off - before.n, before.n + 1 +
		    after.n) &&
		    (w.n < i + 5 || memcmp(w.p + i, "From ", 5) != 0) ?
		    REMOVE : TARGET;
	default:
		return TARGET;
	}
}

/* One or two dots between two breaks. */
struct pair {
	struct token before, after;
	size_t dots;
	uint64_t off;
};

/* What it is; 0: nothing, or text, as its breaks are the target's. */
static enum code
pair_is(const struct fix *f, const struct pair *p)
{
	if (p->after.kind == BRK_NONE || (p->before.kind == BRK_NONE &&
	    (p->dots > 1 || p->after.n != 3)))
		return 0;
	if (p->before.kind == f->o.to && p->after.kind == f->o.to &&
	    p->after.n <= 2)
		return 0;
	return p->dots > 1 ? CODE_EOD_STUFFED_DOT :
	    pair_code(p->before.kind, p->after);
}

/* --- which of them are repaired */

/* A dot that got CRLFs around it would be turned back. */
static bool
is_spared(const struct fix *f, enum code c)
{
	return (f->o.spared >> c & 1) != 0 && (c != CODE_EOD_CRLF_CRLF ||
	    f->o.eod != FIX_EOD_CRLF || f->o.to != BRK_LF);
}

/* The break at off, repaired for its own sake, if an LF ends it. */
static struct token
becomes(struct fix *f, uint64_t off, struct token t)
{
	const unsigned by = t.n > 2 ? FIX_CRCRLF | FIX_CRLF :
	    t.kind == BRK_LF ? FIX_BARE_LF : FIX_CRLF;

	if (t.kind == BRK_NONE || t.kind == BRK_CR || !selected(f, by) ||
	    fix_is_protected(f, off, t.n))
		return t;
	return (struct token){ f->o.to, f->o.to == BRK_CRLF ? 2 : 1 };
}

/* With its breaks repaired for their own sake it is no such line. */
static bool
dissolves(struct fix *f, const struct pair *p)
{
	const uint64_t behind = p->off + p->dots;
	const bool cr = selected(f, FIX_BARE_CR);

	if (p->before.kind == BRK_CR)
		return cr && !cr_stays(f, p->off - 1);
	if (p->after.kind == BRK_CR || p->after.n > 3)
		return cr && !cr_stays(f, behind);
	return p->after.n > 2 && p->dots == 1 &&
	    becomes(f, behind, p->after).n <= 2;
}

/* By itself, as it is or as it will be, it is not spared. */
static bool
is_chosen(struct fix *f, struct pair p, enum code code)
{
	if (!is_spared(f, code))
		return true;
	if (dissolves(f, &p))
		return false;
	p.before = becomes(f, p.off - p.before.n, p.before);
	p.after = becomes(f, p.off + p.dots, p.after);
	code = pair_is(f, &p);
	return code != 0 && !is_spared(f, code);
}

/* A look-alike beside this break is not repaired without touching it. */
static bool
is_shared(const struct fix *f, struct token t)
{
	return t.kind != f->o.to || t.n > 2 || f->o.eod == FIX_EOD_CRLF;
}

static struct pair
pair_at(const struct fix *f, struct win w, size_t i, struct token before)
{
	const size_t dots = peek(w, i) != '.' ? 0 :
	    peek(w, i + 1) == '.' ? 2 : 1;

	return (struct pair){ before, fix_token_at(w, i + dots), dots,
	    f->off + i };
}

/* One of the look-alikes that begin with the one at w.p[i] is chosen. */
static bool
row_is_chosen(struct fix *f, struct win w, size_t i, struct token before)
{
	for (size_t n = 0;;) {
		const struct pair p = pair_at(f, w, i, before);
		const enum code code = p.dots == 0 ? 0 : pair_is(f, &p);

		if (code == 0 || fix_is_protected(f, p.off, p.dots))
			return false;
		n += p.dots + (p.after.n < 2 ? 2 : p.after.n);
		if (n > FIX_ROW || is_chosen(f, p, code))
			return true;
		if (f->o.eod >= FIX_EOD_KEEP || !is_shared(f, p.after))
			return false;
		i += p.dots + p.after.n;
		before = p.after;
	}
}

/* It is in a row with the line at hand. */
static bool
goes_on(const struct fix *f, const struct pair *p)
{
	return f->row == p->off - p->before.n && f->o.eod < FIX_EOD_KEEP &&
	    is_shared(f, p->before);
}

static struct like
like_of(struct fix *f, struct win w, size_t i, const struct pair *p)
{
	struct like k = { .code = pair_is(f, p), .row = p->off + p->dots };

	if (k.code == 0 && p->after.kind != BRK_NONE &&
	    p->before.kind != BRK_NONE) {
		if (p->dots > 1 || f->mode != AROUND)
			return (struct like){ .mode = ORDINARY,
			    .row = NO_ROW };
		k.code = pair_code(p->before.kind, p->after);
	}
	if (k.code == 0)
		return (struct like){ .row = NO_ROW };
	k.chosen = f->o.spared == 0 || (goes_on(f, p) ? f->chosen :
	    row_is_chosen(f, w, i, p->before));
	k.mode = !k.chosen ? PLAIN : p->dots > 1 ? TARGET :
	    lone_mode(f, w, i, p->before, p->after);
	return k;
}

/* Of a dot beside NULs.  Both may be said of one. */
static struct like
like_of_nul(const struct fix *f, const uint8_t *p, size_t len)
{
	const uint8_t *dot = memchr(p, '.', len);
	struct like k = { .row = NO_ROW };

	if (dot > p && dot[-1] == 0)
		k.code = CODE_EOD_NUL_DOT;
	if (dot + 1 < p + len && dot[1] == 0 && (k.code == 0 ||
	    is_spared(f, k.code) || !is_spared(f, CODE_EOD_DOT_NUL)))
		k.code = CODE_EOD_DOT_NUL;
	k.chosen = k.code != 0 && !is_spared(f, k.code);
	if (k.chosen && f->o.eod == FIX_EOD_STUFF && !fixes_nul(f))
		k.mode = DOUBLE;
	return k;
}

struct like
fix_line_at(struct fix *f, struct win w, size_t i, struct token before)
{
	struct like k = { .row = NO_ROW };
	const int c = peek(w, i);
	struct pair p;
	size_t len = 0;

	if (c != '.' && c != 0 && c != ' ' && c != '\t')
		return k;
	while (len <= DOTTY_MAX && i + len < w.n && w.p[i + len] != '\r' &&
	    w.p[i + len] != '\n')
		len++;
	if (!line_is_dotty(w.p + i, len))
		return k;
	p = pair_at(f, w, i, before);
	k = len == p.dots ? like_of(f, w, i, &p) :
	    like_of_nul(f, w.p + i, len);
	if (k.code == 0)
		return k;
	if (!selected(f, FIX_LOOK_ALIKE) || fix_is_protected(f, f->off + i,
	    len))
		return (struct like){ .code = k.code, .row = NO_ROW };
	if (k.chosen && f->o.eod >= FIX_EOD_KEEP)
		k.mode = KEEP;
	return k;
}

void
fix_enter_line(struct fix *f, struct like k)
{
	f->mode = k.mode;
	f->look_alike = k.code;
	f->row = k.row;
	f->chosen = k.chosen;
	if (k.mode == KEEP && f->o.eod == FIX_EOD_ELSEWHERE)
		f->elsewhere = true;
}

/*
 * See fixing.h: what becomes of the bytes that matter, one by one.
 */
#include "fixing.h"

#define FROM "From "

/* What happens to a CR or NUL. */
enum act { BREAK, DROP, SPACE, STAY };

static void
edit(struct fix *f, struct edit e)
{
	f->counts.edits++;
	f->counts.spaced += e.spaced;
	f->counts.cut += e.del;
	f->counts.added += e.ins;
	f->fn(f->ctx, &e);
}

/* n CRs from off on go. */
static void
cut_crs(struct fix *f, uint64_t off, size_t n, enum code why)
{
	while (n > 0) {
		const uint8_t k = n < EDIT_MAX ? (uint8_t)n : EDIT_MAX;

		edit(f, (struct edit){ .off = off, .del = k,
		    .why = (uint8_t)why, .old = "\r\r\r\r" });
		off += k;
		n -= k;
	}
}

/* The new line ends, in an LF. */
static void
end_line(struct fix *f)
{
	if (f->last == '\n')
		f->header = false;
	f->head_n = 0;
	f->last = '\n';
}

static void
keep_token(struct fix *f, struct token t)
{
	if (t.kind != BRK_CR) {
		end_line(f);
		return;
	}
	f->head_n = 0;
	f->last = '\r';
}

/* The new line is a dot so far. */
static bool
is_dot(const struct fix *f)
{
	return f->head_n == 1 && f->head[0] == '.';
}

/* The new line is two dots so far. */
static bool
is_two_dots(const struct fix *f)
{
	return f->head_n == 2 && f->head[0] == '.' && f->head[1] == '.';
}

/* n bytes of a line at head, and those at w.p[i] behind them: a From_ line. */
static bool
begins_from(const uint8_t *head, size_t n, struct win w, size_t i)
{
	return n < 5 && memcmp(head, FROM, n) == 0 && w.n >= i + 5 - n &&
	    memcmp(w.p + i, &FROM[n], 5 - n) == 0;
}

static bool
is_text(int c)
{
	return c > ' ' && c != '.';
}

/* The byte at w.p[0] may go. */
static bool
drop_is_safe(const struct fix *f, struct win w)
{
	const int next = peek(w, 1);

	if (f->last == '\r' && (next == '\r' || next == '\n'))
		return false;
	if ((is_dot(f) || is_two_dots(f)) && !is_text(next))
		return false;
	if (f->last == '.' && next == 0)
		return false;
	if (next == '.' && !is_text(peek(w, 2)) &&
	    (f->head_n == 0 || f->last == 0))
		return false;
	if (f->header && f->head_n == 0)
		return false;
	return !begins_from(f->head, f->head_n, w, 1);
}

/* The CR at w.p[0] may become a line break. */
static bool
break_is_safe(const struct fix *f, struct win w)
{
	const int next = peek(w, 1), then = peek(w, 2);

	if (f->last == '\r' || is_dot(f))
		return false;
	if (next == '.' && (then == '\r' || then == '\n' || then == 0 ||
	    then == NO_BYTE))
		return false;
	return !begins_from(f->head, 0, w, 1);
}

/* The CR at w.p[0], in the header block, is where a line is folded. */
static bool
is_fold(const struct fix *f, struct win w)
{
	size_t i = 1;

	while (peek(w, i) == ' ' || peek(w, i) == '\t')
		i++;
	return i > 1 && peek(w, i) > ' ' && f->head_n > 0 &&
	    !ascii_wsp(f->last);
}

/*
 * What the byte at w.p[0] becomes where this was asked.  Behind "From" at the
 * beginning of a line it may become a break or nothing: what is behind it may
 * change too, and then decide otherwise the next time.
 */
static enum act
safe_act(const struct fix *f, struct win w, enum act a)
{
	const bool field = f->header && !cr_is_break(f);

	if (f->head_n == 4 && memcmp(f->head, FROM, 4) == 0)
		return a == BREAK && !field && peek(w, 1) != '.' &&
		    break_is_safe(f, w) ? BREAK : STAY;
	if (w.p[0] == '\r' && field &&
	    (a == DROP || (a == BREAK && !is_fold(f, w))))
		return SPACE;
	if ((a == BREAK && !break_is_safe(f, w)) ||
	    (a == DROP && !drop_is_safe(f, w)))
		return SPACE;
	return a;
}

/* The byte at w.p[0], a CR or NUL, becomes what was asked if that is safe.
 * False: it has to stay. */
static bool
replace(struct fix *f, struct win w, enum act asked, enum code why)
{
	const enum act a = safe_act(f, w, asked);
	struct edit e = { .off = f->off, .del = 1, .why = (uint8_t)why,
	    .spaced = a == SPACE && asked != SPACE, .old = { w.p[0] } };

	if (a == STAY) {
		f->counts.unsafe++;
		return false;
	}
	if (a == SPACE) {
		e.put[e.ins++] = ' ';
		out(f, ' ');
	} else if (a == BREAK) {
		if (f->o.to == BRK_CRLF)
			e.put[e.ins++] = '\r';
		e.put[e.ins++] = '\n';
		end_line(f);
	}
	edit(f, e);
	return true;
}

static bool
acts(unsigned mode)
{
	return mode >= TARGET;
}

/* Why a break of this class is edited. */
static enum code
reason(const struct fix *f, struct like next, enum fix_class c,
    enum code code)
{
	const enum code of = acts(f->mode) && f->look_alike != 0 ?
	    f->look_alike : acts(next.mode) ? next.code : 0;

	return selected(f, c) || of == 0 ? code : of;
}

static void
fix_cr(struct fix *f, struct win w, struct like next)
{
	static const enum act asked[] = {
		[FIX_CR_SPACE] = SPACE, [FIX_CR_NEWLINE] = BREAK,
		[FIX_CR_DROP] = DROP, [FIX_CR_KEEP] = STAY,
	};
	const bool must = selected(f, FIX_BARE_CR) || acts(f->mode) ||
	    acts(next.mode);
	const enum act a = cr_is_break(f) ? BREAK : asked[f->o.cr];

	if (!must || a == STAY || !replace(f, w, a, reason(f, next,
	    FIX_BARE_CR, cr_is_break(f) ? CODE_EOL_CR_ONLY :
	    CODE_EOL_BARE_CR)))
		keep_token(f, (struct token){ BRK_CR, 1 });
}

/* A CRCRLF becomes one break here. */
static bool
collapses(const struct fix *f, struct like next)
{
	return selected(f, FIX_CRCRLF | FIX_CRLF) || acts(f->mode) ||
	    acts(next.mode);
}

/* What a break that ends in an LF is to be. */
static enum brk
wanted(const struct fix *f, struct token t, struct like next)
{
	if (f->mode == AROUND || next.mode == AROUND)
		return BRK_CRLF;
	if (acts(f->mode) || acts(next.mode) ||
	    (t.n > 2 && collapses(f, next)) ||
	    selected(f, t.kind == BRK_LF ? FIX_BARE_LF : FIX_CRLF))
		return f->o.to;
	return t.kind;
}

static enum code
why_lf(const struct fix *f, struct token t, struct like next)
{
	if (t.n > 2)
		return reason(f, next, FIX_CRCRLF, CODE_EOL_CRCRLF);
	return t.kind == BRK_LF ?
	    reason(f, next, FIX_BARE_LF, CODE_EOL_BARE_LF) :
	    reason(f, next, FIX_CRLF, CODE_EOL_CRLF);
}

static void
fix_lf(struct fix *f, struct token t, struct like next)
{
	const enum brk to = wanted(f, t, next);
	const size_t stay = to == BRK_CRLF ? 2 : 1;
	struct edit e = { .off = f->off, .ins = 1, .put = "\r",
	    .why = (uint8_t)why_lf(f, t, next) };

	if (t.n == 3 && !collapses(f, next)) {
		keep_token(f, t);
		return;
	}
	if (t.n < stay)
		edit(f, e);
	if (t.n > 2 && (is_dot(f) || f->last == '\r')) {
		e.del = 1;
		e.old[0] = '\r';
		e.put[0] = ' ';
		e.spaced = true;
		edit(f, e);
		out(f, ' ');
		e.off++;
		t.n--;
	}
	if (t.n > stay)
		cut_crs(f, e.off, t.n - stay, e.why);
	keep_token(f, (struct token){ to, stay });
}

/* The break stays as it is. */
static bool
is_kept(struct fix *f, struct token t, struct like next)
{
	return f->mode == KEEP || next.mode == KEEP ||
	    fix_is_protected(f, f->off, t.n);
}

static size_t
step_break(struct fix *f, struct win w)
{
	struct token t = fix_token_at(w, 0);
	struct like next = fix_line_at(f, w, t.n, t);

	if (t.n > 3 && !is_kept(f, t, next) && !collapses(f, next)) {
		t = (struct token){ BRK_CR, 1 };
		next = fix_line_at(f, w, 1, t);
	}
	if (is_kept(f, t, next))
		keep_token(f, t);
	else if (t.kind == BRK_CR)
		fix_cr(f, w, next);
	else
		fix_lf(f, t, next);
	fix_enter_line(f, next);
	return t.n;
}

static size_t
step_nul(struct fix *f, struct win w)
{
	const enum act a = !fixes_nul(f) || f->mode == KEEP ||
	    fix_is_protected(f, f->off, 1) ? STAY :
	    f->o.nul == FIX_NUL_DROP ? DROP : SPACE;

	if (a == STAY || !replace(f, w, a, CODE_LIMIT_NUL))
		out(f, 0);
	return 1;
}

/* The dot and the break behind it go. */
static size_t
remove_dot(struct fix *f, struct win w)
{
	const struct token t = fix_token_at(w, 1);
	struct edit e = { .off = f->off, .del = (uint8_t)(1 + t.n),
	    .why = (uint8_t)f->look_alike };

	memcpy(e.old, w.p, e.del);
	edit(f, e);
	fix_enter_line(f, fix_line_at(f, w, e.del, t));
	return e.del;
}

static size_t
step_dot(struct fix *f, struct win w)
{
	if (f->mode == REMOVE)
		return remove_dot(f, w);
	if (f->mode == STUFF || f->mode == DOUBLE) {
		edit(f, (struct edit){ .off = f->off, .ins = 1,
		    .why = (uint8_t)f->look_alike, .put = "." });
		out(f, '.');
	}
	out(f, '.');
	return 1;
}

size_t
fix_step(struct fix *f, struct win w)
{
	if (w.n > FIX_AHEAD)
		w.n = FIX_AHEAD;
	switch (w.p[0]) {
	case '\r':
	case '\n':
		return step_break(f, w);
	case 0:
		return step_nul(f, w);
	case '.':
		return step_dot(f, w);
	default:
		out(f, w.p[0]);
		return 1;
	}
}

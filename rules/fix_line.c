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

/* Of a dotty line of len bytes: what is beside its dot, if that matters. */
static enum code
nul_code(const uint8_t *p, size_t len)
{
	const uint8_t *dot = memchr(p, '.', len);

	if (dot + 1 < p + len && dot[1] == 0)
		return CODE_EOD_DOT_NUL;
	return dot > p && dot[-1] == 0 ? CODE_EOD_NUL_DOT : 0;
}

static struct like
pair_at(struct fix *f, struct win w, size_t i, size_t len,
    struct token before, struct token after)
{
	struct like k = { PLAIN, 0 };
	const bool odd = before.kind != f->o.to || after.kind != f->o.to ||
	    after.n > 2;

	if (after.kind == BRK_NONE || (before.kind == BRK_NONE &&
	    (len > 1 || after.n != 3)))
		return k;
	if (!odd && (len > 1 || f->mode != AROUND))
		return (struct like){ ORDINARY, 0 };
	k.code = len > 1 ? CODE_EOD_STUFFED_DOT :
	    pair_code(before.kind, after);
	k.mode = len > 1 ? TARGET : lone_mode(f, w, i, before, after);
	return k;
}

struct like
fix_line_at(struct fix *f, struct win w, size_t i, struct token before)
{
	struct like k = { PLAIN, 0 };
	const int c = peek(w, i);
	size_t len = 0;

	if (c != '.' && c != 0 && c != ' ' && c != '\t')
		return k;
	while (len <= DOTTY_MAX && i + len < w.n && w.p[i + len] != '\r' &&
	    w.p[i + len] != '\n')
		len++;
	if (!line_is_dotty(w.p + i, len))
		return k;
	if (len == 1 || (c == '.' && w.p[i + 1] == '.')) {
		k = pair_at(f, w, i, len, before, fix_token_at(w, i + len));
	} else if ((k.code = nul_code(w.p + i, len)) != 0) {
		k.mode = f->o.eod == FIX_EOD_STUFF && !fixes_nul(f) ?
		    DOUBLE : PLAIN;
	}
	if (!selected(f, FIX_LOOK_ALIKE) || (k.code != 0 &&
	    fix_is_protected(f, f->off + i, len)))
		k.mode = PLAIN;
	else if (k.code != 0 && f->o.eod >= FIX_EOD_KEEP)
		k.mode = KEEP;
	return k;
}

void
fix_enter_line(struct fix *f, struct like k)
{
	f->mode = k.mode;
	f->look_alike = k.code;
	if (k.mode == KEEP && f->o.eod == FIX_EOD_ELSEWHERE)
		f->elsewhere = true;
}

/*
 * See lines.h.
 *
 * A CR is the hard part: whether it is a break of its own, half of a CRLF, or
 * the first byte of a CRCRLF is known one or two bytes later, perhaps in
 * another span.  cr_open and cr_at hold what is not yet known.
 */
#include "lines.h"

#include "dotty.h"
#include "line_head.h"
#include "line_pass.h"
#include "sorted.h"

#define NOWHERE UINT64_MAX

void
lines_init(struct lines *l, const struct kernel *k, bool use_census)
{
	memset(l, 0, sizeof(*l));
	l->kernel = k;
	if (use_census)
		l->census = census_pick(k);
}

void
lines_begin(struct lines *l, unsigned wants)
{
	memset(&l->tally, 0, sizeof(l->tally));
	look_begin(&l->look);
	l->wants = wants;
	l->base = NULL;
	l->off = 0;
	l->line_off = 0;
	l->cr_at = NOWHERE;
	l->dot_cr = NOWHERE;
	l->line_high = 0;
	l->before = BRK_NONE;
	l->cr_open = false;
	l->long_noted = false;
	l->head_n = 0;
}

void
lines_want(struct lines *l, unsigned wants)
{
	l->wants = wants;
}

void
lines_not_header(struct lines *l)
{
	l->tally.high.count -= l->line_high;
	l->line_high = 0;
}

static void
note_long(struct lines *l, uint64_t len)
{
	if (l->long_noted)
		return;
	l->long_noted = true;
	look_note_line(&l->tally.long_lines, l->line_off, line_head(l, len));
}

/* The current line is a dot alone. */
static inline void
see_lone_dot(struct lines *l, enum brk after)
{
	look_note(&l->look, &l->tally.lone[l->before][after], l->line_off);
	if (after == BRK_CR) {
		l->dot_cr = l->line_off;
		l->dot_cr_before = l->before;
	}
}

/* The current line is of 1 to DOTTY_MAX bytes. */
static inline void
see_short(struct lines *l, struct span head, enum brk after)
{
	const uint8_t *p = head.p;

	if (head.n == 1) {
		if (p[0] == '.')
			see_lone_dot(l, after);
	} else if ((p[0] == '.' || p[1] == '.' || p[0] == 0 || p[1] == 0) &&
	    line_is_dotty(p, head.n)) {
		dotty_note(&l->tally, &l->look, head, l->line_off, l->before,
		    after);
	}
}

/* The current line is long enough to begin with RCPT. */
static inline void
see_rcpt(struct lines *l, uint64_t len)
{
	if (line_is_rcpt(line_head(l, RCPT_HEAD).p, RCPT_HEAD))
		look_note_line(&l->tally.rcpt, l->line_off,
		    line_head(l, len));
}

/* The current line ends at `at`, by a break that is width bytes long. */
static inline void
line_end(struct lines *l, uint64_t at, unsigned width, enum brk after)
{
	const uint64_t len = at - l->line_off;
	struct span head;

	if (len > LINE_LIMIT)
		note_long(l, len);
	if (len >= RCPT_HEAD)
		see_rcpt(l, len);
	if (l->wide && len > LINE_WIDE)
		look_note_line(&l->tally.wide_lines, l->line_off,
		    line_head(l, len));
	if (len - 1 < DOTTY_MAX || l->wants >= WANT_ODD_FIELDS) {
		head = line_head(l, len);
		if (len - 1 < DOTTY_MAX)
			see_short(l, head, after);
		if (l->wants >= WANT_ODD_FIELDS)
			l->fn(l->ctx, &(struct line){
				.off = l->line_off, .len = len, .head = head,
				.before = l->before, .after = after,
			});
	}
	l->line_off = at + width;
	l->before = after;
	l->long_noted = false;
	l->line_high = 0;
}

/* The CR at cr_at is no part of a CRCRLF. */
static inline void
settle_cr_at(struct lines *l)
{
	if (l->cr_at != NOWHERE)
		look_note(&l->look, &l->tally.breaks[BRK_CR], l->cr_at);
	l->cr_at = NOWHERE;
}

static inline void
see_cr(struct lines *l, uint64_t at)
{
	settle_cr_at(l);
	line_end(l, at, 1, BRK_CR);
	l->cr_at = at;
}

static inline void
see_lf(struct lines *l, uint64_t at)
{
	settle_cr_at(l);
	look_note(&l->look, &l->tally.breaks[BRK_LF], at);
	line_end(l, at, 1, BRK_LF);
}

/* The CR at cr_at is a CRCRLF's; it may have ended a lone dot. */
static void
see_crcrlf(struct lines *l)
{
	look_note(&l->look, &l->tally.crcrlf, l->cr_at);
	if (l->dot_cr != NOWHERE && l->dot_cr + 1 == l->cr_at) {
		l->tally.lone[l->dot_cr_before][BRK_CR].count--;
		look_note(&l->look, &l->tally.dot_crcrlf, l->dot_cr);
	}
	l->cr_at = NOWHERE;
}

static inline void
see_crlf(struct lines *l, uint64_t at)
{
	if (l->cr_at != NOWHERE && l->cr_at + 1 == at)
		see_crcrlf(l);
	settle_cr_at(l);
	look_note(&l->look, &l->tally.breaks[BRK_CRLF], at);
	line_end(l, at, 2, BRK_CRLF);
}

/* NULs, and high bytes in the header block: only counted. */
static void
note_bytes(struct lines *l, struct spots *s, uint64_t mask, uint64_t off)
{
	for (; mask != 0 && s->count < SPOTS_KEPT; mask &= mask - 1)
		look_note(&l->look, s, off + (uint64_t)__builtin_ctzll(mask));
	s->count += (uint64_t)__builtin_popcountll(mask);
}

/* High bytes before a break at bit i belong to the line that ends there. */
static void
note_high(struct lines *l, uint64_t *high, unsigned i, uint64_t off)
{
	const uint64_t upto = i < BLOCK ? (1ull << i) - 1 : UINT64_MAX;
	const uint64_t mine = *high & upto;

	if (mine != 0 && l->wants >= WANT_ODD_FIELDS) {
		note_bytes(l, &l->tally.high, mine, off);
		l->line_high += (uint64_t)__builtin_popcountll(mine);
	}
	*high &= ~upto;
}

/*
 * The breaks of up to 64 bytes whose masks are m; the first is at off.  What
 * a CR before them is, settle() has said.
 */
static void
see_breaks(struct lines *l, struct masks m, unsigned n, uint64_t off)
{
	uint64_t ends = m.lf | m.cr;

	while (ends != 0) {
		const unsigned i = (unsigned)__builtin_ctzll(ends);

		ends &= ends - 1;
		if (m.high != 0)
			note_high(l, &m.high, i, off);
		if (m.lf >> i & 1) {
			see_lf(l, off + i);
		} else if (i + 1 == n) {
			l->cr_open = true;
		} else if (m.lf >> (i + 1) & 1) {
			see_crlf(l, off + i);
			ends &= ends - 1;
		} else {
			see_cr(l, off + i);
		}
	}
	if (m.high != 0)
		note_high(l, &m.high, BLOCK, off);
}

/*
 * Settle what the bytes at hand can settle about CRs that came before.
 * Returns 1 if the first byte is an LF that belongs to one, else 0.
 */
static size_t
settle(struct lines *l, const uint8_t *p, size_t n)
{
	const uint64_t at = l->off + (uint64_t)(p - l->base);

	if (l->line_off > at)
		return 1;
	if (l->cr_open) {
		l->cr_open = false;
		if (p[0] == '\n') {
			see_crlf(l, at - 1);
			return 1;
		}
		see_cr(l, at - 1);
	}
	if (l->cr_at != NOWHERE && (p[0] != '\r' ||
	    (n > 1 && p[1] != '\n') || l->cr_at + 1 != at))
		settle_cr_at(l);
	return 0;
}

/* Nobody wants to see each line, and no CR is undecided. */
static inline bool
in_bulk(const struct lines *l)
{
	return l->census.body != NULL && !l->wide && l->cr_at == NOWHERE &&
	    l->wants < WANT_ODD_FIELDS;
}

/*
 * The current line, begun before p, may still turn out to be dotty, or it
 * begins like RCPT TO: its end has to be seen.
 */
static bool
may_matter(struct lines *l, uint64_t in_line)
{
	const struct span head = line_head(l, in_line < RCPT_HEAD ? in_line :
	    RCPT_HEAD);

	if (head.n == 0)
		return false;
	return begins_rcpt(head.p, head.n) || (in_line <= DOTTY_MAX &&
	    (head.p[0] == '.' || head.p[0] == 0 || ascii_wsp(head.p[0])));
}

/*
 * Pass over ordinary lines.  Only after the first few breaks of their kind
 * were seen exactly: those places may have to be shown.
 */
static size_t
pass_over(struct lines *l, const uint8_t *p, size_t n)
{
	const uint64_t at = l->off + (uint64_t)(p - l->base);
	struct census c = { .in_line = at - l->line_off };
	size_t done;

	if (n < BLOCK || may_matter(l, c.in_line) ||
	    l->tally.breaks[l->before].count < SPOTS_KEPT)
		return 0;
	done = l->census.body(p, n, l->before, &c);
	if (done == 0)
		return 0;
	l->tally.breaks[l->before].count += c.lines;
	l->line_off = at + done - c.in_line;
	l->cr_open = c.cr_open;
	return done;
}

/* The last break of a counted block becomes the current line's beginning. */
static void
after_block(struct lines *l, const struct sorted *s, uint64_t at)
{
	unsigned last;

	if (s->ends == 0)
		return;
	last = BLOCK - 1 - (unsigned)__builtin_clzll(s->ends);
	l->before = s->crlf >> last & 1 ? BRK_CRLF :
	    s->lf >> last & 1 ? BRK_LF : BRK_CR;
	l->line_off = at + last + (l->before == BRK_CRLF ? 2 : 1);
	l->long_noted = false;
}

/* Plain fields need not be shown, and enough breaks of the kind were seen. */
static inline bool
plain_fields_next(const struct lines *l)
{
	return l->wants == WANT_ODD_FIELDS &&
	    l->census.fields != NULL && !l->wide &&
	    l->tally.breaks[l->before].count >= SPOTS_KEPT;
}

/* The same in the header block, where a line starts at p. */
static size_t
pass_over_fields(struct lines *l, const uint8_t *p, size_t n)
{
	uint64_t lines;
	size_t done;

	if (!plain_fields_next(l) || l->cr_at != NOWHERE ||
	    l->line_off != l->off + (uint64_t)(p - l->base))
		return 0;
	done = l->census.fields(p, n, l->before, &lines);
	l->tally.breaks[l->before].count += lines;
	l->line_off += done;
	return done;
}

/*
 * Count a block of any breaks, and of the short lines that sort_block knows,
 * at once, for input that is made to be slow.  Returns the bytes that were
 * counted: 0 if the block holds anything else that matters, or a place that
 * must be kept.
 */
static size_t
count_block(struct lines *l, const uint8_t *p, size_t n)
{
	const uint64_t at = l->off + (uint64_t)(p - l->base);
	const uint64_t in_line = at - l->line_off;
	struct masks m;
	struct sorted s;
	uint64_t other;
	size_t width;

	if (n < BLOCK + AHEAD || in_line > LINE_LIMIT - BLOCK ||
	    may_matter(l, in_line))
		return 0;
	l->kernel->masks(p, &m);
	sort_block(&m, p + BLOCK, in_line == 0, l->before, &s);
	if (sorted_rcpt(&s, p))
		return 0;
	width = sorted_width(&s);
	other = (m.dot & (s.starts | s.starts << 1) & ~sorted_dots(&s)) |
	    (m.nul & ~sorted_nuls(&s));
	if (width < BLOCK)
		other &= (1ull << width) - 1;
	if (other != 0 || !count_sorted(&l->tally, &s))
		return 0;
	after_block(l, &s, at);
	return width;
}

/* The next line may be passed over, so look at the rest of this one alone. */
static bool
short_step(struct lines *l, const uint8_t *p)
{
	return plain_fields_next(l) || ask_now(l, (size_t)(p - l->base)) ||
	    (in_bulk(l) && may_matter(l, l->off + (uint64_t)(p - l->base) -
	    l->line_off));
}

/*
 * Look exactly at 1 to 64 of the n bytes at p; returns how many.  No more
 * than the rest of a line where the next one may be passed over: behind a
 * line that may matter, behind one of the header block and where somebody is
 * asked.
 */
static size_t
look_exactly(struct lines *l, const uint8_t *p, size_t n)
{
	const size_t at = (size_t)(p - l->base);
	struct masks m;

	if (l->cr_at != NOWHERE && n > 2)
		n = 2;			/* the CRLF that settle() saw */
	masks_of(l->kernel, p, n, &m);
	if (short_step(l, p)) {
		const uint64_t ends = m.lf | m.cr;

		if (ends != 0 && (size_t)__builtin_ctzll(ends) < n)
			n = (size_t)__builtin_ctzll(ends) + 1;
	}
	if (n > BLOCK)
		n = BLOCK;
	masks_cut(&m, n);
	if (m.nul != 0)
		note_bytes(l, &l->tally.nul, m.nul, l->off + at);
	see_breaks(l, m, (unsigned)n, l->off + at);
	if (l->off + at + n - l->line_off > LINE_LIMIT + 1)
		note_long(l, l->off + at + n - l->line_off);
	return n;
}

/* Take at least one of the n bytes at p; returns how many. */
static size_t
take(struct lines *l, const uint8_t *p, size_t n)
{
	size_t done;

	if ((done = settle(l, p, n)) > 0)
		return done;
	if (in_bulk(l) ? (done = pass_over(l, p, n)) > 0 ||
	    (done = count_block(l, p, n)) > 0 :
	    (done = pass_over_fields(l, p, n)) > 0 ||
	    (l->cr_at == NOWHERE && (done = pass_unwanted(l, p)) > 0))
		return done;
	return look_exactly(l, p, n);
}

size_t
lines_whole(struct span s)
{
	const uint8_t *lf, *cr;
	size_t n;

	if (s.n == 0)
		return 0;
	lf = memrchr(s.p, '\n', s.n);
	n = lf != NULL ? (size_t)(lf + 1 - s.p) : 0;
	cr = s.n > n ? memrchr(s.p + n, '\r', s.n - n) : NULL;
	return cr != NULL ? (size_t)(cr + 1 - s.p) : n;
}

void
lines_feed(struct lines *l, struct span s)
{
	if (s.n == 0)
		return;
	l->base = s.p;
	l->ask_from = 0;
	if (l->pass != NULL)	/* what a CR at the end is, is not known */
		l->whole = lines_whole((struct span){ s.p,
		    s.n - (s.p[s.n - 1] == '\r') });
	look_span(&l->look, s, l->off);
	for (size_t i = 0; i < s.n; )
		i += take(l, s.p + i, s.n - i);
	keep_head(l, s.n);
	look_keep(&l->look);
	l->off += s.n;
	l->base = NULL;
}

void
lines_end(struct lines *l)
{
	if (l->cr_open)
		see_cr(l, l->off - 1);
	l->cr_open = false;
	settle_cr_at(l);
	l->tally.size = l->off;
	if (l->line_off == l->off)
		return;
	look_note(&l->look, &l->tally.no_final, l->off);
	line_end(l, l->off, 0, BRK_NONE);
}

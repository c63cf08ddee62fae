/*
 * See fix.h.
 *
 * What a byte becomes is decided when FIX_AHEAD bytes behind it are there, or
 * the end; what is not decided is held.  So how the message was cut cannot
 * matter.  Stretches where nothing can need an edit are passed over 64 bytes
 * at a time.
 */
#include "fixing.h"

#include "block.h"

static inline uint64_t
top(bool is)
{
	return (uint64_t)is << (BLOCK - 1);
}

static inline bool
is_spot(uint8_t c)
{
	return c == '.' || c == 0;
}

/* Places in a block. */
struct marks {
	uint64_t look;		/* to be looked at */
	uint64_t turn;		/* breaks to be made the target's, as they
				 * are: the LF of an LF, the CR of a CRLF */
};

/*
 * The block at p, with two bytes behind it.  To be looked at are NULs, breaks
 * that are not the target's (but those that turn), those before a line that
 * fix_line_at may take for something, and in the header block empty lines.
 * start: a line starts here; cr: the byte before is the CR of a CRLF.
 */
static inline struct marks
marks_at(const struct fix *f, const uint8_t *p, bool start, bool cr)
{
	struct marks k;
	struct masks m;
	uint64_t spot, bare_lf;

	f->kernel->masks(p, &m);
	spot = (m.dot | m.nul) >> 1 | top(is_spot(p[BLOCK]));
	k.look = spot | (m.wsp & spot) >> 1 |
	    top(ascii_wsp(p[BLOCK]) && is_spot(p[BLOCK + 1]));
	k.look &= m.lf;
	if (f->header)
		k.look |= (m.lf | m.cr) & (m.lf << 1 | start);
	if (f->o.to == BRK_LF) {
		k.turn = f->turns ? m.cr & m.lf >> 1 & ~(k.look |
		    k.look >> 1) : 0;
		k.look |= (m.cr & ~k.turn) | m.nul;
	} else {
		bare_lf = m.lf & ~(m.cr << 1 | cr);
		k.turn = f->turns ? bare_lf : 0;
		k.look |= (bare_lf & ~k.turn) | m.nul |
		    (m.cr & ~(m.lf >> 1 | top(p[BLOCK] == '\n')));
	}
	return k;
}

/* Make these breaks the target's; the block is at off. */
static void
turn(struct fix *f, uint64_t at, uint64_t off)
{
	const bool add = f->o.to == BRK_CRLF;
	struct edit e = { .why = add ? CODE_EOL_BARE_LF : CODE_EOL_CRLF };
	const uint64_t n = (uint64_t)__builtin_popcountll(at);

	e.del = !add;
	e.ins = add;
	(add ? e.put : e.old)[0] = '\r';
	f->counts.edits += n;
	*(add ? &f->counts.added : &f->counts.cut) += n;
	for (; at != 0; at &= at - 1) {
		e.off = off + (uint64_t)__builtin_ctzll(at);
		f->fn(f->ctx, &e);
	}
}

/* n bytes at p were passed over, or are put out as they are. */
static void
out_all(struct fix *f, const uint8_t *p, size_t n)
{
	size_t k = 0;

	while (k < n && k < FIX_HEAD && p[n - 1 - k] != '\n')
		k++;
	if (k < n) {		/* or the line is longer than is kept */
		f->head_n = 0;
		f->last = '\n';
	}
	for (; k > 0; k--)
		out(f, p[n - k]);
}

/* It is worth a try: the byte at p, with one behind it, is no mark. */
static inline bool
may_pass(const struct fix *f, const uint8_t *p)
{
	if (f->kernel == NULL || f->mode != PLAIN)
		return false;
	switch (p[0]) {
	case 0:
		return false;
	case '\n':
		return f->turns || f->o.to == BRK_LF;
	case '\r':
		return (f->turns || f->o.to == BRK_CRLF) && p[1] == '\n';
	default:
		return true;
	}
}

/* Pass over what need not be looked at; returns how many bytes, perhaps 0. */
static size_t
pass(struct fix *f, const uint8_t *p, size_t n)
{
	size_t i = 0, stop = BLOCK;

	if (n < BLOCK + 2 || !may_pass(f, p))
		return 0;
	for (; stop == BLOCK && n - i >= BLOCK + 2; i += stop) {
		struct marks m = marks_at(f, p + i, i == 0 ? f->head_n == 0 :
		    p[i - 1] == '\n', i > 0 && p[i - 1] == '\r');

		if (m.look != 0) {
			stop = (size_t)__builtin_ctzll(m.look);
			m.turn &= (1ull << stop) - 1;
		}
		if (m.turn != 0)
			turn(f, m.turn, f->off + i);
	}
	if (i > 0 && p[i] == '\n' && p[i - 1] == '\r')
		i--;
	out_all(f, p, i);
	f->off += i;
	return i;
}

/* The message begins with these bytes. */
static void
first_line(struct fix *f, const uint8_t *p, size_t n)
{
	const struct win w = { p, n < FIX_AHEAD ? n : FIX_AHEAD };

	f->fresh = false;
	fix_enter_line(f, fix_line_at(f, w, 0,
	    (struct token){ BRK_NONE, 0 }));
}

/* Decide what can be decided of the n bytes at p; returns how many. */
static size_t
run(struct fix *f, const uint8_t *p, size_t n, bool end)
{
	size_t i = 0, k;

	while (n - i >= (end ? 1 : FIX_AHEAD)) {
		if (f->fresh)
			first_line(f, p, n);
		k = pass(f, p + i, n - i);
		if (k == 0) {
			k = fix_step(f, (struct win){ p + i, n - i });
			f->off += k;
		}
		i += k;
	}
	return i;
}

void
fix_init(struct fix *f, const struct kernel *k, edit_fn *fn, void *ctx)
{
	memset(f, 0, sizeof(*f));
	f->kernel = k;
	f->fn = fn;
	f->ctx = ctx;
}

void
fix_begin(struct fix *f, const struct fix_options *o,
    const struct fix_range *ranges, size_t n)
{
	memset(&f->counts, 0, sizeof(f->counts));
	f->o = *o;
	f->o.classes &= ~(unsigned)(o->to == BRK_LF ? FIX_BARE_LF : FIX_CRLF);
	f->turns = n == 0 && (f->o.classes & (FIX_BARE_LF | FIX_CRLF)) != 0;
	f->range = ranges;
	f->ranges = n;
	f->off = 0;
	f->fresh = true;
	f->elsewhere = false;
	f->header = true;
	f->mode = PLAIN;
	f->look_alike = 0;
	f->row = NO_ROW;
	f->last = '\n';
	f->head_n = 0;
	f->held = 0;
}

/* Decide what is held, with the help of s; returns the bytes of s that need
 * not be looked at again. */
static size_t
run_held(struct fix *f, struct span s)
{
	const size_t old = f->held, room = sizeof(f->hold) - old;
	const size_t more = s.n < room ? s.n : room;
	size_t done;

	if (old == 0)
		return 0;
	memcpy(f->hold + old, s.p, more);
	done = run(f, f->hold, old + more, false);
	if (done >= old) {
		f->held = 0;
		return done - old;
	}
	f->held = old + more - done;
	memmove(f->hold, f->hold + done, f->held);
	return more;
}

void
fix_feed(struct fix *f, struct span s)
{
	size_t i;

	if (s.n == 0)
		return;
	i = run_held(f, s);
	i += run(f, s.p + i, s.n - i, false);
	if (i < s.n) {
		memcpy(f->hold + f->held, s.p + i, s.n - i);
		f->held += s.n - i;
	}
}

uint64_t
fix_settled(const struct fix *f)
{
	return f->off;
}

enum fix_end
fix_end(struct fix *f)
{
	(void)run(f, f->hold, f->held, true);
	if (f->elsewhere)
		return FIX_ELSEWHERE;
	return f->counts.edits > 0 ? FIX_EDITED : FIX_CLEAN;
}

unsigned
fix_classes(code_set codes)
{
	static const struct {
		enum code code;
		enum fix_class c;
	} of[] = {
		{ CODE_EOL_BARE_CR, FIX_BARE_CR },
		{ CODE_EOL_CR_ONLY, FIX_BARE_CR },
		{ CODE_EOL_BARE_LF, FIX_BARE_LF }, { CODE_EOL_CRLF, FIX_CRLF },
		{ CODE_EOL_CRCRLF, FIX_CRCRLF }, { CODE_LIMIT_NUL, FIX_NUL },
	};
	unsigned classes = 0;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (codes >> of[i].code & 1)
			classes |= of[i].c;
	if (fix_spared(codes) != fix_spared(0))
		classes |= FIX_LOOK_ALIKE;
	return classes;
}

code_set
fix_spared(code_set codes)
{
	const code_set all = (1ull << (CODE_EOD_STUFFED_DOT + 1)) -
	    (1ull << CODE_EOD_CRLF_CRLF);

	/* These two are no look-alikes to a repair. */
	return all & ~codes & ~(1ull << CODE_EOD_DOT_SPACE |
	    1ull << CODE_EOD_SPACE_DOT);
}

/* What a bare CR may become. */
static unsigned
kinds_of_cr(const struct fix_options *o)
{
	const unsigned to_break = EDIT_SPACE_CR | (o->to == BRK_CRLF ?
	    EDIT_CR_TO_CRLF : EDIT_CR_TO_LF);

	if (o->cr_is_break && (o->classes & FIX_BARE_CR) != 0)
		return to_break;
	switch (o->cr) {
	case FIX_CR_SPACE:
		return EDIT_SPACE_CR;
	case FIX_CR_NEWLINE:
		return to_break;
	case FIX_CR_DROP:
		return EDIT_SPACE_CR | EDIT_DROP_CR;
	default:
		return 0;
	}
}

unsigned
fix_kinds(const struct fix_options *o)
{
	const bool acts = (o->classes & FIX_LOOK_ALIKE) != 0 &&
	    o->eod < FIX_EOD_KEEP;
	const unsigned c = o->classes;
	unsigned kinds = 0;

	if (acts || (c & FIX_BARE_CR) != 0)
		kinds |= kinds_of_cr(o);
	if (o->to == BRK_CRLF ? acts || (c & FIX_BARE_LF) != 0 :
	    acts && o->eod == FIX_EOD_CRLF)
		kinds |= EDIT_ADD_CR;
	if (acts || (c & FIX_CRCRLF) != 0 ||
	    (o->to == BRK_LF && (c & FIX_CRLF) != 0))
		kinds |= EDIT_CUT_CR | EDIT_SPACE_CR;
	if ((c & FIX_NUL) != 0 && o->nul != FIX_NUL_KEEP)
		kinds |= EDIT_SPACE_NUL | (o->nul == FIX_NUL_DROP ?
		    EDIT_DROP_NUL : 0);
	if (acts && o->eod == FIX_EOD_STUFF)
		kinds |= EDIT_STUFF;
	if (acts && o->eod == FIX_EOD_REMOVE)
		kinds |= EDIT_CUT_DOT;
	return kinds;
}

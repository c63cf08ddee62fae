/*
 * The census, once per kind of break; see block.h for what it is made of.
 */
#ifndef BAREDOT_CENSUS_LOOPS_H
#define BAREDOT_CENSUS_LOOPS_H

#include "block.h"
#include "census.h"

/* Blocks that are looked at together: as many as there are registers for. */
#ifdef __AVX512BW__
#define GROUP 8u
#else
#define GROUP 4u
#endif

/* Steps of HALF blocks or fewer without a break from which on a line may be
 * over 998 bytes: with the bytes before and behind them. */
#define HALF 4u
#define STEPS_LONG 2u

#define BEHIND 2u		/* bytes behind a block that odd_add_begins
				 * reads */

struct pass {
	uint64_t in_line;	/* of the line that was begun before p */
	uint64_t cr_before;	/* 1: the byte before is a CR (CRLF only) */
	uint64_t lines;
	size_t seen;		/* the last break is in the group that ends
				 * here; 0: there was none */
	unsigned run;		/* steps without a break since then */
};

static inline uint8_t
last_byte(enum brk kind)
{
	return kind == BRK_CR ? '\r' : '\n';
}

/* The byte that no such line has, beside NUL. */
static inline uint8_t
other_byte(enum brk kind)
{
	return kind == BRK_LF ? '\r' : kind == BRK_CR ? '\n' : 0;
}

static inline struct pass
pass_begin(uint64_t in_line)
{
	return (struct pass){
		.in_line = in_line,
		.run = in_line > 0 ? STEPS_LONG : 0,
	};
}

/* Bytes before p[i] that are the current line's. */
static uint64_t
pass_in_line(const struct pass *s, const uint8_t *p, size_t i, uint8_t last)
{
	size_t at = s->seen;
	uint64_t ends;

	if (at == 0)
		return s->in_line + i;
	do {
		at -= BLOCK;
		ends = block_eq(block_load(p + at), last);
	} while (ends == 0);
	return i - (at + BLOCK - (size_t)__builtin_clzll(ends));
}

/*
 * The line at p[at] is dotty or begins like RCPT TO, or p does not show enough
 * of it to tell; it shows BEHIND bytes at least.
 */
static bool
line_matters(const uint8_t *p, size_t n, size_t at)
{
	size_t end = at;

	if (ascii_lower(p[at]) == 'r')
		return begins_rcpt(p + at, n - at);
	if (p[at] != '.' && p[at + 1] != '.')
		return false;
	while (end < n && end - at <= DOTTY_MAX && p[end] != '\n' &&
	    p[end] != '\r')
		end++;
	return end == n || line_is_dotty(p + at, end - at);
}

/* Does any line that begins behind the breaks of the blocks at p[i] matter? */
static bool
any_matters(const uint8_t *p, size_t n, size_t i, unsigned blocks,
    uint8_t last)
{
	uint64_t ends;

	for (; blocks-- > 0; i += BLOCK)
		for (ends = block_eq(block_load(p + i), last); ends != 0;
		    ends &= ends - 1)
			if (line_matters(p, n, i + 1 +
			    (size_t)__builtin_ctzll(ends)))
				return true;
	return false;
}

/* A CR before p[i] may belong to a CRLF, or to a CRCRLF. */
static bool
census_cr_unsure(const uint8_t *p, size_t n, size_t i)
{
	return n - i < 2 || p[i] == '\n' || (p[i] == '\r' &&
	    p[i + 1] == '\n');
}

/* What is in the blocks at hand. */
struct group {
	uint64_t last;		/* breaks of the last block */
	uint64_t cr_before;
	uint64_t split;		/* not 0: a CR or LF alone (CRLF only) */
	uint64_t any[2];	/* not 0: there is a break in this half */
	uint64_t lines;
	struct odd odd;
	struct odd begins;	/* lines that are to be looked at */
};

static inline __attribute__((always_inline)) void
group_add(struct group *g, const uint8_t *p, unsigned half, enum brk kind)
{
	const struct block b = block_load(p);
	const uint64_t ends = block_eq(b, last_byte(kind));

	g->begins = odd_add_begins(g->begins, p, ends, last_byte(kind));
	g->odd = odd_add(g->odd, b, 0, other_byte(kind));
	if (kind == BRK_CRLF) {
		const uint64_t cr = block_eq(b, '\r');

		g->split |= (cr << 1 | g->cr_before) ^ ends;
		g->cr_before = cr >> 63;
	}
	g->any[half] |= ends;
	g->lines += (uint64_t)__builtin_popcountll(ends);
	g->last = ends;
}

/* The line that goes on at p[i] gets too long in the n bytes there. */
static bool
too_long(const struct pass *s, const uint8_t *p, size_t i, size_t n,
    uint8_t last)
{
	const uint64_t before = pass_in_line(s, p, i, last);
	uint64_t ends = 0;
	size_t k = 0;

	while (k < n && (ends = block_eq(block_load(p + i + k), last)) == 0)
		k += BLOCK;
	if (ends != 0)
		k += (size_t)__builtin_ctzll(ends);
	return before + k > LINE_LIMIT;
}

/*
 * Pass over that many blocks at p[i], 1, HALF or 8, or over none.  blocks and
 * kind are constants at each of the calls below, so that each becomes a loop
 * of its own.  In a CRLF message a CR and the LF behind it must coincide.
 */
static inline __attribute__((always_inline)) bool
pass_over_blocks(struct pass *s, const uint8_t *p, size_t n, size_t i,
    unsigned blocks, enum brk kind)
{
	const size_t next = i + blocks * BLOCK;
	struct group g = { .cr_before = s->cr_before, .odd = odd_none(),
	    .begins = odd_none() };
	unsigned run;

	group_add(&g, p + i, 0, kind);
	if (blocks > 1) {
		group_add(&g, p + i + BLOCK, 0, kind);
		group_add(&g, p + i + 2 * BLOCK, 0, kind);
		group_add(&g, p + i + 3 * BLOCK, 0, kind);
	}
	if (blocks > HALF) {
		group_add(&g, p + i + 4 * BLOCK, 1, kind);
		group_add(&g, p + i + 5 * BLOCK, 1, kind);
		group_add(&g, p + i + 6 * BLOCK, 1, kind);
		group_add(&g, p + i + 7 * BLOCK, 1, kind);
	}
	if (odd_any(g.odd) || g.split != 0)
		return false;
	if (odd_any(g.begins) && any_matters(p, n, i, blocks,
	    last_byte(kind)))
		return false;
	if (kind == BRK_CR && g.last >> 63 && census_cr_unsure(p, n, next))
		return false;
	run = g.any[0] == 0 ? s->run + 1 : 0;
	if (blocks > HALF)
		run = g.any[1] == 0 ? run + 1 : 0;
	if (s->run + (g.any[0] == 0) >= STEPS_LONG &&
	    too_long(s, p, i, next - i, last_byte(kind)))
		return false;
	s->run = run;
	s->seen = (g.any[0] | g.any[1]) == 0 ? s->seen : next;
	s->lines += g.lines;
	s->cr_before = g.cr_before;
	return true;
}

static inline __attribute__((always_inline)) size_t
census_loop(const uint8_t *p, size_t n, enum brk kind, struct census *c)
{
	struct pass s = pass_begin(c->in_line);
	size_t i = 0;

	c->lines = 0;
	if (c->in_line > LINE_LIMIT || n < BLOCK + BEHIND ||
	    (c->in_line == 0 && line_matters(p, n, 0)))
		return 0;
	for (;;) {
		while (n - i >= GROUP * BLOCK + BEHIND &&
		    pass_over_blocks(&s, p, n, i, GROUP, kind))
			i += GROUP * BLOCK;
		if (n - i < BLOCK + BEHIND ||
		    !pass_over_blocks(&s, p, n, i, 1, kind))
			break;
		i += BLOCK;
	}
	c->lines = s.lines;
	c->cr_open = s.cr_before != 0;
	c->in_line = pass_in_line(&s, p, i, last_byte(kind));
	return i;
}

static size_t
census_run(const uint8_t *p, size_t n, enum brk native, struct census *c)
{
	switch (native) {
	case BRK_CRLF:
		return census_loop(p, n, BRK_CRLF, c);
	case BRK_CR:
		return census_loop(p, n, BRK_CR, c);
	default:
		return census_loop(p, n, BRK_LF, c);
	}
}

/* Blocks without a break after which a line might be over 998 bytes. */
#define RUN_MAX 13u

#define HEAD_MAX 64u	/* bytes of a line that tell a plain field */

/* A Content-Type, but one that says "text/..." or the like.  A multipart's,
 * and any that is not quite ordinary, has to be read. */
static inline bool
is_single_part(const uint8_t *p)
{
	const uint8_t c = ascii_lower(p[14]);

	return p[12] == ':' && p[13] == ' ' && c >= 'a' && c <= 'z' &&
	    c != 'm';
}

/* A Message-ID or the Content-Type of a multipart, perhaps; 15 bytes are
 * there. */
static inline bool
is_read(const uint8_t *p)
{
	const uint8_t c = ascii_lower(p[0]);

	return (c == 'm' && ascii_lower(p[1]) == 'e') ||
	    (c == 'c' && ascii_lower(p[8]) == 't' &&
	    ascii_lower(p[9]) == 'y' && !is_single_part(p));
}

/* The line at p[at] begins as a field or continuation that need not be read. */
static inline __attribute__((always_inline)) bool
plain_field(const uint8_t *p, size_t n, size_t at)
{
	size_t i = at;

	if (n - at < HEAD_MAX)
		return false;
	if (ascii_wsp(p[at]))
		return p[at + 1] != '.';
	if (is_read(p + at))
		return false;
	while (i - at < HEAD_MAX && ascii_ftext(p[i]))
		i++;
	return i > at && i - at < HEAD_MAX && p[i] == ':';
}

static inline __attribute__((always_inline)) size_t
fields_loop(const uint8_t *p, size_t n, enum brk kind, uint64_t *lines)
{
	uint64_t cr_before = 0;
	size_t done = 0;	/* the lines before it are plain */
	unsigned run = 0;

	*lines = 0;
	if (!plain_field(p, n, 0))
		return 0;
	for (size_t i = 0; n - i >= BLOCK; i += BLOCK) {
		const struct block b = block_load(p + i);
		const uint64_t ends = block_eq(b, last_byte(kind));
		const uint64_t cr = kind == BRK_CRLF ? block_eq(b, '\r') : 0;

		if (block_high(b) != 0 || odd_any(odd_add(odd_none(), b, 0,
		    other_byte(kind))) || (kind == BRK_CRLF &&
		    (cr << 1 | cr_before) != ends))
			break;
		if (ends == 0 && run++ >= RUN_MAX)
			break;
		for (uint64_t m = ends; m != 0; m &= m - 1) {
			run = 0;
			done = i + (size_t)__builtin_ctzll(m) + 1;
			++*lines;
			if (!plain_field(p, n, done))
				return done;
		}
		cr_before = cr >> 63;
	}
	return done;
}

static size_t
fields_run(const uint8_t *p, size_t n, enum brk native, uint64_t *lines)
{
	switch (native) {
	case BRK_CRLF:
		return fields_loop(p, n, BRK_CRLF, lines);
	case BRK_CR:
		return fields_loop(p, n, BRK_CR, lines);
	default:
		return fields_loop(p, n, BRK_LF, lines);
	}
}

#endif

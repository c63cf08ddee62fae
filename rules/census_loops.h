/*
 * The census, once per kind of break; see block.h for what it is made of.
 */
#ifndef BAREDOT_CENSUS_LOOPS_H
#define BAREDOT_CENSUS_LOOPS_H

#include "block.h"
#include "census.h"

/* Blocks without a break after which a line might be over 998 bytes. */
#define RUN_MAX 13u

/*
 * The bytes behind these are what will be looked at next, and are likely not
 * in the cache yet: fetch them while there is something else to do.
 */
#define AHEAD_MAX (64u << 10)

struct pass {
	uint64_t breaks;	/* of the block before: where lines ended */
	uint64_t last;		/* of the last block that had a break */
	size_t last_at;		/* where that block is; NO_BREAK */
	unsigned run;		/* blocks since then, or since the line began */
};
#define NO_BREAK SIZE_MAX

static inline struct pass
pass_begin(uint64_t in_line)
{
	struct pass s = { .last_at = NO_BREAK };

	/* As if the block before ended with this much of the line. */
	s.breaks = in_line < BLOCK ? 1ull << (BLOCK - 1 - in_line) : 0;
	s.run = in_line > RUN_MAX * BLOCK ? RUN_MAX :
	    (unsigned)((in_line + BLOCK - 1) / BLOCK);
	return s;
}

/*
 * A dot is the first or second byte of a line: is any such line dotty?  Where
 * p does not show the whole beginning of the line, say yes.
 */
static bool
census_dotty(const uint8_t *p, size_t n, size_t i, uint64_t first,
    uint64_t dots)
{
	for (; dots != 0; dots &= dots - 1) {
		const size_t bit = (size_t)__builtin_ctzll(dots);
		const size_t second = (first >> bit & 1) == 0;
		const size_t at = i + bit;
		size_t end = at;

		if (second > at)
			return true;
		while (end < n && end - at < DOTTY_MAX && p[end] != '\n' &&
		    p[end] != '\r')
			end++;
		if (end == n || line_is_dotty(p + at - second,
		    end - at + second))
			return true;
	}
	return false;
}

/* The block at i ends in a CR that may belong to a CRLF, or to a CRCRLF. */
static bool
census_cr_unsure(const uint8_t *p, size_t n, size_t i)
{
	const uint8_t *next = p + i + BLOCK;

	return n - i < BLOCK + 2 || next[0] == '\n' ||
	    (next[0] == '\r' && next[1] == '\n');
}

static size_t
pass_end(const struct pass *s, size_t i, struct census *c)
{
	if (s->last_at == NO_BREAK)
		c->in_line += i;
	else
		c->in_line = i - s->last_at - (BLOCK -
		    (size_t)__builtin_clzll(s->last));
	return i;
}

/*
 * kind is a constant at each of the calls below, so that each becomes a loop
 * of its own.  In a CRLF message a CR and the LF behind it must coincide.
 */
static inline __attribute__((always_inline)) size_t
census_loop(const uint8_t *p, size_t n, enum brk kind, struct census *c)
{
	struct pass s = pass_begin(c->in_line);
	const size_t ahead = n < AHEAD_MAX ? n : AHEAD_MAX;
	uint64_t cr_before = 0, lines = 0;
	size_t i;

	c->lines = 0;
	if (c->in_line > RUN_MAX * BLOCK)
		return 0;
	for (i = 0; n - i >= BLOCK; i += BLOCK) {
		const struct block b = block_load(p + i);
		const uint64_t ends = block_eq(b, kind == BRK_CR ? '\r' :
		    '\n');
		const uint64_t first = ends << 1 | s.breaks >> 63;
		const uint64_t second = ends << 2 | s.breaks >> 62;
		const uint64_t dots = block_eq(b, '.') & (first | second);
		const uint64_t cr = kind == BRK_CRLF ? block_eq(b, '\r') : ends;

		__builtin_prefetch(p + i + ahead);
		if (kind == BRK_CRLF ? block_has(b, 0, 0) ||
		    (cr << 1 | cr_before) != ends :
		    block_has(b, 0, kind == BRK_CR ? '\n' : '\r'))
			break;
		if (dots != 0 && census_dotty(p, n, i, first, dots))
			break;
		if (kind == BRK_CR && cr >> 63 && census_cr_unsure(p, n, i))
			break;
		if (ends == 0) {
			if (s.run++ >= RUN_MAX)
				break;
		} else {
			s.run = 0;
			s.last = ends;
			s.last_at = i;
			lines += (uint64_t)__builtin_popcountll(ends);
		}
		s.breaks = ends;
		cr_before = cr >> 63;
	}
	c->lines = lines;
	c->cr_open = kind == BRK_CRLF && cr_before;
	return pass_end(&s, i, c);
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

#define HEAD_MAX 64u	/* bytes of a line that tell a plain field */

/* The line at p[at] begins as a field or continuation that need not be read. */
static inline bool
plain_field(const uint8_t *p, size_t n, size_t at)
{
	size_t i = at;

	if (n - at < HEAD_MAX)
		return false;
	if (ascii_wsp(p[at]))
		return p[at + 1] != '.';
	if (ascii_lower(p[at]) == 'm' && ascii_lower(p[at + 1]) == 'e')
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
		const uint64_t ends = block_eq(b, kind == BRK_CR ? '\r' :
		    '\n');
		const uint64_t cr = kind == BRK_CRLF ? block_eq(b, '\r') : 0;

		if (block_high(b) != 0 || (kind == BRK_CRLF ?
		    block_has(b, 0, 0) || (cr << 1 | cr_before) != ends :
		    block_has(b, 0, kind == BRK_CR ? '\n' : '\r')))
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

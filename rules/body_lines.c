/*
 * See body_lines.h.
 *
 * A search in each line would take far longer than all the rest.  Most
 * patterns need some text to be there: that is looked for in all whole lines
 * of a span at once, and only lines that have it are searched.
 */
#include "body_lines.h"

bool
body_lines_open(struct body_lines *b, struct searcher *s,
    const struct kernel *k)
{
	b->searcher = s;
	b->kernel = k;
	b->plain_n = 0;
	needles_clear(&b->needles);
	for (unsigned i = 0; i < s->rules->n; i++) {
		const struct pattern_rule *r = s->rules->rule[i];

		if (r->scope != SCOPE_BODY_LINE)
			continue;
		if (r->literals.n == 0 ||
		    !needles_add(&b->needles, &r->literals, i))
			b->plain[b->plain_n++] = i;
	}
	needles_ready(&b->needles, k);
	return b->plain_n > 0 || b->needles.n > 0;
}

void
body_lines_begin(struct body_lines *b, uint64_t off)
{
	b->off = off;
	b->after_cr = false;
	b->open = false;
	memset(b->seen, 0, sizeof(b->seen));
}

/* A line that is at off, or its first bytes. */
static void
search_line(struct body_lines *b, size_t rule, struct span head,
    uint64_t off, bool longer)
{
	const struct search in = { .subject = head, .goes_on = longer };
	size_t at, end;

	if (searcher_try(b->searcher, rule, &in, off, &at, &end))
		searcher_note(b->searcher, rule, off + at, head, at);
}

/* --- whole lines */

static bool
is_break(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* The first break in s, or s.n. */
static size_t
next_break(const struct body_lines *b, struct span s)
{
	struct masks m;

	for (size_t i = 0; i < s.n; i += 64) {
		masks_of(b->kernel, s.p + i, s.n - i, &m);
		if ((m.lf | m.cr) != 0)
			return i + (size_t)__builtin_ctzll(m.lf | m.cr);
	}
	return s.n;
}

/* How far before s.p[at] its line begins; more than LINE_HEAD: far. */
static size_t
line_back(struct span s, size_t at)
{
	size_t n = 0;

	while (n < at && n <= LINE_HEAD && !is_break(s.p[at - n - 1]))
		n++;
	return n;
}

/*
 * A rule's needle is at now.p[at]: look at its line, once.  Of a long line the
 * end has to be found as well, or each needle in it would take this long.
 */
static bool
see_needle(void *ctx, size_t at, unsigned rule)
{
	struct body_lines *b = ctx;
	struct span rest;
	size_t back, n;

	if (b->now_off + at < b->seen[rule] || b->searcher->found[rule].off)
		return true;
	back = line_back(b->now, at);
	at -= back <= LINE_HEAD ? back : 0;
	rest = (struct span){ b->now.p + at, b->now.n - at };
	n = next_break(b, rest);
	b->seen[rule] = b->now_off + at + n;
	if (back < LINE_HEAD)
		search_line(b, rule, (struct span){ rest.p,
		    n < LINE_HEAD ? n : LINE_HEAD }, b->now_off + at,
		    n > LINE_HEAD);
	return true;
}

/* Show each of these lines to the rules that must see them all. */
static void
each_line(struct body_lines *b)
{
	struct span s = b->now;
	uint64_t off = b->now_off;
	bool after_cr = b->after_cr;
	size_t n;

	while (s.n > 0) {
		n = next_break(b, s);
		for (size_t i = 0; i < b->plain_n && (n > 0 || n == s.n ||
		    s.p[n] != '\n' || !after_cr); i++)
			search_line(b, b->plain[i], (struct span){ s.p,
			    n < LINE_HEAD ? n : LINE_HEAD }, off,
			    n > LINE_HEAD);
		after_cr = n < s.n && s.p[n] == '\r';
		n += n < s.n;
		off += n;
		s = (struct span){ s.p + n, s.n - n };
	}
}

static void
see_lines(struct body_lines *b, struct span s, uint64_t off)
{
	b->now = s;
	b->now_off = off;
	searcher_start(b->searcher, s.n);
	needles_find(&b->needles, s, see_needle, b);
	if (b->plain_n > 0)
		each_line(b);
}

/* --- lines that are cut */

static void
keep(struct body_lines *b, struct span s)
{
	const size_t have = b->line_n < LINE_HEAD ? (size_t)b->line_n :
	    LINE_HEAD;
	const size_t n = s.n < LINE_HEAD - have ? s.n : LINE_HEAD - have;

	if (n > 0)
		memcpy(b->line + have, s.p, n);
	b->line_n += s.n;
}

/* The line that was kept ends here. */
static void
see_kept(struct body_lines *b)
{
	const bool longer = b->line_n > LINE_HEAD;
	const struct span head = { b->line,
	    longer ? LINE_HEAD : (size_t)b->line_n };

	b->open = false;
	searcher_start(b->searcher, head.n);
	for (size_t i = 0; i < b->searcher->rules->n; i++)
		if (b->searcher->rules->rule[i]->scope == SCOPE_BODY_LINE)
			search_line(b, i, head, b->line_off, longer);
	b->after_cr = false;
}

static void
step(struct body_lines *b, struct span *s, size_t n)
{
	if (n > 0)
		b->after_cr = s->p[n - 1] == '\r';
	b->off += n;
	*s = (struct span){ s->p + n, s->n - n };
}

void
body_lines_feed(struct body_lines *b, struct span s)
{
	size_t n;

	if (b->open) {
		n = next_break(b, s);
		keep(b, (struct span){ s.p, n });
		if (n == s.n) {
			step(b, &s, n);
			return;
		}
		see_kept(b);
		step(b, &s, n + 1);
	}
	if (s.n > 0 && (n = lines_whole(s)) > 0) {
		see_lines(b, (struct span){ s.p, n }, b->off);
		step(b, &s, n);
	}
	if (s.n > 0) {
		b->open = true;
		b->line_off = b->off;
		b->line_n = 0;
		keep(b, s);
		step(b, &s, s.n);
	}
}

void
body_lines_end(struct body_lines *b)
{
	if (b->open)
		see_kept(b);
}

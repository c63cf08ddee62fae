/*
 * See literal.h.  A parser for the part of PCRE2's syntax that nearly all
 * patterns keep to; at the first thing beyond it, it gives up.
 */
#include "literal.h"

#define DEPTH_MAX 40u		/* of parentheses */

struct reader {
	struct span rest;
	unsigned depth;
	bool lost;		/* something that is not known here */
};

/* A sequence as it is read: the literal that grows, and the best so far. */
struct sequence {
	struct literal run;
	struct literals *best;
};

static void read_choice(struct reader *, struct literals *);

static bool
at_end(const struct reader *r)
{
	return r->lost || r->rest.n == 0;
}

static uint8_t
peek(const struct reader *r)
{
	return r->rest.n > 0 ? r->rest.p[0] : 0;
}

static void
skip(struct reader *r, size_t n)
{
	if (n > r->rest.n) {
		r->lost = true;
		n = r->rest.n;
	}
	r->rest = (struct span){ r->rest.p + n, r->rest.n - n };
}

static bool
take(struct reader *r, struct span s)
{
	if (!span_starts(r->rest, s))
		return false;
	skip(r, s.n);
	return true;
}

static bool
is_one_of(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

/* --- which literals are better */

static size_t
shortest(const struct literals *l)
{
	size_t n = l->n > 0 ? LITERAL_MAX : 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].n < n)
			n = l->list[i].n;
	return n;
}

static void
consider(struct literals *best, const struct literals *other)
{
	const size_t a = shortest(best), b = shortest(other);

	if (b >= LITERAL_MIN && (b > a || (b == a && other->n < best->n)))
		*best = *other;
}

/* The literal that was growing has ended. */
static void
end_run(struct sequence *s)
{
	struct literals one = { .n = 1, .list = { s->run } };

	consider(s->best, &one);
	s->run.n = 0;
}

static void
grow_run(struct sequence *s, uint8_t c)
{
	if (s->run.n == LITERAL_MAX)
		end_run(s);
	s->run.p[s->run.n++] = ascii_lower(c);
}

/* --- quantifiers */

enum times { ONCE, OFTEN, PERHAPS };	/* 1; 1 or more; 0 or more */

/* {2}, {2,} or {2,3}: bytes, and whether it begins with 0. */
static size_t
braces(struct span s, bool *zero)
{
	size_t i = 1;

	*zero = true;
	for (; i < s.n && ascii_digit(s.p[i]); i++)
		*zero = *zero && s.p[i] == '0';
	if (i == 1)
		return 0;
	if (i < s.n && s.p[i] == ',')
		i++;
	while (i < s.n && ascii_digit(s.p[i]))
		i++;
	return i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

static enum times
read_quantifier(struct reader *r)
{
	const uint8_t c = peek(r);
	enum times times = c == '+' ? OFTEN : PERHAPS;
	size_t n = 1;
	bool zero;

	if (r->rest.n == 0 || !is_one_of(c, "?*+{"))
		return ONCE;
	if (c == '{') {
		n = braces(r->rest, &zero);
		r->lost = r->lost || n == 0;
		times = zero ? PERHAPS : OFTEN;
	}
	skip(r, n);
	if (is_one_of(peek(r), "?+"))
		skip(r, 1);
	return times;
}

/* --- the things in a sequence */

static void
read_byte(struct reader *r, struct sequence *s, uint8_t c)
{
	const enum times times = read_quantifier(r);

	if (times != PERHAPS)
		grow_run(s, c);
	if (times != ONCE)
		end_run(s);
}

/* Something that takes any of several bytes, or none. */
static void
read_any(struct reader *r, struct sequence *s)
{
	(void)read_quantifier(r);
	end_run(s);
}

static int
hex_digit(uint8_t c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind \x: up to two digits. */
static void
read_hex(struct reader *r, struct sequence *s)
{
	unsigned v = 0;

	if (peek(r) == '{') {
		r->lost = true;
		return;
	}
	for (unsigned i = 0; i < 2 && r->rest.n > 0 &&
	    hex_digit(peek(r)) >= 0; i++) {
		v = v * 16 + (unsigned)hex_digit(peek(r));
		skip(r, 1);
	}
	read_byte(r, s, (uint8_t)v);
}

/* Behind a backslash. */
static void
read_escape(struct reader *r, struct sequence *s)
{
	static const char letters[] = "tnrfea";
	static const uint8_t bytes[] = { 9, 10, 13, 12, 27, 7 };
	const uint8_t c = peek(r);
	const uint8_t lower = ascii_lower(c);
	const char *at = c == 0 ? NULL : strchr(letters, c);

	skip(r, 1);
	if (at != NULL)
		read_byte(r, s, bytes[at - letters]);
	else if (c == 'x')
		read_hex(r, s);
	else if (c == 'N' && peek(r) == '{')
		r->lost = true;
	else if (is_one_of(c, "dDwWsShHvVNRXbBAzZGKC"))
		read_any(r, s);
	else if (ascii_digit(c) || (lower >= 'a' && lower <= 'z') || c > 127)
		r->lost = true;
	else
		read_byte(r, s, c);
}

/* Behind the [ of [:name:]; else the bracket is not understood. */
static void
skip_posix(struct reader *r)
{
	if (!is_one_of(peek(r), ":.="))
		return;
	skip(r, 1);
	while (peek(r) == '^' || (peek(r) >= 'a' && peek(r) <= 'z'))
		skip(r, 1);
	if (!take(r, SPAN(":]")))
		r->lost = true;
}

/* Behind the [ of a class. */
static void
skip_class(struct reader *r)
{
	uint8_t c;

	(void)take(r, SPAN("^"));
	(void)take(r, SPAN("]"));
	while (!at_end(r) && (c = peek(r)) != ']') {
		skip(r, 1);
		if (c == '\\') {
			if (is_one_of(peek(r), "cQEN"))
				r->lost = true;
			skip(r, 1);
		} else if (c == '[') {
			skip_posix(r);
		}
	}
	skip(r, 1);
}

/* --- groups */

enum group { GROUP_TEXT, GROUP_ASIDE, GROUP_FLAGS, GROUP_LOST };

/* Behind (? of a name: up to its end. */
static enum group
skip_name(struct reader *r, uint8_t end)
{
	while (!at_end(r) && peek(r) != end && peek(r) != ')')
		skip(r, 1);
	if (peek(r) != end)
		return GROUP_LOST;
	skip(r, 1);
	return GROUP_TEXT;
}

/* (?i) or (?i:, but for x, which makes white space and # mean nothing. */
static enum group
skip_flags(struct reader *r)
{
	while (is_one_of(peek(r), "imsnJU-"))
		skip(r, 1);
	if (take(r, SPAN(")")))
		return GROUP_FLAGS;
	return take(r, SPAN(":")) ? GROUP_TEXT : GROUP_LOST;
}

/* Behind the parenthesis: what kind of group it is. */
static enum group
read_group_kind(struct reader *r)
{
	if (peek(r) == '*')
		return GROUP_LOST;
	if (!take(r, SPAN("?")))
		return GROUP_TEXT;
	if (take(r, SPAN(">")) || take(r, SPAN("|")))
		return GROUP_TEXT;
	if (take(r, SPAN("=")) || take(r, SPAN("!")) ||
	    take(r, SPAN("<=")) || take(r, SPAN("<!")))
		return GROUP_ASIDE;
	if (take(r, SPAN("<")) || take(r, SPAN("P<")))
		return skip_name(r, '>');
	if (take(r, SPAN("'")))
		return skip_name(r, '\'');
	return skip_flags(r);
}

/* Behind the parenthesis. */
static void
read_group(struct reader *r, struct sequence *s)
{
	const enum group kind = read_group_kind(r);
	struct literals inner;

	end_run(s);
	if (kind == GROUP_FLAGS)
		return;
	if (kind == GROUP_LOST || r->depth == DEPTH_MAX) {
		r->lost = true;
		return;
	}
	r->depth++;
	read_choice(r, &inner);
	r->depth--;
	if (!take(r, SPAN(")")))
		r->lost = true;
	if (read_quantifier(r) != PERHAPS && kind == GROUP_TEXT)
		consider(s->best, &inner);
}

static void
read_sequence(struct reader *r, struct literals *best)
{
	struct sequence s = { .best = best };
	uint8_t c;

	best->n = 0;
	while (!at_end(r) && (c = peek(r)) != '|' && c != ')') {
		skip(r, 1);
		if (c == '(')
			read_group(r, &s);
		else if (c == '[') {
			skip_class(r);
			read_any(r, &s);
		} else if (c == '\\')
			read_escape(r, &s);
		else if (is_one_of(c, ".^$"))
			read_any(r, &s);
		else if (is_one_of(c, "{?*+"))
			r->lost = true;
		else
			read_byte(r, &s, c);
	}
	end_run(&s);
}

/* Sequences between bars: one literal of each. */
static void
read_choice(struct reader *r, struct literals *out)
{
	struct literals more;
	bool all = true;

	read_sequence(r, out);
	all = out->n > 0;
	while (!at_end(r) && take(r, SPAN("|"))) {
		read_sequence(r, &more);
		all = all && more.n > 0 && more.n <= LITERALS_MAX - out->n;
		for (size_t i = 0; all && i < more.n; i++)
			out->list[out->n++] = more.list[i];
	}
	if (!all)
		out->n = 0;
}

void
literals_of(struct span pattern, struct literals *out)
{
	struct reader r = { .rest = pattern };

	read_choice(&r, out);
	if (r.lost || r.rest.n > 0)
		out->n = 0;
}

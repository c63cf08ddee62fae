/*
 * See mend_cut.h.
 */
#include "mend_cut.h"

#include "from.h"

#define FROM SPAN("From ")

static bool
is_break(uint8_t c)
{
	return c == '\n' || c == '\r';
}

/* No line ends before the last byte: at an LF, or at a CR where that ends
 * it. */
static bool
is_one_line(struct span s)
{
	return memchr(s.p, '\n', s.n - 1) == NULL &&
	    (s.p[s.n - 1] == '\n' || memchr(s.p, '\r', s.n - 1) == NULL);
}

/* A From_ line stands there; before the first message there may be none. */
static bool
is_separator(struct mend_apply *m, uint64_t from, uint64_t to)
{
	uint8_t line[1 + FROM_AHEAD];
	const size_t before = from > 0;
	struct span s;

	if (from == to)
		return from == 0;
	if (to - from > FROM_AHEAD)
		return false;
	s = (struct span){ line + before, (size_t)(to - from) };
	return mend_apply_look(m, from - before, line, before + s.n) &&
	    (before == 0 || is_break(line[0])) && span_starts(s, FROM) &&
	    is_one_line(s);
}

/*
 * An empty line at most, and behind it another From_ line, at the start of a
 * line, or the end.
 */
static bool
is_gap(struct mend_apply *m, uint64_t from, uint64_t to)
{
	uint8_t p[2 + sizeof("From ") - 1], before;
	struct span s = { p, to < m->size ? FROM.n : 0 };
	const size_t n = to - from <= 2 ? (size_t)(to - from) : 0;

	if (to - from > 2 || (s.n + n > 0 &&
	    !mend_apply_look(m, from, p, s.n + n)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_break(p[i]))
			return false;
	s.p += n;
	return s.n == 0 || (span_eq(s, FROM) && (to == 0 ||
	    (mend_apply_look(m, to - 1, &before, 1) && is_break(before))));
}

bool
mend_cut_is_message(struct mend_apply *m, const struct mend_cut *w)
{
	return is_separator(m, w->from, w->off) &&
	    is_gap(m, w->off + w->len, w->to);
}

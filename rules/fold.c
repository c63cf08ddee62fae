/*
 * See fold.h.
 */
#include "fold.h"

/* Text that a line may consist of. */
static bool
is_solid(uint8_t c)
{
	return !ascii_wsp(c) && c != '.' && c != '\r' && c != 0;
}

static bool
becomes_solid(struct fold *f, size_t i)
{
	const struct span s = f->line;

	if (i < f->known_to)
		return f->known;
	while (i < s.n && (ascii_wsp(s.p[i]) || s.p[i] == '.'))
		i++;
	f->known_to = i;
	f->known = i < s.n && is_solid(s.p[i]);
	return f->known;
}

/* In a quoted string behind line.p[i], if it was `quoted` before. */
static bool
quoted_behind(const struct fold *f, size_t i, bool quoted)
{
	size_t slashes = 0;

	if (f->line.p[i] != '"')
		return quoted;
	while (quoted && slashes < i && f->line.p[i - slashes - 1] == '\\')
		slashes++;
	return slashes % 2 == 1 ? quoted : !quoted;
}

bool
fold_ends_quoted(const struct fold *f)
{
	bool quoted = f->quoted;

	for (size_t i = f->value; i < f->line.n; i++)
		quoted = quoted_behind(f, i, quoted);
	return quoted;
}

/* At the beginning of a run of white space, which is that behind a backslash
 * if there is one. */
static bool
may_fold(struct fold *f, size_t i)
{
	const uint8_t *p = f->line.p;

	if (i == 0 || !ascii_wsp(p[i]) || p[i - 1] == '\\' ||
	    (ascii_wsp(p[i - 1]) && (i == 1 || p[i - 2] != '\\')))
		return false;
	return becomes_solid(f, i);
}

/* A run of white space and the word behind it may be too long for one line
 * where they are not for two. */
static size_t
inside_run(const struct fold *f, size_t from, size_t at, size_t max)
{
	const struct span s = f->line;
	size_t run = at, word, cut;

	while (run < s.n && ascii_wsp(s.p[run]))
		run++;
	for (word = run; word < s.n && !ascii_wsp(s.p[word]); word++)
		;
	if (word - at <= f->max)
		return at;
	cut = word - f->max;
	return cut < run && cut - from <= max ? cut : at;
}

bool
fold_next(struct fold *f, size_t from, size_t *at)
{
	const size_t max = from == 0 ? f->first_max : f->max;
	const struct span s = f->line;
	bool solid = false, found = false, quoted = f->quoted;

	for (size_t i = f->value; i < s.n && !(found && i - from > max); i++) {
		if (i > from && solid && !(f->quotes && quoted) &&
		    may_fold(f, i)) {
			*at = i;
			found = true;
		}
		quoted = quoted_behind(f, i, quoted);
		if (i < from)
			continue;
		solid = s.p[i] != '\r' && (solid || is_solid(s.p[i]));
	}
	if (found)
		*at = inside_run(f, from, *at, max);
	return found;
}

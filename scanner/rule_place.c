/*
 * See rule_place.h.
 */
#include "rule_place.h"

/* The line, from 1, without its break. */
static struct span
line_at(struct span s, unsigned line)
{
	const uint8_t *lf;

	for (; line > 1 && s.n > 0; line--) {
		lf = memchr(s.p, '\n', s.n);
		if (lf == NULL)
			return (struct span){ s.p, 0 };
		s = (struct span){ lf + 1, s.n - (size_t)(lf + 1 - s.p) };
	}
	lf = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
	return (struct span){ s.p, lf != NULL ? (size_t)(lf - s.p) : s.n };
}

/* Where the word stands in the line; line.n: nowhere. */
static size_t
find(struct span line, const char *word)
{
	const uint8_t *p = line.n > 0 && word[0] != '\0' ?
	    memmem(line.p, line.n, word, strlen(word)) : NULL;

	return p != NULL ? (size_t)(p - line.p) : line.n;
}

static size_t
skip_blanks(struct span line, size_t i)
{
	while (i < line.n && ascii_wsp(line.p[i]))
		i++;
	return i;
}

/* Byte `at` of a value that is quoted at line.p[i]: the quote and escapes
 * take bytes of their own. */
static size_t
into_quotes(struct span line, size_t i, size_t at)
{
	if (i < line.n && (line.p[i] == '\'' || line.p[i] == '"')) {
		for (i++; at > 0 && i < line.n; at--, i++)
			if (line.p[i] == '\\' && i + 1 < line.n &&
			    (line.p[i + 1] == '\\' || line.p[i + 1] == '\''))
				i++;
		return i;
	}
	return i + at < line.n ? i + at : i;
}

unsigned
place_of_word(struct span text, unsigned line, const char *word)
{
	const struct span s = line_at(text, line);
	const size_t i = find(s, word);

	return i < s.n ? (unsigned)i + 1 : 1;
}

unsigned
place_of_value(struct span text, const struct rule_value *v, size_t at)
{
	static const char *const keys[] = {
#define RULE_KEY_NAME(id, name) [KEY_##id] = name,
		RULE_KEYS(RULE_KEY_NAME)
	};
	const struct span line = line_at(text, v->line);
	size_t i;

	if (v->key == KEY_WHEN)
		return place_of_word(text, v->line, v->text);
	if ((i = find(line, keys[v->key])) == line.n)
		return 1;
	i = skip_blanks(line, i + strlen(keys[v->key]));
	if (i < line.n && line.p[i] == '=')
		i = skip_blanks(line, i + 1);
	return (unsigned)into_quotes(line, i, at) + 1;
}

unsigned
place_of_rule(struct span text, unsigned end)
{
	for (unsigned i = end; i > 0; i--) {
		const struct span line = line_at(text, i);
		const size_t word = skip_blanks(line, 0);

		if (span_starts((struct span){ line.p + word,
		    line.n - word }, SPAN("rule")))
			return i;
	}
	return end;
}

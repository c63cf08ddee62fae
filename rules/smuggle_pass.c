/*
 * See smuggle_pass.h.
 */
#include "smuggle_pass.h"

#include <stdlib.h>

#include "needles.h"
#include "smuggle_line.h"

/* Lines of nothing else are blank. */
static const bool is_blank[256] = {
	[' '] = true, ['\t'] = true, ['>'] = true, ['|'] = true, ['+'] = true,
	['-'] = true, ['#'] = true, ['*'] = true, ['<'] = true,
	['\r'] = true, ['\n'] = true,
};

static bool
is_break(uint8_t c)
{
	return c == '\n' || c == '\r';
}

enum owner { COMMAND, OTHER };

static void
add_word(struct needles *t, const char *word, enum owner owner)
{
	struct literals l = { .n = 1 };
	struct literal *a = &l.list[0];

	for (; a->n < LITERAL_MAX && word[a->n] != 0; a->n++)
		a->p[a->n] = ascii_lower((uint8_t)word[a->n]);
	(void)needles_add(t, &l, owner);	/* far fewer than NEEDLES_MAX */
}

struct needles *
smuggle_words(const struct kernel *k)
{
	struct needles *t = malloc(sizeof(*t));
	const char *word;

	if (t == NULL)
		return NULL;
	needles_clear(t);
	for (size_t i = 0; (word = verb_word(i)) != NULL; i++)
		add_word(t, word, COMMAND);
	for (size_t i = 0; (word = smuggle_word(i)) != NULL; i++)
		add_word(t, word, OTHER);
	needles_ready(t, k);
	return t;
}

/* Where the line of s.p[at] starts, and where its break is. */
static size_t
line_start(struct span s, size_t at)
{
	while (at > 0 && !is_break(s.p[at - 1]))
		at--;
	return at;
}

static size_t
line_end(struct span s, size_t at)
{
	while (at < s.n && !is_break(s.p[at]))
		at++;
	return at;
}

size_t
smuggle_pass_blank(struct span lines)
{
	size_t i = 0;

	while (i < lines.n && is_blank[lines.p[i]])
		i++;
	return line_start(lines, i);
}

/* The line from start to end is one of those that count. */
static bool
is_text(struct span lines, size_t start, size_t end)
{
	const size_t n = end - start;
	const struct line ln = { .len = n,
	    .head = { lines.p + start, n < LINE_HEAD ? n : LINE_HEAD } };

	return smuggle_see(&ln, false).kind != KIND_BLANK;
}

/* Where the last line that counts starts; all of them: none does. */
static size_t
last_text(struct span lines)
{
	size_t i = lines.n, start;

	while (i > 0) {
		if (is_blank[lines.p[--i]])
			continue;
		start = line_start(lines, i);
		if (is_text(lines, start, line_end(lines, i)))
			return start;
		i = start;
	}
	return lines.n;
}

static bool
is_alnum(uint8_t c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' &&
	    ascii_lower(c) <= 'z');
}

/*
 * A command is all of the line from the word at s.p[at] on; what stands before
 * it is white space or quotes it.  The words of prose are none.  smuggle_see
 * knows no command that ends behind LINE_HEAD bytes.
 */
static bool
is_command(struct span s, size_t at)
{
	const size_t most = s.n - at < LINE_HEAD + 1 ? s.n - at :
	    LINE_HEAD + 1;
	struct span rest = { s.p + at, most };
	const uint8_t *end;

	if (at > 0 && is_alnum(s.p[at - 1]))
		return false;
	if ((end = memchr(rest.p, '\n', rest.n)) != NULL)
		rest.n = (size_t)(end - rest.p);
	if ((end = memchr(rest.p, '\r', rest.n)) != NULL)
		rest.n = (size_t)(end - rest.p);
	return rest.n < most && verb_of(rest) != VERB_NONE;
}

struct search {
	struct span lines;
	size_t at;		/* of the first word that matters */
};

static bool
see_word(void *ctx, size_t at, unsigned owner)
{
	struct search *s = ctx;

	if (owner == COMMAND && !is_command(s->lines, at))
		return true;
	s->at = at;
	return false;
}

size_t
smuggle_pass_text(const struct needles *words, struct span lines)
{
	struct search s = { lines, lines.n };

	needles_find(words, lines, see_word, &s);
	return last_text((struct span){ lines.p,
	    lines_whole((struct span){ lines.p, s.at }) });
}

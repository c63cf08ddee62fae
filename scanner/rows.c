/*
 * See rows.h.
 */
#include "rows.h"

#include <stdlib.h>

struct rows {
	struct span rest;
	unsigned line;
	const char *why;
	char *free;		/* where the next word goes */
	char words[];		/* a word and its NUL are never more than it
				 * and what is beside it */
};

struct rows *
rows_open(struct span text)
{
	struct rows *r = calloc(1, sizeof(*r) + text.n + 1);

	if (r == NULL)
		return NULL;
	r->rest = text;
	r->line = 1;
	r->free = r->words;
	return r;
}

void
rows_close(struct rows *r)
{
	free(r);
}

static void
skip(struct rows *r, size_t n)
{
	r->rest = (struct span){ r->rest.p + n, r->rest.n - n };
}

/* The next byte that means something; 0: there is none, or it is a NUL. */
static char
peek(struct rows *r)
{
	bool comment = false;

	for (; r->rest.n > 0; skip(r, 1)) {
		const char c = (char)r->rest.p[0];

		if (c == '\n') {
			r->line++;
			comment = false;
		} else if (c == '#')
			comment = true;
		else if (!comment && c != ' ' && c != '\t' && c != '\r')
			return c;
	}
	return '\0';
}

static bool
take(struct rows *r, char c, const char *why)
{
	if (peek(r) != c || r->rest.n == 0) {
		r->why = why;
		return false;
	}
	skip(r, 1);
	return true;
}

static bool
is_word(uint8_t c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
	    ascii_digit(c) || c == '.' || c == '-' || c == '_';
}

static const char *
keep(struct rows *r, size_t n)
{
	char *word = r->free;

	memcpy(word, r->rest.p, n);
	word[n] = '\0';
	r->free += n + 1;
	skip(r, n);
	return word;
}

/* A word or a string; NULL: there is none. */
static const char *
word(struct rows *r)
{
	const char quote = peek(r);
	const char *text;
	size_t n = 0;

	if (quote != '"' && quote != '\'') {
		while (n < r->rest.n && is_word(r->rest.p[n]))
			n++;
		r->why = "a word or a \"string\" is missing";
		return n > 0 ? keep(r, n) : NULL;
	}
	skip(r, 1);
	while (n < r->rest.n && r->rest.p[n] != (uint8_t)quote &&
	    r->rest.p[n] != '\n' && r->rest.p[n] != 0)
		n++;
	r->why = "a string does not end in its line";
	if (n == r->rest.n || r->rest.p[n] != (uint8_t)quote)
		return NULL;
	text = keep(r, n);
	skip(r, 1);
	return text;
}

static bool
add(struct rows *r, struct row_value *v)
{
	if (v->n == ROW_VALUES) {
		r->why = "the list is too long";
		return false;
	}
	v->values[v->n] = word(r);
	return v->values[v->n++] != NULL;
}

static bool
list(struct rows *r, struct row_value *v)
{
	v->list = true;
	skip(r, 1);
	if (peek(r) == '}')
		return take(r, '}', NULL);
	while (add(r, v)) {
		if (peek(r) == '}')
			return take(r, '}', NULL);
		if (!take(r, ',', "a comma or } is missing in the list"))
			return false;
	}
	return false;
}

static bool
value(struct rows *r, struct row *row)
{
	struct row_value *v = &row->values[row->n];

	if (row->n == ROW_KEYS) {
		r->why = "there are too many keys";
		return false;
	}
	*v = (struct row_value){ .key = word(r) };
	if (v->key == NULL)
		return false;
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->values[i].key, v->key) == 0) {
			r->why = "a key stands twice";
			return false;
		}
	row->n++;
	if (!take(r, '=', "there is no = behind the key"))
		return false;
	return peek(r) == '{' ? list(r, v) : add(r, v);
}

static bool
read_row(struct rows *r, struct row *row)
{
	row->line = r->line;
	row->n = 0;
	if ((row->kind = word(r)) == NULL || (row->name = word(r)) == NULL ||
	    !take(r, '{', "there is no { behind the name"))
		return false;
	while (peek(r) != '}')
		if (!value(r, row))
			return false;
	return take(r, '}', NULL);
}

enum rows_got
rows_next(struct rows *r, struct row *row, unsigned *line, const char **why)
{
	if (peek(r) == '\0' && r->rest.n == 0)
		return ROWS_END;
	if (read_row(r, row))
		return ROWS_ROW;
	*line = r->line;
	*why = r->why;
	return ROWS_WRONG;
}

static const struct row_value *
find(const struct row *row, const char *key)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->values[i].key, key) == 0)
			return &row->values[i];
	return NULL;
}

const char *
row_text(const struct row *row, const char *key)
{
	const struct row_value *v = find(row, key);

	return v != NULL && !v->list ? v->values[0] : NULL;
}

const struct row_value *
row_list(const struct row *row, const char *key)
{
	const struct row_value *v = find(row, key);

	return v != NULL && v->list ? v : NULL;
}

const char *
row_stray(const struct row *row, const char *const *known)
{
	for (size_t i = 0; i < row->n; i++) {
		size_t k = 0;

		while (known[k] != NULL && strcmp(known[k],
		    row->values[i].key) != 0)
			k++;
		if (known[k] == NULL)
			return row->values[i].key;
	}
	return NULL;
}

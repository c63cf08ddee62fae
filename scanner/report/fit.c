/*
 * See fit.h.
 */
#include "fit.h"

#include "escape.h"

/* Bytes of the color sequence that s begins with. */
static size_t
color_at(struct span s)
{
	const uint8_t *end;

	if (s.n < 2 || s.p[0] != '\033' || s.p[1] != '[')
		return 0;
	end = memchr(s.p, 'm', s.n);
	return end != NULL ? (size_t)(end + 1 - s.p) : 0;
}

/* Step over the character of a line at *i, or a color: its columns. */
static unsigned
step(struct span line, size_t *i)
{
	const struct span rest = { line.p + *i, line.n - *i };
	size_t n = color_at(rest);
	unsigned columns = 0;
	uint32_t c;

	if (n == 0) {
		(void)utf8_next(rest, &n, &c);
		columns = utf8_columns(c);
	}
	*i += n;
	return columns;
}

/* Columns of a line; *cut: the first character that is not whole within the
 * first `at` of them. */
static size_t
width(struct span line, size_t at, size_t *cut)
{
	size_t columns = 0, from;

	*cut = line.n;
	for (size_t i = 0; i < line.n;) {
		from = i;
		columns += step(line, &i);
		if (columns > at && *cut == line.n)
			*cut = from;
	}
	return columns;
}

/* What does not fit behind what is there begins a row, whole. */
static size_t
rows_of(struct span line, size_t columns)
{
	size_t rows = 1, at = 0;
	unsigned n;

	for (size_t i = 0; i < line.n;) {
		n = step(line, &i);
		if (n > 0 && at > 0 && at + n > columns) {
			rows++;
			at = 0;
		}
		at += n;
	}
	return rows;
}

size_t
fit_rows(struct span s, size_t columns)
{
	size_t rows = 0;
	const uint8_t *end;

	while (s.n > 0 && (end = memchr(s.p, '\n', s.n)) != NULL) {
		rows += rows_of((struct span){ s.p, (size_t)(end - s.p) },
		    columns);
		s = (struct span){ end + 1, s.n - (size_t)(end + 1 - s.p) };
	}
	return rows;
}

void
fit_cut(struct buf *b, size_t from, size_t columns)
{
	static const char more[] = "...", plain[] = "\033[0m";
	const size_t room = columns > sizeof(more) ?
	    columns - (sizeof(more) - 1) : 1;
	bool colored = false;
	size_t cut, n;

	if (!buf_ok(b) || width((struct span){ b->p + from, b->n - from },
	    room, &cut) <= columns)
		return;
	b->n = from + cut;
	for (size_t i = from; i < b->n; i += n > 0 ? n : 1)
		if ((n = color_at((struct span){ b->p + i, b->n - i })) > 0)
			colored = !span_eq((struct span){ b->p + i, n },
			    SPAN(plain));
	buf_str(b, more);
	if (colored)
		buf_str(b, plain);
}

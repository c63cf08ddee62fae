/*
 * See fields.h.
 */
#include "fields.h"

/* Bytes of the line at p, and of its break. */
static size_t
line_length(struct span s, size_t *width)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r')
		n++;
	*width = n < s.n;
	if (n < s.n && s.p[n] == '\r') {
		if (n + 1 < s.n && s.p[n + 1] == '\n')
			*width = 2;
		else if (n + 2 < s.n && s.p[n + 1] == '\r' &&
		    s.p[n + 2] == '\n')
			*width = 3;	/* CRCRLF is one break */
	}
	return n;
}

static void
split_field(struct field *f, size_t width)
{
	const struct span s = { f->raw.p, f->raw.n - width };
	const uint8_t *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;

	f->colon = colon != NULL;
	f->name = s;
	f->value = (struct span){ s.p + s.n, 0 };
	if (colon == NULL)
		return;
	f->name.n = (size_t)(colon - s.p);
	f->value = (struct span){ colon + 1, s.n - f->name.n - 1 };
	while (f->name.n > 0 && ascii_wsp(f->name.p[f->name.n - 1]))
		f->name.n--;
}

void
fields_read(struct fields *fs, struct span block)
{
	size_t i = 0, n, width, more, last;

	fs->block = block;
	fs->n = 0;
	while (i < block.n && fs->n < FIELDS_MAX) {
		struct span rest = { block.p + i, block.n - i };
		struct field *f = &fs->list[fs->n];

		if ((n = line_length(rest, &width)) == 0)
			return;
		f->off = i;
		f->raw = (struct span){ rest.p, n + width };
		last = width;
		while (f->raw.n < rest.n && ascii_wsp(rest.p[f->raw.n])) {
			more = line_length((struct span){ rest.p + f->raw.n,
			    rest.n - f->raw.n }, &last);
			f->raw.n += more + last;
		}
		split_field(f, last);
		i += f->raw.n;
		fs->n++;
	}
	fs->cut = fs->cut || i < block.n;
}

static bool
same_name(struct span a, struct span name)
{
	return a.n == name.n && span_starts_nocase(a, name);
}

const struct field *
fields_find(const struct fields *fs, const char *name, size_t *i)
{
	const struct span s = { (const uint8_t *)name, strlen(name) };

	for (; *i < fs->n; ++*i)
		if (fs->list[*i].colon && same_name(fs->list[*i].name, s))
			return &fs->list[*i];
	return NULL;
}

size_t
field_unfold(const struct field *f, uint8_t *out, size_t max)
{
	struct span s = f->value;
	size_t n = 0;

	while (s.n > 0 && (ascii_wsp(s.p[0]) || s.p[0] == '\r' ||
	    s.p[0] == '\n'))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && (ascii_wsp(s.p[s.n - 1]) || s.p[s.n - 1] == '\r' ||
	    s.p[s.n - 1] == '\n'))
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n' && n < max)
			out[n++] = s.p[i];
	return n;
}

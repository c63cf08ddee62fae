/*
 * See fields.h.
 */
#include "fields.h"

#define STEP 128u		/* bytes: no line is looked through for LF
				 * far beyond a CR */

/* Bytes before the first break; crs: there may be CRs. */
static size_t
before_break(struct span s, bool crs)
{
	const uint8_t *lf, *cr;

	if (!crs) {
		lf = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
		return lf != NULL ? (size_t)(lf - s.p) : s.n;
	}
	for (size_t i = 0, n; i < s.n; i += n) {
		n = s.n - i < STEP ? s.n - i : STEP;
		if ((lf = memchr(s.p + i, '\n', n)) != NULL)
			n = (size_t)(lf - (s.p + i));
		if ((cr = memchr(s.p + i, '\r', n)) != NULL)
			return (size_t)(cr - s.p);
		if (lf != NULL)
			return i + n;
	}
	return s.n;
}

/* Bytes of the line at p, and of its break. */
static size_t
line_length(struct span s, bool crs, size_t *width)
{
	const size_t n = before_break(s, crs);

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
	const bool crs = block.n > 0 && memchr(block.p, '\r', block.n) !=
	    NULL;
	size_t i = 0, n, width, more, last;

	fs->block = block;
	fs->n = 0;
	while (i < block.n) {
		struct span rest = { block.p + i, block.n - i };
		struct field *f = &fs->list[fs->n];

		if ((n = line_length(rest, crs, &width)) == 0) {
			fs->seen = block.n;
			return;
		}
		if (fs->n == FIELDS_MAX)
			break;
		f->off = i;
		f->raw = (struct span){ rest.p, n + width };
		last = width;
		while (f->raw.n < rest.n && ascii_wsp(rest.p[f->raw.n])) {
			more = line_length((struct span){ rest.p + f->raw.n,
			    rest.n - f->raw.n }, crs, &last);
			f->raw.n += more + last;
		}
		split_field(f, last);
		i += f->raw.n;
		fs->n++;
	}
	fs->cut = fs->cut || i < block.n;
	fs->seen = i;
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
	while (s.n > 0) {
		const size_t part = before_break(s, true);
		const size_t fits = part < max - n ? part : max - n;
		const size_t skip = part + (part < s.n);

		if (fits > 0)
			memcpy(out + n, s.p, fits);
		n += fits;
		s = (struct span){ s.p + skip, s.n - skip };
	}
	return n;
}

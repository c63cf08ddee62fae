/*
 * See mime_header.h.
 */
#include "mime_header.h"

static const char *const names[MIME_OTHER] = {
	[MIME_TYPE] = "content-type",
	[MIME_ENCODING] = "content-transfer-encoding",
	[MIME_VERSION] = "mime-version",
};

void
mime_header_begin(struct mime_header *h, bool message)
{
	h->first = true;
	h->from_line = message;
	h->now = MIME_OTHER;
	for (unsigned i = 0; i < MIME_OTHER; i++) {
		h->values[i].there = false;
		h->values[i].head_n = 0;
		h->values[i].n = 0;
	}
}

static void
add_value(struct mime_value *v, struct span s)
{
	const size_t room = MIME_VALUE_MAX - v->n;
	const size_t n = s.n < room ? s.n : room;

	if (n > 0)
		memcpy(v->bytes + v->n, s.p, n);
	v->n += n;
}

/* A field begins at off: keep the first of its kind. */
static void
begin_field(struct mime_header *h, enum mime_field f, uint64_t off,
    struct span line, struct span value, struct spots *again)
{
	struct mime_value *v = &h->values[f];

	if (v->there) {
		look_note_line(again, off, line);
		h->now = MIME_OTHER;
		return;
	}
	h->now = f;
	v->there = true;
	v->off = off;
	v->head_n = line.n < sizeof(v->head) ? line.n : sizeof(v->head);
	memcpy(v->head, line.p, v->head_n);
	add_value(v, value);
}

static struct span
name_of(enum mime_field f)
{
	return (struct span){ (const uint8_t *)names[f], strlen(names[f]) };
}

/* Content-Type or Content-Transfer-Encoding: value is behind the colon. */
static enum mime_field
which_field(struct span line, struct span *value)
{
	for (enum mime_field f = MIME_TYPE; f < MIME_VERSION; f++)
		if (header_names(line, name_of(f), value))
			return f;
	return MIME_OTHER;
}

static bool
is_from_line(struct span s)
{
	return span_starts(s, SPAN("From ")) || span_starts(s, SPAN(">From "));
}

enum header_is
mime_header_line(struct mime_header *h, const struct line *ln,
    struct spots *again)
{
	const bool first = h->first;
	struct span value;
	enum mime_field f;

	h->first = false;
	if (ln->len == 0)
		return HEADER_OVER;
	if (!first && ascii_wsp(ln->head.p[0])) {
		if (h->now != MIME_OTHER)
			add_value(&h->values[h->now], ln->head);
		return HEADER_FIELD;
	}
	h->now = MIME_OTHER;
	if (!span_begins_field(ln->head))
		return first && h->from_line && is_from_line(ln->head) ?
		    HEADER_FIELD : HEADER_NOT_ONE;
	if ((f = which_field(ln->head, &value)) != MIME_OTHER)
		begin_field(h, f, ln->off, ln->head, value, again);
	return HEADER_FIELD;
}

static struct span
first_line(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
		n++;
	return (struct span){ s.p, n };
}

static bool
is_named(const struct field *f, struct span name)
{
	return f->colon && f->name.n == name.n &&
	    span_starts_nocase(f->name, name);
}

void
mime_header_fields(struct mime_header *h, const struct fields *fs,
    struct spots *again)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct field *f = &fs->list[i];

		for (enum mime_field k = MIME_TYPE; k < MIME_OTHER; k++)
			if (is_named(f, name_of(k)))
				begin_field(h, k, f->off, first_line(f->raw),
				    f->value, again);
	}
}

void
mime_header_content(const struct mime_header *h, enum mime_field f,
    struct content_type *t)
{
	const struct mime_value *v = &h->values[f];

	content_type_read(t, (struct span){ v->bytes, v->n });
}

void
mime_header_note(const struct mime_header *h, enum mime_field f,
    uint64_t off, struct spots *s)
{
	const struct mime_value *v = &h->values[f];

	if (v->there)
		look_note_line(s, v->off, (struct span){ v->head, v->head_n });
	else
		look_note_line(s, off, (struct span){ NULL, 0 });
}

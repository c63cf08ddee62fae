/*
 * See parts.h.
 *
 * Two things are known only a line later: whether a CR was the first of a
 * CRCRLF, and whether a break belongs to the delimiter line behind it (RFC
 * 2046 5.1.1).  The last break is counted at once and taken back then.
 */
#include "parts.h"

static struct entity *
top(struct parts *s)
{
	return &s->open[s->n - 1];
}

/* --- an entity begins */

static void
push(struct parts *s, uint64_t off, bool message)
{
	struct entity *o = &s->open[s->n];

	o->is = ENTITY_HEADER;
	o->index = s->facts.parts++;
	o->part.depth = (unsigned)s->n;
	o->part.offset = off;
	o->part.body = off;
	o->boundary_n = 0;
	if (s->facts.depth < o->part.depth)
		s->facts.depth = o->part.depth;
	s->n++;
	mime_header_begin(&s->header, message);
}

static void
read_encoding(struct parts *s, struct entity *o)
{
	struct content_type t;
	size_t n;

	mime_header_content(&s->header, MIME_ENCODING, &t);
	if (t.type[0] == '\0')
		memcpy(t.type, "7bit", sizeof("7bit"));
	n = strnlen(t.type, MIME_ENCODING_MAX);
	memcpy(o->part.encoding, t.type, n);
	o->part.encoding[n] = '\0';
}

static void
read_boundary(struct entity *o, const struct content_type *t)
{
	size_t n = content_type_param(t, "boundary", o->boundary,
	    BOUNDARY_MAX);

	if (n > BOUNDARY_MAX)
		n = 0;			/* its lines would not be known */
	while (n > 0 && ascii_wsp(o->boundary[n - 1]))
		n--;
	o->boundary_n = n;
}

static const char *
default_type(const struct parts *s)
{
	return s->n > 1 && strcmp(s->open[s->n - 2].part.type,
	    "multipart/digest") == 0 ? "message/rfc822" : "text/plain";
}

static void
read_type(struct parts *s, struct entity *o)
{
	const char *type = default_type(s);
	struct content_type t;

	mime_header_content(&s->header, MIME_TYPE, &t);
	if (t.type[0] == '\0')
		memcpy(t.type, type, strlen(type) + 1);
	memcpy(o->part.type, t.type, sizeof(o->part.type));
	if (content_type_is(t.type, "multipart"))
		read_boundary(o, &t);
}

static enum entity_is
what_is(struct parts *s, const struct entity *o)
{
	const bool parts = content_type_is(o->part.type, "multipart");

	if (!parts && !content_type_holds_message(o->part.type,
	    o->part.encoding))
		return ENTITY_OPAQUE;
	if (parts && o->boundary_n == 0) {
		mime_header_note(&s->header, MIME_TYPE, o->part.offset,
		    &s->no_boundary);
		return ENTITY_OPAQUE;
	}
	if (s->n == MIME_DEPTH_MAX) {
		mime_header_note(&s->header, MIME_TYPE, o->part.offset,
		    &s->nesting);
		return ENTITY_OPAQUE;
	}
	return parts ? ENTITY_PARTS : ENTITY_MESSAGE;
}

static enum mime_inside
what_inside(const struct parts *s, const struct entity *o)
{
	const enum mime_inside outer = s->n > 1 ? s->open[s->n - 2].inside :
	    INSIDE_NOTHING;

	if (outer == INSIDE_BINARY || strcmp(o->part.encoding, "binary") == 0)
		return INSIDE_BINARY;
	return content_type_holds_message(o->part.type, o->part.encoding) ?
	    INSIDE_MESSAGE : outer;
}

/* The last entity's header is over, its body begins at off; breaks were
 * counted up to there. */
static void
begin_body(struct parts *s, uint64_t off, const struct mime_ends *before)
{
	struct entity *o = top(s);

	o->part.body = off;
	o->before = *before;
	read_encoding(s, o);
	read_type(s, o);
	o->inside = what_inside(s, o);
	o->is = what_is(s, o);
	if (o->is == ENTITY_MESSAGE)
		push(s, off, true);
}

/* --- and ends */

static void
keep_part(struct parts *s, const struct entity *o)
{
	if (o->index < MIME_PARTS_MAX)
		s->facts.list[o->index] = o->part;
}

/* A multipart around the last entity, beyond the outer `left`, is open. */
static bool
is_cut(const struct parts *s, size_t left)
{
	for (size_t i = left; i + 1 < s->n; i++)
		if (s->open[i].is == ENTITY_PARTS)
			return true;
	return false;
}

/*
 * All entities but the outer `left` end at end, where breaks were counted up
 * to *ends; the line at `at` says so.  Returns where they did end: behind
 * that when an empty line is the end of a header and not the delimiter's own
 * break.
 */
static uint64_t
end_entities(struct parts *s, size_t left, uint64_t end,
    const struct mime_ends *ends, uint64_t at, struct span head)
{
	while (s->n > left) {
		struct entity *o = top(s);

		if (o->is == ENTITY_HEADER) {
			begin_body(s, end > o->part.offset ? end :
			    o->part.offset, ends);
			continue;
		}
		if (end <= o->part.body) {
			end = o->part.body;
			ends = &o->before;
		}
		o->part.end = end;
		o->part.cut = is_cut(s, left);
		for (unsigned i = 0; i < MIME_ENDS; i++)
			o->part.ends.n[i] = ends->n[i] - o->before.n[i];
		if (o->is == ENTITY_PARTS)
			look_note_line(&s->unclosed, at, head);
		keep_part(s, o);
		s->n--;
	}
	return end;
}

/* --- breaks */

static unsigned
width_of(enum brk b)
{
	return b == BRK_NONE ? 0 : b == BRK_CRLF ? 2 : 1;
}

static enum mime_end
kind_of(enum brk b)
{
	return b == BRK_CRLF ? MIME_CRLF : b == BRK_LF ? MIME_LF : MIME_CR;
}

/* Count the line's break; where it lies will be known when it was read. */
static void
count_break(struct parts *s, const struct line *ln)
{
	s->last = (struct last_break){ .there = ln->after != BRK_NONE,
	    .kind = kind_of(ln->after), .off = ln->off + ln->len,
	    .width = width_of(ln->after), .before = s->ends };
	if (s->last.there)
		s->ends.n[s->last.kind]++;
}

static void
note_break(struct parts *s, enum mime_inside inside, struct look *look)
{
	s->last.inside = inside;
	if (s->last.there && inside != INSIDE_NOTHING)
		look_note(look, &s->breaks[inside][s->last.kind], s->last.off);
}

static void
take_back(struct parts *s, const struct last_break *b)
{
	struct spots *breaks = s->breaks[b->inside];

	if (!b->there || b->inside == INSIDE_NOTHING)
		return;
	breaks[b->kind].count--;
	if (b->kind == MIME_CRCRLF)
		breaks[MIME_CRLF].count--;
}

/*
 * The last break lies elsewhere.  The delimiter line behind it may be long:
 * too far back for the bytes around it.
 */
static void
move_break(struct parts *s, const struct last_break *b,
    enum mime_inside inside)
{
	const struct span nothing = { NULL, 0 };

	if (b->inside == inside)
		return;
	take_back(s, b);
	if (!b->there || inside == INSIDE_NOTHING)
		return;
	look_note_line(&s->breaks[inside][b->kind], b->off, nothing);
	if (b->kind == MIME_CRCRLF)
		look_note_line(&s->breaks[inside][MIME_CRLF], b->off + 1,
		    nothing);
}

/* What began behind the CR begins behind the CRLF at off. */
static void
shift(struct parts *s, uint64_t off)
{
	for (size_t i = s->n; i-- > 0; ) {
		struct entity *o = &s->open[i];

		if (o->part.offset == off)
			o->part.offset += 2;
		if (o->part.body == off) {
			o->part.body += 2;
			o->before = s->ends;
		}
	}
}

/* The CR of the line before and this CRLF are one break. */
static void
see_crcrlf(struct parts *s, const struct line *ln, struct look *look)
{
	struct last_break *b = &s->last;

	if (b->there) {
		take_back(s, b);
		s->ends.n[MIME_CR]--;
		s->ends.n[MIME_CRCRLF]++;
		s->ends.n[MIME_CRLF]++;
		b->kind = MIME_CRCRLF;
		b->width = 3;
		note_break(s, b->inside, look);
		if (b->inside != INSIDE_NOTHING)
			look_note(look, &s->breaks[b->inside][MIME_CRLF],
			    ln->off);
	}
	shift(s, ln->off);
}

/* --- lines */

/* The line is a delimiter of that entity.  s: without white space behind it. */
static bool
delimits(const struct entity *o, struct span s, bool *closes)
{
	const struct span boundary = { o->boundary, o->boundary_n };

	if (o->is != ENTITY_PARTS)
		return false;
	s = (struct span){ s.p + 2, s.n - 2 };
	if (!span_starts(s, boundary))
		return false;
	s = (struct span){ s.p + boundary.n, s.n - boundary.n };
	*closes = span_eq(s, SPAN("--"));
	return s.n == 0 || *closes;
}

/* How many entities are left open by the line; 0: it is no delimiter. */
static size_t
find_delimited(const struct parts *s, const struct line *ln, bool *closes)
{
	struct span head = ln->head;

	if (ln->len > LINE_HEAD || !span_starts(head, SPAN("--")))
		return 0;
	while (head.n > 2 && ascii_wsp(head.p[head.n - 1]))
		head.n--;
	for (size_t i = s->n; i > 0; i--)
		if (delimits(&s->open[i - 1], head, closes))
			return i;
	return 0;
}

/* Any other line; returns where its break lies. */
static enum mime_inside
see_line(struct parts *s, const struct line *ln)
{
	for (;;) {
		const struct entity *o = top(s);
		const enum mime_inside outer = s->n > 1 ?
		    s->open[s->n - 2].inside : INSIDE_NOTHING;

		if (o->is != ENTITY_HEADER)
			return o->inside;
		switch (mime_header_line(&s->header, ln, &s->duplicate)) {
		case HEADER_FIELD:
			return outer;
		case HEADER_OVER:
			begin_body(s, ln->off + ln->len + width_of(ln->after),
			    &s->ends);
			return outer;
		default:
			begin_body(s, ln->off, &s->last.before);
		}
	}
}

/* A delimiter, before which b stands; returns where its own break lies. */
static enum mime_inside
see_delimiter(struct parts *s, const struct line *ln, size_t left,
    const struct last_break *b)
{
	const uint64_t end = end_entities(s, left, ln->off - b->width,
	    &b->before, ln->off, ln->head);
	const enum mime_inside inside = top(s)->inside;

	if (b->off >= end && b->off >= top(s)->part.body)
		move_break(s, b, inside);
	return inside;
}

void
parts_line(struct parts *s, const struct line *ln, struct look *look)
{
	const struct last_break before = s->last;
	enum mime_inside inside;
	bool closes;
	size_t left;

	if (ln->len == 0 && ln->before == BRK_CR && ln->after == BRK_CRLF) {
		see_crcrlf(s, ln, look);
		return;
	}
	count_break(s, ln);
	left = find_delimited(s, ln, &closes);
	inside = left == 0 ? see_line(s, ln) :
	    see_delimiter(s, ln, left, &before);
	if (left > 0 && !closes)
		push(s, ln->off + ln->len + width_of(ln->after), false);
	else if (left > 0)
		top(s)->is = ENTITY_CLOSED;
	note_break(s, inside, look);
}

/* --- the message */

static void
no_spots(struct parts *s)
{
	s->unclosed.count = 0;
	s->no_boundary.count = 0;
	s->duplicate.count = 0;
	s->nesting.count = 0;
	for (unsigned i = 0; i < MIME_INSIDES; i++)
		for (unsigned k = 0; k < MIME_ENDS; k++)
			s->breaks[i][k].count = 0;
}

bool
parts_begin(struct parts *s, const struct fields *fs)
{
	no_spots(s);
	s->facts.parts = 0;
	s->facts.depth = 0;
	s->ends = (struct mime_ends){ { 0 } };
	s->last = (struct last_break){ .there = false };
	s->n = 0;
	push(s, 0, true);
	mime_header_fields(&s->header, fs, &s->duplicate);
	begin_body(s, fs->body, &s->ends);
	return s->n > 1 || top(s)->is != ENTITY_OPAQUE ||
	    s->no_boundary.count > 0 || top(s)->inside == INSIDE_BINARY;
}

void
parts_end(struct parts *s, uint64_t size)
{
	const struct span nothing = { NULL, 0 };

	(void)end_entities(s, 0, size, &s->ends, size, nothing);
	s->facts.unclosed = s->unclosed.count > 0;
	s->facts.n = s->facts.parts < MIME_PARTS_MAX ?
	    (size_t)s->facts.parts : MIME_PARTS_MAX;
}

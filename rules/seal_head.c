/*
 * See seal_head.h.
 */
#include "seal_head.h"

#include "lines.h"

#define BREAK 256		/* no byte: a line ended */
#define END (-1)
#define NOTHING (-2)
#define STEP 256u		/* bytes looked at for a break at once */

void
seal_head_begin(struct seal_head *h, bool cr)
{
	h->over = h->cut = false;
	h->n = 0;
	h->early = (struct span){ NULL, 0 };
	h->cr = cr;
	h->blank = true;
	h->last = 0;
	h->line_n = 0;
	h->line = h->kept = 0;
}

/* --- where it ends */

/* The line at hand, as much as there is: a field, or more of one.  As in
 * mime_header.c, so that both find the body in the same place. */
static bool
is_header(const struct seal_head *h)
{
	const struct span s = { h->block + h->line, h->kept - h->line };

	if (h->cut || h->blank)
		return true;		/* it cannot be said, or not yet */
	if (h->line == 0)
		return span_begins_field(s) || span_starts(s, SPAN("From ")) ||
		    span_starts(s, SPAN(">From "));
	return ascii_wsp(s.p[0]) || span_begins_field(s);
}

/* The body begins with the line at hand. */
static void
take_back(struct seal_head *h)
{
	h->over = true;
	h->early = (struct span){ h->block + h->line, h->kept - h->line };
	h->kept = h->line;
}

static void
add_line(struct seal_head *h)
{
	const struct span s = { h->block + h->line, h->kept - h->line };

	if (h->n > 0 && s.n > 0 && ascii_wsp(s.p[0]))
		h->list[h->n - 1].n += s.n;
	else if (h->n == SEAL_FIELDS)
		h->cut = true;
	else if (s.n > 0)
		h->list[h->n++] = (struct seal_field){ h->line, s.n };
}

static void
end_line(struct seal_head *h)
{
	if (h->blank)
		h->over = true;
	else if (!is_header(h))
		take_back(h);
	else
		add_line(h);
	h->line = h->kept;
	h->line_n = 0;
	h->blank = true;
}

static void
take(struct seal_head *h, uint8_t c)
{
	if (h->kept < SEAL_HEAD_BYTES)
		h->block[h->kept++] = c;
	else
		h->cut = true;
	h->last = c;
	h->line_n++;
	h->blank = h->blank && (c == '\r' || c == '\n');
	if (c == '\n')
		end_line(h);
	else if (h->line_n == LINE_HEAD && !is_header(h))
		take_back(h);
}

/* The same for bytes in which nothing ends; how many. */
static size_t
take_plain(struct seal_head *h, struct span s)
{
	const uint8_t *at;
	size_t n, room;

	if (s.n > STEP)		/* where CRs are many, no byte for each */
		s.n = STEP;
	at = memchr(s.p, '\n', s.n);
	n = at != NULL ? (size_t)(at - s.p) : s.n;
	if ((at = memchr(s.p, '\r', n)) != NULL)
		n = (size_t)(at - s.p);
	if (h->line_n < LINE_HEAD && n > LINE_HEAD - 1 - h->line_n)
		n = LINE_HEAD - 1 - (size_t)h->line_n;
	if (n == 0)
		return 0;
	room = SEAL_HEAD_BYTES - h->kept;
	h->cut = h->cut || n > room;
	memcpy(h->block + h->kept, s.p, n < room ? n : room);
	h->kept += n < room ? n : room;
	h->last = s.p[n - 1];
	h->line_n += n;
	h->blank = false;
	return n;
}

size_t
seal_head_feed(struct seal_head *h, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (h->cr && h->last == '\r' && s.p[i] != '\n' &&
		    h->line_n > 0)
			end_line(h);
		if (h->over)
			return i;
		i += take_plain(h, (struct span){ s.p + i, s.n - i });
		if (i == s.n)
			break;
		take(h, s.p[i]);
		if (h->over)
			return i + 1;
	}
	return s.n;
}

void
seal_head_end(struct seal_head *h)
{
	if (!h->over && h->line_n > 0)
		end_line(h);
	h->over = true;
}

/* --- fields */

static struct span
raw(const struct seal_head *h, size_t i)
{
	return (struct span){ h->block + h->list[i].off, h->list[i].n };
}

static bool
has_name(struct span field, struct span name, struct span *value)
{
	struct span s = field;

	if (s.n < name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (ascii_lower(s.p[i]) != ascii_lower(name.p[i]))
			return false;
	s = (struct span){ s.p + name.n, s.n - name.n };
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	if (s.n == 0 || s.p[0] != ':')
		return false;
	*value = (struct span){ s.p + 1, s.n - 1 };
	return true;
}

bool
seal_head_is(const struct seal_head *h, size_t field, struct span name,
    struct span *value)
{
	return has_name(raw(h, field), name, value);
}

/* --- a field in canonical form, byte by byte */

struct reader {
	struct span s;
	bool cr, loose;
	size_t crs;		/* bytes ahead that are CRs before no LF */
	bool value;		/* relaxed: the colon was read */
	bool started;		/* and there was text behind it */
	int held;		/* what comes next; or NOTHING */
};

/* The next byte as it is, or BREAK, or END. */
static int
next_simple(struct reader *r)
{
	const size_t most = r->loose ? r->s.n : 1;
	size_t n = r->crs;
	int c;

	if (r->s.n == 0)
		return END;
	c = r->s.p[0];
	while (n < most && n < r->s.n && r->s.p[n] == '\r')
		n++;
	if (r->crs == 0 && n < r->s.n && r->s.p[n] == '\n') {
		c = BREAK;
		n++;
	} else {
		r->crs = n > 0 ? n - 1 : 0;
		n = 1;
	}
	if (c == '\r' && r->cr)
		c = BREAK;
	r->s = (struct span){ r->s.p + n, r->s.n - n };
	return c;
}

/* RFC 6376 3.4.2. */
static int
next_relaxed(struct reader *r)
{
	int c = r->held != NOTHING ? r->held : next_simple(r);
	bool space = false;

	r->held = NOTHING;
	for (; c == BREAK || c == ' ' || c == '\t'; c = next_simple(r))
		space = space || c != BREAK;
	if (c == END)
		return END;
	if (space && (r->value ? r->started : c != ':')) {
		r->held = c;
		return ' ';
	}
	if (r->value)
		r->started = true;
	else if (c == ':')
		r->value = true;
	return r->started ? c : ascii_lower((uint8_t)c);
}

static struct reader
reader_of(const struct seal_heads *h, size_t side, size_t i)
{
	return (struct reader){ .s = raw(h->head[side], i),
	    .cr = h->head[side]->cr, .loose = h->loose, .held = NOTHING };
}

static bool
same_field(const struct seal_heads *h, const size_t i[2])
{
	struct reader a = reader_of(h, 0, i[0]);
	struct reader b = reader_of(h, 1, i[1]);
	int c, d;

	do {
		c = h->canon == DKIM_RELAXED ? next_relaxed(&a) :
		    next_simple(&a);
		d = h->canon == DKIM_RELAXED ? next_relaxed(&b) :
		    next_simple(&b);
	} while (c == d && c != END);
	return c == d;
}

/* --- what is signed */

struct names {
	size_t n;
	struct span list[SEAL_NAMES];
};

/* The names of h=, in order; false: there are too many. */
static bool
read_names(struct names *out, struct span s)
{
	out->n = 0;
	while (s.n > 0) {
		const uint8_t *at = memchr(s.p, ':', s.n);
		const size_t n = at != NULL ? (size_t)(at - s.p) : s.n;
		const size_t skip = n + (at != NULL);

		if (out->n == SEAL_NAMES)
			return false;
		out->list[out->n++] = dkim_trim((struct span){ s.p, n });
		s = (struct span){ s.p + skip, s.n - skip };
	}
	return true;
}

static bool
same_name(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

/* RFC 6376 5.4.2: the field that a name stands for; the lowest is taken
 * first.  SEAL_FIELDS: none is left. */
static size_t
find_named(const struct seal_head *h, const struct names *names, size_t which)
{
	const struct span name = names->list[which];
	struct span value;
	size_t above = 0;

	for (size_t i = 0; i < which; i++)
		above += same_name(names->list[i], name);
	for (size_t i = h->n; i-- > 0; )
		if (seal_head_is(h, i, name, &value) && above-- == 0)
			return i;
	return SEAL_FIELDS;
}

bool
seal_heads_agree(const struct seal_heads *h, struct span *differs)
{
	const struct span own = raw(h->head[0], h->at[0]);
	const uint8_t *colon = memchr(own.p, ':', own.n);
	struct span value, list;
	struct names names;

	*differs = (struct span){ NULL, 0 };
	if (h->head[0]->cut || h->head[1]->cut || colon == NULL)
		return false;
	value = (struct span){ colon + 1, own.n - (size_t)(colon - own.p) -
	    1 };
	if (!dkim_tags_find(value, SPAN("h"), &list) ||
	    !read_names(&names, list))
		return false;
	*differs = (struct span){ own.p, (size_t)(colon - own.p) };
	if (!same_field(h, h->at))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		const size_t at[2] = { find_named(h->head[0], &names, i),
		    find_named(h->head[1], &names, i) };

		*differs = names.list[i];
		if (at[0] == SEAL_FIELDS && at[1] == SEAL_FIELDS)
			continue;
		if (at[0] == SEAL_FIELDS || at[1] == SEAL_FIELDS ||
		    !same_field(h, at))
			return false;
	}
	return true;
}

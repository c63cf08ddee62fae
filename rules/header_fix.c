/*
 * See header_fix.h.  KumoMTA's reader of header blocks (conform_head) says
 * which fields there are and where the block ends; lines are kept whole to be
 * folded.
 */
#include "header_fix.h"

#include <stdlib.h>

#include "fold.h"

#define WIDE 78u		/* bytes of a line that are too many, its CR
				 * counted; of the message's first: one more */
#define TEXT_MAX 1024u		/* more than a field may have */
#define PUT_FIELDS 3u

#define NOT_A_FIELD "a line of the header block is none to other readers"
#define NOTE "a field is a store's own"

struct header_fix {
	struct header_fix_options o;
	bool lf;		/* each LF stands for CRLF */
	const char *why_not;
	unsigned left;
	bool refused;		/* no edits, whatever is found */
	bool closed;		/* other readers see the block's end here */
	bool over;		/* the block, or all hope */
	uint64_t empty_at;	/* of the empty line; UINT64_MAX: none */
	unsigned known;		/* bits of enum head_name */
	struct head head;

	uint64_t off;		/* of the next byte */
	size_t crs;		/* just before it */
	uint64_t line_off;
	bool first_line;
	bool note;		/* the field at hand is a store's own */
	bool content;		/* it is a Content-* field */
	bool quoted;		/* in a quoted string */
	size_t line_n;		/* more than are kept: the line is cut */
	uint8_t line[HEADER_FIX_LINE];

	size_t n;		/* more than HEADER_FIX_MAX: too many */
	struct edit list[HEADER_FIX_MAX];
	size_t grafts;
	struct graft graft[PUT_FIELDS];
	char text[PUT_FIELDS][TEXT_MAX];
};

struct header_fix *
header_fix_new(void)
{
	return malloc(sizeof(struct header_fix));
}

void
header_fix_free(struct header_fix *h)
{
	free(h);
}

static bool
wants(const struct header_fix *h, enum conform_flag flag)
{
	return (h->o.flags >> flag & 1) != 0;
}

/* The first reason is told. */
static void
leave(struct header_fix *h, enum conform_flag flag, const char *why)
{
	if (!wants(h, flag))
		return;
	h->left |= 1u << flag;
	if (h->why_not == NULL)
		h->why_not = why;
}

static void
refuse(struct header_fix *h, const char *why)
{
	h->refused = true;
	h->over = true;
	h->why_not = why;
}

void
header_fix_begin(struct header_fix *h, const struct header_fix_options *o,
    enum convention convention)
{
	h->o = *o;
	h->o.flags &= HEADER_FIX_FLAGS;
	h->lf = convention == CONV_LF || o->breaks_fixed;
	h->why_not = NULL;
	h->left = 0;
	h->refused = false;
	h->closed = false;
	h->over = h->o.flags == 0;
	h->empty_at = UINT64_MAX;
	h->known = 0;
	head_begin(&h->head);
	h->off = 0;
	h->crs = 0;
	h->line_off = 0;
	h->first_line = true;
	h->note = false;
	h->content = false;
	h->quoted = false;
	h->line_n = 0;
	h->n = 0;
	h->grafts = 0;
	if (convention == CONV_CR)
		refuse(h, "its lines end in CR");
}

static void
add_edit(struct header_fix *h, struct edit e)
{
	if (h->n < HEADER_FIX_MAX)
		h->list[h->n] = e;
	h->n++;
}

/* --- one line */

/* What is kept of it. */
static struct span
line_span(const struct header_fix *h)
{
	return (struct span){ h->line, h->line_n < HEADER_FIX_LINE ?
	    h->line_n : HEADER_FIX_LINE };
}

/* A field that stores keep for themselves. */
static bool
is_note(struct span name)
{
	static const char *const notes[] = { "status", "x-status",
	    "x-keywords", "x-uid", "x-imap", "x-imapbase", "content-length",
	    "lines" };

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		if (strlen(notes[i]) == name.n && span_starts_nocase(name,
		    (struct span){ (const uint8_t *)notes[i], name.n }))
			return true;
	return span_starts_nocase(name, SPAN("x-mozilla-"));
}

/* White space between the name, of n bytes, and the colon. */
static void
cut_space(struct header_fix *h, size_t n, size_t colon)
{
	for (size_t i = n; i < colon && h->n <= HEADER_FIX_MAX; ) {
		const size_t del = colon - i < EDIT_MAX ? colon - i : EDIT_MAX;
		struct edit e = { .off = h->line_off + i,
		    .del = (uint8_t)del, .why = CODE_CONFORM_NAME_SPACE };

		memcpy(e.old, h->line + i, del);
		add_edit(h, e);
		i += del;
	}
}

/* Bytes that a line may have, its break not counted: one that a fold ends,
 * and the one that the break at hand ends. */
struct widths {
	size_t max, last;
	size_t first_max, first_last;	/* of the first of them */
};

/* cut: bytes before the value that go.  The message's first line may have
 * one more byte, if it has a colon. */
static struct widths
widths_of(const struct header_fix *h, size_t cut, bool ended, bool cr)
{
	const struct span s = line_span(h);
	const bool more = h->first_line && memchr(s.p, ':', s.n) != NULL;
	struct widths w = { .max = WIDE - 2, .last = !ended ? WIDE : cr ?
	    WIDE - 2 : WIDE - 1 };

	w.first_max = w.max + cut + more;
	w.first_last = w.last + cut + (ended && more);
	return w;
}

static void
fold_line(struct header_fix *h, struct span line, size_t value,
    const struct widths *w)
{
	struct fold f = { .line = line, .value = value, .max = w->max,
	    .first_max = w->first_max, .quotes = h->content,
	    .quoted = h->quoted };
	size_t from = 0, at, max = w->first_max, last = w->first_last;
	struct edit e = { .why = CODE_CONFORM_LINE_LONG };

	memcpy(e.put, h->o.to == BRK_LF ? "\n" : "\r\n", 2);
	e.ins = h->o.to == BRK_LF ? 1 : 2;
	while (line.n - from > last && h->n <= HEADER_FIX_MAX) {
		const bool any = fold_next(&f, from, &at);

		if (!any || at - from > max)
			leave(h, CONFORM_LINE_LONG,
			    "a line of the header block has no place to fold");
		if (!any)
			return;
		e.off = h->line_off + at;
		add_edit(h, e);
		from = at;
		max = w->max;
		last = w->last;
	}
}

/* A line that begins a field: false if not every reader takes it for one.
 * *n: of its name; *colon: where that is. */
static bool
read_name(struct span s, size_t *n, size_t *colon)
{
	size_t i = 0;

	while (i < s.n && ascii_ftext(s.p[i]))
		i++;
	*n = i;
	while (i < s.n && ascii_wsp(s.p[i]))
		i++;
	*colon = i;
	return *n > 0 && i < s.n && s.p[i] == ':';
}

/* The first line of a field: *value is where that begins, *cut: bytes before
 * it that go. */
static void
begin_field(struct header_fix *h, struct span s, size_t *value, size_t *cut)
{
	size_t n, colon;

	if (!read_name(s, &n, &colon)) {
		h->closed = true;
		return;
	}
	*value = colon + 1;
	h->note = is_note((struct span){ s.p, n });
	h->content = span_starts_nocase(s, SPAN("content-"));
	if (n == colon || !wants(h, CONFORM_NAME_SPACE))
		return;
	if (h->note) {
		leave(h, CONFORM_NAME_SPACE, NOTE);
		return;
	}
	cut_space(h, n, colon);
	*cut = colon - n;
}

/* Why a line that is too long is not folded; NULL: it may be. */
static const char *
why_not_fold(const struct header_fix *h)
{
	return h->closed ? NOT_A_FIELD : h->note ? NOTE : h->line_n >
	    HEADER_FIX_LINE ? "a line of the header block is too long" : NULL;
}

/* cr: one is part of its break. */
static void
see_line(struct header_fix *h, bool ended, bool cr)
{
	const struct span s = line_span(h);
	struct fold f = { .line = s, .quoted = h->quoted };
	struct widths w;
	size_t cut = 0;

	if (!ascii_wsp(s.p[0]))
		f.quoted = h->quoted = false;
	if (!h->closed && !ascii_wsp(s.p[0]))
		begin_field(h, s, &f.value, &cut);
	w = widths_of(h, cut, ended, cr);
	if (wants(h, CONFORM_LINE_LONG) && h->line_n > w.first_last) {
		if (why_not_fold(h) != NULL)
			leave(h, CONFORM_LINE_LONG, why_not_fold(h));
		else
			fold_line(h, s, f.value, &w);
	}
	h->quoted = h->content && fold_ends_quoted(&f);
}

/* --- the header block, as KumoMTA reads it */

static void
see_field(struct header_fix *h)
{
	const struct head *d = &h->head;
	const struct span value = { d->value, d->value_n };
	const unsigned bit = 1u << d->name;

	if (d->has_space && h->closed)
		leave(h, CONFORM_NAME_SPACE, NOT_A_FIELD);
	if (d->name == HEAD_OTHER || (h->known & bit) != 0)
		return;
	h->known |= bit;
	if (d->cut)
		return;
	if (d->name == HEAD_DATE && !conform_date(value))
		leave(h, CONFORM_DATE, "the Date cannot be read");
	if (d->name == HEAD_MESSAGE_ID && !conform_message_id(value))
		leave(h, CONFORM_MESSAGE_ID, "the Message-ID cannot be read");
	if (d->name == HEAD_MIME_VERSION && !conform_mime_version(value))
		leave(h, CONFORM_MIME_VERSION, "the MIME-Version is another");
}

static void
show(struct header_fix *h, uint8_t c)
{
	enum head_is is;

	if (h->over)
		return;
	is = head_byte(&h->head, c, h->off);
	if (is == HEAD_FIELD_BEFORE) {
		see_field(h);
		is = head_byte(&h->head, c, h->off);
	}
	if (is == HEAD_FIELD)
		see_field(h);
	if (is == HEAD_ERROR)
		refuse(h, "KumoMTA cannot read the header block");
	if (is == HEAD_OVER) {
		h->over = true;
		h->empty_at = h->line_off;
	}
}

static void
add_byte(struct header_fix *h, uint8_t c)
{
	show(h, c);
	if (h->line_n < HEADER_FIX_LINE)
		h->line[h->line_n] = c;
	h->line_n++;
}

/* The CRs before are not of a break. */
static void
add_crs(struct header_fix *h, size_t n)
{
	for (; h->crs > n; h->crs--)
		add_byte(h, '\r');
}

static void
end_line(struct header_fix *h)
{
	const bool cr = h->lf || h->crs > 0;

	if (h->o.breaks_fixed)
		h->crs = 0;
	add_crs(h, h->lf ? 0 : 1);
	h->crs = 0;
	if (h->line_n > 0 && !h->over)
		see_line(h, true, cr);
	if (cr)
		show(h, '\r');
	show(h, '\n');
	h->line_n = 0;
	h->line_off = h->off + 1;
	h->first_line = false;
}

bool
header_fix_feed(struct header_fix *h, struct span s)
{
	for (size_t i = 0; i < s.n && !h->over; i++, h->off++) {
		if (h->off >= HEADER_FIX_BYTES) {
			refuse(h, "the header block is too large");
		} else if (s.p[i] == '\r') {
			h->crs++;
		} else if (s.p[i] == '\n') {
			end_line(h);
		} else {
			add_crs(h, 0);
			add_byte(h, s.p[i]);
		}
	}
	return !h->over;
}

/* --- the end */

/* Append s to the field's text; false: it is too long. */
static bool
add_text(char *text, size_t *n, const char *s)
{
	const size_t more = strlen(s);

	if (more >= TEXT_MAX - *n)
		return false;
	memcpy(text + *n, s, more + 1);
	*n += more;
	return true;
}

static bool
make_field(struct header_fix *h, const char *name, const char *value,
    enum code why)
{
	struct graft *g = &h->graft[h->grafts];
	char *text = h->text[h->grafts];
	size_t n = 0;

	if (!add_text(text, &n, name) || !add_text(text, &n, value) ||
	    !add_text(text, &n, h->o.to == BRK_LF ? "\n" : "\r\n"))
		return false;
	*g = (struct graft){ .off = h->empty_at, .kind = EDIT_FIELD,
	    .ins = { (const uint8_t *)text, n }, .why = (uint8_t)why };
	if (graft_kind(g) == 0)
		return false;
	h->grafts++;
	add_edit(h, (struct edit){ .off = g->off, .why = g->why, .graft = g });
	return true;
}

static void
put_fields(struct header_fix *h)
{
	const struct {
		enum conform_flag flag;
		enum head_name head;
		enum code why;
		const char *name, *value;
	} fields[PUT_FIELDS] = {
		{ CONFORM_DATE, HEAD_DATE, CODE_CONFORM_DATE, "Date: ",
		    h->o.date },
		{ CONFORM_MESSAGE_ID, HEAD_MESSAGE_ID,
		    CODE_CONFORM_MESSAGE_ID, "Message-ID: ",
		    h->o.message_id },
		{ CONFORM_MIME_VERSION, HEAD_MIME_VERSION,
		    CODE_CONFORM_MIME_VERSION, "MIME-Version: ", "1.0" },
	};

	for (size_t i = 0; i < PUT_FIELDS; i++) {
		if (!wants(h, fields[i].flag) ||
		    (h->known >> fields[i].head & 1) != 0)
			continue;
		if (h->closed)
			leave(h, fields[i].flag, NOT_A_FIELD);
		else if (h->empty_at == UINT64_MAX)
			leave(h, fields[i].flag,
			    "there is no empty line behind the header block");
		else if (fields[i].value == NULL || !make_field(h,
		    fields[i].name, fields[i].value, fields[i].why))
			leave(h, fields[i].flag,
			    "there is no value for a field that is missing");
	}
}

/* The message ended in its header block. */
static void
end_block(struct header_fix *h)
{
	enum head_is is;

	add_crs(h, 0);
	if (h->line_n > 0 && !h->over)
		see_line(h, false, false);
	if (h->over)
		return;
	is = head_end(&h->head);
	if (is == HEAD_FIELD)
		see_field(h);
	if (is == HEAD_ERROR)
		refuse(h, "KumoMTA cannot read the header block");
	h->over = true;
}

size_t
header_fix_end(struct header_fix *h, const struct edit **list,
    const char **why_not)
{
	if (!h->over)
		end_block(h);
	if (!h->refused)
		put_fields(h);
	if (h->n > HEADER_FIX_MAX)
		refuse(h, "more edits than anyone wants to keep");
	*list = h->list;
	*why_not = h->why_not;
	if (h->refused)
		h->left = h->o.flags;
	return h->refused ? 0 : h->n;
}

unsigned
header_fix_left(const struct header_fix *h)
{
	return h->left;
}

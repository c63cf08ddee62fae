/*
 * See header.h.
 */
#include "header.h"

#include "content_type.h"

void
header_begin(struct header *h)
{
	h->over = false;
	h->no_end.count = 0;
	h->in_message_id = false;
	h->message_id_cut = false;
	h->message_id_n = 0;
	h->content_type_seen = false;
	h->in_content_type = false;
	h->content_type_cut = false;
	h->content_type_n = 0;
}

/* Append a line of the value, without the white space around it. */
static void
message_id_add(struct header *h, struct span s, bool cut)
{
	size_t room = MESSAGE_ID_MAX - h->message_id_n;

	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && ascii_wsp(s.p[s.n - 1]))
		s.n--;
	if (s.n > room || cut)
		h->message_id_cut = true;
	if (s.n < room)
		room = s.n;
	memcpy(h->message_id + h->message_id_n, s.p, room);
	h->message_id_n += room;
}

static void
content_type_add(struct header *h, struct span s, bool cut)
{
	size_t room = CONTENT_TYPE_KEPT - h->content_type_n;

	if (s.n > room || cut)
		h->content_type_cut = true;
	if (s.n < room)
		room = s.n;
	if (room > 0)
		memcpy(h->content_type + h->content_type_n, s.p, room);
	h->content_type_n += room;
}

/* A value that begins like this may be that of a multipart.  The others may
 * have been passed over (census_fields_fn). */
static bool
may_be_multipart(struct span s)
{
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	return s.n == 0 || ascii_lower(s.p[0]) == 'm' || s.p[0] == '(' ||
	    s.p[0] == '"';
}

bool
header_names(struct span line, struct span name, struct span *value)
{
	struct span s = line;

	if (!span_starts_nocase(s, name))
		return false;
	s = (struct span){ s.p + name.n, s.n - name.n };
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	if (s.n == 0 || s.p[0] != ':')
		return false;
	*value = (struct span){ s.p + 1, s.n - 1 };
	return true;
}

static void
see_field(struct header *h, const struct line *ln)
{
	const uint8_t c = ascii_lower(ln->head.p[0]);
	struct span value;

	h->in_message_id = false;
	h->in_content_type = false;
	if (c != 'm' && c != 'c')
		return;
	if (h->message_id_n == 0 &&
	    header_names(ln->head, SPAN("message-id"), &value)) {
		h->in_message_id = true;
		message_id_add(h, value, ln->len > LINE_HEAD);
	} else if (!h->content_type_seen &&
	    header_names(ln->head, SPAN("content-type"), &value) &&
	    may_be_multipart(value)) {
		h->content_type_seen = true;
		h->in_content_type = true;
		content_type_add(h, value, ln->len > LINE_HEAD);
	}
}

enum header_is
header_line(struct header *h, const struct line *ln)
{
	if (ln->len == 0 && ln->before == BRK_CR && ln->after == BRK_CRLF)
		return HEADER_FIELD;	/* CRCRLF is one break */
	if (ln->len == 0) {
		h->over = true;
		return HEADER_OVER;
	}
	if (ascii_wsp(ln->head.p[0]) && ln->before != BRK_NONE) {
		if (h->in_message_id)
			message_id_add(h, ln->head, ln->len > LINE_HEAD);
		else if (h->in_content_type)
			content_type_add(h, ln->head, ln->len > LINE_HEAD);
		return HEADER_FIELD;
	}
	if (span_begins_field(ln->head)) {
		see_field(h, ln);
		return HEADER_FIELD;
	}
	h->over = true;
	look_note_line(&h->no_end, ln->off, ln->head);
	return HEADER_NOT_ONE;
}

void
header_end(struct header *h, uint64_t off)
{
	if (h->over)
		return;
	h->over = true;
	look_note_line(&h->no_end, off, (struct span){ NULL, 0 });
}

/* No more of the line than white space. */
static bool
line_is_over(struct span s)
{
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	return s.n == 0 || s.p[0] == '\n' || s.p[0] == '\r';
}

/* last holds a line of "--", the boundary and "--". */
static bool
is_closed(struct span boundary, struct span last)
{
	const size_t n = boundary.n + 4;

	for (size_t i = last.n < n ? 0 : last.n - n; i > 0; i--) {
		const struct span s = { last.p + i, last.n - i };

		if (s.p[0] == '-' && s.p[1] == '-' &&
		    (s.p[-1] == '\n' || s.p[-1] == '\r') &&
		    memcmp(s.p + 2, boundary.p, boundary.n) == 0 &&
		    s.p[n - 2] == '-' && s.p[n - 1] == '-' &&
		    line_is_over((struct span){ s.p + n, s.n - n }))
			return true;
	}
	return false;
}

bool
header_unclosed(const struct header *h, struct span last)
{
	const struct span value = { h->content_type, h->content_type_n };
	uint8_t boundary[LOOK_BACK];
	struct content_type t;
	size_t n;

	if (value.n == 0)
		return false;
	content_type_read(&t, value);
	if (!content_type_is(t.type, "multipart"))
		return false;
	n = content_type_param(&t, "boundary", boundary, sizeof(boundary));
	if (h->content_type_cut || n > sizeof(boundary))
		return true;
	while (n > 0 && ascii_wsp(boundary[n - 1]))
		n--;
	return n == 0 || !is_closed((struct span){ boundary, n }, last);
}

/*
 * See header.h.
 */
#include "header.h"

void
header_begin(struct header *h)
{
	h->over = false;
	h->no_end.count = 0;
	h->in_message_id = false;
	h->message_id_cut = false;
	h->message_id_n = 0;
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
see_field(struct header *h, const struct line *ln)
{
	struct span s = ln->head;

	h->in_message_id = false;
	if (h->message_id_n > 0 ||
	    !span_starts_nocase(s, SPAN("message-id")))
		return;
	s = (struct span){ s.p + 10, s.n - 10 };
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	if (s.n == 0 || s.p[0] != ':')
		return;
	h->in_message_id = true;
	message_id_add(h, (struct span){ s.p + 1, s.n - 1 },
	    ln->len > LINE_HEAD);
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

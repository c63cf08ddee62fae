/*
 * See conform_part.h.
 */
#include "conform_part.h"

#define LINE_MAX_BYTES 78u	/* the CR counted; the first line: one more */
#define NEAR 100u		/* bytes back that look can surely show */

/* --- places */

/* The same place whatever the spans are: only what is near has a context. */
static void
note(struct walk *w, struct spots *s, uint64_t off)
{
	if (off >= w->now || w->now - off <= NEAR)
		look_note(w->look, s, off);
	else
		look_note_line(s, off, (struct span){ NULL, 0 });
}

static void
note_field(struct walk *w, enum conform_flag flag)
{
	look_note_line(&w->flags[flag], w->head.off,
	    (struct span){ w->head.first, w->head.first_n });
}

static bool
has_failed(const struct walk *w)
{
	return w->error.count > 0;
}

/* --- the flags of a message that need no parts */

static void
line_add(struct walk *w, uint64_t n)
{
	w->line_n += n;
	if (!w->line_noted && w->line_n >= LINE_MAX_BYTES + w->first_line) {
		w->line_noted = true;
		note(w, &w->flags[CONFORM_LINE_LONG], w->line_off);
	}
}

static void
line_end(struct walk *w, uint64_t off)
{
	w->line_off = off + 1;
	w->line_n = 0;
	w->line_noted = false;
	w->first_line = false;
}

static void
lone_cr(struct walk *w)
{
	if (w->cr_open)
		note(w, &w->flags[CONFORM_LINE_ENDS], w->cr_at);
	w->cr_open = false;
}

static void
note_high(struct walk *w, struct span s, uint64_t off)
{
	uint64_t word;

	for (size_t i = 0; i < s.n; i++) {
		while (s.n - i >= sizeof(word)) {
			memcpy(&word, s.p + i, sizeof(word));
			if ((word & 0x8080808080808080u) != 0)
				break;
			i += sizeof(word);
		}
		if (i < s.n && s.p[i] >= 0x80)
			note(w, &w->flags[CONFORM_TRANSFER], off + i);
	}
}

/* --- a part */

static void
begin_part(struct walk *w)
{
	w->in = WALK_IN_HEAD;
	w->known = 0;
	w->encoding = TRANSFER_NONE;
	conform_type_default(&w->type);
	head_begin(&w->head);
}

static bool
is_preamble(const struct walk *w)
{
	const struct borders *b = &w->borders;

	return w->in == WALK_IN_BODY && b->depth > 0 &&
	    !b->level[b->depth - 1].seen;
}

/* Text that fails as it stands does so at a byte that is noted already. */
static void
note_undecodable(struct walk *w)
{
	const struct transfer *t = &w->transfer;

	if (t->encoding != TRANSFER_NONE ||
	    !charset_is_ascii_based(w->type.charset))
		note(w, &w->undecodable, t->failed_at);
}

/* What comes before a multipart's first border counts if there is none. */
static void
feed_body(struct walk *w, struct span s, uint64_t off)
{
	const bool before = w->transfer.failed;

	transfer_feed(&w->transfer, s, off);
	if (w->transfer.failed && !before && !is_preamble(w))
		note_undecodable(w);
}

static void
end_body(struct walk *w, uint64_t off)
{
	const bool noted = w->transfer.failed && !is_preamble(w);

	if (!transfer_end(&w->transfer, off) && !noted)
		note_undecodable(w);
	w->in = WALK_IN_REST;
}

static void
begin_body(struct walk *w)
{
	w->in = WALK_IN_BODY;
	if (w->type.text && w->type.charset == NULL)
		look_note_line(&w->undecodable, w->type_off,
		    (struct span){ w->type_first, w->type_first_n });
	transfer_begin(&w->transfer, w->encoding,
	    w->type.text ? w->type.charset : NULL);
	if (w->type.parted)
		borders_push(&w->borders, (struct span){ w->type.boundary,
		    w->type.boundary_n });
}

/* --- the header block of a part */

static void
read_type(struct walk *w, struct span value)
{
	w->type_off = w->head.off;
	w->type_first_n = w->head.first_n;
	memcpy(w->type_first, w->head.first, w->head.first_n);
	if (w->head.cut)
		w->type.text = false;	/* who knows */
	else if (!conform_content_type(value, &w->type))
		note_field(w, CONFORM_MIME_HEADERS);
}

static void
judge_top_field(struct walk *w, struct span value)
{
	const enum head_name name = w->head.name;

	if (name == HEAD_DATE && !conform_date(value))
		note_field(w, CONFORM_DATE);
	else if (name == HEAD_MESSAGE_ID && !conform_message_id(value))
		note_field(w, CONFORM_MESSAGE_ID);
	else if (name == HEAD_MIME_VERSION && !conform_mime_version(value))
		note_field(w, CONFORM_MIME_VERSION);
}

static void
judge_field(struct walk *w, struct span value)
{
	bool fine = true;

	switch (w->head.name) {
	case HEAD_CONTENT_TYPE:
		read_type(w, value);
		break;
	case HEAD_CONTENT_ENCODING:
		fine = w->head.cut || conform_encoding(value, &w->encoding);
		break;
	case HEAD_CONTENT_DISPOSITION:
		fine = w->head.cut || conform_disposition(value);
		break;
	case HEAD_CONTENT_ID:
		fine = w->head.cut || conform_message_id(value);
		break;
	default:
		if (w->top && !w->head.cut)
			judge_top_field(w, value);
	}
	if (!fine)
		note_field(w, CONFORM_MIME_HEADERS);
}

static void
see_field(struct walk *w)
{
	const struct head *h = &w->head;
	const unsigned bit = 1u << h->name;

	if (h->lacks_colon)
		note_field(w, CONFORM_COLON);
	if (h->name == HEAD_OTHER || (w->known & bit) != 0)
		return;
	w->known |= bit;
	judge_field(w, (struct span){ h->value, h->value_n });
}

/* off: of the empty line, or the end. */
static void
end_head(struct walk *w, uint64_t off)
{
	static const struct {
		enum head_name name;
		enum conform_flag flag;
	} needed[] = {
		{ HEAD_DATE, CONFORM_DATE },
		{ HEAD_MESSAGE_ID, CONFORM_MESSAGE_ID },
		{ HEAD_MIME_VERSION, CONFORM_MIME_VERSION },
	};

	for (size_t i = 0; i < 3 && w->top; i++)
		if ((w->known >> needed[i].name & 1) == 0)
			note(w, &w->flags[needed[i].flag], off);
	w->top = false;
	begin_body(w);
}

static void
fail(struct walk *w, uint64_t off)
{
	note(w, &w->error, off);
}

/* A first line without a colon: its LF counts for its length too. */
static void
see_bare_line(struct walk *w)
{
	if (w->first_line && w->line_n >= LINE_MAX_BYTES)
		line_add(w, 1);
	see_field(w);
}

static void
head_one(struct walk *w, uint8_t c, uint64_t off)
{
	const struct head *h = &w->head;
	enum head_is is = head_byte(&w->head, c, off);

	if (is == HEAD_FIELD_BEFORE) {
		see_field(w);
		is = head_byte(&w->head, c, off);
	}
	if (h->state == HEAD_IN_NAME && h->has_space && h->space == off)
		note(w, &w->flags[CONFORM_NAME_SPACE], off);
	if (is == HEAD_FIELD)
		see_bare_line(w);
	else if (is == HEAD_OVER)
		end_head(w, w->line_off);
	else if (is == HEAD_ERROR)
		fail(w, h->error == HEAD_LONE_CR ? h->off : off);
}

/* The part ends inside its header block. */
static void
cut_head(struct walk *w, uint64_t off)
{
	const enum head_is is = head_end(&w->head);

	if (is == HEAD_ERROR) {
		fail(w, w->head.off);
		return;
	}
	if (is == HEAD_FIELD)
		see_field(w);
	end_head(w, off);
	end_body(w, off);
}

/* --- borders */

static void
end_part(struct walk *w, uint64_t off)
{
	if (w->in == WALK_IN_HEAD)
		cut_head(w, off);
	else if (w->in == WALK_IN_BODY)
		end_body(w, off);
}

/* A border of that level stands behind the LF before off. */
static void
see_border(struct walk *w, size_t level, uint64_t off)
{
	struct borders *b = &w->borders;
	struct border *l = &b->level[level];

	if (!is_preamble(w) || level + 1 < b->depth)
		end_part(w, off);
	b->depth = level + 1;
	w->in = l->seen ? WALK_BEHIND_BORDER : WALK_IN_BORDER_LINE;
	w->dashes = 0;
	l->seen = true;
}

/* Two dashes behind a border close the multipart. */
static void
behind_border(struct walk *w, uint8_t c)
{
	if (c != '-')
		w->in = WALK_IN_BORDER_LINE;
	else if (++w->dashes == 2) {
		w->in = WALK_IN_REST;
		w->borders.depth--;
	}
}

/* --- bytes, when it is known that they are of no border */

static void
content_text(struct walk *w, struct span s, uint64_t off)
{
	size_t i = 0;

	while (i < s.n && !has_failed(w)) {
		const struct span rest = { s.p + i, s.n - i };

		if (w->in == WALK_IN_BODY) {
			feed_body(w, rest, off + i);
			return;
		}
		if (w->in == WALK_IN_HEAD &&
		    w->head.state == HEAD_IN_VALUE) {
			head_text(&w->head, rest);
			return;
		}
		if (w->in == WALK_IN_HEAD)
			head_one(w, s.p[i], off + i);
		else if (w->in == WALK_BEHIND_BORDER)
			behind_border(w, s.p[i]);
		else
			return;
		i++;
	}
}

static void
content_break(struct walk *w, uint8_t c, uint64_t off)
{
	if (w->in == WALK_BEHIND_BORDER)
		behind_border(w, c);
	if (w->in == WALK_IN_BORDER_LINE && c == '\n')
		begin_part(w);
	else if (w->in == WALK_IN_HEAD)
		head_one(w, c, off);
	else if (w->in == WALK_IN_BODY)
		feed_body(w, (struct span){ &c, 1 }, off);
}

/* It is known what stands behind the LF. */
static void
end_trying(struct walk *w)
{
	struct borders *b = &w->borders;
	size_t n = 0;

	b->trying = false;
	if (b->best < BORDERS_DEPTH) {
		n = b->best_n;
		see_border(w, b->best, w->held_off);
	}
	content_text(w, (struct span){ b->held + n, b->held_n - n },
	    w->held_off + n);
}

/* --- the message */

void
walk_begin(struct walk *w, struct look *look)
{
	w->look = look;
	memset(w->flags, 0, sizeof(w->flags));
	memset(&w->error, 0, sizeof(w->error));
	memset(&w->undecodable, 0, sizeof(w->undecodable));
	w->now = 0;
	w->cr_open = false;
	w->line_off = 0;
	w->line_n = 0;
	w->line_noted = false;
	w->first_line = true;
	w->top = true;
	borders_begin(&w->borders);
	begin_part(w);
}

void
walk_text(struct walk *w, struct span s, uint64_t off)
{
	size_t i = 0;

	if (has_failed(w) || s.n == 0)
		return;
	w->now = off;
	lone_cr(w);
	line_add(w, s.n);
	note_high(w, s, off);
	while (w->borders.trying && i < s.n) {
		w->now = off + i;
		if (borders_byte(&w->borders, s.p[i++]))
			end_trying(w);
	}
	content_text(w, (struct span){ s.p + i, s.n - i }, off + i);
}

void
walk_break(struct walk *w, uint8_t c, uint64_t off)
{
	if (has_failed(w))
		return;
	w->now = off;
	if (c == '\r') {
		lone_cr(w);
		w->cr_open = true;
		w->cr_at = off;
		line_add(w, 1);
	} else if (!w->cr_open) {
		note(w, &w->flags[CONFORM_LINE_ENDS], off);
	}
	if (w->borders.trying)
		end_trying(w);
	content_break(w, c, off);
	if (c == '\r')
		return;
	w->cr_open = false;
	line_end(w, off);
	w->held_off = off + 1;
	if (w->borders.depth > 0)
		borders_try(&w->borders);
}

/* A last line that is not ended is measured in a header block alone. */
static void
last_line(struct walk *w)
{
	if (w->line_noted && !(w->in == WALK_IN_HEAD &&
	    head_is_in_line(&w->head) && w->line_n > LINE_MAX_BYTES))
		w->flags[CONFORM_LINE_LONG].count--;
}

void
walk_end(struct walk *w, uint64_t off)
{
	if (has_failed(w))
		return;
	w->now = off;
	lone_cr(w);
	if (w->borders.trying)
		end_trying(w);
	last_line(w);
	end_part(w, off);
	if (w->undecodable.count > 0)
		look_merge(&w->flags[CONFORM_TRANSFER], &w->undecodable);
}

/*
 * See conform_head.h.
 */
#include "conform_head.h"

#define HEAD_NAME_SPAN(id, name) { (const uint8_t *)(name), sizeof(name) - 1 },
static const struct span names[] = { HEAD_NAMES(HEAD_NAME_SPAN) };

void
head_begin(struct head *h)
{
	h->state = HEAD_START;
	h->any = false;
	h->error = HEAD_FINE;
}

static enum head_is
fail(struct head *h, enum head_error error)
{
	h->error = error;
	return HEAD_ERROR;
}

static void
begin_field(struct head *h, uint64_t off)
{
	h->state = HEAD_IN_NAME;
	h->any = true;
	h->off = off;
	h->first_over = false;
	h->first_n = 0;
	h->name = HEAD_OTHER;
	h->lacks_colon = false;
	h->has_space = false;
	h->cut = false;
	h->value_n = 0;
	h->name_n = 0;
	h->kept = 0;
}

/* The name is over. */
static void
find_name(struct head *h)
{
	const struct span s = { h->name_kept, h->name_n };

	h->name = HEAD_OTHER;
	for (unsigned i = 0; i < HEAD_NAMES_N; i++)
		if (names[i].n == s.n && span_starts_nocase(s, names[i]))
			h->name = (enum head_name)i;
}

/* Where a field, or the empty line, may begin. */
static enum head_is
start_byte(struct head *h, uint8_t c, uint64_t off)
{
	if (c == '\n')
		return HEAD_OVER;
	if (c == '\r') {
		h->state = HEAD_START_CR;
		h->off = off;
		return HEAD_MORE;
	}
	if (ascii_wsp(c) || c == '\f')
		return fail(h, h->any ? HEAD_FIELD_STARTS_BLANK :
		    HEAD_STARTS_BLANK);
	begin_field(h, off);
	return head_byte(h, c, off);
}

static enum head_is
name_byte(struct head *h, uint8_t c, uint64_t off)
{
	if (c == ':') {
		h->state = HEAD_BEHIND_COLON;
		find_name(h);
	} else if (ascii_wsp(c)) {
		if (!h->has_space)
			h->space = off;
		h->has_space = true;
	} else if (c == '\n') {
		h->state = HEAD_START;
		h->lacks_colon = true;
		if (!h->has_space)	/* else the space is in the name */
			find_name(h);
		return HEAD_FIELD;
	} else if (c != '\r' && (c < 33 || c > 126)) {
		h->bad_byte = c;
		return fail(h, HEAD_NOT_PRINTABLE);
	} else if (!h->has_space) {
		if (h->name_n < HEAD_NAME_MAX)
			h->name_kept[h->name_n] = c;
		h->name_n++;
	}
	return HEAD_MORE;
}

/* Spans, so that a long value is not looked at byte by byte. */
static void
keep_value(struct head *h, struct span s)
{
	size_t n = s.n;

	if (h->name == HEAD_OTHER)
		return;
	if (n > HEAD_VALUE_MAX - h->kept) {
		n = HEAD_VALUE_MAX - h->kept;
		h->cut = true;
	}
	if (n > 0)
		memcpy(h->value + h->kept, s.p, n);
	h->kept += n;
	if (s.p[s.n - 1] != '\r' && s.p[s.n - 1] != '\n')
		h->value_n = h->kept;
}

static void
value_byte(struct head *h, uint8_t c)
{
	keep_value(h, (struct span){ &c, 1 });
	h->state = c == '\n' ? HEAD_BEHIND_LINE : HEAD_IN_VALUE;
}

static void
keep_first(struct head *h, uint8_t c)
{
	if (c == '\r' || c == '\n')
		h->first_over = true;
	else if (!h->first_over && h->first_n < sizeof(h->first))
		h->first[h->first_n++] = c;
}

enum head_is
head_byte(struct head *h, uint8_t c, uint64_t off)
{
	switch (h->state) {
	case HEAD_START:
		return start_byte(h, c, off);
	case HEAD_START_CR:
		return c == '\n' ? HEAD_OVER : fail(h, HEAD_LONE_CR);
	case HEAD_BEHIND_LINE:
		if (!ascii_wsp(c)) {
			h->state = HEAD_START;
			return HEAD_FIELD_BEFORE;
		}
		value_byte(h, c);
		return HEAD_MORE;
	case HEAD_IN_NAME:
		keep_first(h, c);
		return name_byte(h, c, off);
	case HEAD_BEHIND_COLON:
		keep_first(h, c);
		if (c != ' ')
			value_byte(h, c);
		return HEAD_MORE;
	default:
		keep_first(h, c);
		value_byte(h, c);
		return HEAD_MORE;
	}
}

void
head_text(struct head *h, struct span s)
{
	for (size_t i = 0; i < s.n && !h->first_over &&
	    h->first_n < sizeof(h->first); i++)
		keep_first(h, s.p[i]);
	if (s.n > 0)
		keep_value(h, s);
}

bool
head_is_in_line(const struct head *h)
{
	return h->state == HEAD_IN_NAME || h->state == HEAD_BEHIND_COLON ||
	    h->state == HEAD_IN_VALUE;
}

enum head_is
head_end(struct head *h)
{
	if (h->state == HEAD_START)
		return HEAD_OVER;
	if (h->state == HEAD_START_CR)
		return fail(h, HEAD_LONE_CR);
	if (h->state == HEAD_IN_NAME) {
		h->lacks_colon = !h->has_space;
		find_name(h);
	}
	h->state = HEAD_START;
	return HEAD_FIELD;
}

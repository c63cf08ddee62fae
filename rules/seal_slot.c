/*
 * See seal_slot.h.
 */
#include "seal_slot.h"

bool
seal_slot_open(struct seal_slot *s)
{
	return (s->hash = hash_new()) != NULL;
}

void
seal_slot_close(struct seal_slot *s)
{
	hash_free(s->hash);
}

void
seal_slot_begin(struct seal_slot *s, enum seal_form form, bool again)
{
	s->form = form;
	s->held = 0;
	if (again)
		hash_feed(s->hash, SPAN("\n\n"));	/* no form has that */
	else
		hash_begin(s->hash);
}

static void
flush(struct seal_slot *s)
{
	if (s->held > 0)
		hash_feed(s->hash, (struct span){ s->hold, s->held });
	s->held = 0;
}

static bool
is_space(uint8_t c)
{
	return ascii_wsp(c) || c == '\r';
}

static void
trim(struct seal_slot *s, struct span t)
{
	size_t n = t.n;

	while (n > 0 && is_space(t.p[n - 1]))
		n--;
	if (n > 0) {
		flush(s);
		hash_feed(s->hash, (struct span){ t.p, n });
	}
	for (; n < t.n; n++) {
		if (s->held == SEAL_HOLD)
			flush(s);
		s->hold[s->held++] = t.p[n];
	}
}

/* RFC 2045 6.8, table 1, and the padding. */
static bool
is_base64(uint8_t c)
{
	return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') ||
	    ascii_digit(c) || c == '+' || c == '/' || c == '=';
}

static void
letters(struct seal_slot *s, struct span t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (!is_base64(t.p[i]))
			continue;
		if (s->held == SEAL_HOLD)
			flush(s);
		s->hold[s->held++] = t.p[i];
	}
}

void
seal_slot_text(struct seal_slot *s, struct span t)
{
	if (t.n == 0)
		return;
	if (s->form == SEAL_TRIM)
		trim(s, t);
	else if (s->form == SEAL_BASE64)
		letters(s, t);
	else
		hash_feed(s->hash, t);
}

void
seal_slot_break(struct seal_slot *s, bool bare)
{
	if (s->form == SEAL_BASE64)
		return;
	s->held = 0;
	if (s->form == SEAL_RAW && bare)
		hash_feed(s->hash, SPAN("\n"));
	else
		hash_feed(s->hash, SPAN("\r\n"));
}

void
seal_slot_pause(struct seal_slot *s)
{
	if (s->form == SEAL_BASE64)
		flush(s);
	s->held = 0;
}

bool
seal_slot_end(struct seal_slot *s, uint8_t out[HASH_SIZE])
{
	return hash_end(s->hash, out);
}

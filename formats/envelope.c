/*
 * See envelope.h.
 */
#include "envelope.h"

#define YEAR_10000 253402300800	/* RFC 3339 has four digits */

static bool
keep(struct envelope *e, struct span s, struct span *out)
{
	if (s.n > sizeof(e->text) - e->used)
		return false;
	if (s.n > 0)
		memcpy(e->text + e->used, s.p, s.n);
	*out = (struct span){ e->text + e->used, s.n };
	e->used += s.n;
	return true;
}

void
envelope_queue_id(struct envelope *e, struct span s)
{
	e->has_queue_id = keep(e, s, &e->queue_id);
}

void
envelope_sender(struct envelope *e, struct span s)
{
	e->has_sender = keep(e, s, &e->sender);
}

void
envelope_recipient(struct envelope *e, struct span s)
{
	struct span kept;

	if (e->recipients_n < ENVELOPE_RECIPIENTS && keep(e, s, &kept))
		e->recipients[e->recipients_n++] = kept;
	else
		e->recipients_more++;
}

void
envelope_arrived(struct envelope *e, struct span s)
{
	int64_t t = 0;
	size_t i = 0;

	for (; i < s.n && ascii_digit(s.p[i]) && t < YEAR_10000; i++)
		t = 10 * t + (s.p[i] - '0');
	e->has_arrived = i > 0 && t < YEAR_10000;
	e->arrived = t;
}

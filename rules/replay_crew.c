/*
 * See replaying.h.  All lanes at once: the states of all of them together are
 * numbered as they are met, so that a byte is one look-up, as long as nothing
 * happens to anybody.  When something does, all numbers are forgotten: what
 * matters to whom is another thing then.
 */
#include "replaying.h"

#define SLOTS (2u * CREW_STATES)	/* a power of two */

void
crew_forget(struct replay *r)
{
	struct crew *c = &r->crew;

	if (c->n > 0)
		memset(c->slots, 0, sizeof(c->slots));
	c->n = 0;
	c->at = CREW_NONE;
}

void
crew_sync(struct replay *r)
{
	const struct crew *c = &r->crew;

	if (c->at == CREW_NONE)
		return;
	for (size_t i = 0; i < r->lanes_n; i++)
		r->lanes[i].at = c->states[c->at].of[i];
}

static size_t
hash(const struct crew_state *s, size_t n)
{
	uint64_t h = 0;

	for (size_t i = 0; i < n; i++)
		h = (h ^ s->of[i]) * 0x9e3779b97f4a7c15u;
	return (size_t)(h >> 40);
}

/* The number of the states that the lanes are in; CREW_NONE: no room. */
static uint16_t
number(struct replay *r)
{
	struct crew *c = &r->crew;
	struct crew_state s;
	size_t at;

	for (size_t i = 0; i < r->lanes_n; i++)
		s.of[i] = r->lanes[i].at;
	at = hash(&s, r->lanes_n) & (SLOTS - 1);
	for (; c->slots[at] != 0; at = (at + 1) & (SLOTS - 1))
		if (memcmp(&c->states[c->slots[at] - 1], &s, r->lanes_n *
		    sizeof(s.of[0])) == 0)
			return (uint16_t)(c->slots[at] - 1);
	if (c->n == CREW_STATES)
		return CREW_NONE;
	c->states[c->n] = s;
	memset(c->next[c->n], 0xff, sizeof(c->next[c->n]));
	c->slots[at] = ++c->n;
	return (uint16_t)(c->n - 1);
}

void
crew_learn(struct replay *r, enum wire_class w)
{
	struct crew *c = &r->crew;
	const uint16_t from = c->at;

	if (r->lanes_n > CREW_LANES)
		return;
	if ((c->at = number(r)) == CREW_NONE)
		crew_forget(r);
	else if (from != CREW_NONE)
		c->next[from][w] = c->at;
}

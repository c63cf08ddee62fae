/*
 * See panel.h.
 */
#include "panel.h"

#include <stdlib.h>

#define SLOTS (4u * PANEL_STATES)	/* a power of two */

struct tuple {
	uint8_t of[PANEL_MAX];	/* the states of the automata */
};

struct making {
	const struct receiver_dfa *dfas;
	struct panel *panel;
	struct tuple *tuples;	/* PANEL_STATES, by number */
	uint16_t *slots;	/* a tuple's number and 1; 0: free */
};

static size_t
hash(const struct tuple *t)
{
	uint64_t h = 1469598103934665603u;	/* FNV-1a */

	for (size_t i = 0; i < PANEL_MAX; i++)
		h = (h ^ t->of[i]) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

/* Its number, a new one if need be; PANEL_STATES: no room. */
static size_t
number(struct making *m, const struct tuple *t)
{
	size_t i = hash(t) & (SLOTS - 1);

	for (; m->slots[i] != 0; i = (i + 1) & (SLOTS - 1))
		if (memcmp(&m->tuples[m->slots[i] - 1], t, sizeof(*t)) == 0)
			return m->slots[i] - 1u;
	if (m->panel->states == PANEL_STATES)
		return PANEL_STATES;
	m->tuples[m->panel->states] = *t;
	m->slots[i] = ++m->panel->states;
	return m->slots[i] - 1u;
}

static struct tuple
step(const struct making *m, const struct tuple *t, enum wire_class c,
    struct panel_act *act)
{
	struct tuple to = { { 0 } };

	*act = (struct panel_act){ 0, 0, 0 };
	for (size_t i = 0; i < m->panel->n; i++) {
		const struct receiver_dfa *d = &m->dfas[i];
		const unsigned did = d->act[t->of[i]][c];

		to.of[i] = d->next[t->of[i]][c];
		if ((did & RECEIVER_REFUSE) != 0)
			act->refuse |= 1ull << i;
		else if ((did & RECEIVER_END) != 0)
			act->end |= 1ull << i;
		if ((did & RECEIVER_TAINT) != 0)
			act->taint |= 1ull << i;
	}
	return to;
}

static bool
expand(struct making *m)
{
	struct panel *p = m->panel;
	struct tuple t = { { 0 } };

	for (size_t i = 0; i < p->n; i++)
		t.of[i] = m->dfas[i].start;
	(void)number(m, &t);
	for (size_t s = 0; s < p->states; s++)
		for (enum wire_class c = 0; c < WIRE_CLASSES; c++) {
			size_t k;

			t = step(m, &m->tuples[s], c, &p->act[s][c]);
			if ((k = number(m, &t)) == PANEL_STATES)
				return false;
			p->next[s][c] = (uint16_t)k;
		}
	return true;
}

bool
panel_make(struct panel *p, const struct receiver_dfa *dfas, size_t n)
{
	struct making m = { .dfas = dfas, .panel = p };
	bool ok;

	*p = (struct panel){ .n = n };
	p->next = calloc(PANEL_STATES, sizeof(*p->next));
	p->act = calloc(PANEL_STATES, sizeof(*p->act));
	m.tuples = calloc(PANEL_STATES, sizeof(*m.tuples));
	m.slots = calloc(SLOTS, sizeof(*m.slots));
	ok = p->next != NULL && p->act != NULL && m.tuples != NULL &&
	    m.slots != NULL && expand(&m);
	free(m.tuples);
	free(m.slots);
	return ok;
}

void
panel_free(struct panel *p)
{
	free(p->next);
	free(p->act);
	*p = (struct panel){ 0 };
}

/*
 * See replay.h: rows to places, and what leads from one state to the next.
 */
#include "replaying.h"

#include <stdlib.h>

const char *const replay_names[REPLAY_OUTCOMES] = {
	[REPLAY_NONE] = "none", [REPLAY_WHOLE] = "whole",
	[REPLAY_UNSENT] = "unsent", [REPLAY_REFUSED] = "refused",
	[REPLAY_OPEN] = "open", [REPLAY_CUT] = "cut",
	[REPLAY_SMUGGLED] = "smuggled",
};

struct planning {
	struct replay_plan *plan;
	struct receiver_dfa *dfas;	/* PANEL_MAX */
	struct receiver_dfa *bdat_dfas;	/* likewise */
	const char *why;
};

static bool
wrong(struct planning *g, const char *why)
{
	g->why = why;
	return false;
}

/* What happens when a byte is sent on; *s is where that leads. */
static struct route_act
advance(const struct alike *to, bool lf, struct route_state *s,
    enum wire_class c)
{
	struct route_act all = { 0, 0 };
	uint8_t out[SENDER_OUT];
	const size_t n = sender_step(&to->does, lf, &s->t, c, out);

	if (n > SENDER_OUT)
		return (struct route_act){ UINT64_MAX, 0 };
	for (size_t i = 0; i < n; i++) {
		const enum wire_class w = wire_classes[out[i]];
		const struct panel_act *a = &to->panel->act[s->panel][w];

		all.over |= a->end | a->refuse;
		all.taint |= a->taint;
		s->panel = to->panel->next[s->panel][w];
	}
	return all;
}

/* The state's number, a new one if need be; ROUTE_NONE: no room. */
static size_t
number(struct alike *a, struct route_state s, size_t room)
{
	struct route *r = &a->route;
	uint16_t *k = &r->number[sender_number(s.t) * a->panel->states +
	    s.panel];

	if (*k == ROUTE_NONE) {
		if (r->n == room)
			return ROUTE_NONE;
		r->states[r->n] = s;
		*k = (uint16_t)r->n++;
	}
	return *k;
}

/* The same of what happens; ROUTE_ACTS: no room. */
static size_t
act_number(struct route *r, struct route_act a)
{
	size_t i = 0;

	while (i < r->acts_n && (r->acts[i].over != a.over ||
	    r->acts[i].taint != a.taint))
		i++;
	if (i == r->acts_n && i < ROUTE_ACTS)
		r->acts[r->acts_n++] = a;
	return i;
}

/* All ways on from a state.  False: no room for where they lead. */
static bool
expand(struct alike *a, bool lf, size_t at, size_t room)
{
	struct route *r = &a->route;

	for (enum wire_class c = 0; c < WIRE_CLASSES; c++) {
		struct route_state to = r->states[at];
		const struct route_act act = advance(a, lf, &to, c);
		const size_t k = number(a, to, room);
		const size_t what = act_number(r, act);

		if (k == ROUTE_NONE || what == ROUTE_ACTS)
			return false;
		r->next[at][c] = (struct route_step){ (uint16_t)k,
		    (uint16_t)what };
	}
	return true;
}

static bool
make_route(struct planning *g, struct alike *a, bool lf)
{
	struct route *r = &a->route;
	const size_t cells = SENDER_STATES * a->panel->states;
	const size_t room = cells < ROUTE_NONE ? cells : ROUTE_NONE - 1;

	r->states = calloc(room, sizeof(*r->states));
	r->next = calloc(room, sizeof(*r->next));
	r->acts = calloc(ROUTE_ACTS, sizeof(*r->acts));
	r->number = malloc(cells * sizeof(*r->number));
	if (r->states == NULL || r->next == NULL || r->acts == NULL ||
	    r->number == NULL)
		return false;
	memset(r->number, 0xff, cells * sizeof(*r->number));
	r->acts_n = 1;
	(void)number(a, (struct route_state){ sender_begin(),
	    a->panel->start }, room);
	for (size_t i = 0; i < r->n; i++)
		if (!expand(a, lf, i, room))
			return wrong(g, "the receivers are too many, or too "
			    "unlike");
	return true;
}

static bool
place_receiver(struct planning *g, size_t row)
{
	struct replay_plan *p = g->plan;
	const struct receiver_row *r = p->receivers[row];
	struct receiver_dfa dfa, bdat;
	size_t i = 0;

	if (!receiver_compile(r, &dfa) || !receiver_compile_bdat(r, &bdat))
		return wrong(g, "a receiver's patterns need too many states");
	while (i < p->width && !(receiver_same(p->first[i], &g->dfas[i], r,
	    &dfa) && p->first[i]->chunking == r->chunking &&
	    memcmp(&g->bdat_dfas[i], &bdat, sizeof(bdat)) == 0))
		i++;
	if (i == PANEL_MAX)
		return wrong(g, "there are more than 64 receivers that do not "
		    "do the same");
	if (i == p->width) {
		p->first[p->width++] = r;
		g->dfas[i] = dfa;
		g->bdat_dfas[i] = bdat;
		p->chunking |= (uint64_t)r->chunking << i;
		p->cr_ends |= (uint64_t)r->cr_ends_line << i;
		p->doubled |= (uint64_t)r->unstuffs_doubled << i;
	}
	p->reads |= (uint64_t)(r->pipelining == PIPELINING_READ) << i;
	p->receiver_at[row] = (uint8_t)i;
	return true;
}

static bool
place_sender(struct planning *g, size_t row)
{
	struct replay_plan *p = g->plan;
	const struct sender_row *s = p->senders[row];
	const struct sender_row *other;
	size_t i = 0;

	for (; i < p->height; i++) {
		other = p->first_sender[i];
		if (other->bdat == s->bdat && memcmp(&other->does, &s->does,
		    sizeof(s->does)) == 0 && memcmp(&other->by_bdat,
		    &s->by_bdat, sizeof(s->by_bdat)) == 0)
			break;
	}
	if (i == REPLAY_SENDERS)
		return wrong(g, "there are more than 32 senders that do not "
		    "do the same");
	if (i == p->height) {
		p->first_sender[p->height++] = s;
		p->bdat |= (uint32_t)s->bdat << i;
	}
	p->sender_at[row] = (uint8_t)i;
	return true;
}

/* The place's sender, among those that do the same; a route if it is new. */
static bool
place_alike(struct planning *g, size_t place, bool lf, bool by_bdat)
{
	struct replay_plan *p = g->plan;
	const struct sender_row *s = p->first_sender[place];
	const struct sender_does_what d = sender_essence(by_bdat ?
	    &s->by_bdat : &s->does, lf);
	const uint64_t receivers = replay_sends_to(p, by_bdat, place);
	struct alike *a = p->alike[lf];

	if (receivers == 0)
		return true;
	while (a < p->alike[lf] + p->alike_n[lf] && memcmp(&a->does, &d,
	    sizeof(d)) != 0)
		a++;
	a->places |= 1u << place;
	a->receivers |= receivers;
	if (a < p->alike[lf] + p->alike_n[lf])
		return true;
	p->alike_n[lf]++;
	a->does = d;
	a->panel = by_bdat ? &p->bdat_panel : &p->panel;
	return make_route(g, a, lf);
}

static bool
make_plan(struct planning *g)
{
	struct replay_plan *p = g->plan;

	for (size_t i = 0; i < p->receivers_n; i++)
		if (!place_receiver(g, i))
			return false;
	for (size_t i = 0; i < p->senders_n; i++)
		if (!place_sender(g, i))
			return false;
	if (!panel_make(&p->panel, g->dfas, p->width) ||
	    !panel_make(&p->bdat_panel, g->bdat_dfas, p->width))
		return (p->panel.states == PANEL_STATES ||
		    p->bdat_panel.states == PANEL_STATES) &&
		    wrong(g, "the receivers are too many, or too unlike");
	for (size_t i = 0; i < p->height; i++)
		for (unsigned how = 0; how < 4; how++)
			if (!place_alike(g, i, (how & 1) != 0,
			    (how & 2) != 0))
				return false;
	return true;
}

struct replay_plan *
replay_plan_new(const struct sender_row *const *senders, size_t senders_n,
    const struct receiver_row *const *receivers, size_t receivers_n,
    const char **why)
{
	struct planning g = { .why = NULL };
	bool ok = false;

	if (senders_n > REPLAY_ROWS || receivers_n > REPLAY_ROWS) {
		*why = "there are more than 128 rows";
		return NULL;
	}
	g.plan = calloc(1, sizeof(*g.plan));
	g.dfas = calloc(2 * PANEL_MAX, sizeof(*g.dfas));
	if (g.plan != NULL && g.dfas != NULL) {
		g.bdat_dfas = g.dfas + PANEL_MAX;
		g.plan->senders_n = senders_n;
		g.plan->receivers_n = receivers_n;
		for (size_t i = 0; i < senders_n; i++)
			g.plan->senders[i] = senders[i];
		for (size_t i = 0; i < receivers_n; i++)
			g.plan->receivers[i] = receivers[i];
		ok = make_plan(&g);
	}
	free(g.dfas);
	if (ok)
		return g.plan;
	*why = g.why;
	replay_plan_free(g.plan);
	return NULL;
}

void
replay_plan_free(struct replay_plan *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < 2 * ALIKE_MAX; i++) {
		struct route *r = &p->alike[i & 1][i >> 1].route;

		free(r->states);
		free(r->next);
		free(r->acts);
		free(r->number);
	}
	panel_free(&p->panel);
	panel_free(&p->bdat_panel);
	free(p);
}

size_t
replay_plan_senders(const struct replay_plan *p)
{
	return p->senders_n;
}

size_t
replay_plan_receivers(const struct replay_plan *p)
{
	return p->receivers_n;
}

const struct sender_row *
replay_sender(const struct replay_plan *p, size_t i)
{
	return p->senders[i];
}

const struct receiver_row *
replay_receiver(const struct replay_plan *p, size_t i)
{
	return p->receivers[i];
}

size_t
replay_sender_at(const struct replay_plan *p, size_t i)
{
	return p->sender_at[i];
}

size_t
replay_receiver_at(const struct replay_plan *p, size_t i)
{
	return p->receiver_at[i];
}

size_t
replay_plan_width(const struct replay_plan *p)
{
	return p->width;
}

bool
replay_by_bdat(const struct replay_plan *p, size_t sender_row,
    size_t receiver_row)
{
	return p->senders[sender_row]->bdat &&
	    p->receivers[receiver_row]->chunking;
}

enum replayed
replay_between(const struct replay_plan *p, const uint8_t *cells,
    size_t sender_row, size_t receiver_row)
{
	const enum replayed o = cells[p->sender_at[sender_row] * p->width +
	    p->receiver_at[receiver_row]];

	return o == REPLAY_SMUGGLED && p->receivers[receiver_row]->pipelining
	    != PIPELINING_READ ? REPLAY_CUT : o;
}

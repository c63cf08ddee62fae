/*
 * See replay.h.  One chain for senders that do the same; where the data ends
 * too early for some receivers, another one for them.  Chains of which nothing
 * is wanted but to watch for the next such place are lanes: led from state to
 * state by a table.
 */
#include "replaying.h"

#include <stdlib.h>

#define PATIENCE 8u
#define CALM 32u

struct replay *
replay_new(const struct replay_plan *p, const struct kernel *k)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->plan = p;
	r->kernel = k != NULL ? k : kernel_pick(NULL);
	return r;
}

void
replay_free(struct replay *r)
{
	free(r);
}

/* Its state's number on the route; ROUTE_NONE: it has none, or needs each
 * byte. */
static uint16_t
number(const struct chain *c)
{
	const struct route *route = &c->senders->route;

	if (c->mode != CHAIN_DATA || c->text)
		return ROUTE_NONE;
	return route->number[sender_number(c->t) * c->senders->panel->states +
	    c->panel];
}

static struct lane
new_lane(const struct replay *r, size_t chain, uint16_t at)
{
	const struct chain *c = &r->chains[chain];
	const struct route *route = &c->senders->route;

	return (struct lane){ .route = route, .at = at,
	    .next = (const struct route_step (*)[8])route->next,
	    .acts = route->acts,
	    .live = c->live, .clean = c->live & ~c->tainted,
	    .chain = (uint16_t)chain, .quiet_at = ROUTE_NONE };
}

static void
make_lists(struct replay *r)
{
	r->moved = false;
	r->lanes_n = r->slow_n = 0;
	crew_forget(r);
	while (r->chains_n > 0 && r->chains[r->chains_n - 1].mode ==
	    CHAIN_FREE)
		r->chains_n--;
	for (size_t i = 0; i < r->chains_n; i++) {
		const struct chain *c = &r->chains[i];
		const uint16_t at = number(c);

		if (c->mode != CHAIN_FREE && at == ROUTE_NONE)
			r->slow[r->slow_n++] = (uint16_t)i;
		else if (c->mode != CHAIN_FREE)
			r->lanes[r->lanes_n++] = new_lane(r, i, at);
	}
}

/* The lanes' places, back to their chains. */
static void
write_back(struct replay *r)
{
	for (size_t i = 0; i < r->lanes_n; i++) {
		const struct lane *l = &r->lanes[i];
		const struct route_state *s = &l->route->states[l->at];
		struct chain *c = &r->chains[l->chain];

		if (c->mode == CHAIN_FREE)
			continue;
		c->t = s->t;
		c->panel = s->panel;
	}
}

void
replay_begin(struct replay *r, bool lf)
{
	const struct replay_plan *p = r->plan;

	r->lf = lf;
	r->off = 0;
	r->patience = 0;
	r->calm = CALM;
	memset(r->result.cells, 0, sizeof(r->result.cells));
	r->result.n = 0;
	r->result.more = 0;
	r->result.worst = REPLAY_NONE;
	r->chains_n = p->width > 0 ? p->alike_n[lf] : 0;
	for (size_t i = 0; i < r->chains_n; i++)
		r->chains[i] = (struct chain){ .mode = CHAIN_DATA,
		    .senders = &p->alike[lf][i], .t = sender_begin(),
		    .panel = p->alike[lf][i].panel->start, .split = -1,
		    .live = p->alike[lf][i].receivers };
	make_lists(r);
}

/* Something happens to this lane: the long way. */
static void
step_out(struct replay *r, struct lane *l, uint8_t byte)
{
	struct chain *c = &r->chains[l->chain];
	const struct route_state *s = &l->route->states[l->at];

	c->t = s->t;
	c->panel = s->panel;
	chain_step(r, c, byte);
	l->at = l->next[l->at][wire_classes[byte]].to;
	l->live = c->live;
	l->clean = c->live & ~c->tainted;
}

/* Each lane by itself.  Something that matters may happen to one. */
static void
step_lanes(struct replay *r, uint8_t byte)
{
	const enum wire_class w = wire_classes[byte];
	const size_t lanes_n = r->lanes_n;
	bool mattered = false;

	crew_sync(r);
	for (size_t i = 0; i < lanes_n; i++) {
		struct lane *l = &r->lanes[i];
		const struct route_step *s = &l->next[l->at][w];

		/* Asked of each byte: so the answer is nearly always no. */
		if (!route_matters(&l->acts[s->act], l)) {
			l->at = s->to;
			continue;
		}
		mattered = true;
		step_out(r, l, byte);
	}
	if (mattered)
		crew_forget(r);
	else
		crew_learn(r, w);
}

static void
step(struct replay *r, uint8_t byte)
{
	const enum wire_class w = wire_classes[byte];
	const size_t slow_n = r->slow_n;
	uint16_t to = CREW_NONE;

	if (r->crew.at != CREW_NONE)
		to = r->crew.next[r->crew.at][w];
	if (to != CREW_NONE)
		r->crew.at = to;
	else
		step_lanes(r, byte);
	for (size_t i = 0; i < slow_n; i++) {
		struct chain *c = &r->chains[r->slow[i]];

		if (w == WIRE_OTHER && chain_idles(c))
			continue;
		chain_step(r, c, byte);
		r->moved |= number(c) != ROUTE_NONE;
	}
	r->off++;
	if (r->moved) {
		crew_sync(r);
		write_back(r);
		make_lists(r);
	}
}

/* What is at hand that needs not be looked at byte by byte. */
static size_t
skip(struct replay *r, struct span s)
{
	size_t n = 0;

	if (r->calm > 0)
		return 0;
	crew_sync(r);
	if (r->patience == 0 && r->slow_n == 0 && s.n > 64) {
		r->patience = PATIENCE;
		n = replay_skip(r, s);
	}
	if (n == 0) {
		r->calm = CALM;
		n = replay_skip_text(r, s);
	}
	r->off += n;
	return n;
}

void
replay_feed(struct replay *r, struct span s)
{
	while (s.n > 0) {
		size_t n = skip(r, s);

		if (n == 0) {
			step(r, s.p[0]);
			r->calm = wire_classes[s.p[0]] != WIRE_OTHER ? 2 :
			    r->calm - (r->calm > 0);
			r->patience -= r->patience > 0;
			n = 1;
		}
		s = (struct span){ s.p + n, s.n - n };
	}
}

static bool
same_address(const struct replay_address *a, const struct replay_address *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* The same comes out of both. */
static bool
same_split(const struct replay_split *a, const struct replay_split *b)
{
	if (a->off != b->off || a->cr != b->cr || a->nth != b->nth ||
	    a->smuggled != b->smuggled || a->n != b->n ||
	    a->recipients != b->recipients ||
	    !same_address(&a->mail, &b->mail))
		return false;
	for (size_t i = 0; i < a->recipients && i < REPLAY_RECIPIENTS; i++)
		if (!same_address(&a->rcpt[i], &b->rcpt[i]))
			return false;
	return memcmp(a->text, b->text, a->n) == 0;
}

/* One of those that say the same; also for the same receivers, or senders. */
static void
join(struct replay_result *v, bool by_senders)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct replay_split *s = &v->list[i];
		size_t k = 0;

		while (k < n && ((by_senders ?
		    v->list[k].senders != s->senders :
		    v->list[k].receivers != s->receivers) ||
		    !same_split(&v->list[k], s)))
			k++;
		if (k < n) {
			v->list[k].senders |= s->senders;
			v->list[k].receivers |= s->receivers;
		} else if (n++ != i)
			v->list[n - 1] = *s;
	}
	v->n = n;
}

/* A place in the list is one of some senders and some receivers: what is none
 * of those who send by BDAT to whoever offers that is another one. */
static void
part(struct replay_result *v, const struct replay_plan *p)
{
	for (size_t i = 0; i < v->n; i++) {
		struct replay_split *s = &v->list[i];
		const uint32_t bdat = s->senders & p->bdat;
		const uint64_t left = s->receivers & ~p->chunking;

		if (bdat == 0 || bdat == s->senders || left == s->receivers)
			continue;
		s->senders &= ~bdat;
		if (left == 0)
			continue;
		if (v->n == REPLAY_SPLITS) {
			v->more++;
			continue;
		}
		memmove(s + 1, s, (v->n++ - i) * sizeof(*s));
		s[1].senders = bdat;
		s[1].receivers = left;
		i++;
	}
}

static void
find_worst(struct replay *r)
{
	const struct replay_plan *p = r->plan;
	struct replay_result *v = &r->result;

	for (size_t s = 0; s < p->height; s++)
		for (size_t i = 0; i < p->width; i++) {
			enum replayed o = v->cells[s * p->width + i];

			if (o == REPLAY_SMUGGLED && (p->reads >> i & 1) == 0)
				o = REPLAY_CUT;
			if (o > v->worst)
				v->worst = o;
		}
}

const struct replay_result *
replay_end(struct replay *r)
{
	crew_sync(r);
	write_back(r);
	for (size_t i = 0; i < r->chains_n; i++)
		if (r->chains[i].mode != CHAIN_FREE)
			chain_end(r, &r->chains[i]);
	part(&r->result, r->plan);
	join(&r->result, false);
	join(&r->result, true);
	find_worst(r);
	return &r->result;
}

/*
 * Lines that make no difference to any sender and receiver: with the message's
 * own breaks, without a dot at their start and without NULs.  They lead every
 * automaton back to where it was in the middle of a line.  Found 64 bytes at a
 * time.
 */
#include "replaying.h"

#define NO_STATE ROUTE_EVENT

struct looking {
	const struct replay *r;
	const struct lane *lane;
	const struct chain *chain;
};

/* Where a byte leads; NO_STATE: and something happens that matters. */
static size_t
lead(const struct looking *k, size_t at, enum wire_class c)
{
	const struct route *route = k->lane->route;
	uint16_t to;
	bool unsent;
	struct panel_act a;

	if (at == NO_STATE)
		return NO_STATE;
	to = route->next[at][c];
	if ((to & ROUTE_EVENT) == 0)
		return to;
	a = route_acts(k->r->plan, k->chain->sender, k->r->lf,
	    route->states[at], c, &unsent);
	if (unsent || ((a.end | a.refuse) & k->chain->live) != 0 ||
	    (a.taint & k->chain->live & ~k->chain->tainted) != 0)
		return NO_STATE;
	return to & ~ROUTE_EVENT;
}

/* Behind the message's own break. */
static size_t
lead_break(const struct looking *k, size_t at)
{
	return lead(k, k->r->lf ? at : lead(k, at, WIRE_CR), WIRE_LF);
}

static bool
leads_back(const struct looking *k)
{
	const size_t at = k->lane->at;
	const size_t behind = lead_break(k, at);

	return behind != NO_STATE && lead(k, at, WIRE_OTHER) == at &&
	    lead(k, at, WIRE_DOT) == at && lead_break(k, behind) == behind &&
	    lead(k, behind, WIRE_OTHER) == at;
}

static bool
is_quiet(struct replay *r, struct lane *l)
{
	const struct chain *c = &r->chains[l->chain];

	if (l->quiet_at != l->at || l->quiet_live != c->live ||
	    l->quiet_tainted != c->tainted) {
		l->quiet_at = l->at;
		l->quiet_live = c->live;
		l->quiet_tainted = c->tainted;
		l->quiet = leads_back(&(struct looking){ r, l, c });
	}
	return l->quiet;
}

/* What is not ordinary of 64 bytes, and of the one behind them.  *lf, *cr: the
 * byte before them was one; then the last one of them. */
static uint64_t
odd_bytes(const struct masks *m, bool native_lf, uint8_t next, bool *lf,
    bool *cr)
{
	const uint64_t begins = m->lf << 1 | *lf;
	uint64_t odd = m->nul | (m->dot & begins);

	if (native_lf)
		odd |= m->cr;
	else
		odd |= (m->cr ^ (m->lf >> 1 | (uint64_t)(next == '\n') << 63))
		    | ((m->lf ^ *cr) & 1);
	*lf = m->lf >> 63;
	*cr = m->cr >> 63;
	return odd;
}

size_t
replay_skip(struct replay *r, struct span s)
{
	bool lf = false, cr = false;
	uint64_t odd = 0;
	struct masks m;
	size_t i = 0;

	for (size_t k = 0; k < r->lanes_n; k++)
		if (!is_quiet(r, &r->lanes[k]))
			return 0;
	while (s.n - i > 64 && odd == 0) {
		r->kernel->masks(s.p + i, &m);
		odd = odd_bytes(&m, r->lf, s.p[i + 64], &lf, &cr);
		i += odd == 0 ? 64 : (size_t)__builtin_ctzll(odd);
	}
	while (i > 0 && (s.p[i - 1] == '\r' || s.p[i - 1] == '\n'))
		i--;
	return i;
}

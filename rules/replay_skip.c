/*
 * See replaying.h.  Lines that make no difference to any sender and receiver:
 * with the message's own breaks, without a dot at their start and without NULs.
 * They lead every automaton back to where it was in the middle of a line.
 * Found 64 bytes at a time.
 */
#include "replaying.h"

#define NO_STATE ROUTE_NONE

/* Where a byte leads; NO_STATE: and something happens that matters. */
static size_t
lead(const struct lane *l, size_t at, enum wire_class c)
{
	const struct route_step *step = &l->next[at != NO_STATE ? at : 0][c];

	return at == NO_STATE || route_matters(&l->acts[step->act], l) ?
	    NO_STATE : step->to;
}

/* Behind the message's own break. */
static size_t
lead_break(const struct lane *l, bool lf, size_t at)
{
	return lead(l, lf ? at : lead(l, at, WIRE_CR), WIRE_LF);
}

static bool
leads_back(const struct lane *l, bool lf)
{
	const size_t at = l->at;
	const size_t behind = lead_break(l, lf, at);

	return behind != NO_STATE && lead(l, at, WIRE_OTHER) == at &&
	    lead(l, at, WIRE_DOT) == at &&
	    lead_break(l, lf, behind) == behind &&
	    lead(l, behind, WIRE_OTHER) == at;
}

static bool
is_quiet(struct lane *l, bool lf)
{
	if (l->quiet_at != l->at || l->quiet_live != l->live ||
	    l->quiet_clean != l->clean) {
		l->quiet_at = l->at;
		l->quiet_live = l->live;
		l->quiet_clean = l->clean;
		l->quiet = leads_back(l, lf);
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
		if (!is_quiet(&r->lanes[k], r->lf))
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

size_t
replay_skip_text(const struct replay *r, struct span s)
{
	struct masks m;
	uint64_t odd = 0;
	size_t i = 0;

	for (size_t k = 0; k < r->lanes_n; k++) {
		const struct lane *l = &r->lanes[k];

		if (l->next[l->at][WIRE_OTHER].to != l->at)
			return 0;
	}
	for (size_t k = 0; k < r->slow_n; k++)
		if (!chain_idles(&r->chains[r->slow[k]]))
			return 0;
	while (s.n - i >= 64 && odd == 0) {
		r->kernel->masks(s.p + i, &m);
		odd = m.lf | m.cr | m.dot | m.nul;
		i += odd == 0 ? 64 : (size_t)__builtin_ctzll(odd);
	}
	while (odd == 0 && i < s.n && wire_classes[s.p[i]] == WIRE_OTHER)
		i++;
	return i;
}

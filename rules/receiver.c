/*
 * See receiver.h.  Patterns to states: every set of places that can be reached
 * is one; then those that nothing tells apart become one.
 */
#include "receiver.h"

const char *const known_names[KNOWN_N] = {
	[KNOWN_MEASURED] = "measured", [KNOWN_SOURCE] = "source",
	[KNOWN_PROSE] = "prose",
};

const char *const pipelining_names[PIPELINING_N] = {
	[PIPELINING_READ] = "read", [PIPELINING_NO_DATA] = "no-data",
	[PIPELINING_REFUSED] = "refused",
};

/* What is known of how the first line ended. */
enum first_line { FIRST_OPEN, FIRST_CR, FIRST_CRLF, FIRST_LF };

struct wide_state {
	enum first_line first;
	uint64_t places;
};

struct making {
	const struct receiver_row *row;
	struct wide_state states[RECEIVER_STATES];
	struct receiver_dfa *dfa;
};

/* All places of the patterns of a kind. */
static uint64_t
places_of(const struct wire_patterns *p, enum wire_kind kind)
{
	uint64_t all = 0;

	for (size_t i = 0; i < p->n; i++)
		if ((p->starts[kind] >> i & 1) != 0)
			for (; (all |= 1ull << i,
			    (p->ends[kind] >> i & 1) == 0); i++)
				;
	return all;
}

/* It matters how the first line ends, so it is watched. */
static bool
watches_first(const struct receiver_row *r)
{
	return (r->patterns.starts[WIRE_END_LF_FIRST] |
	    r->patterns.starts[WIRE_REFUSE_LF_FIRST]) != 0;
}

static enum first_line
first_step(enum first_line f, enum wire_class c)
{
	if (f == FIRST_CRLF || f == FIRST_LF)
		return f;
	if (c == WIRE_LF)
		return f == FIRST_CR ? FIRST_CRLF : FIRST_LF;
	return c == WIRE_CR ? FIRST_CR : FIRST_OPEN;
}

static struct wide_state
step(const struct receiver_row *r, struct wide_state s, enum wire_class c)
{
	const struct wire_patterns *p = &r->patterns;
	const struct wide_state to = {
		watches_first(r) ? first_step(s.first, c) : FIRST_CRLF,
		wire_patterns_step(p, s.places, c) };
	uint64_t not = 0;

	if (to.first == FIRST_CRLF)
		not = places_of(p, WIRE_END_LF_FIRST) |
		    places_of(p, WIRE_REFUSE_LF_FIRST);
	else if (to.first == FIRST_LF)
		not = places_of(p, WIRE_END);
	return (struct wide_state){ to.first, to.places & ~not };
}

static uint8_t
act(const struct receiver_row *r, struct wide_state s)
{
	const uint64_t *ends = r->patterns.ends;
	const uint64_t end = ends[WIRE_END] | ends[WIRE_END_LF_FIRST];
	unsigned acts = 0;

	if ((s.places & end) != 0)
		acts |= RECEIVER_END;
	if ((s.places & ends[WIRE_REFUSE]) != 0)
		acts |= RECEIVER_REFUSE;
	if ((s.places & ends[WIRE_REFUSE_LATE]) != 0 || (s.first == FIRST_LF &&
	    (s.places & ends[WIRE_REFUSE_LF_FIRST]) != 0))
		acts |= RECEIVER_TAINT;
	return (uint8_t)acts;
}

/* As behind "x CR LF", the DATA command's line. */
static struct wide_state
start(const struct receiver_row *r)
{
	static const enum wire_class before[] = { WIRE_OTHER, WIRE_CR,
	    WIRE_LF };
	const struct wire_patterns *p = &r->patterns;
	uint64_t places = 0;

	for (size_t i = 0; i < 3; i++)
		places = wire_patterns_step(p, places, before[i]);
	if (r->late_start)
		places &= places_of(p, WIRE_REFUSE) |
		    places_of(p, WIRE_REFUSE_LATE);
	return (struct wide_state){ watches_first(r) ? FIRST_OPEN :
	    FIRST_CRLF, places };
}

/* The number of that state, a new one if it is; RECEIVER_STATES: no room. */
static size_t
number(struct making *m, struct wide_state s)
{
	size_t i = 0;

	while (i < m->dfa->n && (m->states[i].places != s.places ||
	    m->states[i].first != s.first))
		i++;
	if (i == m->dfa->n && i < RECEIVER_STATES)
		m->states[m->dfa->n++] = s;
	return i;
}

static bool
expand(struct making *m)
{
	(void)number(m, start(m->row));
	for (size_t i = 0; i < m->dfa->n; i++)
		for (enum wire_class c = 0; c < WIRE_CLASSES; c++) {
			const struct wide_state to = step(m->row,
			    m->states[i], c);
			const size_t k = number(m, to);

			if (k == RECEIVER_STATES)
				return false;
			m->dfa->next[i][c] = (uint8_t)k;
			m->dfa->act[i][c] = act(m->row, to);
		}
	return true;
}

/* Alike as far as the groups of what they lead to are. */
static bool
alike(const struct receiver_dfa *d, const uint8_t *group, size_t a, size_t b)
{
	if (group[a] != group[b])
		return false;
	for (size_t c = 0; c < WIRE_CLASSES; c++)
		if (d->act[a][c] != d->act[b][c] ||
		    group[d->next[a][c]] != group[d->next[b][c]])
			return false;
	return true;
}

/* Group what nothing tells apart; more and more groups, until there are no
 * new ones.  A group's number is that of its first state. */
static void
group_states(const struct receiver_dfa *d, uint8_t *group)
{
	uint8_t finer[RECEIVER_STATES] = { 0 };
	bool more = true;

	memset(group, 0, d->n);
	while (more) {
		more = false;
		for (size_t i = 0; i < d->n; i++) {
			size_t k = 0;

			while (k < i && !alike(d, group, k, i))
				k++;
			finer[i] = k < i ? finer[k] : (uint8_t)i;
			more |= finer[i] != group[i];
		}
		memcpy(group, finer, d->n);
	}
}

/* One state for each group, in the order in which they are reached. */
static void
merge(const struct receiver_dfa *d, const uint8_t *group,
    struct receiver_dfa *out)
{
	uint8_t order[RECEIVER_STATES], place[RECEIVER_STATES];
	bool has[RECEIVER_STATES] = { false };

	*out = (struct receiver_dfa){ .n = 1 };
	order[0] = group[d->start];
	place[order[0]] = 0;
	has[order[0]] = true;
	for (size_t i = 0; i < out->n; i++)
		for (size_t c = 0; c < WIRE_CLASSES; c++) {
			const uint8_t to = group[d->next[order[i]][c]];

			if (!has[to]) {
				has[to] = true;
				place[to] = (uint8_t)out->n;
				order[out->n++] = to;
			}
			out->next[i][c] = place[to];
			out->act[i][c] = d->act[order[i]][c];
		}
}

bool
receiver_compile(const struct receiver_row *r, struct receiver_dfa *out)
{
	struct receiver_dfa wide = { 0 };
	struct making m = { .row = r, .dfa = &wide };
	uint8_t group[RECEIVER_STATES];

	if (!expand(&m))
		return false;
	group_states(&wide, group);
	merge(&wide, group, out);
	return true;
}

bool
receiver_compile_bdat(const struct receiver_row *r, struct receiver_dfa *out)
{
	const struct receiver_row by_bdat = { .patterns = r->bdat };

	return receiver_compile(&by_bdat, out);
}

bool
receiver_same(const struct receiver_row *a, const struct receiver_dfa *x,
    const struct receiver_row *b, const struct receiver_dfa *y)
{
	return a->cr_ends_line == b->cr_ends_line &&
	    a->unstuffs_doubled == b->unstuffs_doubled &&
	    memcmp(x, y, sizeof(*x)) == 0;
}

unsigned
receiver_sees(const struct receiver_dfa *d, struct span s)
{
	static const uint8_t first[] = "x\r\nx";
	uint8_t at = d->start;
	unsigned seen = 0;

	for (size_t i = 0; i < sizeof(first) - 1; i++)
		at = d->next[at][wire_classes[first[i]]];
	for (size_t i = 0; i < s.n; i++) {
		seen |= d->act[at][wire_classes[s.p[i]]];
		at = d->next[at][wire_classes[s.p[i]]];
	}
	return seen;
}

/*
 * See look.h.
 */
#include "look.h"

#include <assert.h>

void
look_begin(struct look *k)
{
	k->back_n = 0;
	k->n_pending = 0;
	k->now = (struct span){ NULL, 0 };
	k->off = 0;
}

/* Take what the span has of the bytes that c still wants. */
static bool
context_fill(const struct look *k, struct context *c)
{
	const uint64_t next = c->off + c->n;
	size_t n = (size_t)c->want - c->n, at;

	if (next < k->off || next - k->off >= k->now.n)
		return false;
	at = (size_t)(next - k->off);
	if (n > k->now.n - at)
		n = k->now.n - at;
	memcpy(c->bytes + c->n, k->now.p + at, n);
	c->n = (uint8_t)(c->n + n);
	return c->n == c->want;
}

void
look_span(struct look *k, struct span s, uint64_t off)
{
	size_t left = 0;

	k->now = s;
	k->off = off;
	for (size_t i = 0; i < k->n_pending; i++)
		if (!context_fill(k, k->pending[i]))
			k->pending[left++] = k->pending[i];
	k->n_pending = left;
}

static void
context_begin(struct look *k, struct context *c, uint64_t off)
{
	const uint64_t before = off < CONTEXT_BEFORE ? off : CONTEXT_BEFORE;
	size_t old;

	c->off = off - before;
	c->at = (uint8_t)before;
	c->want = (uint8_t)(before + CONTEXT_AFTER);
	c->n = 0;
	if (c->off < k->off) {
		old = (size_t)(k->off - c->off);
		assert(old <= k->back_n);
		if (old > c->want)
			old = c->want;
		memcpy(c->bytes, k->back + k->back_n - (k->off - c->off), old);
		c->n = (uint8_t)old;
	}
	if (c->n == c->want || context_fill(k, c))
		return;
	for (size_t i = 0; i < k->n_pending; i++)
		if (k->pending[i] == c)
			return;
	assert(k->n_pending < LOOK_PENDING);
	k->pending[k->n_pending++] = c;
}

void
look_first(struct look *k, struct spots *s, uint64_t off)
{
	s->off[s->count] = off;
	if (s->count++ == 0)
		context_begin(k, &s->context, off);
}

void
look_note_line(struct spots *s, uint64_t off, struct span head)
{
	struct context *c = &s->context;

	if (s->count < SPOTS_KEPT)
		s->off[s->count] = off;
	if (s->count++ > 0)
		return;
	c->off = off;
	c->at = 0;
	c->want = CONTEXT_AFTER;
	c->n = (uint8_t)(head.n < CONTEXT_AFTER ? head.n : CONTEXT_AFTER);
	if (c->n > 0)
		memcpy(c->bytes, head.p, c->n);
}

void
look_merge(struct spots *into, const struct spots *from)
{
	const size_t na = spots_kept(into), nb = spots_kept(from);
	struct spots out = { .count = into->count + from->count };
	size_t a = 0, b = 0;

	for (size_t i = 0; i < SPOTS_KEPT && (a < na || b < nb); i++)
		if (b == nb || (a < na && into->off[a] < from->off[b]))
			out.off[i] = into->off[a++];
		else
			out.off[i] = from->off[b++];
	if (na > 0 && (nb == 0 || into->off[0] < from->off[0]))
		out.context = into->context;
	else
		out.context = from->context;
	*into = out;
}

void
look_keep(struct look *k)
{
	const struct span s = k->now;
	size_t old = LOOK_BACK;

	if (s.n < LOOK_BACK) {
		old = LOOK_BACK - s.n;
		if (old > k->back_n)
			old = k->back_n;
		memmove(k->back, k->back + k->back_n - old, old);
		if (s.n > 0)
			memcpy(k->back + old, s.p, s.n);
		k->back_n = old + s.n;
	} else {
		memcpy(k->back, s.p + s.n - LOOK_BACK, LOOK_BACK);
		k->back_n = LOOK_BACK;
	}
	k->off += s.n;
	k->now = (struct span){ NULL, 0 };
}

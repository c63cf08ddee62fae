/*
 * See borders.h.
 */
#include "borders.h"

void
borders_begin(struct borders *b)
{
	b->depth = 0;
	b->trying = false;
}

void
borders_push(struct borders *b, struct span boundary)
{
	const struct border *last = &b->level[b->depth - (b->depth > 0)];
	const size_t at = b->depth == 0 ? 0 : last->at + last->n;

	if (b->depth == BORDERS_DEPTH || boundary.n > BORDER_MAX ||
	    boundary.n > BORDERS_BYTES - at)
		return;
	if (boundary.n > 0)
		memcpy(b->bytes + at, boundary.p, boundary.n);
	b->level[b->depth++] = (struct border){ .at = at, .n = boundary.n };
}

void
borders_try(struct borders *b)
{
	b->trying = true;
	b->alive = UINT32_MAX >> (BORDERS_DEPTH - b->depth);
	b->best = BORDERS_DEPTH;
	b->held_n = 0;
}

/* Byte i behind the LF fits the border. */
static bool
fits(const struct borders *b, const struct border *l, size_t i)
{
	return b->held[i] == (i < 2 ? '-' : b->bytes[l->at + i - 2]);
}

/* When a border is there, inner ones do not matter any more. */
static void
try_level(struct borders *b, size_t level)
{
	const struct border *l = &b->level[level];

	if (!fits(b, l, b->held_n - 1)) {
		b->alive &= ~(1u << level);
	} else if (b->held_n == l->n + 2) {
		b->best = level;
		b->best_n = b->held_n;
		b->alive &= (1u << level) - 1;
	}
}

bool
borders_byte(struct borders *b, uint8_t c)
{
	b->held[b->held_n++] = c;
	for (size_t i = 0; i < b->depth; i++)
		if ((b->alive >> i & 1) != 0)
			try_level(b, i);
	b->trying = b->alive != 0;
	return !b->trying;
}

/*
 * See needles.h.
 *
 * Of each needle three bytes are looked at first: those that are rarest in
 * mail, its print.  The prints are put into eight buckets, a bit each.  Three
 * table look-ups at a place give the buckets whose prints may be there; with
 * tables of half bytes a vector instruction does that for many places at once
 * ("Teddy", in Hyperscan and ripgrep).  What is left is compared.
 */
#include "needles.h"

#include "needles_loops.h"

#if defined(__x86_64__)
extern needles_skip_fn *const needles_skip_avx2, *const needles_skip_avx512;
#elif defined(__aarch64__)
extern needles_skip_fn *const needles_skip_neon;
#endif

static needles_skip_fn *
skip_pick(const struct kernel *k)
{
	switch (k->id) {
#if defined(__x86_64__)
	case KERNEL_AVX2:
		return needles_skip_avx2;
	case KERNEL_AVX512:
		return needles_skip_avx512;
#elif defined(__aarch64__)
	case KERNEL_NEON:
		return needles_skip_neon;
#endif
	default:
		return needles_skip;
	}
}

void
needles_clear(struct needles *t)
{
	memset(t, 0, sizeof(*t));
}

/* How often a byte stands in mail, roughly; small is rare. */
static unsigned
frequency(uint8_t c)
{
	static const char common[] = " etaoinsrhldcumfpgwybv";
	const char *at = c == 0 ? NULL : strchr(common, c);

	if (at != NULL)
		return 40 - (unsigned)(at - common);
	return c == '=' || c == '-' || c == '.' ? 25 :
	    c >= '/' && c < 127 ? 10 : c == '<' || c == '>' ? 10 : 5;
}

static uint8_t
rarest_print(const struct literal *l)
{
	unsigned best = 0, least = UINT32_MAX;

	for (unsigned i = 0; i + PRINT <= l->n; i++) {
		const unsigned f = frequency(l->p[i]) *
		    frequency(l->p[i + 1]) * frequency(l->p[i + 2]);

		if (f < least) {
			least = f;
			best = i;
		}
	}
	return (uint8_t)best;
}

bool
needles_add(struct needles *t, const struct literals *l, unsigned owner)
{
	if (l->n > NEEDLES_MAX - t->n)
		return false;
	for (size_t i = 0; i < l->n; i++)
		t->list[t->n++] = (struct needle){ .text = l->list[i],
		    .at = rarest_print(&l->list[i]), .owner = owner };
	return true;
}

bool
needles_has(const struct needles *t, size_t owner)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].owner == owner)
			return true;
	return false;
}

static const uint8_t *
print_of(const struct needle *a)
{
	return a->text.p + a->at;
}

/* By their prints, so that those of a bucket are alike. */
static void
sort(struct needles *t)
{
	for (size_t i = 1; i < t->n; i++) {
		const struct needle a = t->list[i];
		size_t k = i;

		for (; k > 0 && memcmp(print_of(&t->list[k - 1]),
		    print_of(&a), PRINT) > 0; k--)
			t->list[k] = t->list[k - 1];
		t->list[k] = a;
	}
}

static void
put_byte(struct needles *t, size_t place, uint8_t c, uint8_t bit)
{
	t->byte[place][c] |= bit;
	t->low[place][c & 15] |= bit;
	t->high[place][c >> 4] |= bit;
}

void
needles_ready(struct needles *t, const struct kernel *k)
{
	t->skip = skip_pick(k);
	sort(t);
	for (size_t b = 0; b < BUCKETS; b++) {
		t->bucket[b] = t->n * b / BUCKETS;
		t->bucket[b + 1] = t->n * (b + 1) / BUCKETS;
		for (size_t i = t->bucket[b]; i < t->bucket[b + 1]; i++)
			for (size_t j = 0; j < PRINT; j++) {
				const uint8_t c = print_of(&t->list[i])[j];

				put_byte(t, j, c, (uint8_t)(1u << b));
				if (c >= 'a' && c <= 'z')
					put_byte(t, j, (uint8_t)(c - 32),
					    (uint8_t)(1u << b));
			}
	}
}

/* The needles of this bucket whose print may be at s.p[at]. */
static bool
compare(const struct needles *t, size_t bucket, struct span s, size_t at,
    needle_fn *fn, void *ctx)
{
	for (size_t i = t->bucket[bucket]; i < t->bucket[bucket + 1]; i++) {
		const struct needle *a = &t->list[i];

		if (at < a->at)
			continue;
		if (span_starts_nocase((struct span){ s.p + (at - a->at),
		    s.n - (at - a->at) },
		    (struct span){ a->text.p, a->text.n }) &&
		    !fn(ctx, at - a->at, a->owner))
			return false;
	}
	return true;
}

static bool
look_at(const struct needles *t, struct span s, size_t at, needle_fn *fn,
    void *ctx)
{
	unsigned bits = t->byte[0][s.p[at]] & t->byte[1][s.p[at + 1]] &
	    t->byte[2][s.p[at + 2]];

	for (; bits != 0; bits &= bits - 1)
		if (!compare(t, (size_t)__builtin_ctz(bits), s, at, fn, ctx))
			return false;
	return true;
}

void
needles_find(const struct needles *t, struct span s, needle_fn *fn, void *ctx)
{
	size_t i = 0, whole;
	uint64_t mask;

	if (t->n == 0 || s.n < PRINT)
		return;
	whole = (s.n - (PRINT - 1)) / BLOCK * BLOCK;
	while (i < whole) {
		i += t->skip(t, s.p + i, whole - i, &mask);
		if (i == whole)
			break;
		for (; mask != 0; mask &= mask - 1)
			if (!look_at(t, s, i + (size_t)__builtin_ctzll(mask),
			    fn, ctx))
				return;
		i += BLOCK;
	}
	while (i + PRINT <= s.n && look_at(t, s, i, fn, ctx))
		i++;
}

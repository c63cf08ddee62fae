/*
 * The loops that run over every byte, one set per instruction set.
 *
 * Chosen once, at start; all of them give the same answers (a law, tested).
 */
#ifndef BAREDOT_KERNEL_H
#define BAREDOT_KERNEL_H

#include "span.h"

enum kernel_id { KERNEL_PORTABLE, KERNEL_AVX2, KERNEL_AVX512, KERNEL_NEON };
#define KERNELS 4

/* Where the bytes that matter are: bit i is byte i of 64.  high: 128 and more;
 * wsp: space and tab. */
struct masks { uint64_t lf, cr, dot, nul, high, wsp; };

struct kernel {
	enum kernel_id id;
	const char *name;

	/* The masks of the 64 bytes at p. */
	void (*masks)(const uint8_t *p, struct masks *out);

	/* The first i with p[i] == a and p[i + 1] == b; n: there is none. */
	size_t (*pair)(const uint8_t *p, size_t n, uint8_t a, uint8_t b);
};

/* The masks of the n bytes at p, or if there are more, of the first 64. */
static inline void
masks_of(const struct kernel *k, const uint8_t *p, size_t n, struct masks *m)
{
	uint8_t part[64];

	if (n >= 64) {
		k->masks(p, m);
		return;
	}
	memset(part, 'x', sizeof(part));
	memcpy(part, p, n);
	k->masks(part, m);
}

/* Forget all but the first n bytes. */
static inline void
masks_cut(struct masks *m, size_t n)
{
	const uint64_t keep = n < 64 ? (1ull << n) - 1 : UINT64_MAX;

	m->lf &= keep;
	m->cr &= keep;
	m->nul &= keep;
	m->high &= keep;
}

/*
 * The best kernel of this machine, or with a name that one.  NULL: the name
 * is unknown, or this machine or build does not have it.
 */
const struct kernel *kernel_pick(const char *name);

/* The n-th kernel that this machine can run, the portable one first; NULL. */
const struct kernel *kernel_at(size_t n);

#endif

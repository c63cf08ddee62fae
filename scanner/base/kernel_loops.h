/*
 * The bodies of a struct kernel; see block.h for what they are made of.
 */
#ifndef BAREDOT_KERNEL_LOOPS_H
#define BAREDOT_KERNEL_LOOPS_H

#include "block.h"
#include "kernel.h"

static void
kernel_masks(const uint8_t *p, struct masks *out)
{
	const struct block b = block_load(p);

	out->lf = block_eq(b, '\n');
	out->cr = block_eq(b, '\r');
	out->dot = block_eq(b, '.');
	out->nul = block_eq(b, 0);
	out->high = block_high(b);
	out->wsp = block_eq(b, ' ') | block_eq(b, '\t');
}

static size_t
kernel_pair(const uint8_t *p, size_t n, uint8_t a, uint8_t b)
{
	size_t i = 0;
	uint64_t m;

	for (; n - i > BLOCK; i += BLOCK) {
		m = block_pair(block_load(p + i), a, block_load(p + i + 1), b);
		if (m != 0)
			return i + (size_t)__builtin_ctzll(m);
	}
	for (; i + 1 < n; i++)
		if (p[i] == a && p[i + 1] == b)
			return i;
	return n;
}

#endif

/*
 * The portable kernel, and the choice.
 */
#include "kernel.h"

#include "kernel_loops.h"

static const struct kernel kernel_portable = {
	.id = KERNEL_PORTABLE, .name = "portable",
	.masks = kernel_masks, .pair = kernel_pair,
};

#if defined(__x86_64__)
extern const struct kernel kernel_avx2, kernel_avx512;
#elif defined(__aarch64__)
extern const struct kernel kernel_neon;
#endif

const struct kernel *
kernel_at(size_t n)
{
	const struct kernel *have[KERNELS] = { &kernel_portable };
	size_t used = 1;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		have[used++] = &kernel_avx2;
	if (__builtin_cpu_supports("avx512bw"))
		have[used++] = &kernel_avx512;
#elif defined(__aarch64__)
	have[used++] = &kernel_neon;
#endif
	return n < used ? have[n] : NULL;
}

const struct kernel *
kernel_pick(const char *name)
{
	const struct kernel *k, *best = NULL;

	for (size_t i = 0; (k = kernel_at(i)) != NULL; i++)
		if (name == NULL || strcmp(name, k->name) == 0)
			best = k;
	return best;
}

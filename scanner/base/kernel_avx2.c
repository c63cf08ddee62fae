/*
 * The kernel for AVX2; empty where the compiler does not have it.
 */
#include "kernel.h"

typedef int kernel_avx2_may_be_empty;

#ifdef __AVX2__

#include "kernel_loops.h"

extern const struct kernel kernel_avx2;
const struct kernel kernel_avx2 = {
	.id = KERNEL_AVX2, .name = "avx2",
	.masks = kernel_masks, .pair = kernel_pair,
};

#endif

/*
 * The kernel for AVX512; empty where the compiler does not have it.
 */
#include "kernel.h"

typedef int kernel_avx512_may_be_empty;

#ifdef __AVX512BW__

#include "kernel_loops.h"

extern const struct kernel kernel_avx512;
const struct kernel kernel_avx512 = {
	.id = KERNEL_AVX512, .name = "avx512",
	.masks = kernel_masks, .pair = kernel_pair,
};

#endif

/*
 * The kernel for NEON; empty where the compiler does not have it.
 */
#include "kernel.h"

typedef int kernel_neon_may_be_empty;

#ifdef __ARM_NEON

#include "kernel_loops.h"

extern const struct kernel kernel_neon;
const struct kernel kernel_neon = {
	.id = KERNEL_NEON, .name = "neon",
	.masks = kernel_masks, .pair = kernel_pair,
};

#endif

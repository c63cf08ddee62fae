/*
 * Needles for NEON; empty where the compiler does not have it.
 */
#include "needles.h"

extern needles_skip_fn *const needles_skip_neon;

#ifdef __ARM_NEON

#include "needles_loops.h"

needles_skip_fn *const needles_skip_neon = needles_skip;

#endif

/*
 * Needles for AVX2; empty where the compiler does not have it.
 */
#include "needles.h"

extern needles_skip_fn *const needles_skip_avx2;

#ifdef __AVX2__

#include "needles_loops.h"

needles_skip_fn *const needles_skip_avx2 = needles_skip;

#endif

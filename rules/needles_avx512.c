/*
 * Needles for AVX-512; empty where the compiler does not have it.
 */
#include "needles.h"

extern needles_skip_fn *const needles_skip_avx512;

#ifdef __AVX512BW__

#include "needles_loops.h"

needles_skip_fn *const needles_skip_avx512 = needles_skip;

#endif

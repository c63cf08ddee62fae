/*
 * The census for AVX2; empty where the compiler does not have it.
 */
#include "census.h"

census_fn census_avx2;

#ifdef __AVX2__

#include "census_loops.h"

size_t
census_avx2(const uint8_t *p, size_t n, enum brk native, struct census *c)
{
	return census_run(p, n, native, c);
}

#endif

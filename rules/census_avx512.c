/*
 * The census for AVX512; empty where the compiler does not have it.
 */
#include "census.h"

census_fn census_avx512;

#ifdef __AVX512BW__

#include "census_loops.h"

size_t
census_avx512(const uint8_t *p, size_t n, enum brk native, struct census *c)
{
	return census_run(p, n, native, c);
}

#endif

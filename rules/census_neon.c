/*
 * The census for NEON; empty where the compiler does not have it.
 */
#include "census.h"

census_fn census_neon;

#ifdef __ARM_NEON

#include "census_loops.h"

size_t
census_neon(const uint8_t *p, size_t n, enum brk native, struct census *c)
{
	return census_run(p, n, native, c);
}

#endif

/*
 * The census for AVX2; empty where the compiler does not have it.
 */
#include "census.h"

extern const struct census_kit census_avx2;

#ifdef __AVX2__

#include "census_loops.h"

const struct census_kit census_avx2 = {
	.body = census_run, .fields = fields_run,
};

#endif

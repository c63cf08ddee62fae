/*
 * The census for AVX-512; empty where the compiler does not have it.
 */
#include "census.h"

extern const struct census_kit census_avx512;

#ifdef __AVX512BW__

#include "census_loops.h"

const struct census_kit census_avx512 = {
	.body = census_run, .fields = fields_run,
};

#endif

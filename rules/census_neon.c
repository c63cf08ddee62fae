/*
 * The census for NEON; empty where the compiler does not have it.
 */
#include "census.h"

extern const struct census_kit census_neon;

#ifdef __ARM_NEON

#include "census_loops.h"

const struct census_kit census_neon = {
	.body = census_run, .fields = fields_run,
};

#endif

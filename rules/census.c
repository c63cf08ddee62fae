/*
 * The portable census, and the choice.
 */
#include "census.h"

#include "census_loops.h"

#if defined(__x86_64__)
extern const struct census_kit census_avx2, census_avx512;
#elif defined(__aarch64__)
extern const struct census_kit census_neon;
#endif

struct census_kit
census_pick(const struct kernel *k)
{
	switch (k->id) {
#if defined(__x86_64__)
	case KERNEL_AVX2:
		return census_avx2;
	case KERNEL_AVX512:
		return census_avx512;
#elif defined(__aarch64__)
	case KERNEL_NEON:
		return census_neon;
#endif
	default:
		return (struct census_kit){ .body = census_run,
		    .fields = fields_run };
	}
}

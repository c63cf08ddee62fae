/*
 * The portable census, the choice, and what makes a line dotty.
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

bool
line_is_dotty(const uint8_t *p, size_t n)
{
	size_t dots = 0, spaces_before = 0;

	if (n == 0 || n > DOTTY_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.')
			dots++;
		else if (p[i] != 0 && !ascii_wsp(p[i]))
			return false;
		else if (p[i] != 0 && dots == 0)
			spaces_before++;
	}
	return (dots == 1 && spaces_before <= 1) || (dots == 2 && n == 2);
}

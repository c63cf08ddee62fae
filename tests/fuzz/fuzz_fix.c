/*
 * The repair of any bytes: every law of fixlaws.h must hold.  The first bytes
 * choose what is asked and how the message is cut; the rest is the message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../fixlaws.h"

#define CHOICE 6u		/* bytes that choose */
#define MAX 8192u
#define PIECES 256u		/* no more, so that long messages are quick */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t
choose_ranges(const uint8_t *d, size_t n, struct fix_range *out)
{
	uint64_t at = 0;

	for (size_t i = 0; i < FIXLAWS_RANGES; i++) {
		out[i].from = at + 1 + (d[4] + i * d[5]) % 64u;
		at = out[i].to = out[i].from + 1 + d[5] % 32u;
		at++;
		if (out[i].to > n)
			return i;
	}
	return FIXLAWS_RANGES;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fixlaws laws;
	struct fix_range range[FIXLAWS_RANGES];
	struct fixlaws_case c = { .range = range };
	const char *bad;

	if (n < CHOICE || n - CHOICE > MAX)
		return 0;
	if (laws.max == 0)
		fixlaws_open(&laws, MAX);
	c.m = (struct span){ data + CHOICE, n - CHOICE };
	c.o = (struct fix_options){
		.to = (data[0] & 1) != 0 ? BRK_CRLF : BRK_LF,
		.cr = data[0] >> 1 & 3, .cr_is_break = (data[0] & 0x38) == 0,
		.nul = data[1] % 3, .eod = (data[1] >> 2) % 6,
		.classes = (data[2] & 64) != 0 ? FIX_ALL : data[2] & FIX_ALL,
	};
	c.kernel = kernel_at(data[3] % KERNELS);
	c.step = 1 + data[3] / KERNELS + n / PIECES;
	c.first = data[5];
	if (data[4] > 127)
		c.ranges = choose_ranges(data, c.m.n, range);
	bad = fixlaws_check(&laws, &c);
	if (bad != NULL) {
		(void)fprintf(stderr, "%s\n", bad);
		abort();
	}
	return 0;
}

/*
 * The engine on any bytes: with and without the census, and the oracle, must
 * agree.  The first three bytes choose how it is asked; the rest is the
 * message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../oracle.h"

#define PIECES 256u		/* no more, so that long messages are quick */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Feed m in pieces of step bytes, each in memory that is gone at once. */
static const struct verdict *
run(struct engine *g, struct span m, size_t step, enum brk native)
{
	engine_begin(g, native);
	for (size_t at = 0; at < m.n; ) {
		const size_t size = m.n - at < step ? m.n - at : step;
		uint8_t *p = malloc(size);

		if (p == NULL)
			abort();
		memcpy(p, m.p + at, size);
		engine_feed(g, (struct span){ p, size });
		free(p);
		at += size;
	}
	return engine_end(g);
}

static void
check(const struct oracle *o, struct engine_options opt, size_t step,
    enum brk native)
{
	struct engine *g = engine_new(&opt);
	const struct verdict *v;
	char why[128];

	if (g == NULL)
		abort();
	v = run(g, o->m, step, native);
	if (!oracle_agrees(o, v, opt.codes, why, sizeof(why))) {
		(void)fprintf(stderr, "%s, %s census, mode %d, step %zu: %s\n",
		    opt.kernel->name, opt.no_census ? "no" : "with",
		    (int)opt.eol, step, why);
		abort();
	}
	engine_free(g);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct engine_options opt = { .codes = code_set_default() };
	struct oracle o = { 0 };
	enum brk native;
	size_t step;

	if (n < 3)
		return 0;
	native = data[0] & 1 ? BRK_CRLF : BRK_LF;
	opt.eol = data[0] >> 1 & 3;
	if ((data[0] & 8) != 0)
		opt.codes |= 1ull << CODE_LIMIT_LINE_78;
	opt.kernel = kernel_at(data[1] % KERNELS);
	if (opt.kernel == NULL)
		opt.kernel = kernel_at(0);
	step = data[2] == 0 ? SIZE_MAX : data[2] + n / PIECES;
	oracle_read(&o, (struct span){ data + 3, n - 3 },
	    (data[0] & 8) != 0);
	oracle_judge(&o, opt.eol, native);
	check(&o, opt, step, native);
	check(&o, opt, SIZE_MAX, native);
	opt.no_census = true;
	check(&o, opt, step, native);
	oracle_free(&o);
	return 0;
}

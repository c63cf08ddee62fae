/*
 * KumoMTA's checks on any bytes: the rule, fed in pieces, and the oracle of
 * whole messages must agree.  The first two bytes choose how it is asked; the
 * rest is the message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../conform_oracle.h"
#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct verdict *
judge(struct engine *first, struct engine *again, struct span m, size_t step)
{
	struct verdict *v;

	engine_begin(first, BRK_CRLF);
	engine_begin_again(again, BRK_CRLF, NULL);
	for (size_t i = 0; i < m.n; i += step) {
		const size_t size = m.n - i < step ? m.n - i : step;
		uint8_t *p = malloc(size);

		if (p == NULL)
			abort();
		memcpy(p, m.p + i, size);
		engine_feed(first, (struct span){ p, size });
		engine_feed(again, (struct span){ p, size });
		free(p);
	}
	v = engine_end(first);
	engine_end_again(again, v);
	return v;
}

static void
compare(const struct verdict *v, const struct conform_oracle *o)
{
	unsigned flags = 0;
	bool error = false;

	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == CODE_CONFORM_PARSE)
			error = true;
		else
			flags |= 1u << (v->list[i].code - CODE_CONFORM_COLON);
	if (o->beyond || (error && o->error != HEAD_FINE) ||
	    (!error && o->error == HEAD_FINE && flags == o->flags))
		return;
	(void)fprintf(stderr, "%x, error %d; not %x, error %d\n", flags, error,
	    o->flags, (int)o->error);
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct engine_options opt = { .checks = CONFORM_ALL,
	    .codes = conform_codes(CONFORM_ALL) };
	struct engine *first, *again;
	struct conform_oracle o;
	uint8_t *wire;
	struct span m;

	if (n < 2)
		return 0;
	m = (struct span){ data + 2, n - 2 };
	opt.eol = data[0] & 1 ? EOL_WIRE : EOL_LF;
	first = engine_new(&opt);
	opt.topics = TOPIC_CONFORM;
	again = engine_new(&opt);
	wire = malloc(2 * n);
	if (first == NULL || again == NULL || wire == NULL)
		abort();
	conform_oracle(&o, opt.eol == EOL_WIRE ? m : (struct span){ wire,
	    oracle_expand(m, '\n', wire) });
	compare(judge(first, again, m, data[1] + 1u), &o);
	free(wire);
	engine_free(first);
	engine_free(again);
	return 0;
}

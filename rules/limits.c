/*
 * What goes beyond the limits of RFC 5322: line length, NUL, bytes over 127
 * in the header block, and a header block that nothing ends.
 */
#include "rule.h"

static void
limits_end(void *state, const struct facts *f, struct emit *out)
{
	const struct tally *t = f->tally;
	const struct {
		enum code code;
		const struct spots *where;
	} all[] = {
		{ CODE_LIMIT_LINE_998, &t->long_lines },
		{ CODE_LIMIT_LINE_78, &t->wide_lines },
		{ CODE_LIMIT_NUL, &t->nul },
		{ CODE_LIMIT_8BIT_HEADER, &t->high },
		{ CODE_LIMIT_NO_HEADER_END, &f->header->no_end },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].where->count > 0)
			emit(out, all[i].code,
			    code_info(all[i].code)->severity, all[i].where);
}

const struct rule rule_limits = { .name = "limits", .end = limits_end };

/*
 * See emit.h and rule.h.
 */
#include "emit.h"

static void
add_finding(struct emit *out, struct finding f)
{
	struct verdict *v = out->verdict;

	v->seen |= 1ull << f.code;
	if ((out->codes >> f.code & 1) != 0 &&
	    v->n < sizeof(v->list) / sizeof(v->list[0]))
		v->list[v->n++] = f;
}

void
emit(struct emit *out, enum code code, enum severity severity,
    const struct spots *where)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = severity, .where = where });
}

void
emit_rule(struct emit *out, enum code code, enum severity severity,
    const struct spots *where, const struct rule_name *rule)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = severity, .where = where, .rule = rule });
}

void
emit_target(struct emit *out, enum code code, const struct finding *because,
    const struct target_row *row)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = code_info(code)->severity, .where = because->where,
	    .target = row, .because = because->code });
}

/*
 * --target: would that server refuse this message, or change it?
 *
 * One finding for each row that applies, at the place of the finding that it
 * follows from.  Runs last: it reads what the others found.
 */
#include "target.h"

#include "rule.h"

struct target_state {
	const struct target_server *target;
};

code_set
target_codes(const struct target_server *t)
{
	code_set all = 0;

	for (size_t i = 0; i < t->n; i++)
		all |= t->rows[i].when;
	return all;
}

static bool
target_open(void *state, const struct engine_options *o)
{
	((struct target_state *)state)->target = o->target;
	return true;
}

/* The first of the findings that the row asks for; NULL: there is none. */
static const struct finding *
reason(const struct verdict *v, size_t n, const struct target_row *row)
{
	for (size_t i = 0; i < n; i++)
		if (row->when >> v->list[i].code & 1)
			return &v->list[i];
	return NULL;
}

static void
target_end(void *state, const struct facts *f, struct emit *out)
{
	const struct target_server *t = ((struct target_state *)state)->target;
	const size_t n = f->first->n;	/* our own are no reason */

	for (size_t i = 0; t != NULL && i < t->n; i++) {
		const struct target_row *row = &t->rows[i];
		const struct finding *why = reason(f->first, n, row);

		if (why != NULL)
			emit_target(out, row->refuses ? CODE_TARGET_REFUSES :
			    CODE_TARGET_CHANGES, why, row);
	}
}

const struct rule rule_target = {
	.name = "target", .topic = TOPIC_TARGET,
	.state_size = sizeof(struct target_state), .open = target_open,
	.end = target_end,
};

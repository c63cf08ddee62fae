/*
 * See patterns.h: what can be said about rules without running them.
 */
#include "patterns.h"

#include "engine.h"

/* --- names */

static const char *const scope_names[] = {
#define SCOPE_NAME(id, name, text) [SCOPE_##id] = name,
	SCOPES(SCOPE_NAME)
};

const char *
scope_name(enum scope s)
{
	return scope_names[s];
}

bool
scope_parse(const char *name, enum scope *out)
{
	for (unsigned i = 0; i < SCOPES_N; i++)
		if (strcmp(name, scope_names[i]) == 0) {
			*out = (enum scope)i;
			return true;
		}
	return false;
}

/* --- which rules, and when */

static bool
for_suspects_only(const struct pattern_rule *r)
{
	const code_set suspicious = engine_suspicious();

	if (r->scope == SCOPE_AFTER_DOT)
		return true;
	for (size_t i = 0; i < r->n; i++)
		if (condition_needs_finding(&r->conditions[i]) &&
		    (r->conditions[i].codes & ~suspicious) == 0)
			return true;
	return false;
}

struct pattern_rules
pattern_rules_of(const struct pattern_rules *all, bool suspects_only)
{
	struct pattern_rules out = { .n = 0 };

	for (size_t i = 0; i < all->n; i++)
		if (for_suspects_only(all->rule[i]) == suspects_only)
			out.rule[out.n++] = all->rule[i];
	return out;
}

code_set
pattern_rule_codes(const struct pattern_rule *r)
{
	code_set codes = 0;

	for (size_t i = 0; i < r->n; i++)
		codes |= r->conditions[i].codes;
	return codes;
}

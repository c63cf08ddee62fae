/*
 * Rules of the user's own: which text to look for, where, and when.
 *
 * What a rule file says (docs/rules.md); scanner/config.c reads it.
 */
#ifndef BAREDOT_PATTERNS_H
#define BAREDOT_PATTERNS_H

#include "condition.h"
#include "literal.h"
#include "pattern.h"

#define CONDITIONS_MAX 8u
#define RULE_NAME_MAX 64u	/* bytes */
#define RAW_USUAL 8192u		/* bytes that SCOPE_RAW sees, */
#define RAW_MAX 65536u		/* and the most that it may ask for */

/* What the pattern is shown.  S(enum, "name", "what it is") */
#define SCOPES(S) \
	S(NONE, "none", "nothing: the conditions are all there is") \
	S(HEADER_FIELD, "header-field", "the value of a field, unfolded") \
	S(HEADER_BLOCK, "header-block", "the header block as it stands") \
	S(BODY_LINE, "body-line", "each line of the body") \
	S(AFTER_DOT, "after-dot", "what follows an end-of-data look-alike") \
	S(RAW, "raw", "the message from its first byte on, up to the limit")

#define SCOPE_ENUM(id, name, text) SCOPE_##id,
enum scope { SCOPES(SCOPE_ENUM) SCOPES_N };

const char *scope_name(enum scope);		/* "body-line" */
bool scope_parse(const char *name, enum scope *out);

struct pattern_rule {
	struct rule_name name;
	enum severity severity;
	enum scope scope;
	const char *field;	/* SCOPE_HEADER_FIELD: in lower case, or "*" */
	size_t limit;		/* SCOPE_RAW: bytes */
	const struct pattern *pattern;	/* NULL: SCOPE_NONE */
	struct literals literals;	/* of the pattern */
	size_t n;
	struct condition conditions[CONDITIONS_MAX];	/* all must hold */
};

/* Some of them; the rules belong to somebody else and stay. */
struct pattern_rules {
	size_t n;
	const struct pattern_rule *rule[USER_RULES_MAX];
};

/*
 * Those of `all` that can find something only in messages that are suspect
 * (engine_is_suspect), so that the second look is time enough; or the others,
 * which must see every message.
 */
struct pattern_rules pattern_rules_of(const struct pattern_rules *all,
    bool suspects_only);

/* The codes that a rule's conditions are about. */
code_set pattern_rule_codes(const struct pattern_rule *);

#endif

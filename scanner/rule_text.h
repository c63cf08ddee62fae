/*
 * A rule as it stands in a file, made into one that can be used.
 */
#ifndef BAREDOT_RULE_TEXT_H
#define BAREDOT_RULE_TEXT_H

#include "patterns.h"

/* K(enum, "key") */
#define RULE_KEYS(K) \
	K(SEVERITY, "severity") K(SCOPE, "scope") K(FIELD, "field") \
	K(LIMIT, "limit") K(PATTERN, "pattern") K(MESSAGE, "message") \
	K(WHEN, "when")
#define RULE_KEY_ENUM(id, name) KEY_##id,
enum rule_key { RULE_KEYS(RULE_KEY_ENUM) RULE_KEYS_N };

/* A value; "when" may have several. */
struct rule_value {
	enum rule_key key;
	unsigned line;		/* where it ends, from 1 */
	char *text;
};

#define RULE_VALUES_MAX 32u

struct rule_text {
	char *name;		/* NULL: none */
	unsigned end;		/* line of the closing brace */
	size_t n;
	struct rule_value values[RULE_VALUES_MAX];
	bool too_many;		/* values, or no memory for them */
};

void rule_text_clear(struct rule_text *);	/* and free what it has */

/* Something is wrong: with a value, or with NULL with the rule; at: which of
 * the value's bytes. */
typedef void rule_wrong_fn(void *ctx, const struct rule_value *, size_t at,
    const char *text);

/* A rule, and what it points to. */
struct made_rule {
	struct pattern_rule rule;
	char *name, *message, *field;	/* field: or NULL */
	struct pattern *pattern;	/* or NULL */
};

/* NULL: fn was told what is wrong. */
struct made_rule *rule_text_make(const struct rule_text *, rule_wrong_fn *,
    void *ctx);
void made_rule_free(struct made_rule *);	/* NULL is fine */

#endif

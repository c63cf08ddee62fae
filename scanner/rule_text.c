/*
 * See rule_text.h.
 */
#include "rule_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MESSAGE_MAX 200u

struct maker {
	const struct rule_text *text;
	struct made_rule *made;
	struct pattern_rule *rule;	/* of made */
	rule_wrong_fn *fn;
	void *ctx;
	bool failed;
};

void
rule_text_clear(struct rule_text *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->values[i].text);
	free(t->name);
	*t = (struct rule_text){ 0 };
}

static void __attribute__((format(printf, 4, 5)))
wrong(struct maker *m, const struct rule_value *v, size_t at,
    const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->failed = true;
	m->fn(m->ctx, v, at, text);
}

static const char *const key_names[] = {
#define RULE_KEY_NAME(id, name) [KEY_##id] = name,
	RULE_KEYS(RULE_KEY_NAME)
};

/* The first value of a key; NULL: it is not given. */
static const struct rule_value *
value_of(const struct maker *m, enum rule_key key)
{
	for (size_t i = 0; i < m->text->n; i++)
		if (m->text->values[i].key == key)
			return &m->text->values[i];
	return NULL;
}

static void
check_twice(struct maker *m)
{
	for (size_t i = 0; i < m->text->n; i++) {
		const struct rule_value *v = &m->text->values[i];

		if (v->key != KEY_WHEN && value_of(m, v->key) != v)
			wrong(m, v, 0, "%s is given twice in this rule",
			    key_names[v->key]);
	}
}

/* The text in memory of its own. */
static char *
own(struct maker *m, const char *text)
{
	char *p = strdup(text);

	if (p == NULL)
		wrong(m, NULL, 0, "no memory");
	return p;
}

static void
make_name(struct maker *m)
{
	const char *s = m->text->name != NULL ? m->text->name : "";
	const size_t n = strlen(s);

	if (n == 0 || n > RULE_NAME_MAX ||
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		wrong(m, NULL, 0, "a rule's name is up to %u of a to z, 0 to "
		    "9 and -, not '%s'", RULE_NAME_MAX, s);
	m->rule->name.name = m->made->name = own(m, s);
}

static void
make_message(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_MESSAGE);

	if (v == NULL)
		wrong(m, NULL, 0, "the rule has no message: say what a match "
		    "means, message = \"...\"");
	else if (v->text[0] == '\0' || strlen(v->text) > MESSAGE_MAX)
		wrong(m, v, 0, "a message has 1 to %u bytes", MESSAGE_MAX);
	else
		m->rule->name.message = m->made->message = own(m, v->text);
}

static void
make_severity(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_SEVERITY);

	m->rule->severity = code_info(CODE_RULE_MATCH)->severity;
	if (v != NULL && !severity_parse(v->text, &m->rule->severity))
		wrong(m, v, 0, "unknown severity '%s': it is info, low, "
		    "medium or high", v->text);
}

/* Letters at the same place, from the front or the back. */
static size_t
likeness(const char *a, const char *b)
{
	const size_t na = strlen(a), nb = strlen(b);
	size_t front = 0, back = 0;

	while (front < na && front < nb && a[front] == b[front])
		front++;
	while (back < na - front && back < nb - front &&
	    a[na - 1 - back] == b[nb - 1 - back])
		back++;
	return front + back;
}

static enum scope
nearest_scope(const char *word)
{
	enum scope best = SCOPE_BODY_LINE;

	for (unsigned i = 0; i < SCOPES_N; i++)
		if (likeness(word, scope_name((enum scope)i)) >
		    likeness(word, scope_name(best)))
			best = (enum scope)i;
	return best;
}

static void
make_scope(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_SCOPE);
	const struct rule_value *p = value_of(m, KEY_PATTERN);

	if (v == NULL && p != NULL)
		wrong(m, NULL, 0, "the rule has a pattern but no scope: say "
		    "where to look, for example scope = body-line");
	else if (v == NULL)
		m->rule->scope = SCOPE_NONE;
	else if (!scope_parse(v->text, &m->rule->scope))
		wrong(m, v, 0, "unknown scope '%s': did you mean %s? Scopes "
		    "are: header-field, header-block, body-line, after-dot, "
		    "raw and none", v->text,
		    scope_name(nearest_scope(v->text)));
	else if (m->rule->scope == SCOPE_NONE && p != NULL)
		wrong(m, v, 0, "with scope none no pattern is looked for");
	else if (m->rule->scope != SCOPE_NONE && p == NULL)
		wrong(m, v, 0, "scope %s needs a pattern", v->text);
}

static bool
is_field_name(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!ascii_ftext((uint8_t)*p))
			return false;
	return s[0] != '\0';
}

static void
make_field(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_FIELD);
	char *name;

	if (m->rule->scope != SCOPE_HEADER_FIELD) {
		if (v != NULL)
			wrong(m, v, 0, "field is for scope header-field only");
		return;
	}
	if (v == NULL) {
		wrong(m, NULL, 0, "scope header-field needs the name of a "
		    "field: field = \"Subject\", or \"*\" for all");
		return;
	}
	if (!is_field_name(v->text))
		wrong(m, v, 0, "'%s' is no name of a field (without the "
		    "colon)", v->text);
	m->rule->field = m->made->field = name = own(m, v->text);
	for (; name != NULL && *name != '\0'; name++)
		*name = (char)ascii_lower((uint8_t)*name);
}

static void
make_limit(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_LIMIT);
	unsigned long n;
	char *end;

	m->rule->limit = RAW_USUAL;
	if (v == NULL)
		return;
	n = strtoul(v->text, &end, 10);
	if (m->rule->scope != SCOPE_RAW)
		wrong(m, v, 0, "limit is for scope raw only");
	else if (!ascii_digit((uint8_t)v->text[0]) || *end != '\0' || n == 0 ||
	    n > RAW_MAX)
		wrong(m, v, 0, "limit is a number of bytes from 1 to %u, not "
		    "'%s'", RAW_MAX, v->text);
	else
		m->rule->limit = n;
}

static void
make_pattern(struct maker *m)
{
	const struct rule_value *v = value_of(m, KEY_PATTERN);
	struct pattern_error e;
	struct span s;

	if (v == NULL)
		return;
	s = (struct span){ (const uint8_t *)v->text, strlen(v->text) };
	if (s.n == 0)
		wrong(m, v, 0, "the pattern is empty: it would match "
		    "everything");
	else if ((m->made->pattern = pattern_new(s, true, &e)) == NULL)
		wrong(m, v, e.at, "the pattern does not work: %s", e.text);
	else
		literals_of(s, &m->rule->literals);
	m->rule->pattern = m->made->pattern;
}

static void
make_conditions(struct maker *m)
{
	char why[CONDITION_WHY];
	const char *bad;

	for (size_t i = 0; i < m->text->n; i++) {
		const struct rule_value *v = &m->text->values[i];

		if (v->key != KEY_WHEN)
			continue;
		if (m->rule->n == CONDITIONS_MAX) {
			wrong(m, v, 0, "a rule has at most %u conditions",
			    CONDITIONS_MAX);
			return;
		}
		bad = condition_parse(v->text,
		    &m->rule->conditions[m->rule->n++], why);
		if (bad != NULL)
			wrong(m, v, 0, "%s", bad);
	}
	if (m->rule->n == 0 && value_of(m, KEY_PATTERN) == NULL)
		wrong(m, NULL, 0, "the rule has neither a pattern nor a "
		    "condition: pattern = '...' or when = { \"eod.*\" }");
}

struct made_rule *
rule_text_make(const struct rule_text *t, rule_wrong_fn *fn, void *ctx)
{
	struct maker m = { .text = t, .made = calloc(1, sizeof(*m.made)),
	    .fn = fn, .ctx = ctx };

	if (m.made == NULL || t->too_many) {
		wrong(&m, NULL, 0, m.made == NULL ? "no memory" :
		    "the rule has too many values");
		free(m.made);
		return NULL;
	}
	m.rule = &m.made->rule;
	check_twice(&m);
	make_name(&m);
	make_severity(&m);
	make_scope(&m);
	make_field(&m);
	make_limit(&m);
	make_pattern(&m);
	make_message(&m);
	make_conditions(&m);
	if (!m.failed)
		return m.made;
	made_rule_free(m.made);
	return NULL;
}

void
made_rule_free(struct made_rule *r)
{
	if (r == NULL)
		return;
	free(r->name);
	free(r->message);
	free(r->field);
	pattern_free(r->pattern);
	free(r);
}

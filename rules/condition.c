/*
 * See condition.h.
 */
#include "condition.h"

#define GLOB_MAX 64u
#define NOT_BUILT_IN (1ull << CODE_RULE_MATCH | 1ull << CODE_RULE_GAVE_UP)
#define DIGITS_MAX 15u

/* snprintf is not for this room. */
static const char *
complain(char why[CONDITION_WHY], const char *a, const char *b, const char *c)
{
	const char *const parts[] = { a, b, c };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		for (const char *p = parts[i]; *p != '\0' &&
		    n < CONDITION_WHY - 1; p++)
			why[n++] = *p;
	why[n] = '\0';
	return why;
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* The comparison at p; NULL: none is there. */
static const char *
read_compare(const char *p, enum compare *out)
{
	static const struct { const char *text; enum compare is; } all[] = {
		{ ">=", AT_LEAST }, { "<=", AT_MOST }, { "==", EXACTLY },
		{ ">", MORE }, { "<", FEWER }, { "=", EXACTLY },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strncmp(p, all[i].text, strlen(all[i].text)) == 0) {
			*out = all[i].is;
			return p + strlen(all[i].text);
		}
	return NULL;
}

static bool
read_number(const char *p, uint64_t *out)
{
	const size_t n = strspn(p, "0123456789");

	if (n == 0 || n > DIGITS_MAX || *skip_blanks(p + n) != '\0')
		return false;
	*out = 0;
	for (size_t i = 0; i < n; i++)
		*out = *out * 10 + (uint64_t)(p[i] - '0');
	return true;
}

const char *
condition_parse(const char *text, struct condition *out,
    char why[CONDITION_WHY])
{
	const char *p = skip_blanks(text);
	const size_t n = strcspn(p, "<>= \t");
	char glob[GLOB_MAX];

	*out = (struct condition){ .is = AT_LEAST, .n = 1 };
	if (n == 0 || n >= sizeof(glob))
		return complain(why, "a condition is a code, such as "
		    "eol.bare-cr or eod.*, and perhaps a count, such as >=3",
		    "", "");
	memcpy(glob, p, n);
	glob[n] = '\0';
	out->codes = code_set_glob(glob);
	if (out->codes == 0)
		return complain(why, glob, " is no code; did you mean ",
		    code_nearest(glob));
	out->codes &= ~NOT_BUILT_IN;
	if (out->codes == 0)
		return complain(why, glob, " is what these rules find; a "
		    "condition is about codes that are built in", "");
	p = skip_blanks(p + n);
	if (*p == '\0')
		return NULL;
	p = read_compare(p, &out->is);
	if (p == NULL || !read_number(skip_blanks(p), &out->n))
		return complain(why, "behind ", glob, " a count is expected, "
		    "such as >=3, >3, =3, <3 or <=3");
	return NULL;
}

bool
condition_holds(const struct condition *c, const struct verdict *v)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (c->codes >> v->list[i].code & 1)
			n += v->list[i].where->count;
	switch (c->is) {
	case AT_LEAST:
		return n >= c->n;
	case MORE:
		return n > c->n;
	case EXACTLY:
		return n == c->n;
	case AT_MOST:
		return n <= c->n;
	default:
		return n < c->n;
	}
}

bool
condition_needs_finding(const struct condition *c)
{
	return c->is == MORE || (c->n > 0 &&
	    (c->is == AT_LEAST || c->is == EXACTLY));
}

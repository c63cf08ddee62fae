/*
 * When a rule of the user's own applies: so many findings of these codes.
 */
#ifndef BAREDOT_CONDITION_H
#define BAREDOT_CONDITION_H

#include "finding.h"

enum compare { AT_LEAST, MORE, EXACTLY, AT_MOST, FEWER };

/* The counts of all findings of these codes, added up, compare like that. */
struct condition {
	code_set codes;
	enum compare is;
	uint64_t n;
};

/*
 * "eod.*" (one at least), "eol.bare-cr>=3": a glob of codes, and perhaps one
 * of >= > = <= < and a number.  NULL, or what is wrong with it, in words that
 * stay until the next call with that buffer.
 */
#define CONDITION_WHY 160u
const char *condition_parse(const char *text, struct condition *out,
    char why[CONDITION_WHY]);

bool condition_holds(const struct condition *, const struct verdict *);

/* It cannot hold without a finding of one of its codes. */
bool condition_needs_finding(const struct condition *);

#endif

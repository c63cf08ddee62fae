/*
 * What a rule is: a table that judges lines as they pass, and the tally at
 * the end.
 *
 * begin -> line* -> end, for one message after another.  A rule does no I/O,
 * allocates nothing and cannot fail.  Its state is zeroed before each message
 * and stays in place until the verdict was used; findings point into it.
 */
#ifndef BAREDOT_RULE_H
#define BAREDOT_RULE_H

#include "header.h"
#include "lines.h"

/* What every rule may read at the end. */
struct facts {
	enum convention convention;
	const struct tally *tally;
	const struct header *header;
};

struct emit;			/* where findings go; see engine.c */

/*
 * Report a code.  where stays in place until the next message, and is not
 * empty.  A code that is not wanted is dropped here.
 */
void emit(struct emit *, enum code, enum severity, const struct spots *where);

struct rule {
	const char *name;
	unsigned wants;		/* 0, or WANT_ALL: it is shown every line */
	size_t state_size;	/* bytes */

	/* NULL if it wants none.  look is for noting places in the line. */
	void (*line)(void *state, const struct line *, struct look *);

	void (*end)(void *state, const struct facts *, struct emit *);
};

/* The list of rules: a new one is a file and a line here. */
#define RULES(X) X(eol) X(eod) X(limits)

#define RULE_DECLARE(name) extern const struct rule rule_##name;
RULES(RULE_DECLARE)

#endif

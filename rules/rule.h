/*
 * What a rule is: a table that judges lines as they pass, and the tally at
 * the end.
 *
 * begin -> header -> (line | bytes)* -> end, for one message after another;
 * message* in between.
 * A rule does no I/O, allocates nothing after open and cannot fail.  Its
 * state stays in place until the verdict was used; findings point into it.
 */
#ifndef BAREDOT_RULE_H
#define BAREDOT_RULE_H

#include "engine.h"
#include "fields.h"
#include "header.h"
#include "lines.h"

/* What every rule may read at the end. */
struct facts {
	enum convention convention;
	const struct tally *tally;
	const struct header *header;
	struct verdict *first;	/* of the first look, with what the rules
				 * before this one added; NULL in that look */
};

struct emit;			/* where findings go: emit.h */

/*
 * Report a code.  where stays in place until the next message, and is not
 * empty.  A code that is not wanted is dropped here.
 */
void emit(struct emit *, enum code, enum severity, const struct spots *where);

/* The same for a rule of the user's own; at most USER_RULES_MAX of them. */
void emit_rule(struct emit *, enum code, enum severity,
    const struct spots *where, const struct rule_name *);

/* The same for a row of --target, which follows from another finding. */
void emit_target(struct emit *, enum code, const struct finding *because,
    const struct target_row *);

/*
 * A rule with a topic belongs to the second look (engine.h): few messages
 * get it, so it may take longer.  What it wants of the body it says when it
 * has seen the header block.
 */
struct rule {
	const char *name;
	enum topic topic;	/* 0: the first look */
	size_t state_size;	/* bytes */

	/* Once; false: no memory.  Both may be NULL.  Without open, the state
	 * is zeroed before each message. */
	bool (*open)(void *state, const struct engine_options *);
	void (*close)(void *state);

	/* Second look only, before each message; may be NULL.  first: what
	 * the first look said; NULL: both look at the same time. */
	void (*begin)(void *state, enum brk native,
	    const struct verdict *first);

	/* Second look only; may be NULL.  Every byte of the message, in
	 * order, before anything else is shown of it. */
	void (*message)(void *state, struct span);

	/* Second look only; may be NULL.  The header block is over; fields are
	 * valid during the call only.  Returns what it wants to be shown of
	 * the body: 0, SHOW_LINES, SHOW_BYTES or both. */
	unsigned (*header)(void *state, const struct fields *);

	/* A line of the body, if it wants them.  look is for noting places in
	 * the line.  A span of the body, if it wants them: the lines that end
	 * in it were shown before. */
	void (*line)(void *state, const struct line *, struct look *);
	void (*bytes)(void *state, struct span);

	/* Which of the lines that come next may be left out?  They are whole
	 * lines of the body.  Returns how many bytes of them, from the first
	 * line on and up to the start or end of one: whether all of these, or
	 * any number of lines from the first on, or none are left out makes
	 * no difference to what the rule says.  It is not asked before each
	 * line.  NULL: it wants every line. */
	size_t (*pass)(const void *state, struct span lines);

	void (*end)(void *state, const struct facts *, struct emit *);
};

#define SHOW_LINES 1u
#define SHOW_BYTES 2u

/* The list of rules: a new one is a file and a line here.  They run in this
 * order; patterns and target read what those before them found. */
#define RULES(X) \
	X(eol) X(eod) X(limits) X(mime) X(dkim) X(smuggle) X(conform) \
	X(patterns) X(target)

#define RULE_DECLARE(name) extern const struct rule rule_##name;
RULES(RULE_DECLARE)

#endif

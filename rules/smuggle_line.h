/*
 * What a line of a body is to an SMTP dialogue.  A part of smuggle.c.
 */
#ifndef BAREDOT_SMUGGLE_LINE_H
#define BAREDOT_SMUGGLE_LINE_H

#include "lines.h"
#include "verbs.h"

enum kind {
	KIND_BLANK, KIND_DOT, KIND_VERB, KIND_REPLY,
	KIND_FIELD,		/* of mail */
	KIND_MORE,		/* another, or a line that goes on with one */
	KIND_FENCE, KIND_MARK, KIND_TEXT
};

/* A line, as far as it matters. */
struct seen {
	enum kind kind;
	bool quoted;		/* by what it begins with */
	bool indented;		/* like a quotation */
	struct span text;	/* behind that */
	enum verb verb;		/* KIND_VERB */
	size_t dot;		/* KIND_VERB: where in text the dot before it
				 * is, or NO_DOT */
	unsigned mark;		/* KIND_MARK: its index */
};
#define NO_DOT SIZE_MAX

/* text points into the line's head. */
struct seen smuggle_see(const struct line *, bool fields);

/* A test tool's mark is in s: which one it is. */
bool smuggle_mark(struct span s, unsigned *out);
#define MARK_START 0u		/* outbound: the dot is between these two */
#define MARK_END 1u

/* Every fence and mark holds one of these words; NULL: there are no more than
 * i. */
const char *smuggle_word(size_t i);

#define SESSION_LINE 200u	/* bytes of a line that may start a session */

/* s starts an SMTP session that is shown, or a shell's here document. */
bool smuggle_session(struct span s);

#endif

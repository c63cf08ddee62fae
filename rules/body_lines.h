/*
 * Rules about the lines of the body, however it is cut into spans.
 *
 * A line is what lines.h says it is; of a longer one its first LINE_HEAD
 * bytes are looked at.  body_lines_open -> (body_lines_begin ->
 * body_lines_feed* -> body_lines_end)*
 */
#ifndef BAREDOT_BODY_LINES_H
#define BAREDOT_BODY_LINES_H

#include "lines.h"
#include "needles.h"
#include "searcher.h"

struct body_lines {
	struct searcher *searcher;
	const struct kernel *kernel;
	struct needles needles;		/* of the rules that have any */
	size_t plain_n;
	size_t plain[USER_RULES_MAX];	/* the other rules of this scope */

	uint64_t off;			/* of the next byte, in the message */
	bool after_cr;			/* the byte before it is a CR */
	struct span now;		/* whole lines that are looked at */
	uint64_t now_off;		/* of them, in the message */
	uint64_t seen[USER_RULES_MAX];	/* where the last line that a rule was
					 * shown ends */

	/* A line that was begun in an earlier span. */
	bool open;
	uint64_t line_off;
	uint64_t line_n;		/* bytes of it so far */
	uint8_t line[LINE_HEAD];
};

/* False: there are none of this scope. */
bool body_lines_open(struct body_lines *, struct searcher *,
    const struct kernel *);

void body_lines_begin(struct body_lines *, uint64_t off);
void body_lines_feed(struct body_lines *, struct span);
void body_lines_end(struct body_lines *);

#endif

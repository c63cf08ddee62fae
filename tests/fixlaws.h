/*
 * What must hold of every repair, worked out the slow way from fix.h: one loop
 * per law, over the whole message.  Shares no code with rules/fix*.c and
 * rules/edit.c but what it calls to be judged.
 *
 * fixlaws_open -> fixlaws_check* -> fixlaws_close
 */
#ifndef BAREDOT_FIXLAWS_H
#define BAREDOT_FIXLAWS_H

#include "engine.h"
#include "rewrite.h"

#define FIXLAWS_RANGES 8u

struct fixlaws {
	struct engine *engine[2];	/* [to == BRK_CRLF] */
	size_t max;		/* bytes of the longest message */
	size_t n;		/* edits */
	struct edit *list;
	struct edit *back;
	uint8_t *made;		/* the new message */
	size_t made_n;
	uint64_t *origin;	/* of each of its bytes in the old one, or
				 * UINT64_MAX */
	uint8_t *other;		/* the same, made in another way */
	size_t other_n;
	struct fix_counts counts;
	enum fix_end end;
};

/* How a message is asked about. */
struct fixlaws_case {
	struct span m;
	struct fix_options o;
	const struct fix_range *range;
	size_t ranges;		/* no more than FIXLAWS_RANGES */
	const struct kernel *kernel;	/* beside that each byte is looked at */
	size_t first, step;	/* where it is cut */
};

void fixlaws_open(struct fixlaws *, size_t max);
void fixlaws_close(struct fixlaws *);

/* NULL: all laws hold; else the one that is broken.  What the repair is can
 * then be read. */
const char *fixlaws_check(struct fixlaws *, const struct fixlaws_case *);

/* Only plan, and make the new message. */
void fixlaws_plan(struct fixlaws *, const struct fixlaws_case *);

#endif

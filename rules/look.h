/*
 * The bytes around an offset, however the message was cut into spans.
 *
 * look_begin -> (look_span -> look_note* -> look_keep)*
 */
#ifndef BAREDOT_LOOK_H
#define BAREDOT_LOOK_H

#include "finding.h"

#define LOOK_BACK 256u		/* bytes kept of what came before the span, and
				 * at the message's end of its last ones */
#define LOOK_PENDING 64u		/* more than there are kinds of spots */

struct look {
	uint8_t back[LOOK_BACK];
	size_t back_n;
	struct span now;
	uint64_t off;		/* of now.p[0], in the message */
	struct context *pending[LOOK_PENDING];	/* wait for bytes to come */
	size_t n_pending;
};

void look_begin(struct look *);

/* The next bytes of the message: valid until look_keep. */
void look_span(struct look *, struct span, uint64_t off);

/*
 * Note that something is at off, no more than LOOK_BACK - CONTEXT_BEFORE
 * bytes before the end of what was shown.  s must live, in place, until the
 * message ends.
 */
static inline void look_note(struct look *, struct spots *s, uint64_t off);

/* The same for a whole line, which may have begun long ago: head is what
 * there is to show. */
void look_note_line(struct spots *s, uint64_t off, struct span head);

/*
 * Add the places of `from` to those of `into`, as if they had been noted
 * there.  No context may still be waiting for bytes: after the message.
 */
void look_merge(struct spots *into, const struct spots *from);

/* Remember what the next span's contexts may need. */
void look_keep(struct look *);

/* One of the first: for look_note alone. */
void look_first(struct look *, struct spots *s, uint64_t off);

static inline void
look_note(struct look *k, struct spots *s, uint64_t off)
{
	if (s->count >= SPOTS_KEPT)
		s->count++;
	else
		look_first(k, s, off);
}

#endif

/*
 * Would this stored message split if X sent it to Y?  For many X and Y at once.
 *
 * A plan is made once and shared; a replay is one message after another:
 * replay_begin -> replay_feed* -> replay_end.  After replay_new nothing is
 * allocated, and nothing can fail.  What comes out does not depend on how the
 * message was cut into spans, nor on the kernel.
 */
#ifndef BAREDOT_REPLAY_H
#define BAREDOT_REPLAY_H

#include "kernel.h"
#include "sender.h"

/* What becomes of a message, from one sender to one receiver; the worst last.
 * Commands behind a wrong end are read as RFC 5321 has them, a line of them
 * ending at LF (cr-or-lf: also at CR) whatever the receiver may ask for. */
enum replayed {
	REPLAY_NONE,		/* nothing was replayed */
	REPLAY_WHOLE,		/* it arrives */
	REPLAY_UNSENT,		/* the sender refuses to send it */
	REPLAY_REFUSED,		/* the receiver refuses it */
	REPLAY_OPEN,		/* the receiver does not see its end */
	REPLAY_CUT,		/* it ends too early for the receiver; what is
				 * behind makes no message */
	REPLAY_SMUGGLED		/* likewise, and a message comes out of that */
};
#define REPLAY_OUTCOMES 7
extern const char *const replay_names[REPLAY_OUTCOMES];

#define REPLAY_SENDERS 32u	/* that do not all do the same */
#define REPLAY_ROWS 128u	/* of either kind */

struct replay_plan;

/*
 * Rows and all they point to must outlive the plan.  NULL: why says what is
 * wrong (a literal); NULL: there is no memory.
 */
struct replay_plan *replay_plan_new(const struct sender_row *const *senders,
    size_t senders_n, const struct receiver_row *const *receivers,
    size_t receivers_n, const char **why);
void replay_plan_free(struct replay_plan *);	/* NULL is fine */

size_t replay_plan_senders(const struct replay_plan *);
size_t replay_plan_receivers(const struct replay_plan *);
const struct sender_row *replay_sender(const struct replay_plan *, size_t i);
const struct receiver_row *replay_receiver(const struct replay_plan *,
    size_t i);

/* Rows that do the same share a place: that of the i-th row. */
size_t replay_sender_at(const struct replay_plan *, size_t i);
size_t replay_receiver_at(const struct replay_plan *, size_t i);
size_t replay_plan_width(const struct replay_plan *);	/* receivers' places */

/* By BDAT, for two rows: the sender uses it where it is offered, the receiver
 * offers it. */
bool replay_by_bdat(const struct replay_plan *, size_t sender_row,
    size_t receiver_row);

/* Outcomes: one byte for each pair of places; [sender * width + receiver]. */
#define REPLAY_CELLS (REPLAY_SENDERS * 64u)

/* The outcome for two rows: what follows the end is not read by every
 * receiver (struct receiver_row, pipelining). */
enum replayed replay_between(const struct replay_plan *, const uint8_t *cells,
    size_t sender_row, size_t receiver_row);

#define REPLAY_TEXT 512u	/* bytes kept of a message that comes out */
#define REPLAY_ADDRESS 256u
#define REPLAY_RECIPIENTS 4u
#define REPLAY_SPLITS 64u	/* kept of a message */

struct replay_address {
	uint16_t n;
	uint8_t p[REPLAY_ADDRESS];	/* as it stands, cut at that */
};

/* A place where the data ends too early. */
struct replay_split {
	uint64_t off;		/* of the stored message: behind the end */
	uint32_t senders;	/* places: bits */
	uint64_t receivers;	/* likewise */
	bool smuggled;		/* a message comes out behind it: */
	bool cr;		/* commands end at CR, too */
	unsigned nth;		/* how many came out before it */
	struct replay_address mail;
	size_t recipients;	/* of which as many as fit are here */
	struct replay_address rcpt[REPLAY_RECIPIENTS];
	size_t n;
	uint8_t text[REPLAY_TEXT];	/* its first bytes, dots un-stuffed */
};

struct replay_result {
	uint8_t cells[REPLAY_CELLS];
	enum replayed worst;		/* of all rows */
	size_t n;
	struct replay_split list[REPLAY_SPLITS];	/* in order of off */
	uint64_t more;			/* that are not in the list */
};

struct replay;

/* kernel: NULL: the best.  NULL: no memory. */
struct replay *replay_new(const struct replay_plan *, const struct kernel *);
void replay_free(struct replay *);		/* NULL is fine */

/* lf: the message's own lines end in LF alone. */
void replay_begin(struct replay *, bool lf);
void replay_feed(struct replay *, struct span);

/* Valid until the next replay_begin. */
const struct replay_result *replay_end(struct replay *);

#endif

/*
 * A replay the slow way: the whole wire, one sender and one receiver.
 */
#ifndef BAREDOT_REPLAY_ORACLE_H
#define BAREDOT_REPLAY_ORACLE_H

#include "buf.h"
#include "replay.h"

struct oracle_message {
	uint64_t off;		/* of the stored message: behind the end */
	struct buf mail;
	size_t recipients;
	struct buf rcpt[REPLAY_RECIPIENTS];
	struct buf text;	/* all of it, dots as on the wire */
};

struct oracle_replay {
	enum replayed outcome;
	size_t n;		/* messages that came out */
	struct oracle_message list[4];
};

/* lf: the message's own lines end in LF.  *out is made anew; free it. */
void oracle_replay(const struct sender_row *, const struct receiver_row *,
    const struct receiver_dfa *, bool lf, struct span message,
    struct oracle_replay *out);
void oracle_replay_free(struct oracle_replay *);

#endif

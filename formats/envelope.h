/*
 * What a mail server keeps beside a message in its queue: who sent it, to
 * whom, and since when it is there.
 *
 * It has room for an ordinary envelope and no more: addresses are those of
 * strangers.  A recipient without room is counted.
 */
#ifndef BAREDOT_ENVELOPE_H
#define BAREDOT_ENVELOPE_H

#include "span.h"

#define ENVELOPE_RECIPIENTS 64u
#define ENVELOPE_BYTES (16u << 10)	/* of all that is text in it */

struct envelope {
	bool has_queue_id, has_sender, has_arrived;
	struct span queue_id;
	struct span sender;	/* without < and >; n 0: the null sender */
	int64_t arrived;	/* seconds since 1970 */
	struct span recipients[ENVELOPE_RECIPIENTS];	/* to be served */
	size_t recipients_n;
	uint64_t recipients_more;	/* that found no room */
	size_t used;
	uint8_t text[ENVELOPE_BYTES];	/* what the spans point to */
};

/* One zeroed is empty.  What has no room is left out. */
void envelope_queue_id(struct envelope *, struct span);
void envelope_sender(struct envelope *, struct span);
void envelope_recipient(struct envelope *, struct span);

/* Digits, and perhaps more behind them; else it is not known. */
void envelope_arrived(struct envelope *, struct span);

#endif

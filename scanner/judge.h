/*
 * One message of a store: read, judged, looked at again where that says more.
 *
 * The first look passes over the message once.  What it cannot say (the
 * parts, the body hashes, a dialogue in the text) is for a second look, which
 * the few messages get that the first found something in; what the user asked
 * for by name is looked for in every message, in the same pass.
 */
#ifndef BAREDOT_JUDGE_H
#define BAREDOT_JUDGE_H

#include "engine.h"
#include "hash.h"
#include "replay.h"
#include "report.h"
#include "store.h"

enum judge_hash {	/* SHA-256 of which messages */
	HASH_FLAGGED, HASH_ALL, HASH_NONE
};

struct judge_options {
	struct engine_options engine;	/* its topics: for every message */
	enum judge_hash hash;
	struct report_options report;	/* which findings are shown */
	const struct replay_plan *plan;	/* replay every message, instead of a
				 * second look; or NULL */
	bool parts;		/* that a finding is shown is enough to know,
				 * besides the parts */

	/* Bytes were read, for the first time or again. */
	void (*tick)(void *ctx, uint64_t bytes, uint64_t again);

	/* Asked then.  ST_DEAD: there is no more time, *e says so.  NULL:
	 * there always is. */
	int (*late)(void *ctx, struct err *e);
	void *ctx;	/* of both */
};

struct judged {
	const struct verdict *verdict;	/* valid until the next message */
	bool flagged;			/* a finding is shown */
	const struct replay_result *replay;	/* likewise; or NULL */
	bool hashed;			/* sha256 is set */
	uint8_t sha256[HASH_SIZE];
};

struct judge;

struct judge *judge_new(const struct judge_options *);	/* NULL: memory */
void judge_free(struct judge *);			/* NULL is fine */

/* From now on, instead of what judge_new was told. */
void judge_hash(struct judge *, enum judge_hash);

/*
 * The message that store_next just gave.  brief: its verdict's convention is
 * all that is wanted.  ST_END: done.  ST_DEAD: it cannot be read whole.
 */
int judge_message(struct judge *, struct store *, const struct msg *,
    bool brief, struct judged *, struct err *);

#endif

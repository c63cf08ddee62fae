/*
 * What acting.c and acting_whole.c have in common.
 */
#ifndef BAREDOT_ACTING_CORE_H
#define BAREDOT_ACTING_CORE_H

#include "act_mend.h"
#include "acting.h"
#include "exchange.h"
#include "mender.h"
#include "plan.h"

/* An mbox that is acted on at the end. */
struct mailbox_item {
	struct buf folder, name;
	uint64_t root;
	enum store_place place;
	bool acts;		/* something is done to it */
	bool known;		/* what, is in acting.told, from `told` on, for
				 * as long as it has this stamp */
	struct stamp stamp;
	uint64_t told;
};

/* A message that is to be repaired, until its group is. */
struct waiting {
	struct buf path, folder, name;
	uint8_t sha[HASH_SIZE];
	struct target target;
	struct mend_job job;
	struct act_mend mend;
	struct change change;
	struct outcome outcome;
};

struct acting {
	struct acting_options options;
	struct statedir state;
	struct run run;
	bool begun;
	struct mender *mender;
	struct act_facts facts;
	size_t waiting_n;
	struct waiting waiting[EXCHANGE_MAX];
	struct mailbox_item *mailboxes;
	size_t mailboxes_n, mailboxes_cap;
	int told;		/* a file of frames (mend_wire.h); -1: none */
	uint64_t told_n;	/* bytes in it */
	struct plan_names names;	/* of the file at hand */
	struct buf full;	/* a folder whose file system is full */
	int status;		/* ST_DEAD: *e, and nothing more is done */
	struct err e;
};

/* A run that does nothing leaves nothing: begun with the first file. */
int acting_begin_run(struct acting *, struct err *);

/* Nothing more is done; ST_DEAD. */
int acting_stop(struct acting *, const struct err *);
bool acting_going(const struct acting *);

/* What came of it. */
void acting_tell(struct acting *, const struct outcome *,
    const struct mend_job *, bool container);

/* acting_whole.c: an mbox, to be acted on at the end. */
void acting_keep_mailbox(struct acting *, const struct plan_item *);

/* All of the last one was kept. */
void acting_end_mailbox(struct acting *);

/* Act on one. */
void acting_on_mailbox(struct acting *, const struct mailbox_item *);

#endif

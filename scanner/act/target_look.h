/*
 * Whether something may be changed at all, by looking: by what it is, whose it
 * is, and where; by the checks that come first when it is done.
 */
#ifndef BAREDOT_TARGET_LOOK_H
#define BAREDOT_TARGET_LOOK_H

#include "outcome.h"
#include "run.h"
#include "source.h"

enum target_kind {
	TARGET_EDIT,		/* a message that is a file, or an archive */
	TARGET_TAKE,		/* such a message, to be taken out */
	TARGET_MAILBOX,		/* a mailbox that is one file */
	TARGET_READ		/* an archive, of which there will be another */
};

/*
 * *o: OUTCOME_DONE: nothing speaks against it; else why it would not be done.
 * Nothing of it is opened or locked.  The run, which may be a zeroed one, is
 * only for its place.  As exchange_file.
 */
int target_look(struct run *, const struct target *, enum target_kind,
    struct outcome *o, struct err *);

#endif

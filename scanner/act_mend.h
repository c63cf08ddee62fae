/*
 * Between the acting core and the mender: the new contents of a file, and the
 * messages that leave an mbox.
 */
#ifndef BAREDOT_ACT_MEND_H
#define BAREDOT_ACT_MEND_H

#include "mender.h"
#include "run.h"

struct act_mend {
	struct mender *mender;
	struct mend_job *job;
	struct run *run;	/* where messages that go are kept; NULL: none
				 * may go */
};

/* change.write; ctx: struct act_mend. */
int act_mend_write(void *ctx, struct filling *from, int to,
    struct said *said, struct err *);

#endif

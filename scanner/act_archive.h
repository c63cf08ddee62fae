/*
 * Between the acting core and the archiver: the new contents of an archive,
 * seen by a second process, and the messages that leave it.
 */
#ifndef BAREDOT_ACT_ARCHIVE_H
#define BAREDOT_ACT_ARCHIVE_H

#include "archiver.h"
#include "filling.h"
#include "run.h"

struct act_archive {
	struct archiver *archiver;
	struct archive_job *job;
	struct run *run;	/* where messages that go are kept; NULL: none
				 * may go */
	bool same;		/* out: there was nothing to change */

	/* Its own: */
	struct buf note;	/* of the message that is coming */
	int fd;			/* what has come of it; 0: none */
	uint64_t n;		/* bytes */
};

/*
 * Before the job: files for what is in its members, in this folder, and who
 * takes the messages that go.
 */
int act_archive_open(struct act_archive *, int folder, struct err *);
void act_archive_close(struct act_archive *);	/* that, and what it holds */

/* change.write; ctx: struct act_archive. */
int act_archive_write(void *ctx, struct filling *from, int to,
    struct said *said, struct err *);

#endif

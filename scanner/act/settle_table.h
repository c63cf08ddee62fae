/*
 * What to do next about an intent, by what is there: for settle.c.
 */
#ifndef BAREDOT_SETTLE_TABLE_H
#define BAREDOT_SETTLE_TABLE_H

#include "settle.h"

enum step {
	ABORT,			/* nothing is left to do: it did not happen */
	COMMIT,			/* nothing is left to do: it did */
	DROP,			/* unlink the temporary */
	BACK,			/* swap the temporary and the message back */
	GIVE,			/* the temporary is somebody's: into the
				 * mailbox with it */
	NAME,			/* rename the message to its right base */
	OUT			/* by links: the new file, from the mailbox
				 * to the second temporary */
};

/*
 * Of an intent that does not go by links, whose names do not lead to one file.
 * Never NAME, OUT.
 */
enum step settle_step(enum act, enum side temp, enum side mail);

#endif

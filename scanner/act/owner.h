/*
 * Work in somebody's mailbox with no more rights than theirs.
 *
 * Started by root, only the effective ids change: a link planted in a mailbox
 * then leads only where its owner may go anyway, the owner's quota counts, and
 * since the real id stays root the owner can neither signal nor trace us
 * (reliability 3.7).  Started by anyone else, nothing is done.
 */
#ifndef BAREDOT_OWNER_H
#define BAREDOT_OWNER_H

#include <sys/types.h>

#include "err.h"

struct owner {
	uid_t uid;
	gid_t gid;
};

/* ST_DEAD: it cannot be done; the rights are as before. */
int owner_enter(struct owner, struct err *);

/*
 * Out of the owner's rights for something that is nobody else's, and in again;
 * rc: what came of it, *e its reason.  ST_DEAD: or there is no way in again.
 */
struct owner owner_step_out(void);
int owner_step_in(struct owner, int rc, struct err *e);

/* Back to root.  If that fails there is no way to go on: abort(3). */
void owner_leave(void);

#endif

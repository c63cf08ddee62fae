/*
 * See owner.h.  What counts is what the ids are, not what the calls said.
 */
#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool
set_ids(uid_t uid, gid_t gid)
{
	const int group = setegid(gid), user = seteuid(uid);

	return (group == 0 && user == 0) ||
	    (geteuid() == uid && getegid() == gid);
}

/* Root's own groups are not missed while it is root. */
int
owner_enter(struct owner o, struct err *e)
{
	int num;

	if (getuid() != 0 || o.uid == 0)
		return ST_OK;
	if (setgroups(1, &o.gid) == 0 && set_ids(o.uid, o.gid))
		return ST_OK;
	num = errno;
	owner_leave();
	return err_set(e, ST_DEAD, num, "cannot work as the owner");
}

void
owner_leave(void)
{
	if (getuid() != 0 || (geteuid() == 0 && getegid() == getgid()))
		return;
	/* The first try may get no further than the user, who may the rest. */
	if (!set_ids(0, getgid()) && !set_ids(0, getgid()))
		abort();
}

struct owner
owner_step_out(void)
{
	const struct owner o = { geteuid(), getegid() };

	owner_leave();
	return o;
}

int
owner_step_in(struct owner o, int rc, struct err *e)
{
	return owner_enter(o, rc == ST_OK ? e : NULL) == ST_OK ? rc : ST_DEAD;
}

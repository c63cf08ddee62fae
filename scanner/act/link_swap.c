/*
 * See link_swap.h.
 */
#include "link_swap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "names.h"

#define TRIES_MAX 8u		/* at a message that is renamed all the while */

static bool
keeps_name(const struct deed *d)
{
	return name_same_base(d->intent.name.text, d->intent.renamed.text);
}

/* The message is still there, as it was; errno: ENOENT, or what else is. */
static int
find_old(const struct deed *d, struct found *at)
{
	const int rc = place_find(d->place, d->source.at.name.text, at, NULL);

	if (rc == ST_OK && source_is_at(&d->source, at))
		return 0;
	return rc == ST_DEAD ? EBUSY : ENOENT;
}

/* The new file, beside the old one, with the flags that that has now. */
static int
put_beside(struct deed *d)
{
	int error = find_old(d, &d->at);

	if (error != 0)
		return error;
	d->linked.dir = d->at.dir;
	if (!mailname_join(d->intent.renamed.text, d->at.name.text,
	    &d->linked.name))
		return ENAMETOOLONG;
	return call_give_name(d->stage.fd, d->linked.dir,
	    d->linked.name.text) == 0 ? 0 : errno;
}

static int
sync_mailbox(const struct place *p, struct err *e)
{
	if (fsync(p->dir) != 0 || (p->other >= 0 && fsync(p->other) != 0))
		return err_set(e, ST_DEAD, errno, "cannot sync the mailbox");
	return ST_OK;
}

/*
 * The old file was renamed since: so is the new one, which has a base that is
 * no other's.  If that fails it is because somebody renamed that one, too.
 */
static int
follow(struct deed *d, const struct found *at, struct err *e)
{
	struct found to = { .dir = at->dir };
	struct stat st;

	if (!mailname_join(d->intent.renamed.text, at->name.text, &to.name) ||
	    (to.dir == d->linked.dir &&
	    strcmp(to.name.text, d->linked.name.text) == 0) ||
	    fstatat(to.dir, to.name.text, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return ST_OK;
	(void)call_take(d->linked.dir, d->linked.name.text, to.dir,
	    to.name.text);
	d->linked = to;
	return sync_mailbox(d->place, e);
}

/* As swap in exchange.c. */
static int
take_out(struct deed *d, struct err *e)
{
	d->error = ENOENT;
	for (unsigned i = 0; i < TRIES_MAX && d->error == ENOENT; i++) {
		struct found at;
		int rc;

		if ((d->error = find_old(d, &at)) != 0)
			break;
		if (!keeps_name(d) && (rc = follow(d, &at, e)) != ST_OK)
			return rc;
		d->at = at;
		d->error = call_take(at.dir, at.name.text, d->place->tmp,
		    d->intent.temp.text) == 0 ? 0 : errno;
	}
	return ST_OK;
}

static bool
goes_on(const struct deed *d)
{
	return d->out->kind == OUTCOME_DONE && d->error == 0;
}

/* The old one may only go when the name of the new one is on the disk. */
static int
put_all_beside(struct deed *list, size_t n, struct err *e)
{
	bool any = false;

	for (struct deed *d = list; d < list + n; d++)
		if (goes_on(d) && !keeps_name(d)) {
			d->error = put_beside(d);
			any = true;
		}
	return any ? sync_mailbox(list[0].place, e) : ST_OK;
}

int
link_swap_all(struct deed *list, size_t n, struct err *e)
{
	int rc;

	deed_place_all(list, n);
	if ((rc = put_all_beside(list, n, e)) != ST_OK)
		return rc;
	for (struct deed *d = list; d < list + n; d++) {
		if (!goes_on(d))
			continue;
		if ((rc = take_out(d, e)) != ST_OK)
			return rc;
		if (goes_on(d) && keeps_name(d) && call_give_name(d->stage.fd,
		    d->at.dir, d->at.name.text) != 0)
			d->error = errno;
	}
	return ST_OK;
}

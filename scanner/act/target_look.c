/*
 * See target_look.h.
 */
#include "target_look.h"

#include "box.h"
#include "deed.h"

/* In the deed's place, which is open. */
static int
look(struct deed *d, const char *name, enum target_kind kind, struct err *e)
{
	const bool stage = kind == TARGET_EDIT || kind == TARGET_MAILBOX;
	int rc;

	if ((kind != TARGET_READ &&
	    (rc = deed_place_writable(d, e)) != ST_OK) ||
	    (rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = source_look(d->place, name, d->out, e);
	owner_leave();
	return rc == ST_OK && stage ? deed_look_stage(d, e) :
	    deed_not_done(d, rc, e);
}

static int
look_at_mailbox(struct deed *d, const struct target *t, struct err *e)
{
	struct box b;
	int rc;

	rc = box_open(&b, d->run, t->folder, t->root, t->name, NULL, e);
	if (rc == ST_OK) {
		d->place = b.place;
		rc = look(d, t->name, TARGET_MAILBOX, e);
	} else {
		rc = rc == ST_BAD ? outcome_from(d->out, OUTCOME_REFUSED, e) :
		    deed_not_done(d, rc, e);
	}
	box_close(&b);
	return rc;
}

int
target_look(struct run *r, const struct target *t, enum target_kind kind,
    struct outcome *o, struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if (kind == TARGET_MAILBOX)
		return outcome_status(look_at_mailbox(&d, t, e));
	if ((rc = run_place(r, t->folder, t->root, &d.place, e)) == ST_OK)
		rc = look(&d, t->name, kind, e);
	else
		rc = rc == ST_BAD ? outcome_from(o, OUTCOME_REFUSED, e) :
		    deed_not_done(&d, rc, e);
	return outcome_status(rc);
}

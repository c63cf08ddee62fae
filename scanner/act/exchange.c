/*
 * See exchange.h.
 */
#include "exchange.h"

#include <errno.h>

#include "deed.h"
#include "kernel_calls.h"

#define TRIES_MAX 8u		/* at a message that is renamed all the while */

/* As the owner: the message, and a file for what will be in its place. */
static int
open_both(struct deed *d, const struct target *t, struct err *e)
{
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = source_open(d->place, t, &d->source, d->out, e);
	if (rc == ST_OK)
		rc = stage_open(d->place, &d->stage, d->out);
	owner_leave();
	return deed_not_done(d, rc, e);
}

/* The new contents, with all that belongs to a message. */
static int
make_new(struct deed *d, const struct change *c, struct err *e)
{
	uint8_t sha[HASH_SIZE];
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = c->write(c->ctx, d->source.fd, d->stage.fd, sha, e);
	owner_leave();
	if (rc == ST_BAD)
		return outcome_from(d->out, OUTCOME_REFUSED, e);
	if (rc != ST_OK)
		return deed_not_done(d, rc, e);
	rc = deed_seal(d, &d->source.meta, sha, e);
	if (rc == ST_OK && sum_same(&d->stage.sum, &d->source.sum))
		return outcome_set(d->out, OUTCOME_SAME, 0,
		    "there is nothing to change");
	return rc;
}

static int
choose_name(struct deed *d, bool keep_base, struct err *e)
{
	const char *now = d->source.at.name.text;
	char random[2 * MAILNAME_RANDOM + 1];

	d->intent.renamed = d->source.at.name;
	if (!d->place->maildir || (keep_base && !mailname_has_sizes(now)))
		return ST_OK;
	if (call_random_hex(random, MAILNAME_RANDOM) != 0)
		return err_set(e, ST_DEAD, errno, "no random bytes");
	if (!mailname_renew(now, &d->stage.sum, random, &d->intent.renamed))
		return outcome_set(d->out, OUTCOME_REFUSED, 0,
		    "its new name would be too long");
	return ST_OK;
}

/*
 * Until it is done, or cannot be; errno of the last try, 0: it was done.  What
 * came of it settle finds out.
 */
static int
swap(const struct deed *d, struct found *at)
{
	int error = ENOENT;

	for (unsigned i = 0; i < TRIES_MAX && error == ENOENT; i++) {
		if (place_find(d->place, d->source.at.name.text, at, NULL) !=
		    ST_OK || !source_is_at(&d->source, at))
			break;
		error = call_swap(d->place->tmp, d->intent.temp.text,
		    at->dir, at->name.text) == 0 ? 0 : errno;
	}
	return error;
}

static int
place_and_swap(struct deed *d, struct err *e)
{
	struct found at = d->source.at;
	const struct settle_live live = { .home = &at,
	    .old = d->source.fd, .new = &d->stage.st };
	int error = 0, rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	if (stage_place(&d->stage, d->place, &d->intent, d->out) == ST_OK)
		error = swap(d, &at);
	rc = deed_settle(d, &live, error, e);
	owner_leave();
	return rc;
}

/* All is known: say so, and do it. */
static int
record_and_swap(struct deed *d, struct err *e)
{
	int rc;

	stage_id(&d->stage, &d->intent.new);
	d->intent.name = d->source.at.name;
	if ((rc = deed_record(d, &d->source.meta, e)) == ST_OK)
		rc = place_and_swap(d, e);
	return rc;
}

int
exchange_file(struct run *r, const struct target *t, const struct change *c,
    struct outcome *o, struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_SWAP, t->folder, t->root, e)) != ST_OK ||
	    (rc = open_both(&d, t, e)) != ST_OK ||
	    (rc = make_new(&d, c, e)) != ST_OK ||
	    (rc = choose_name(&d, c->keep_base, e)) != ST_OK ||
	    (rc = deed_store_old(&d, e)) != ST_OK)
		goto out;
	buf_str(&d.intent.reason, c->reason != NULL ? c->reason : "");
	rc = record_and_swap(&d, e);
out:
	deed_free(&d);
	return outcome_status(rc);
}

/* It has the name that it got, or, if that could not be had, its own. */
static int
open_changed(struct deed *d, const struct intent *past, struct err *e)
{
	struct target t = { .name = past->renamed.text,
	    .sha = past->new.sha, .packed = true };
	int rc = open_both(d, &t, e);

	if (rc == ST_BAD && d->out->kind == OUTCOME_GONE &&
	    strcmp(past->name.text, past->renamed.text) != 0) {
		t.name = past->name.text;
		rc = open_both(d, &t, e);
	}
	return rc;
}

int
exchange_undo(struct run *r, uint64_t seq, struct intent *past,
    struct outcome *o, struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_SWAP, buf_text(&past->path),
	    (size_t)past->root, e)) != ST_OK ||
	    (rc = open_changed(&d, past, e)) != ST_OK ||
	    (rc = deed_write_blob(&d, past->old.sha, e)) != ST_OK ||
	    (rc = deed_seal(&d, &past->meta, past->old.sha, e)) != ST_OK ||
	    (rc = deed_store_old(&d, e)) != ST_OK)
		goto out;
	d.intent.renamed = past->name;
	d.intent.undoes = seq;
	rc = record_and_swap(&d, e);
out:
	deed_free(&d);
	return outcome_status(rc);
}

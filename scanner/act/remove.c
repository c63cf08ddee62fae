/*
 * See remove.h.
 */
#include "remove.h"

#include <errno.h>

#include "deed.h"
#include "kernel_calls.h"

#define TRIES_MAX 8u		/* at a message that is renamed all the while */

static int
open_source(struct deed *d, const struct target *t, struct err *e)
{
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = source_open(d->place, t, &d->source, d->out, e);
	owner_leave();
	return deed_not_done(d, rc, e);
}

/* As swap in exchange.c. */
static int
take_out(const struct deed *d, struct found *at)
{
	int error = ENOENT;

	for (unsigned i = 0; i < TRIES_MAX && error == ENOENT; i++) {
		if (place_find(d->place, d->source.at.name.text, at, NULL) !=
		    ST_OK || !source_is_at(&d->source, at))
			break;
		error = (d->intent.by_links ? call_take : call_move)(at->dir,
		    at->name.text, d->place->tmp, d->intent.temp.text) == 0 ?
		    0 : errno;
	}
	return error;
}

static int
take_out_and_settle(struct deed *d, struct err *e)
{
	struct found at = d->source.at;
	const struct settle_live live = { .home = &at, .old = d->source.fd };
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = deed_settle(d, &live, take_out(d, &at), e);
	owner_leave();
	return rc;
}

static int
take(struct run *r, const struct target *t, const char *reason,
    struct outcome *o, struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_REMOVE, t->folder, t->root, e)) !=
	    ST_OK ||
	    (rc = open_source(&d, t, e)) != ST_OK ||
	    (rc = deed_store_old(&d, e)) != ST_OK)
		goto out;
	d.intent.name = d.source.at.name;
	buf_str(&d.intent.reason, reason != NULL ? reason : "");
	if ((rc = deed_record(&d, &d.source.meta, e)) == ST_OK)
		rc = take_out_and_settle(&d, e);
out:
	deed_free(&d);
	return outcome_status(rc);
}

/* The notes on intent seq, which was not done, are those on the next one. */
static int
repeat_notes(struct journal *j, uint64_t seq, struct err *e)
{
	struct buf b = { 0 };
	int rc = ST_OK;

	for (uint64_t i = seq - journal_notes(j, seq); i < seq && rc == ST_OK;
	    i++)
		if ((rc = journal_read(j, i, &b, e)) == ST_OK)
			rc = journal_note(j, buf_span(&b), e);
	buf_free(&b);
	return rc;
}

int
remove_file(struct run *r, const struct target *t, const char *reason,
    struct outcome *o, struct err *e)
{
	int rc = take(r, t, reason, o, e);

	if (rc == ST_OK && o->lacks != NULL && run_try_links(r, r->place) &&
	    (rc = repeat_notes(r->journal, o->seq, e)) == ST_OK)
		rc = take(r, t, reason, o, e);
	return rc;
}

static int
name_taken(struct deed *d)
{
	return outcome_set(d->out, OUTCOME_REFUSED, 0,
	    "another message has its name");
}

/* Its own name; or another, if a message has that. */
static int
choose_name(struct deed *d, const struct intent *past, struct err *e)
{
	char random[2 * MAILNAME_RANDOM + 1];
	struct found at;
	int rc;

	d->intent.name = past->name;
	rc = place_find(d->place, past->name.text, &at, e);
	if (rc == ST_END)
		return ST_OK;
	if (rc != ST_OK)
		return deed_not_done(d, rc, e);
	if (!d->place->maildir)
		return name_taken(d);
	if (call_random_hex(random, MAILNAME_RANDOM) != 0)
		return err_set(e, ST_DEAD, errno, "no random bytes");
	if (!mailname_renew(past->name.text, &d->stage.sum, random,
	    &d->intent.name))
		return outcome_set(d->out, OUTCOME_REFUSED, 0,
		    "its new name would be too long");
	return ST_OK;
}

static int
open_stage(struct deed *d, struct err *e)
{
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = deed_open_stage(d, e);
	owner_leave();
	return rc;
}

static int
put_in(struct deed *d, struct err *e)
{
	const struct found home = { .dir = d->place->dir,
	    .name = d->intent.name };
	const struct settle_live live = { .home = &home, .old = -1,
	    .new = &d->stage.st };
	int error = 0, rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	if (stage_place(&d->stage, d->place, &d->intent, d->out) == ST_OK &&
	    (d->intent.by_links ? call_give_name(d->stage.fd, home.dir,
	    home.name.text) : call_move(d->place->tmp, d->intent.temp.text,
	    home.dir, home.name.text)) != 0)
		error = errno;
	rc = deed_settle(d, &live, error, e);
	owner_leave();
	return rc;
}

int
remove_undo(struct run *r, uint64_t seq, struct intent *past,
    struct outcome *o, struct err *e)
{
	const struct said said = said_sha(past->old.sha);
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_PUT, buf_text(&past->path),
	    (size_t)past->root, e)) != ST_OK)
		goto out;
	d.intent.by_links = past->by_links;
	if ((rc = open_stage(&d, e)) != ST_OK ||
	    (rc = deed_write_blob(&d, past->old.sha, e)) != ST_OK ||
	    (rc = deed_seal(&d, &past->meta, &said, e)) != ST_OK ||
	    (rc = choose_name(&d, past, e)) != ST_OK)
		goto out;
	stage_id(&d.stage, &d.intent.new);
	d.intent.undoes = seq;
	if ((rc = deed_record(&d, &past->meta, e)) == ST_OK)
		rc = put_in(&d, e);
out:
	deed_free(&d);
	return outcome_status(rc);
}

int
remove_look(struct run *r, struct intent *past, bool taken,
    struct outcome *o, struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_PUT, buf_text(&past->path),
	    (size_t)past->root, e)) == ST_OK &&
	    (rc = deed_look_stage(&d, e)) == ST_OK &&
	    (rc = deed_look_blob(&d, past->old.sha, e)) == ST_OK)
		rc = taken && !d.place->maildir ? name_taken(&d) :
		    choose_name(&d, past, e);
	deed_free(&d);
	return outcome_status(rc);
}

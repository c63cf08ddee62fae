/*
 * See deed.h.
 */
#include "deed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "leftover.h"
#include "quota.h"

/* A stage that has a name, and that no intent speaks of. */
static void
drop_stage(struct deed *d)
{
	struct mailname name;

	if (!d->stage.named || d->seq != 0)
		return;
	if (owner_enter(d->place->owner, NULL) != ST_OK) {
		d->run->unsettled = true;
		return;
	}
	intent_stage_name(&d->intent, &name);
	(void)leftover_drop(d->run, d->place, name.text);
	owner_leave();
}

void
deed_free(struct deed *d)
{
	if (d->run == NULL)	/* not begun */
		return;
	drop_stage(d);
	/* Notes on a message that was refused belong to no other. */
	if (d->run->journal != NULL)
		journal_drop_notes(d->run->journal);
	source_close(&d->source);
	stage_close(&d->stage);
	blob_drop(d->run->blobs, &d->blob);
	summing_drop(&d->taking);
	intent_free(&d->intent);
}

int
deed_not_done(struct deed *d, int rc, const struct err *e)
{
	if (rc != ST_DEAD || e->num == EIO || e->num == EROFS ||
	    e->num == ENOMEM)
		return rc;
	return outcome_from(d->out, OUTCOME_FAILED, e);
}

int
deed_place_writable(struct deed *d, struct err *e)
{
	return place_writable(d->place, e) == ST_OK ? ST_OK :
	    outcome_from(d->out, OUTCOME_FAILED, e);
}

int
deed_begin(struct deed *d, enum act act, const char *folder, size_t root,
    struct err *e)
{
	int rc = run_place(d->run, folder, root, &d->place, e);

	if (rc == ST_BAD)
		return outcome_from(d->out, OUTCOME_REFUSED, e);
	if (rc != ST_OK)
		return deed_not_done(d, rc, e);
	if ((rc = deed_place_writable(d, e)) != ST_OK)
		return rc;
	if (intent_begin(&d->intent, act, d->place, e) != ST_OK)
		return ST_DEAD;
	d->intent.by_links = run_by_links(d->run, d->place);
	return ST_OK;
}

/*
 * A swap by links takes the old file out before the new one gets its name: so
 * that this can be had is tried before.
 */
static int
try_link(struct deed *d, const char *name)
{
	const char *temp = d->intent.temp.text;
	const int tmp = d->place->tmp;
	const int num = call_link(tmp, name, tmp, temp) == 0 ? 0 : errno;

	if (!leftover_drop(d->run, d->place, temp))
		return outcome_set(d->out, OUTCOME_FAILED, errno,
		    "cannot remove a temporary file");
	return num == 0 ? ST_OK : stage_not_linked(num, d->out);
}

static int
open_named(struct deed *d, struct err *e)
{
	const bool swap = d->intent.act == ACT_SWAP;
	struct mailname name;
	int rc;

	intent_stage_name(&d->intent, &name);
	if ((rc = leftover_record(d->run, d->place, name.text, swap ?
	    d->intent.temp.text : NULL, e)) != ST_OK)
		return rc;
	rc = stage_open_named(d->place, &d->intent, &d->stage, d->out);
	if (rc != ST_OK)	/* an error, and there it is all the same? */
		(void)leftover_drop(d->run, d->place, name.text);
	return rc == ST_OK && swap ? try_link(d, name.text) : rc;
}

int
deed_open_stage(struct deed *d, struct err *e)
{
	const int rc = stage_open(d->place, &d->stage, d->out);

	if (rc != ST_BAD || d->out->lacks == NULL)
		return rc;
	/* What was taken out must come back without being asked how. */
	if (!d->intent.by_links && d->intent.act != ACT_PUT)
		return outcome_lacks(d->out, d->out->num, d->out->lacks,
		    "allow-copy-swap");
	*d->out = (struct outcome){ 0 };
	return open_named(d, e);
}

int
deed_not_written(struct deed *d, const struct err *e)
{
	return outcome_from(d->out, e->num == EINTR ? OUTCOME_BUSY :
	    OUTCOME_REFUSED, e);
}

int
deed_look_stage(struct deed *d, struct err *e)
{
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	if (faccessat(d->place->tmp, ".", W_OK | X_OK, AT_EACCESS) != 0 &&
	    errno == EACCES)
		rc = outcome_set(d->out, OUTCOME_FAILED, errno,
		    "cannot make a temporary file");
	owner_leave();
	return rc;
}

int
deed_open_blob(struct deed *d, const uint8_t sha[HASH_SIZE], int *fd,
    struct sum *sum, struct err *e)
{
	const int rc = blob_open(d->run->blobs, sha, fd, sum, e);

	if (rc == ST_BAD) {
		(void)outcome_from(d->out, OUTCOME_FAILED, e);
		d->out->lost = true;
	}
	return rc;
}

int
deed_look_blob(struct deed *d, const uint8_t sha[HASH_SIZE], struct err *e)
{
	int fd, rc;

	if ((rc = deed_open_blob(d, sha, &fd, &d->stage.sum, e)) == ST_OK)
		(void)close(fd);
	return rc;
}

int
deed_write_blob(struct deed *d, const uint8_t sha[HASH_SIZE], struct err *e)
{
	struct sum sum;
	int fd, rc;

	if ((rc = deed_open_blob(d, sha, &fd, &sum, e)) != ST_OK)
		return rc;
	if ((rc = owner_enter(d->place->owner, e)) == ST_OK) {
		rc = sum_file(fd, UINT64_MAX, d->stage.fd, &sum, e);
		owner_leave();
	}
	(void)close(fd);
	return deed_not_done(d, rc == ST_BAD ? ST_DEAD : rc, e);
}

int
deed_seal(struct deed *d, const struct meta *meta, const struct said *said,
    struct err *e)
{
	const int rc = stage_seal(&d->stage, meta, d->out, e);

	if (rc != ST_OK)
		return deed_not_done(d, rc, e);
	if (!sum_is(&d->stage.sum, said))
		return outcome_set(d->out, OUTCOME_FAILED, 0,
		    "what was written cannot be read back");
	return ST_OK;
}

void
deed_set_old(struct deed *d)
{
	struct intent *in = &d->intent;

	in->old = (struct file_id){ .ino = d->source.st.st_ino,
	    .size = d->source.sum.size };
	memcpy(in->old.sha, d->source.sum.sha, HASH_SIZE);
}

int
deed_copy_old(struct deed *d, struct err *e)
{
	int rc;

	deed_set_old(d);
	rc = blob_begin(d->run->blobs, d->source.fd, &d->source.sum,
	    &d->blob, e);
	return rc == ST_BAD ? outcome_from(d->out, OUTCOME_BUSY, e) : rc;
}

int
deed_finish_old(struct deed *list, size_t n, struct err *e)
{
	struct run *r = list[0].run;
	int rc = ST_OK;

	for (size_t i = 0; i < n && rc == ST_OK; i++)
		rc = blob_finish(r->blobs, &list[i].blob, e);
	return rc == ST_OK ? blob_sync(r->blobs, e) : rc;
}

int
deed_store_old(struct deed *d, struct err *e)
{
	const int rc = deed_copy_old(d, e);

	return rc == ST_OK ? deed_finish_old(d, 1, e) : rc;
}

int
deed_add_record(struct deed *d, const struct meta *meta, struct err *e)
{
	struct buf b = { 0 };
	int rc;

	d->intent.meta = *meta;
	intent_encode(&d->intent, &b);
	d->run->pending = true;
	d->intent.meta = (struct meta){ 0 };
	rc = buf_ok(&b) ? journal_add(d->run->journal, RECORD_INTENT,
	    buf_span(&b), &d->seq, e) : err_set(e, ST_DEAD, ENOMEM, "intent");
	buf_free(&b);
	d->out->seq = d->seq;
	return rc;
}

int
deed_record(struct deed *d, const struct meta *meta, struct err *e)
{
	const int rc = deed_add_record(d, meta, e);

	return rc == ST_OK ? journal_sync(d->run->journal, e) : rc;
}

void
deed_place_all(struct deed *list, size_t n)
{
	for (struct deed *d = list; d < list + n; d++) {
		d->at = d->source.at;
		d->live = (struct settle_live){ .home = &d->at,
		    .old = d->source.fd, .new = &d->stage.st };
		(void)stage_name(&d->stage, d->place, &d->intent, d->out);
	}
	for (struct deed *d = list; d < list + n; d++)
		if (d->out->kind == OUTCOME_DONE)
			(void)stage_sync(&d->stage, d->out);
}

/* Why the message is as it was. */
static int
explain(struct deed *d, const struct settled *s, int error)
{
	struct outcome *o = d->out;

	if (o->kind != OUTCOME_DONE)	/* it failed before that */
		return ST_BAD;
	if (s->name_taken)
		return outcome_set(o, OUTCOME_FAILED, 0,
		    "another message has its new name");
	if (s->was_bad)
		return outcome_set(o, OUTCOME_BUSY, 0,
		    "somebody is writing to it");
	if (s->was_other)
		return outcome_set(o, OUTCOME_CHANGED, 0,
		    "another file took its place");
	if (s->message == SIDE_GONE && error != EEXIST)
		return outcome_set(o, OUTCOME_GONE, 0, "it is gone");
	if (call_lacks(error) && !d->intent.by_links)
		return outcome_lacks(o, error, d->intent.act == ACT_SWAP ?
		    "RENAME_EXCHANGE" : "RENAME_NOREPLACE",
		    "allow-copy-swap");
	if (call_lacks(error) || (d->intent.by_links && error == EPERM))
		return outcome_set(o, OUTCOME_REFUSED, error,
		    "this file system cannot do what it takes");
	return outcome_set(o, OUTCOME_FAILED, error != 0 ? error : s->num,
	    "it could not be done");
}

static void
conclude(struct deed *d, const struct settle_item *item)
{
	const struct settled *s = &item->out;

	if (item->rc == ST_BAD || !s->committed) {
		(void)(item->rc == ST_BAD ? outcome_from(d->out,
		    OUTCOME_UNSETTLED, &item->e) : explain(d, s, d->error));
		return;
	}
	d->out->kind = OUTCOME_DONE;
	d->out->reason[0] = '\0';
	d->out->name = s->name;
	quota_settled(d->place, &d->intent, s, d->out);
}

int
deed_settle_all(struct deed *list, size_t n, struct err *e)
{
	struct settle_item *items = calloc(n, sizeof(*items));
	int rc;

	if (items == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "settle");
	for (size_t i = 0; i < n; i++)
		items[i] = (struct settle_item){ .intent = &list[i].intent,
		    .seq = list[i].seq, .live = &list[i].live };
	rc = settle_all(list[0].run, list[0].place, items, n, e);
	for (size_t i = 0; i < n && rc == ST_OK; i++)
		conclude(&list[i], &items[i]);
	free(items);
	return rc;
}

int
deed_settle(struct deed *d, const struct settle_live *live, int error,
    struct err *e)
{
	d->live = *live;
	d->error = error;
	return deed_settle_all(d, 1, e);
}

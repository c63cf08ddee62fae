/*
 * See exchange.h.
 */
#include "exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "deed.h"
#include "kernel_calls.h"
#include "link_swap.h"
#include "names.h"

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
		rc = deed_open_stage(d, e);
	owner_leave();
	return deed_not_done(d, rc, e);
}

/* The new contents, with all that belongs to a message. */
static int
make_new(struct deed *d, const struct change *c, struct err *e)
{
	struct filling from = { .fd = d->source.fd };
	struct said said = { 0 };
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = c->write(c->ctx, &from, d->stage.fd, &said, e);
	owner_leave();
	if (rc == ST_BAD)
		return deed_not_written(d, e);
	if (rc != ST_OK)
		return deed_not_done(d, rc, e);
	rc = deed_seal(d, &d->source.meta, &said, e);
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
	if (!mailname_has_sizes(now) && (!d->place->maildir || keep_base))
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

static bool
is_file(int dir, const char *name, const struct file_id *id)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == id->ino;
}

/*
 * Until it has its new name, the old one tells a wrong size; and whoever makes
 * a link of it then (Dovecot, for an IMAP COPY) has that for good.  So it gets
 * it at once, if the files are where they should be; settle looks at them.
 */
static void
name_at_once(const struct deed *d)
{
	const struct found *at = &d->at;
	const struct intent *in = &d->intent;
	struct mailname to;

	if (!name_same_base(at->name.text, in->renamed.text) &&
	    mailname_join(in->renamed.text, at->name.text, &to) &&
	    is_file(d->place->tmp, in->temp.text, &in->old) &&
	    is_file(at->dir, at->name.text, &in->new))
		(void)call_move(at->dir, at->name.text, at->dir, to.text);
}

/* The new files have names; when they are on the disk, the swaps. */
static void
place_and_swap(struct deed *list, size_t n)
{
	deed_place_all(list, n);
	for (struct deed *d = list; d < list + n; d++)
		if (d->out->kind == OUTCOME_DONE &&
		    (d->error = swap(d, &d->at)) == 0)
			name_at_once(d);
}

/* All is known: say so, and do it. */
static int
record_and_swap(struct deed *list, size_t n, struct err *e)
{
	int rc = journal_sync(list[0].run->journal, e);

	if (rc == ST_OK)
		rc = owner_enter(list[0].place->owner, e);
	if (rc != ST_OK)
		return rc;
	if (list[0].intent.by_links)
		rc = link_swap_all(list, n, e);
	else
		place_and_swap(list, n);
	if (rc == ST_OK)
		rc = deed_settle_all(list, n, e);
	owner_leave();
	return rc;
}

static int
add_record(struct deed *d, struct err *e)
{
	stage_id(&d->stage, &d->intent.new);
	d->intent.name = d->source.at.name;
	return deed_add_record(d, &d->source.meta, e);
}

/*
 * By links the message would be nowhere for an instant, and at that a mail
 * reader would forget its UID; across folders a power cut might make it longer.
 */
static int
check_name(struct deed *d)
{
	return d->intent.by_links && d->place->maildir &&
	    name_same_base(d->source.at.name.text, d->intent.renamed.text) ?
	    outcome_set(d->out, OUTCOME_REFUSED, 0, "its file system has no "
	    "RENAME_EXCHANGE, which keeping its name takes") : ST_OK;
}

/* Up to the first thing that counts. */
static int
prepare(struct deed *d, const struct target *t, const struct change *c,
    struct err *e)
{
	int rc;

	if ((rc = deed_begin(d, ACT_SWAP, t->folder, t->root, e)) != ST_OK ||
	    (rc = open_both(d, t, e)) != ST_OK ||
	    (rc = make_new(d, c, e)) != ST_OK ||
	    (rc = choose_name(d, c->keep_base, e)) != ST_OK ||
	    (rc = check_name(d)) != ST_OK ||
	    (rc = deed_copy_old(d, e)) != ST_OK)
		return rc;
	buf_str(&d->intent.reason, c->reason != NULL ? c->reason : "");
	return ST_OK;
}

/* Those that may be changed, to the front of list; *k: how many. */
static int
prepare_all(struct run *r, const struct exchange *x, size_t n,
    struct deed *list, size_t *k, struct err *e)
{
	int rc = ST_OK;

	for (size_t i = 0; i < n && rc != ST_DEAD; i++) {
		struct deed d = { .run = r, .out = x[i].out,
		    .note = x[i].change->note, .ctx = x[i].change->ctx };

		rc = prepare(&d, x[i].target, x[i].change, e);
		if (rc == ST_OK)
			list[(*k)++] = d;
		else
			deed_free(&d);
	}
	return rc == ST_DEAD ? rc : ST_OK;
}

static int
add_records(struct deed *list, size_t n, struct err *e)
{
	int rc = ST_OK;

	for (struct deed *d = list; d < list + n && rc == ST_OK; d++) {
		if (d->note != NULL)
			rc = d->note(d->ctx, d->run, e);
		if (rc == ST_OK)
			rc = add_record(d, e);
	}
	return rc;
}

/* n of one folder, at most EXCHANGE_MAX. */
static int
exchange_some(struct run *r, const struct exchange *x, size_t n,
    struct err *e)
{
	struct deed *list = calloc(n, sizeof(*list));
	size_t k = 0;
	int rc;

	if (list == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "exchange");
	rc = prepare_all(r, x, n, list, &k, e);
	if (rc == ST_OK && k > 0 &&
	    (rc = deed_finish_old(list, k, e)) == ST_OK &&
	    (rc = add_records(list, k, e)) == ST_OK)
		rc = record_and_swap(list, k, e);
	for (size_t i = 0; i < k; i++)
		deed_free(&list[i]);
	free(list);
	return outcome_status(rc);
}

/* The same, and by links where it turns out that it must be. */
static int
exchange_group(struct run *r, const struct exchange *x, size_t n,
    struct err *e)
{
	struct exchange again[EXCHANGE_MAX];
	size_t k = 0;
	int rc;

	if ((rc = exchange_some(r, x, n, e)) != ST_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (x[i].out->lacks != NULL)
			again[k++] = x[i];
	if (k == 0 || !run_try_links(r, r->place))
		return ST_OK;
	for (size_t i = 0; i < k; i++)
		*again[i].out = (struct outcome){ 0 };
	return exchange_some(r, again, k, e);
}

static bool
same_folder(const struct target *a, const struct target *b)
{
	return a->root == b->root && strcmp(a->folder, b->folder) == 0;
}

int
exchange_files(struct run *r, const struct exchange *x, size_t n,
    struct err *e)
{
	size_t k;
	int rc = ST_OK;

	for (size_t i = 0; i < n; i++)
		*x[i].out = (struct outcome){ 0 };
	for (size_t i = 0; i < n && rc == ST_OK; i += k) {
		for (k = 1; i + k < n && k < EXCHANGE_MAX; k++)
			if (!same_folder(x[i].target, x[i + k].target))
				break;
		rc = exchange_group(r, x + i, k, e);
	}
	return rc;
}

int
exchange_file(struct run *r, const struct target *t, const struct change *c,
    struct outcome *o, struct err *e)
{
	const struct exchange x = { .target = t, .change = c, .out = o };

	return exchange_files(r, &x, 1, e);
}

/* It has the name that it got, or, if that could not be had, its own. */
static int
open_changed(struct deed *d, const struct intent *past, int (*open)(
    struct deed *, const struct target *, struct err *), struct err *e)
{
	struct target t = { .name = past->renamed.text,
	    .sha = past->new.sha, .packed = true };
	int rc = open(d, &t, e);

	if (rc == ST_BAD && d->out->kind == OUTCOME_GONE &&
	    strcmp(past->name.text, past->renamed.text) != 0) {
		t.name = past->name.text;
		rc = open(d, &t, e);
	}
	return rc;
}

/* open_both, looking only. */
static int
look_at_both(struct deed *d, const struct target *t, struct err *e)
{
	int rc;

	if ((rc = owner_enter(d->place->owner, e)) != ST_OK)
		return rc;
	rc = source_open(d->place, t, &d->source, d->out, e);
	owner_leave();
	return rc == ST_OK ? deed_look_stage(d, e) : deed_not_done(d, rc, e);
}

/* Whether another message has the name that it is to have, as in settle. */
static int
look_at_name(struct deed *d, const struct intent *past)
{
	const struct found *at = &d->source.at;
	struct mailname to;
	struct stat st;

	d->intent.renamed = past->name;
	if (!name_same_base(at->name.text, past->name.text) &&
	    mailname_join(past->name.text, at->name.text, &to) &&
	    fstatat(at->dir, to.text, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino != at->st.st_ino)
		return outcome_set(d->out, OUTCOME_FAILED, 0,
		    "another message has its new name");
	return check_name(d);
}

int
exchange_look(struct run *r, struct intent *past, struct outcome *o,
    struct err *e)
{
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_SWAP, buf_text(&past->path),
	    (size_t)past->root, e)) != ST_OK)
		goto out;
	d.intent.by_links = past->by_links;
	if ((rc = open_changed(&d, past, look_at_both, e)) == ST_OK &&
	    (rc = deed_look_blob(&d, past->old.sha, e)) == ST_OK)
		rc = look_at_name(&d, past);
out:
	deed_free(&d);
	return outcome_status(rc);
}

int
exchange_undo(struct run *r, uint64_t seq, struct intent *past,
    struct outcome *o, struct err *e)
{
	const struct said said = said_sha(past->old.sha);
	struct deed d = { .run = r, .out = o };
	int rc;

	*o = (struct outcome){ 0 };
	if ((rc = deed_begin(&d, ACT_SWAP, buf_text(&past->path),
	    (size_t)past->root, e)) != ST_OK)
		goto out;
	d.intent.by_links = past->by_links;
	if ((rc = open_changed(&d, past, open_both, e)) != ST_OK ||
	    (rc = deed_write_blob(&d, past->old.sha, e)) != ST_OK ||
	    (rc = deed_seal(&d, &past->meta, &said, e)) != ST_OK ||
	    (rc = deed_store_old(&d, e)) != ST_OK)
		goto out;
	d.intent.renamed = past->name;
	d.intent.undoes = seq;
	if ((rc = check_name(&d)) == ST_OK &&
	    (rc = add_record(&d, e)) == ST_OK)
		rc = record_and_swap(&d, 1, e);
out:
	deed_free(&d);
	return outcome_status(rc);
}

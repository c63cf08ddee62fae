/*
 * See acting.h.
 */
#include "acting_core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue.h"
#include "complain.h"
#include "note.h"
#include "remove.h"

static void
waiting_free(struct waiting *w)
{
	buf_free(&w->path);
	buf_free(&w->folder);
	buf_free(&w->name);
}

/* --- set up */

/* A run that does nothing leaves nothing. */
int
acting_begin_run(struct acting *a, struct err *e)
{
	const struct run_facts f = { .what = a->options.what,
	    .argv = a->options.argv };
	int rc;

	if (a->begun)
		return ST_OK;
	if ((rc = run_begin_as(&a->run, &a->state, &f, e)) != ST_OK)
		return rc;
	a->run.may = a->options.may;
	a->begun = true;
	a->facts.run = a->run.id;
	return ST_OK;
}

static bool
is_not_stopped(void *ctx)
{
	return acting_going(ctx);
}

int
acting_new(struct acting **out, const struct acting_options *o)
{
	struct acting *a = calloc(1, sizeof(*a));
	struct frames_wait wait;
	struct err e = { 0 };
	int status;

	if (a == NULL) {
		complain("no memory");
		return EXIT_UNREADABLE;
	}
	a->options = *o;
	a->told = -1;
	a->facts.applies = true;
	a->facts.state = o->state;
	wait = (struct frames_wait){ .timeout = o->timeout,
	    .going = is_not_stopped, .ctx = a };
	status = state_open(&a->state, o->state, o->what, o->paths);
	if (status == EXIT_CLEAN)
		status = recover_first(&a->state, NULL);
	if (status == EXIT_CLEAN && (a->mender = mender_new(o->scan,
	    &wait, &e)) == NULL) {
		complain("%s", e.text);
		status = EXIT_UNREADABLE;
	}
	if (status != EXIT_CLEAN) {
		acting_free(a);
		return status;
	}
	*out = a;
	return EXIT_CLEAN;
}

void
acting_free(struct acting *a)
{
	if (a == NULL)
		return;
	mender_free(a->mender);
	if (a->begun)
		run_end(&a->run);
	if (a->facts.taken > 0)
		(void)manifest_refresh(&a->state, NULL, 0);
	statedir_close(&a->state);
	for (size_t i = 0; i < a->mailboxes_n; i++) {
		buf_free(&a->mailboxes[i].folder);
		buf_free(&a->mailboxes[i].name);
	}
	free(a->mailboxes);
	if (a->told >= 0)
		(void)close(a->told);
	for (size_t i = 0; i < EXCHANGE_MAX; i++)
		waiting_free(&a->waiting[i]);
	plan_names_free(&a->names);
	buf_free(&a->full);
	free(a);
}

const struct act_facts *
acting_facts(const struct acting *a)
{
	return &a->facts;
}

/* --- one file */

int
acting_stop(struct acting *a, const struct err *e)
{
	a->status = ST_DEAD;
	a->e = *e;
	a->facts.dead = true;
	return ST_DEAD;
}

bool
acting_going(const struct acting *a)
{
	return a->status == ST_OK && *a->options.stop == 0;
}

static bool
is_full(const struct acting *a)
{
	return a->full.n > 0 && span_eq(buf_span(&a->full),
	    buf_span(&a->names.folder));
}

/* Give up on a mailbox whose disk is full, and on all when a disk fails. */
static void
learn(struct acting *a, const struct outcome *o)
{
	struct err e;

	if (o->kind != OUTCOME_FAILED && o->kind != OUTCOME_REFUSED)
		return;
	if (o->num == ENOSPC || o->num == EDQUOT) {
		buf_clear(&a->full);
		buf_add(&a->full, a->names.folder.p, a->names.folder.n);
	} else if (o->num == EIO || o->num == EROFS) {
		(void)err_set(&e, ST_DEAD, 0, "%s: %s; it stops here",
		    buf_text(&a->names.path), o->reason);
		(void)acting_stop(a, &e);
	}
}

void
acting_tell(struct acting *a, const struct outcome *o, const struct mend_job *j,
    bool container)
{
	const bool done = o->kind == OUTCOME_DONE;
	const bool renamed = done && !container && j->taken == 0 &&
	    strcmp(o->name.text, buf_text(&a->names.name)) != 0;
	const struct act_report r = { .path = buf_span(&a->names.path),
	    .status = outcome_name(o->kind), .why = done ? "" : o->reason,
	    .note = done ? o->note : "",
	    .name = renamed ? o->name.text : NULL,
	    .container = container, .messages = done ? j->messages : 0,
	    .edits = done ? j->edits : 0, .taken = done ? j->taken : 0,
	    .left = j->left };

	a->facts.files[o->kind]++;
	a->facts.messages += r.messages;
	a->facts.edits += r.edits;
	a->facts.taken += r.taken;
	a->options.acted(a->options.ctx, &r);
	learn(a, o);
}

/* Bytes of the folder that may lead through links. */
static size_t
root_of(const struct acting *a, const struct plan_item *i)
{
	return i->folder.n > 0 ? (size_t)i->root : a->names.folder.n;
}

static void
copy_buf(struct buf *to, const struct buf *from)
{
	buf_clear(to);
	buf_add(to, from->p, from->n);
}

/* The names at hand to who waits, and back. */
static void
give_names(const struct acting *a, struct waiting *w)
{
	copy_buf(&w->path, &a->names.path);
	copy_buf(&w->folder, &a->names.folder);
	copy_buf(&w->name, &a->names.name);
}

static void
take_names(struct acting *a, const struct waiting *w)
{
	copy_buf(&a->names.path, &w->path);
	copy_buf(&a->names.folder, &w->folder);
	copy_buf(&a->names.name, &w->name);
}

/* Repair those that wait: of one folder, so that they are synced together. */
static void
act_on_waiting(struct acting *a)
{
	struct exchange list[EXCHANGE_MAX];
	struct err e = { 0 };
	size_t n = a->waiting_n;
	int rc;

	a->waiting_n = 0;
	for (size_t i = 0; i < n; i++) {
		struct waiting *w = &a->waiting[i];

		w->target.folder = buf_text(&w->folder);
		w->target.name = buf_text(&w->name);
		w->target.sha = w->sha;
		w->job.path = buf_text(&w->path);
		w->mend = (struct act_mend){ .mender = a->mender,
		    .job = &w->job };
		w->change = (struct change){ .write = act_mend_write,
		    .ctx = &w->mend, .keep_base = a->options.keep_uid,
		    .reason = a->options.what };
		list[i] = (struct exchange){ .target = &w->target,
		    .change = &w->change, .out = &w->outcome };
	}
	if (n == 0)
		return;
	if ((rc = acting_begin_run(a, &e)) == ST_OK)
		rc = exchange_files(&a->run, list, n, &e);
	if (rc != ST_OK) {
		(void)acting_stop(a, &e);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct waiting *w = &a->waiting[i];

		take_names(a, w);
		acting_tell(a, &w->outcome, &w->job, false);
	}
}

static void
wait_for_group(struct acting *a, const struct plan_item *i)
{
	struct waiting *w;

	if (a->waiting_n == EXCHANGE_MAX || (a->waiting_n > 0 &&
	    !span_eq(buf_span(&a->waiting[0].folder),
	    buf_span(&a->names.folder))))
		act_on_waiting(a);
	if (a->status != ST_OK)
		return;
	plan_names_set(&a->names, i->folder, i->name);
	w = &a->waiting[a->waiting_n++];
	give_names(a, w);
	memcpy(w->sha, i->sha, HASH_SIZE);
	w->target = (struct target){ .root = root_of(a, i) };
	w->job = (struct mend_job){ .place = (enum store_place)i->place };
	w->outcome = (struct outcome){ 0 };
}

static void
take_file(struct acting *a, const struct plan_item *i)
{
	const struct target t = { .folder = buf_text(&a->names.folder),
	    .root = root_of(a, i), .name = buf_text(&a->names.name),
	    .sha = i->sha };
	const struct mend_job j = { .taken = 1 };
	struct outcome o = { 0 };
	struct err e = { 0 };
	int rc;

	if ((rc = acting_begin_run(a, &e)) == ST_OK &&
	    (rc = run_note(&a->run, i->note, &e)) == ST_OK)
		rc = remove_file(&a->run, &t, a->options.what, &o, &e);
	if (rc != ST_OK)
		(void)acting_stop(a, &e);
	else
		acting_tell(a, &o, &j, false);
}

/* A message that is a file. */
static void
act_on_file(struct acting *a, const struct plan_item *i)
{
	struct outcome o = { 0 };

	plan_names_set(&a->names, i->folder, i->name);
	if (is_full(a)) {
		(void)outcome_set(&o, OUTCOME_FAILED, 0,
		    "skipped: the file system of its folder is full");
		acting_tell(a, &o, &(struct mend_job){ 0 }, false);
	} else if (i->take) {
		act_on_waiting(a);
		plan_names_set(&a->names, i->folder, i->name);
		if (a->status == ST_OK)
			take_file(a, i);
	} else {
		wait_for_group(a, i);
	}
}

/* --- the plan */

void
acting_plan(struct acting *a, struct span items)
{
	struct plan_item i;
	struct err e;

	while (acting_going(a) && plan_next(&items, &i))
		if (i.found)
			continue;
		else if (i.container)
			acting_keep_mailbox(a, &i);
		else
			act_on_file(a, &i);
	if (a->status == ST_OK)
		act_on_waiting(a);
	if (acting_going(a) && items.n > 0) {
		(void)err_set(&e, ST_DEAD, 0, "a plan makes no sense");
		(void)acting_stop(a, &e);
	}
}

/* All were as they should be: such a run leaves nothing. */
static void
forget_run(struct acting *a)
{
	const uint64_t *n = a->facts.files;
	uint64_t all = 0;
	char id[sizeof(a->run.id)];

	for (size_t i = 0; i < OUTCOMES; i++)
		all += n[i];
	if (!a->begun || all != n[OUTCOME_SAME] || a->status != ST_OK)
		return;
	memcpy(id, a->run.id, sizeof(id));
	run_end(&a->run);
	(void)run_discard(&a->state, id);
	a->begun = false;
	a->facts.run = NULL;
}

int
acting_finish(struct acting *a, bool whole, struct err *e)
{
	acting_end_mailbox(a);
	for (size_t i = 0; i < a->mailboxes_n && acting_going(a); i++) {
		a->mailboxes[i].known = a->mailboxes[i].known && whole;
		acting_on_mailbox(a, &a->mailboxes[i]);
	}
	forget_run(a);
	if (a->status != ST_OK)
		*e = a->e;
	return a->status;
}

/*
 * `baredot restore` without --apply: what would come of it.  First it is found
 * out, in the order in which it would be done, and then told, in that of the
 * list.
 */
#include "restoring.h"

#include <unistd.h>

#include "catalogue.h"
#include "complain.h"
#include "originals.h"
#include "reach.h"

/* undo_fn: what would come of the pick at hand. */
static void
keep_look(void *ctx, const struct intent *in, const struct outcome *o)
{
	struct pick *p = ctx;

	(void)in;
	p->kind = o->kind;
	p->why = o->reason[0] != '\0' ? strdup(o->reason) : NULL;
}

/* What put_back_run would come to; show tells it. */
static int
look_at_run(struct restore *r, size_t first, size_t last)
{
	const struct outcome part = restore_part();
	struct run_view v = { 0 };
	struct err e = { 0 };
	int rc = run_view_open(&v, r->state, r->list[first].run, &e);

	if (rc == ST_OK) {
		undo_look_begin(&r->look, &v);
		for (size_t i = last + 1; i-- > first && rc == ST_OK; ) {
			struct pick *p = &r->list[i];

			if (p->chosen > 0 && p->chosen == p->all)
				rc = undo_look_one(&r->look, p->seq,
				    keep_look, p, &e);
			else if (p->chosen > 0)
				keep_look(p, NULL, &part);
		}
		undo_look_end(&r->look);
	} else if (e.num == 0) {
		rc = ST_BAD;
	}
	if (rc != ST_OK)
		complain("run %s: %s", r->list[first].run, e.text);
	run_view_close(&v);
	return rc;
}

/* Its pick: they are in the order in which entries are visited. */
static const struct pick *
pick_of(struct restore *r, const struct run_entry *t)
{
	for (size_t i = r->at; i < r->n; i++)
		if (r->list[i].seq == t->past->seq &&
		    strcmp(r->list[i].run, t->run->id) == 0) {
			r->at = i;
			return &r->list[i];
		}
	return NULL;		/* it came meanwhile */
}

static int
show(void *ctx, const struct run_entry *t, struct err *e)
{
	struct restore *r = ctx;
	const struct pick *p = pick_of(r, t);
	enum outcome_kind kind = OUTCOME_UNSETTLED;
	const char *why = "";

	(void)e;
	if (p == NULL || !restore_is_meant(r, t))
		return ST_OK;
	if (t->past->fate == FATE_DONE) {
		kind = p->kind;
		why = p->why != NULL ? p->why : "";
		r->undoing.files[kind]++;
	} else if (t->past->fate != FATE_OPEN) {
		return ST_OK;
	}
	restore_put(r, t, outcome_word(kind, false), outcome_text(kind, false),
	    why);
	return ST_OK;
}

/* The same with --to, where the folder may not be there yet. */
static int
show_file(void *ctx, const struct run_entry *t, struct err *e)
{
	struct restore *r = ctx;
	struct err why = { 0 };
	bool there = false;
	int rc;

	(void)e;
	if (!restore_is_chosen(r, t))
		return ST_OK;
	if ((rc = original_look(t, r->to, &there, &why)) != ST_OK) {
		r->undoing.files[OUTCOME_FAILED]++;
		restore_put(r, t, "failed", "would not be written", why.text);
	} else {
		restore_put(r, t, there ? "same" : "would-be", there ?
		    "is there already" : "would be written", "");
	}
	return rc == ST_DEAD ? rc : ST_OK;
}

/* The way there is gone as it would be (whole_file_folder). */
static int
look_at_files(struct restore *r)
{
	struct reach way;
	struct err e = { 0 };
	int status;

	if (reach_folder(&way, r->options->to, &e) == ST_BAD) {
		complain("%s: %s", r->options->to, e.text);
		return EXIT_UNREADABLE;
	}
	r->to = way.fd;
	status = quarantine_visit(r->state, show_file, r);
	if (way.fd >= 0)
		(void)close(way.fd);
	return status;
}

int
restore_look(struct restore *r)
{
	int status;

	if (r->options->to != NULL) {
		status = look_at_files(r);
	} else {
		status = restore_each_run(r, look_at_run);
		status = status_graver(status, quarantine_visit(r->state,
		    show, r));
	}
	return status_graver(status, outcomes_status(r->undoing.files));
}

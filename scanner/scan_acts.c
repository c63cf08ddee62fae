/*
 * See scan_run.h: what fix and quarantine do beside a scan.
 */
#include "scan_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complain.h"
#include "outcome.h"
#include "plan.h"
#include "scan_cmd.h"
#include "state_cmd.h"
#include "tell.h"

void
scan_acts_left(struct scan_run *r, struct span path, enum outcome_kind kind,
    const char *why)
{
	const struct act_report a = { .path = path, .why = why, .note = "",
	    .status = outcome_name(kind), .container = true };

	r->dry.files[kind]++;
	scan_acts_tell(r, &a);
}

/* What would not be done of that, all the same. */
static void
look_at(struct scan_run *r, struct span items)
{
	const struct looking *l = &r->looking;
	struct plan_item i;

	while (plan_next(&items, &i)) {
		if (i.left || i.found)
			continue;
		if (looking_at(&r->looking, &i) &&
		    l->outcome.kind != OUTCOME_DONE)
			scan_acts_left(r, buf_span(&l->names.path),
			    l->outcome.kind, l->outcome.reason);
		if (l->outcome.kind != OUTCOME_DONE)
			r->dry.held[i.take ? REPAIR_TAKE_OUT :
			    REPAIR_EDITS]++;
	}
}

void
scan_acts_plan(void *ctx, struct span items)
{
	struct scan_run *r = ctx;
	struct span rest = items;
	struct plan_item i;

	while (r->only != NULL && plan_next(&rest, &i))
		if (i.found)
			selection_see(r->only, (size_t)i.which);
	if (r->acting != NULL)
		acting_plan(r->acting, items);
	else if (!scan_reads_only(&r->command))
		look_at(r, items);
}

static void
scan_acts_about(void *ctx, const char *path, size_t n, size_t of)
{
	const struct scan_run *r = ctx;

	progress_step(r->progress, r->command.command == COMMAND_FIX ?
	    "repairing" : "taking out of", path, n, of);
}

void
scan_acts_tell(void *ctx, const struct act_report *a)
{
	struct scan_run *r = ctx;

	buf_clear(&r->text);
	tell_acted(r->reporter, &r->text, a, &r->report);
	r->extra_records++;
	if (!buf_ok(&r->text))
		output_no_memory(r->out);
	(void)scan_write(r, buf_span(&r->text));
}

/*
 * Who acts begins when the workers are there: they have no business with the
 * journal's descriptor.
 */
int
scan_acts_begin(struct scan_run *r, const volatile sig_atomic_t *stop)
{
	const struct scan_command *c = &r->command;
	const struct acting_options o = {
		.state = c->state, .paths = c->paths, .argv = r->whole,
		.what = c->command == COMMAND_FIX ? "fix" : "quarantine",
		.scan = &r->scan, .timeout = c->timeout, .wait = c->wait,
		.keep_uid = c->keep_uid, .may = c->may, .stop = stop,
		.about = scan_acts_about, .acted = scan_acts_tell, .ctx = r,
	};
	int status;

	if (scan_reads_only(c))
		return EXIT_CLEAN;
	r->summary.acts = &r->dry;
	if (!c->apply)
		return EXIT_CLEAN;
	if ((status = acting_new(&r->acting, &o)) == EXIT_CLEAN)
		r->summary.acts = acting_facts(r->acting);
	return status;
}

/* What the report of --from names, and was not there as it says. */
static void
tell_unseen(struct scan_run *r)
{
	struct unseen u;
	size_t i = 0;

	while (selection_unseen(r->only, &i, &u)) {
		char *file = strndup(u.path, u.file_n);
		struct stat st;
		const bool gone = file != NULL && lstat(file, &st) != 0 &&
		    (errno == ENOENT || errno == ENOTDIR);
		const struct problem_report p = { .kind = PROBLEM_STALE,
		    .path = span_text(u.path), .off = u.off,
		    .why = gone ? "gone or renamed since the report was made"
		    : "not found there as the report says (offset, "
		    "length, SHA-256): changed since, or not read" };

		free(file);
		buf_clear(&r->text);
		tell_problem(r->reporter, &r->text, &p, &r->report);
		r->extra_records++;
		r->more.stale++;
		if (!buf_ok(&r->text))
			output_no_memory(r->out);
		if (!scan_write(r, buf_span(&r->text)))
			return;
	}
}

/* What is left to be done. */
void
scan_acts_finish(struct scan_run *r, bool interrupted)
{
	struct err e = { 0 };

	if (r->acting != NULL && acting_finish(r->acting,
	    queue_totals(r->queue)->unreadable == 0, &e) != ST_OK) {
		progress_hide(r->progress);
		complain("%s", e.text);
		complain("it had to stop; `baredot recover` settles what was "
		    "begun");
	}
	r->summary.partial = r->summary.partial || interrupted;
	if (r->only != NULL && !r->summary.partial)
		tell_unseen(r);
}

/* Of a dry run: something is to be done. */
int
scan_acts_status(const struct scan_run *r, const struct totals *t)
{
	const struct act_facts *a = r->summary.acts;
	uint64_t left = t->repairs[REPAIR_REFUSED] + t->stale;

	if (!a->applies)
		left += t->repairs[REPAIR_EDITS] +
		    t->repairs[REPAIR_TAKE_OUT];
	return a->dead ? EXIT_UNREADABLE : status_graver(left > 0 ?
	    EXIT_FINDINGS : EXIT_CLEAN, outcomes_status(a->files));
}

/* The report of --from. */
int
scan_acts_read(struct scan_run *r)
{
	struct err e;
	int rc;

	if (r->command.from == NULL)
		return EXIT_CLEAN;
	if ((rc = selection_read(r->command.from, &r->only, &e)) == ST_OK &&
	    (rc = selection_within(r->only, r->command.paths, &e)) == ST_OK)
		return EXIT_CLEAN;
	complain("%s: %s", r->command.from, e.text);
	return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
}

/*
 * See restore_cmd.h.  First all that is in quarantine is looked through, to
 * see what the words mean; only then something is done.
 */
#include "restore_cmd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalogue.h"
#include "complain.h"
#include "originals.h"
#include "restoring.h"

#define HEX_MIN 6u		/* digits of a SHA-256 that say which */
#define RUN_MIN 9u		/* of a run's id: with its "T" */

static const struct cmdline_option options[] = {
	{ STATE_INTO, 0, "into", "DIR", "the quarantine folder" },
	{ STATE_TO, 0, "to", "DIR",
	    "write the messages to files in DIR, and leave mailboxes alone" },
	{ STATE_APPLY, 0, "apply", NULL, "do it; without: show it" },
	STATE_FORMAT_ROW, STATE_HELP_ROW,
};

struct cmdline
restore_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "restore", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

static bool
is_word_for(const char *word, const struct run_entry *t)
{
	const size_t n = strlen(word);
	struct buf hex = { 0 };
	bool same;

	if (n >= RUN_MIN && strncmp(t->run->id, word, n) == 0)
		return true;
	if (n < HEX_MIN || t->unknown)
		return false;
	buf_hex(&hex, t->sha, HASH_SIZE);
	same = strncmp(buf_text(&hex), word, n) == 0;
	buf_free(&hex);
	return same;
}

bool
restore_is_meant(struct restore *r, const struct run_entry *t)
{
	char **words = r->options->words;
	bool chosen = words[0] == NULL;

	for (size_t i = 0; words[i] != NULL; i++)
		if (is_word_for(words[i], t)) {
			r->meant[i] = true;
			chosen = true;
		}
	return chosen;
}

bool
restore_is_chosen(struct restore *r, const struct run_entry *t)
{
	return restore_is_meant(r, t) && t->past->fate == FATE_DONE;
}

static int
pick_entry(void *ctx, const struct run_entry *t, struct err *e)
{
	struct restore *r = ctx;
	struct pick *last = r->n > 0 ? &r->list[r->n - 1] : NULL, *more;
	const bool meant = restore_is_meant(r, t);

	if (last == NULL || last->seq != t->past->seq ||
	    strcmp(last->run, t->run->id) != 0) {
		if (r->n == r->cap) {
			r->cap = r->cap > 0 ? 2 * r->cap : 64;
			more = realloc(r->list, r->cap * sizeof(*more));
			if (more == NULL)
				return err_set(e, ST_DEAD, 0, "no memory");
			r->list = more;
		}
		last = &r->list[r->n++];
		*last = (struct pick){ .seq = t->past->seq,
		    .kind = OUTCOME_FAILED };	/* until it was looked at */
		(void)snprintf(last->run, sizeof(last->run), "%s",
		    t->run->id);
	}
	last->all++;
	last->chosen += meant && t->past->fate == FATE_DONE;
	r->undoing.files[OUTCOME_UNSETTLED] += meant &&
	    t->past->fate == FATE_OPEN;
	return ST_OK;
}

/* Each word was of something; or it is told. */
static bool
all_meant(const struct restore *r)
{
	for (size_t i = 0; r->options->words[i] != NULL; i++)
		if (!r->meant[i]) {
			complain("%s is no message and no run in quarantine; "
			    "give the first %u digits of a SHA-256, or more, "
			    "or a run", r->options->words[i], HEX_MIN);
			return false;
		}
	return true;
}

struct outcome
restore_part(void)
{
	struct outcome o = { 0 };

	(void)outcome_set(&o, OUTCOME_REFUSED, 0, "other messages that were "
	    "taken out with it would come back too; --to DIR writes it to a "
	    "file");
	return o;
}

static int
put_back(struct restore *r, struct run *run, const struct pick *p,
    struct err *e)
{
	const struct outcome part = restore_part();
	struct intent in = { 0 };
	int rc = ST_OK;

	r->undoing.run = p->run;
	if (p->chosen == p->all)
		return undo_one(run, p->seq, undoing_tell, &r->undoing, e);
	if ((rc = intent_read(run->journal, p->seq, &in, e)) == ST_OK)
		undoing_tell(&r->undoing, &in, &part);
	intent_free(&in);
	return rc;
}

/* All that is chosen of one run: picks first..last, the last first. */
static int
put_back_run(struct restore *r, size_t first, size_t last)
{
	struct err e = { 0 };
	struct run run;
	int rc = run_again(&run, r->state, r->list[first].run, &e);

	if (rc == ST_OK) {
		for (size_t i = last + 1; i-- > first && rc == ST_OK; )
			if (r->list[i].chosen > 0)
				rc = put_back(r, &run, &r->list[i], &e);
		run_end(&run);
	} else if (e.num == 0) {
		rc = ST_BAD;
	}
	if (rc != ST_OK)
		complain("run %s: %s", r->list[first].run, e.text);
	return rc;
}

int
restore_each_run(struct restore *r, int (*fn)(struct restore *, size_t first,
    size_t last))
{
	int status = EXIT_CLEAN, rc = ST_OK;
	size_t first, n = r->n;

	for (; n > 0 && rc != ST_DEAD; n = first) {
		bool any = false;

		for (first = n; first > 0 && strcmp(r->list[first - 1].run,
		    r->list[n - 1].run) == 0; first--)
			any = any || r->list[first - 1].chosen > 0;
		rc = any ? fn(r, first, n - 1) : ST_OK;
		if (rc != ST_OK)
			status = EXIT_UNREADABLE;
	}
	return status;
}

/* A message of a mailbox may have an original of its own. */
static int
find_readable(void *ctx, const struct run_entry *t, struct err *e)
{
	struct restore *r = ctx;
	struct err own;

	(void)e;
	r->readable = r->readable || (restore_is_chosen(r, t) &&
	    original_read(t, NULL, &own) == ST_OK);
	return ST_OK;
}

static int
put_all_back(struct restore *r)
{
	const struct undoing *u = &r->undoing;
	const int status = restore_each_run(r, put_back_run);

	r->readable = undoing_left(u) > u->lost;
	if (u->lost > 0 && !r->readable)
		(void)quarantine_visit(r->state, find_readable, r);
	if (r->readable)
		complain("what was left alone can be written to files: "
		    "restore --to DIR");
	return status_graver(status, outcomes_status(u->files));
}

void
restore_put(struct restore *r, const struct run_entry *t, const char *word,
    const char *text, const char *why)
{
	struct answer *l = r->answer;
	struct json j = json_begin(&l->line);
	struct buf name = { 0 };

	if (r->options->to != NULL)
		original_name(t, &name);
	if (l->form == FORM_TEXT) {
		buf_printf(&l->line, "%s: ", text);
		run_entry_place(t, &l->line);
		if (name.n > 0 && !t->unknown) {
			buf_str(&l->line, ": ");
			answer_text(l, buf_text(&name));
		}
		buf_str(&l->line, why[0] != '\0' ? ": " : "");
		answer_text(l, why);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "outcome");
		json_key_text(&j, "run", t->run->id);
		run_entry_json(t, &j);
		json_key_text(&j, "status", word);
		if (why[0] != '\0')
			json_key_text(&j, "why", why);
		if (name.n > 0 && !t->unknown)
			json_key_text(&j, "file", buf_text(&name));
		json_close(&j, '}');
	}
	answer_put(l);
	buf_free(&name);
}

static int
export(void *ctx, const struct run_entry *t, struct err *e)
{
	struct restore *r = ctx;
	bool there;
	int rc;

	if (!restore_is_chosen(r, t))
		return ST_OK;
	rc = original_export(t, r->to, &there, e);
	if (rc == ST_DEAD)
		return rc;
	if (rc == ST_BAD) {
		r->undoing.files[OUTCOME_FAILED]++;
		restore_put(r, t, "failed", "not written", e->text);
	} else {
		restore_put(r, t, there ? "same" : "done", there ?
		    "is there already" : "written", "");
	}
	return ST_OK;
}

static int
export_all(struct restore *r)
{
	struct err e = { 0 };
	int status;

	if (whole_file_folder(r->options->to, &r->to, &e) != ST_OK) {
		complain("%s: %s", r->options->to, e.text);
		return EXIT_UNREADABLE;
	}
	status = quarantine_visit(r->state, export, r);
	(void)close(r->to);
	return status_graver(status, outcomes_status(r->undoing.files));
}

static int
restore(struct restore *r)
{
	size_t words = 0;
	int status, acted;

	while (r->options->words[words] != NULL)
		words++;
	if ((r->meant = calloc(words + 1, sizeof(*r->meant))) == NULL) {
		complain("no memory");
		return EXIT_UNREADABLE;
	}
	status = quarantine_visit(r->state, pick_entry, r);
	if (!all_meant(r))
		status = EXIT_USAGE;
	else if (!r->options->apply)
		status = status_graver(status, restore_look(r));
	else if (r->options->to != NULL)
		status = status_graver(status, export_all(r));
	else {	/* what can be read is put back, whatever the rest is */
		acted = manifest_refresh(r->state, NULL, put_all_back(r));
		status = status_graver(status, acted);
	}
	for (size_t i = 0; i < r->n; i++)
		free(r->list[i].why);
	undo_look_free(&r->look);
	free(r->meant);
	free(r->list);
	return status;
}

static int
run_restore(const struct state_options *o)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	struct restore r = { .options = o, .state = &s, .answer = &l,
		.to = -1, .undoing = { .answer = &l, .run = "",
		.applies = o->apply } };
	int status;

	output_errors_not_signals();
	/* Only what changes mailboxes needs the lock. */
	status = state_open_old(&s, o->into, o->apply && o->to == NULL ?
	    "restore" : NULL, NO_QUARANTINE);

	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, o->form)) == EXIT_CLEAN)
		status = answer_end(&l, restore(&r));
	statedir_close(&s);
	return status;
}

int
restore_cmd(int argc, char **argv)
{
	const struct cmdline c = restore_line(argc, argv);
	struct state_options o;

	if (!state_options_parse(&c, &o))
		return EXIT_USAGE;
	if (o.help) {
		restore_help();
		return EXIT_CLEAN;
	}
	if (o.into == NULL) {
		(void)cmdline_usage(&c, "where is the quarantine? --into "
		    "DIR");
		return EXIT_USAGE;
	}
	return run_restore(&o);
}

void
restore_help(void)
{
	const struct cmdline c = restore_line(0, NULL);

	cmdline_show_help(&c, "--into DIR [OPTION]... [RUN|SHA256]...",
	    "Bring messages that `baredot quarantine --into DIR` took out of "
	    "their mailboxes back to where they were, with their names, "
	    "times, owners and modes; or, with --to, write them to files "
	    "DIR/SHA256.eml. Which: those of a run, or those whose SHA-256 "
	    "begins so (6 digits or more), else all. Without --apply nothing "
	    "is done, and what would be is shown.",
	    "Exit status: 0 all is put back, or would be, 1 something is "
	    "left alone, 2 it failed, 64 usage, 75 something is busy, or not "
	    "settled, or another run is going on.");
}

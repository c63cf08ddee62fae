/*
 * See undo_cmd.h.
 */
#include "undo_cmd.h"

#include <stdio.h>

#include "catalogue.h"
#include "complain.h"
#include "run_entries.h"
#include "state_cmd.h"
#include "undo.h"

static const struct cmdline_option options[] = {
	{ STATE_APPLY, 0, "apply", NULL, "do it; without: show it" },
	STATE_FORMAT_ROW, STATE_DIR_ROW, STATE_HELP_ROW,
};

static const struct cmdline_option recover_options[] = {
	STATE_DIR_ROW, STATE_HELP_ROW,
};

struct cmdline
undo_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "undo", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

struct cmdline
recover_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "recover",
	    .options = recover_options,
	    .n = sizeof(recover_options) / sizeof(recover_options[0]),
	    .argc = argc, .argv = argv };
}

/* The file that an intent was about, escaped or as JSON. */
static void
put_file(const struct intent *in, struct buf *b)
{
	buf_add(b, in->path.p, in->path.n);
	if (b->n == 0 || b->p[b->n - 1] != '/')
		buf_byte(b, '/');
	buf_str(b, in->name.text);
}

static void
put_outcome(const struct undoing *u, const struct outcome *o,
    struct span file)
{
	struct answer *l = u->answer;
	struct json j = json_begin(&l->line);

	if (l->form == FORM_TEXT) {
		buf_printf(&l->line, "%s: ", outcome_text(o->kind));
		escape_text(&l->line, file);
		if (o->reason[0] != '\0') {
			buf_str(&l->line, ": ");
			answer_text(l, o->reason);
		}
		buf_str(&l->line, o->note[0] != '\0' ? "; " : "");
		answer_text(l, o->note);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "outcome");
		json_key_text(&j, "run", u->run);
		json_bytes(&j, "path", file);
		json_key_text(&j, "status", outcome_name(o->kind));
		if (o->reason[0] != '\0')
			json_key_text(&j, "why", o->reason);
		if (o->note[0] != '\0')
			json_key_text(&j, "note", o->note);
		if (o->kind == OUTCOME_DONE)
			json_bytes(&j, "new_name", span_text(o->name.text));
		json_close(&j, '}');
	}
	answer_put(l);
}

void
undoing_tell(void *ctx, const struct intent *in, const struct outcome *o)
{
	struct undoing *u = ctx;
	struct buf file = { 0 };

	if (o->kind == OUTCOME_DONE || o->kind == OUTCOME_SAME)
		u->done++;
	else if (o->kind == OUTCOME_UNSETTLED)
		u->unsettled++;
	else
		u->left++;
	put_file(in, &file);
	if (!buf_ok(&file))
		output_no_memory(u->answer->out);
	put_outcome(u, o, buf_span(&file));
	buf_free(&file);
}

int
undoing_status(const struct undoing *u)
{
	return u->unsettled > 0 ? EXIT_INTERRUPTED :
	    u->left > 0 ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int
show_entry(void *ctx, const struct run_entry *t, struct err *e)
{
	struct answer *l = ctx;
	struct json j = json_begin(&l->line);

	(void)e;
	if (t->past->fate != FATE_DONE && t->past->fate != FATE_OPEN)
		return ST_OK;
	if (l->form == FORM_TEXT) {
		buf_str(&l->line, t->past->fate == FATE_DONE ?
		    "would be put back: " : "would be settled first: ");
		run_entry_place(t, &l->line);
	} else {
		json_open(&j, '{');
		json_key_text(&j, "type", "message");
		json_key_text(&j, "run", t->run->id);
		json_key_text(&j, "act", run_entry_act(t));
		json_key_text(&j, "fate", fate_word(t->past->fate));
		run_entry_json(t, &j);
		json_close(&j, '}');
	}
	answer_put(l);
	return ST_OK;
}

/* What would be done.  Last things first when it is; here as they were. */
static int
show(const struct statedir *s, const char *id, struct answer *l)
{
	struct run_view v = { 0 };
	struct err e = { 0 };
	int rc = run_view_open(&v, s, id, &e);

	if (rc == ST_OK)
		rc = run_entries(&v, show_entry, l, &e);
	run_view_close(&v);
	if (rc == ST_OK)
		return EXIT_CLEAN;
	complain("run %s: %s", id, e.text);
	return EXIT_UNREADABLE;
}

static void
tell_totals(const struct undoing *u)
{
	complain("run %s: %llu messages put back, %llu left alone%s", u->run,
	    (unsigned long long)u->done, (unsigned long long)u->left,
	    u->unsettled > 0 ? ", some are not settled: `baredot recover`" :
	    "");
}

static int
undo(const struct statedir *s, const char *id, struct answer *l)
{
	struct undoing u = { .answer = l, .run = id };
	struct err e = { 0 };
	struct run r;
	int rc, status;

	if ((rc = run_again(&r, s, id, &e)) == ST_OK) {
		rc = undo_run(&r, UNDO_ALL, undoing_tell, &u, &e);
		run_end(&r);
	}
	status = rc == ST_BAD ? EXIT_INTERRUPTED :
	    rc != ST_OK ? EXIT_UNREADABLE : undoing_status(&u);
	if (rc != ST_OK)
		complain("run %s: %s", id, e.text);
	tell_totals(&u);
	return manifest_refresh(s, status);
}

static int
run_undo(const struct state_options *o)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	char id[40];
	int status = state_open_old(&s, o->state, o->apply ? "undo" : NULL,
	    "there are no runs");

	if (status == EXIT_CLEAN)
		status = state_find_run(&s, o->words[0], id);
	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, o->form)) == EXIT_CLEAN)
		status = answer_end(&l, o->apply ? undo(&s, id, &l) :
		    show(&s, id, &l));
	statedir_close(&s);
	return status;
}

int
undo_cmd(int argc, char **argv)
{
	const struct cmdline c = undo_line(argc, argv);
	struct state_options o;

	if (!state_options_parse(&c, &o))
		return EXIT_USAGE;
	if (o.help) {
		undo_help();
		return EXIT_CLEAN;
	}
	if (o.words[0] == NULL || o.words[1] != NULL) {
		(void)cmdline_usage(&c, "which run should be undone? Give "
		    "its id, or last");
		return EXIT_USAGE;
	}
	return run_undo(&o);
}

/* What recover_first does not tell. */
static void
tell_recovered(const struct recovered *r)
{
	(void)printf("%llu runs looked at: %llu changes finished, %llu taken "
	    "back, %llu not settled\n", (unsigned long long)r->runs,
	    (unsigned long long)r->finished,
	    (unsigned long long)r->taken_back,
	    (unsigned long long)r->unsettled);
}

static int
run_recover(const struct state_options *o)
{
	struct statedir s = { 0 };
	struct recovered r = { 0 };
	int status = state_view(&s, o->state);

	statedir_close(&s);
	if (status == EXIT_FINDINGS) {	/* and none is made */
		tell_recovered(&r);
		return EXIT_CLEAN;
	}
	if (status == EXIT_CLEAN)
		status = state_open(&s, o->state, "recover", NULL);
	if (status == EXIT_CLEAN &&
	    (status = recover_first(&s, &r)) == EXIT_CLEAN) {
		tell_recovered(&r);
		status = manifest_refresh(&s, r.unsettled > 0 ?
		    EXIT_INTERRUPTED : EXIT_CLEAN);
	}
	statedir_close(&s);
	return status;
}

int
recover_cmd(int argc, char **argv)
{
	const struct cmdline c = recover_line(argc, argv);
	struct state_options o;

	if (!state_options_parse(&c, &o))
		return EXIT_USAGE;
	if (o.help) {
		recover_help();
		return EXIT_CLEAN;
	}
	if (o.words[0] != NULL) {
		(void)cmdline_usage(&c, "recover takes no more words; it "
		    "settles all runs");
		return EXIT_USAGE;
	}
	return run_recover(&o);
}

void
undo_help(void)
{
	const struct cmdline c = undo_line(0, NULL);

	cmdline_show_help(&c, "[OPTION]... RUN",
	    "Take back what a run did: every byte, name, time, owner and "
	    "mode. A message that has been changed since is left alone. "
	    "Without --apply nothing is changed, and what would be put back "
	    "is shown. RUN is an id that `baredot runs` shows, the beginning "
	    "of it, or \"last\": the newest that changed anything.",
	    "Exit status: 0 all is put back, 1 something was left alone, 2 "
	    "it failed, 64 usage, 75 another run is going on, or something "
	    "is not settled.");
}

void
recover_help(void)
{
	const struct cmdline c = recover_line(0, NULL);

	cmdline_show_help(&c, "[OPTION]...",
	    "Settle what was left when a run was stopped by a crash or a "
	    "signal: each message is then the old one or the new one, and "
	    "nothing temporary is left. All commands that change mail do it "
	    "first.",
	    "Exit status: 0, 2 it failed, 64 usage, 75 another run is going "
	    "on, or something is not settled.");
}

/*
 * See undo_cmd.h.
 */
#include "undo_cmd.h"

#include <stdio.h>

#include "catalogue.h"
#include "complain.h"
#include "state_cmd.h"
#include "undo.h"
#include "undo_look.h"

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

const char *
outcome_word(enum outcome_kind k, bool applies)
{
	return k == OUTCOME_DONE && !applies ? "would-be" : outcome_name(k);
}

/* It did not get back the name that it had. */
static bool
is_renamed(const struct intent *in, const struct outcome *o)
{
	return o->name.text[0] != '\0' &&
	    strcmp(o->name.text, in->name.text) != 0;
}

static void
put_outcome(const struct undoing *u, const struct intent *in,
    const struct outcome *o, struct span file)
{
	struct answer *l = u->answer;
	struct json j = json_begin(&l->line);

	if (l->form == FORM_TEXT) {
		buf_printf(&l->line, "%s: ", outcome_text(o->kind,
		    u->applies));
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
		json_key_text(&j, "status", outcome_word(o->kind,
		    u->applies));
		if (o->reason[0] != '\0')
			json_key_text(&j, "why", o->reason);
		if (o->note[0] != '\0')
			json_key_text(&j, "note", o->note);
		if (is_renamed(in, o))
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

	u->files[o->kind]++;
	u->lost += o->lost;
	put_file(in, &file);
	if (!buf_ok(&file))
		output_no_memory(u->answer->out);
	put_outcome(u, in, o, buf_span(&file));
	buf_free(&file);
}

uint64_t
undoing_done(const struct undoing *u)
{
	return u->files[OUTCOME_DONE] + u->files[OUTCOME_SAME];
}

uint64_t
undoing_left(const struct undoing *u)
{
	uint64_t n = 0;

	for (size_t i = 0; i < OUTCOMES; i++)
		n += u->files[i];
	return n - undoing_done(u) - u->files[OUTCOME_UNSETTLED];
}

static void
tell_totals(const struct undoing *u)
{
	const uint64_t done = undoing_done(u), left = undoing_left(u);

	complain("run %s: %llu %s%s put back, %llu left alone%s", u->run,
	    (unsigned long long)done, done == 1 ? "file" : "files",
	    u->applies ? "" : " would be", (unsigned long long)left,
	    u->files[OUTCOME_UNSETTLED] > 0 ?
	    ", some are not settled: `baredot recover`" : "");
}

/* How it ended; ST_BAD: something is not settled. */
static int
conclude(const struct undoing *u, int rc, const struct err *e)
{
	if (rc != ST_OK)
		complain("run %s: %s", u->run, e->text);
	return rc == ST_BAD ? EXIT_INTERRUPTED : rc != ST_OK ?
	    EXIT_UNREADABLE : outcomes_status(u->files);
}

/* What would be done, in the order in which it is. */
static int
show(const struct statedir *s, struct undoing *u)
{
	struct undo_look look = { 0 };
	struct run_view v = { 0 };
	struct err e = { 0 };
	int rc = run_view_open(&v, s, u->run, &e);

	if (rc == ST_OK) {
		undo_look_begin(&look, &v);
		rc = undo_look_all(&look, undoing_tell, u, &e);
		undo_look_end(&look);
		undo_look_free(&look);
	}
	run_view_close(&v);
	return conclude(u, rc == ST_OK ? rc : ST_DEAD, &e);
}

static int
undo(const struct statedir *s, struct undoing *u)
{
	struct err e = { 0 };
	struct run r;
	int rc;

	if ((rc = run_again(&r, s, u->run, &e)) == ST_OK) {
		rc = undo_run(&r, UNDO_ALL, undoing_tell, u, &e);
		run_end(&r);
	}
	return manifest_refresh(s, NULL, conclude(u, rc, &e));
}

static int
run_undo(const struct state_options *o)
{
	struct statedir s = { 0 };
	struct answer l = { 0 };
	char id[40];
	struct undoing u = { .answer = &l, .run = id, .applies = o->apply };
	int status;

	output_errors_not_signals();
	status = state_open_old(&s, o->state, o->apply ? "undo" : NULL,
	    "there are no runs");

	if (status == EXIT_CLEAN)
		status = state_find_run(&s, o->words[0], id);
	if (status == EXIT_CLEAN &&
	    (status = answer_begin(&l, o->form)) == EXIT_CLEAN) {
		status = answer_end(&l, o->apply ? undo(&s, &u) :
		    show(&s, &u));
		tell_totals(&u);
	}
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

/* What recover_first does not tell; damaged: runs that cannot be read. */
static void
tell_recovered(const struct recovered *r, uint64_t damaged)
{
	(void)printf("%llu %s looked at: %llu %s finished, %llu taken back, "
	    "%llu not settled", (unsigned long long)r->runs, r->runs == 1 ?
	    "run" : "runs", (unsigned long long)r->finished, r->finished ==
	    1 ? "change" : "changes", (unsigned long long)r->taken_back,
	    (unsigned long long)r->unsettled);
	if (damaged > 0)
		(void)printf("; %llu damaged, of which nothing can be settled "
		    "or taken back", (unsigned long long)damaged);
	(void)printf("\n");
}

static int
recover(const struct statedir *s)
{
	struct recovered r = { 0 };
	uint64_t damaged = 0;
	int status = recover_first(s, &r);

	if (status != EXIT_CLEAN)
		return status;
	status = manifest_refresh(s, &damaged, r.unsettled > 0 ?
	    EXIT_INTERRUPTED : EXIT_CLEAN);
	tell_recovered(&r, damaged);
	return damaged + r.failed > 0 ? EXIT_UNREADABLE : status;
}

static int
run_recover(const struct state_options *o)
{
	struct statedir s = { 0 };
	int status;

	output_errors_not_signals();
	status = state_view(&s, o->state);
	statedir_close(&s);
	if (status == EXIT_FINDINGS) {	/* and none is made */
		tell_recovered(&(struct recovered){ 0 }, 0);
		return EXIT_CLEAN;
	}
	if (status == EXIT_CLEAN)
		status = state_open(&s, o->state, "recover", NULL);
	if (status == EXIT_CLEAN)
		status = recover(&s);
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
	    "Without --apply nothing is changed, and what would be put back, "
	    "and what would not, is shown. RUN is an id that `baredot runs` "
	    "shows, the beginning of it, or \"last\": the newest that "
	    "changed anything.",
	    "Exit status: 0 all is put back, or would be, 1 something is "
	    "left alone, 2 it failed, 64 usage, 75 something is busy, or not "
	    "settled, or another run is going on.");
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
	    "Exit status: 0, 2 it failed, or a run is damaged, 64 usage, 75 "
	    "another run is going on, or something is not settled.");
}

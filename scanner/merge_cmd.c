/*
 * See merge_cmd.h.
 */
#include "merge_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmdline.h"
#include "complain.h"
#include "html.h"
#include "merge.h"
#include "output.h"
#include "scan_cmd.h"

enum { PLAN = CMDLINE_FIRST, FORMAT, OUTPUT, MISSING, HELP };

static const struct cmdline_option options[] = {
	{ PLAN, 0, "plan", "PLAN", "the plan of the shards" },
	{ FORMAT, 'f', "format", "FORMAT", "ndjson, text (its summary) or html "
	    "(ndjson)" },
	{ OUTPUT, 'o', "output", "FILE", "write the report to FILE, whole or "
	    "not at all" },
	{ MISSING, 0, "missing", NULL, "only say which shards are missing: "
	    "--array=3,7-9, as Slurm takes it" },
	{ HELP, 'h', "help", NULL, "this help" },
};

struct merge_command {
	const char *dir, *plan;
	const char *output;		/* NULL: standard output */
	const char *format;
	bool missing, help;
};

struct cmdline
merge_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "merge", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

static bool
apply(const struct cmdline *line, struct merge_command *c, int id,
    const char *arg)
{
	switch (id) {
	case PLAN:
		c->plan = arg;
		return true;
	case FORMAT:
		c->format = arg;
		return strcmp(arg, "ndjson") == 0 || strcmp(arg, "text") == 0 ||
		    strcmp(arg, "html") == 0 || cmdline_usage(line,
		    "--format takes ndjson, text or html, not %s", arg);
	case OUTPUT:
		c->output = output_path(arg);
		return true;
	case MISSING:
		return c->missing = true;
	case HELP:
		return c->help = true;
	default:
		return false;
	}
}

static bool
parse(const struct cmdline *line, struct merge_command *c)
{
	const char *arg;
	char **words;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		if (!apply(line, c, id, arg))
			return false;
	words = cmdline_words(line);
	c->dir = words[0];
	if (c->help)
		return true;
	if (c->dir == NULL || words[1] != NULL)
		return cmdline_usage(line, "which folder? Give the one that "
		    "scan --out had");
	return c->plan != NULL || cmdline_usage(line, "which plan? Give "
	    "--plan");
}

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

struct merge_run {
	const struct merge_command *command;
	const char *const *argv;
	struct plan_header plan;
	struct survey survey;
	int dir;
	bool whole;		/* the report is */
};

/* Ready for Slurm: numbers from 1, as --shard has them. */
static int
tell_missing(const struct merge_run *r)
{
	const struct survey *s = &r->survey;
	struct buf list = s->missing.text, again = s->again.text;
	const char *text = buf_text(&list);

	if (s->missing_n > 0 && r->command->missing && (
	    printf("--array=%s\n", text) < 0 || fflush(stdout) != 0)) {
		complain("cannot write the list of missing shards: %s",
		    strerror(errno));
		return EXIT_UNREADABLE;
	}
	if (s->missing_n > 0 && !r->command->missing)
		complain("%lu of %zu shards are missing or damaged: --array=%s",
		    s->missing_n, r->plan.shards, text);
	if (s->again_n > 0)
		complain("of them %s are there, but did not begin where the "
		    "shard before them ended; now that this is known, scan "
		    "them again", buf_text(&again));
	return s->missing_n > 0 ? EXIT_INTERRUPTED : EXIT_CLEAN;
}

/* All that has to be scanned again, and not only what was come upon. */
static int
tell_damaged(struct merge_run *r)
{
	struct err e = { 0 };
	int rc, status;

	survey_free(&r->survey);
	rc = merge_survey(r->dir, &r->plan, true, &r->survey, &e);
	if (rc != ST_OK) {
		complain("%s: %s", r->command->dir, e.text);
		return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
	}
	if ((status = tell_missing(r)) != EXIT_CLEAN)
		return status;
	complain("it was written anew meanwhile: merge again");
	return EXIT_INTERRUPTED;
}

/* All records, to where they go. */
static int
write_records(struct merge_run *r, struct output *out, bool text)
{
	struct err e = { 0 };
	unsigned long bad;
	const int rc = merge_write(r->dir, &r->plan, &r->survey, r->argv, out,
	    text, &interrupted, &bad, &e);

	r->whole = rc == ST_OK;
	if (r->whole)
		return (int)r->survey.exit_status;
	if (interrupted != 0) {
		complain("interrupted");
		return EXIT_INTERRUPTED;
	}
	complain("shard %lu: %s", bad, e.text);
	return rc == ST_BAD ? tell_damaged(r) : EXIT_UNREADABLE;
}

/* A page is made of all records. */
static int
write_page(struct merge_run *r, struct output *out)
{
	struct err e = { 0 };
	struct report_lines in = { .file = report_spool(&e),
	    .stop = &interrupted };
	struct output *to = in.file != NULL ? output_to(fileno(in.file), &e) :
	    NULL;
	int status = EXIT_UNREADABLE;

	if (to != NULL) {
		status = write_records(r, to, false);
		if (output_close(to, false, &e) != ST_OK)
			status = EXIT_UNREADABLE;
	}
	if (e.text[0] == '\0' && r->whole) {
		rewind(in.file);
		r->whole = html_page(&in, out, &e) == ST_OK;
		if (!r->whole)
			status = interrupted != 0 ? EXIT_INTERRUPTED :
			    EXIT_UNREADABLE;
	}
	if (e.text[0] != '\0') {
		complain("%s", e.text);
		r->whole = false;
	}
	report_lines_close(&in);
	return status;
}

static int
write_report(struct merge_run *r)
{
	const struct merge_command *c = r->command;
	struct err e = { 0 };
	struct output *out = output_open(c->output, &e);
	int status;

	if (out == NULL) {
		complain("%s", e.text);
		return EXIT_UNREADABLE;
	}
	status = strcmp(c->format, "html") == 0 ? write_page(r, out) :
	    write_records(r, out, strcmp(c->format, "text") == 0);
	if (!r->whole)
		output_fail(out, EINTR);	/* it stays out of the file */
	if (output_close(out, false, &e) == ST_OK || !r->whole)
		return status;
	if (e.num == EPIPE)
		return EXIT_INTERRUPTED;
	complain("%s", e.text);
	return EXIT_UNREADABLE;
}

static int
merge(struct merge_run *r)
{
	const struct merge_command *c = r->command;
	struct report_lines lines;
	struct err e = { 0 };
	int status = EXIT_UNREADABLE, rc;

	rc = plan_open(&lines, c->plan, scan_rules_source(), &r->plan, &e);
	report_lines_close(&lines);
	if (rc != ST_OK) {
		complain("%s: %s", c->plan, e.text);
		return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
	}
	r->dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0 && (errno != ENOENT || !c->missing)) {
		complain("%s: %s", c->dir, strerror(errno));
		return EXIT_UNREADABLE;
	}
	if ((rc = merge_survey(r->dir, &r->plan, c->missing, &r->survey,
	    &e)) != ST_OK) {
		complain("%s: %s", c->dir, e.text);
		return rc == ST_BAD ? EXIT_USAGE : EXIT_UNREADABLE;
	}
	status = tell_missing(r);
	return status != EXIT_CLEAN || c->missing ? status : write_report(r);
}

int
merge_cmd(int argc, char **argv)
{
	const struct cmdline line = merge_line(argc, argv);
	struct merge_command c = { .format = "ndjson" };
	struct merge_run r = { .command = &c, .dir = -1,
	    .argv = (const char *const *)(argv - 1) };
	int status;

	if (!parse(&line, &c))
		return EXIT_USAGE;
	if (c.help) {
		merge_help();
		return EXIT_CLEAN;
	}
	output_catch_signals(on_signal);
	status = merge(&r);
	survey_free(&r.survey);
	plan_header_free(&r.plan);
	if (r.dir >= 0)
		(void)close(r.dir);
	return status;
}

void
merge_help(void)
{
	const struct cmdline line = merge_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... DIR --plan PLAN",
	    "Make one report of the files that scan --plan wrote to DIR, the "
	    "same as that of one scan.",
	    "Exit status: 0 no findings (or info alone), 1 findings, 2 "
	    "something could not be read, 64 usage, 75 shards are missing "
	    "or damaged (which, is told on standard error) or interrupted.");
}

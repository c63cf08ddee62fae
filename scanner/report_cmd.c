/*
 * See report_cmd.h.
 */
#include "report_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cmdline.h"
#include "complain.h"
#include "database_report.h"
#include "html.h"
#include "option_words.h"
#include "output.h"
#include "progress.h"
#include "scan_cmd.h"

enum { FORMAT = CMDLINE_FIRST, TO, OUTPUT, FORCE, HELP };

static const struct cmdline_option options[] = {
	{ FORMAT, 'f', "format", "FORMAT",
	    "html, a page to look at, or sqlite, a database to ask (html)" },
	{ TO, 0, "to", "FORMAT", "the same" },
	{ OUTPUT, 'o', "output", "FILE",
	    "write to FILE, whole or not at all" },
	{ FORCE, 0, "force", NULL,
	    "replace the database FILE if there is one" },
	{ HELP, 'h', "help", NULL, "this help" },
};

static const char *const formats[] = { "html", "sqlite" };

struct report_command {
	const char *report, *output;	/* output NULL: standard output */
	bool sqlite, force, help;
};

struct cmdline
report_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "report", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

/*
 * The database may be named by the first word, and the report may come from a
 * pipe then.  False: a usage error, which was explained.
 */
static bool
take_words(const struct cmdline *line, struct report_command *c)
{
	char **words = cmdline_words(line);

	if (c->help)
		return true;
	if (c->sqlite && c->output == NULL) {
		if (words[0] == NULL)
			return cmdline_usage(line, "which database is it to "
			    "be? Give a name for it");
		c->output = *words++;
		c->report = words[0] != NULL ? words[0] :
		    isatty(STDIN_FILENO) == 1 ? NULL : "-";
	} else {
		c->report = words[0];
	}
	if (c->report == NULL || (words[0] != NULL && words[1] != NULL))
		return cmdline_usage(line, "which report? Give one, or - for "
		    "standard input");
	if (c->force && !c->sqlite)
		return cmdline_usage(line, "--force is for --to sqlite");
	if (c->output != NULL)
		c->output = output_path(c->output);
	return !c->sqlite || c->output != NULL || cmdline_usage(line,
	    "a database cannot go to standard output");
}

static bool
parse(const struct cmdline *line, struct report_command *c)
{
	const char *arg;
	size_t format;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		switch (id) {
		case FORMAT:
		case TO:
			if (!parse_word(id == TO ? "to" : "format", arg,
			    formats, 2, &format))
				return false;
			c->sqlite = format == 1;
			break;
		case OUTPUT:
			c->output = arg;
			break;
		case FORCE:
			c->force = true;
			break;
		case HELP:
			c->help = true;
			break;
		default:
			return false;
		}
	return take_words(line, c);
}

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* NULL: told. */
static struct output *
open_output(const struct report_command *c)
{
	struct err e = { 0 };
	struct output *out = c->sqlite ? output_open_named(c->output,
	    c->force, &e) : output_open(c->output, &e);

	if (out == NULL)
		complain("%s%s", e.text, e.num == EEXIST && c->sqlite ?
		    " (--force replaces it)" : "");
	return out;
}

/* What is asked for, unless what is read is no report. */
static int
make(struct report_lines *in, const struct report_command *c)
{
	const struct progress_options showing = { .what = "report",
	    .unit = "records", .total = report_lines_size(in) };
	struct output *out = open_output(c);
	struct err e = { 0 };
	int rc, closed;

	if (out == NULL)
		return EXIT_UNREADABLE;
	in->progress = progress_new(&showing);
	rc = c->sqlite ? database_report(in, output_name(out), &e) :
	    html_page(in, out, &e);
	progress_free(in->progress);
	in->progress = NULL;
	if (interrupted != 0) {
		output_fail(out, EINTR);
		(void)output_close(out, false, &e);
		complain("interrupted");
		return EXIT_INTERRUPTED;
	}
	if (rc == ST_DEAD)
		complain("%s: %s", c->report, e.text);
	else if (rc != ST_OK)
		complain("%s: it is not a whole report: there may have been "
		    "more", c->report);
	if (c->sqlite && rc != ST_DEAD)
		output_made(out);
	e = (struct err){ 0 };
	closed = output_close(out, false, &e);
	if (closed != ST_OK && e.num == EPIPE)
		return EXIT_INTERRUPTED;
	if (closed != ST_OK)
		complain("%s", e.text);
	return rc == ST_OK && closed == ST_OK ? EXIT_CLEAN : EXIT_UNREADABLE;
}

int
report_cmd(int argc, char **argv)
{
	const struct cmdline line = report_line(argc, argv);
	struct report_command c = { .help = false };
	struct report_lines in;
	struct err e = { 0 };
	int status;

	if (!parse(&line, &c))
		return EXIT_USAGE;
	if (c.help) {
		report_help();
		return EXIT_CLEAN;
	}
	if (report_lines_open(&in, c.report, &e) != ST_OK) {
		complain("%s: %s", c.report, e.text);
		return EXIT_UNREADABLE;
	}
	output_catch_signals(on_signal);
	in.stop = &interrupted;
	status = make(&in, &c);
	report_lines_close(&in);
	return status;
}

void
report_help(void)
{
	const struct cmdline line = report_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... REPORT\n"
	    "       baredot report --to sqlite DATABASE [REPORT]",
	    "Make of the records that scan -f ndjson (or replay, fix, "
	    "quarantine) wrote a report to look at: one HTML page for a "
	    "browser, with nothing from the network.  scan -f html makes the "
	    "same at once.  Or a database for questions in SQL; without "
	    "REPORT the records come from standard input.",
	    "Exit status: 0 done, 2 the report is none, is not whole (the "
	    "page says so) or could not be read or written, 64 usage, 75 "
	    "interrupted.");
}

/*
 * See report_cmd.h.
 */
#include "report_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cmdline.h"
#include "complain.h"
#include "html.h"
#include "scan_cmd.h"

enum { FORMAT = CMDLINE_FIRST, OUTPUT, HELP };

static const struct cmdline_option options[] = {
	{ FORMAT, 'f', "format", "FORMAT", "html, the only one (html)" },
	{ OUTPUT, 'o', "output", "FILE",
	    "write to FILE, whole or not at all" },
	{ HELP, 'h', "help", NULL, "this help" },
};

struct report_command {
	const char *report, *output;	/* output NULL: standard output */
	bool help;
};

static struct cmdline
report_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "report", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

/* False: a usage error, which was explained. */
static bool
take_words(const struct cmdline *line, struct report_command *c)
{
	char **words = cmdline_words(line);

	c->report = words[0];
	if (!c->help && (words[0] == NULL || words[1] != NULL))
		return cmdline_usage(line, "which report? Give one, or - for "
		    "standard input");
	return true;
}

static bool
parse(const struct cmdline *line, struct report_command *c)
{
	const char *arg;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		switch (id) {
		case FORMAT:
			if (strcmp(arg, "html") != 0)
				return cmdline_usage(line, "--format takes "
				    "html, not %s", arg);
			break;
		case OUTPUT:
			c->output = arg;
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

/* The page, unless what is read is no report. */
static int
make(struct report_lines *in, const struct report_command *c)
{
	struct err e = { 0 };
	struct output *out = output_open(c->output, &e);
	int rc, closed;

	if (out == NULL) {
		complain("%s", e.text);
		return EXIT_UNREADABLE;
	}
	rc = html_page(in, out, &e);
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

	cmdline_show_help(&line, "[OPTION]... REPORT",
	    "Make a report to look at of the records that scan -f ndjson (or "
	    "fix, or quarantine) wrote: one HTML page for a browser, with "
	    "nothing from the network.  scan -f html makes the same at once.",
	    "0 done, 2 the report is none, is not whole (the page says so) or "
	    "could not be read or written, 64 usage, 75 interrupted");
}

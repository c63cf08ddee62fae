/*
 * See baseline_cmd.h.
 */
#include "baseline_cmd.h"

#include <stdio.h>

#include "complain.h"
#include "state.h"
#include "state_cmd.h"

static const struct cmdline_option options[] = {
	{ STATE_DIR, 0, "state", "DIR", "where what scans find is kept "
	    "(/var/lib/baredot for root, else ~/.local/state/baredot)" },
	STATE_HELP_ROW,
};

struct cmdline
baseline_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "baseline", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

void
baseline_help(void)
{
	const struct cmdline line = baseline_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... accept|show",
	    "accept: the findings of the last `baredot scan --incremental` "
	    "are known from now on, and `scan --new-only` is silent about "
	    "them. They are known by the SHA-256 of their message, not by "
	    "the file it is in. show: how many are known, and how many "
	    "are not.",
	    "Exit status: 0 done, 2 the state cannot be read or written, "
	    "64 usage, 75 a scan is going on.");
}

static int
tell_counts(struct state *s)
{
	uint64_t known, fresh;

	if (!state_count(s, &known, &fresh))
		return EXIT_UNREADABLE;
	(void)printf("%llu known, %llu of the last scan are not\n",
	    (unsigned long long)known, (unsigned long long)fresh);
	return EXIT_CLEAN;
}

static int
accept_all(struct state *s)
{
	uint64_t n;

	if (!state_accept(s, &n))
		return EXIT_UNREADABLE;
	(void)printf("%llu %s accepted\n", (unsigned long long)n,
	    n == 1 ? "finding" : "findings");
	return EXIT_CLEAN;
}

static int
on_state(const char *dir, bool accept)
{
	struct statedir d = { 0 };
	struct state *s = NULL;
	struct err e = { 0 };
	bool anew = false;
	int status = state_open_scan(&d, dir, "baseline", NULL);

	if (status != EXIT_CLEAN)
		return status;
	if (state_new(&s, d.fd, &anew, &e) == ST_OK)
		status = accept ? accept_all(s) : tell_counts(s);
	if (anew)
		complain("the state of scans was damaged, and is %s.damaged "
		    "now: no finding is known", STATE_FILE);
	if (state_free(s, d.fd, &e) != ST_OK || e.text[0] != '\0') {
		complain("the state of scans: %s", e.text);
		status = EXIT_UNREADABLE;
	}
	statedir_close(&d);
	return anew ? EXIT_UNREADABLE : status;
}

int
baseline_cmd(int argc, char **argv)
{
	const struct cmdline line = baseline_line(argc, argv);
	struct state_options o;
	bool accept;

	if (!state_options_parse(&line, &o))
		return EXIT_USAGE;
	if (o.help) {
		baseline_help();
		return EXIT_CLEAN;
	}
	accept = o.words[0] != NULL && strcmp(o.words[0], "accept") == 0;
	if (o.words[0] == NULL || o.words[1] != NULL ||
	    (!accept && strcmp(o.words[0], "show") != 0)) {
		(void)cmdline_usage(&line, "baseline accept, or baseline "
		    "show?");
		return EXIT_USAGE;
	}
	return on_state(o.state, accept);
}

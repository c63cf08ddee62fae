/*
 * See commands.h.
 */
#include "commands.h"

#include <stdio.h>

#include "baseline_cmd.h"
#include "complain.h"
#include "completion_cmd.h"
#include "explain.h"
#include "merge_cmd.h"
#include "nearest.h"
#include "plan_cmd.h"
#include "report_cmd.h"
#include "restore_cmd.h"
#include "rules_cmd.h"
#include "runs_cmd.h"
#include "scan_cmd.h"
#include "undo_cmd.h"
#include "verify_cmd.h"

/* A command that scans: run and help. */
#define SCANS(name, command) \
	static int \
	name##_run(int argc, char **argv) \
	{ \
		return scan_cmd(argc, argv, command, \
		    (const char *const *)(argv - 1)); \
	} \
	static void \
	name##_show(void) \
	{ \
		scan_help(command); \
	}
SCANS(scan, COMMAND_SCAN)
SCANS(replay, COMMAND_REPLAY)
SCANS(fix, COMMAND_FIX)
SCANS(take, COMMAND_TAKE)

static int help_cmd(int argc, char **argv);
static void help_help(void);

#define SCANNING(name, command) name##_run, name##_show, NULL, true, command
#define OTHER(name) name##_cmd, name##_help, name##_line, false, COMMAND_SCAN
#define PLAIN(name) name##_cmd, name##_help, NULL, false, COMMAND_SCAN

static const struct command_info commands[] = {
	{ "scan", "PATH...", "walk mail stores and report",
	    SCANNING(scan, COMMAND_SCAN) },
	{ "replay", "PATH...", "would these messages split if X sent them to "
	    "Y?", SCANNING(replay, COMMAND_REPLAY) },
	{ "fix", "PATH...", "repair messages in place",
	    SCANNING(fix, COMMAND_FIX) },
	{ "quarantine", "PATH... --into DIR", "take messages out",
	    SCANNING(take, COMMAND_TAKE) },
	{ "baseline", "accept|show", "what was found is known (scan "
	    "--new-only)", OTHER(baseline) },
	{ "explain", "[CODE]...", "what a code means, who is affected, what "
	    "to do", OTHER(explain) },
	{ "rules", "check|list", "is a file of rules right? which are there?",
	    OTHER(rules) },
	{ "runs", "[RUN]", "what was changed, by which run", OTHER(runs) },
	{ "undo", "RUN", "take back what a run changed", OTHER(undo) },
	{ "verify", "REPORT", "is what a report speaks of still the same?",
	    OTHER(verify) },
	{ "report", "REPORT", "a page to look at, or a database (--to "
	    "sqlite), of a report", OTHER(report) },
	{ "plan", "PATH... -o PLAN", "cut a scan into shards for many hosts",
	    OTHER(plan) },
	{ "merge", "DIR --plan PLAN", "one report of the shards",
	    OTHER(merge) },
	{ "restore", "--into DIR", "put quarantined messages back",
	    OTHER(restore) },
	{ "recover", "", "settle what a crash left", OTHER(recover) },
	{ "completion", "SHELL", "what bash, zsh or fish needs to complete "
	    "command lines", PLAIN(completion) },
	{ "help", "[COMMAND]", "this text, or more on a command",
	    PLAIN(help) },
};

const struct command_info *
command_at(size_t i)
{
	return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] :
	    NULL;
}

const struct command_info *
command_named(const char *name)
{
	const struct command_info *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

int
no_command(const char *what, const char *word)
{
	struct nearest meant = nearest_begin(word);
	char hint[NEAREST_HINT];
	const struct command_info *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++)
		nearest_try(&meant, c->name);
	complain("%s %s%s `baredot help` shows what there is", what, word,
	    meant.best != NULL ? nearest_hint(&meant, "", hint) : ";");
	return EXIT_USAGE;
}

size_t
command_options(const struct command_info *c,
    struct cmdline_option own[CMDLINE_OPTIONS_MAX])
{
	struct cmdline line = { 0 };

	if (c->scans)
		return scan_command_line(c->command, 0, NULL, own).n;
	if (c->line != NULL)
		line = c->line(0, NULL);
	for (size_t i = 0; i < line.n; i++)
		own[i] = line.options[i];
	return line.n;
}

static void
help_help(void)
{
	const struct command_info *c;
	char head[48];

	(void)fputs("Usage: baredot COMMAND [ARGUMENT]...\n\n"
	    "Find bare newlines and SMTP end-of-data look-alikes in mail "
	    "that is already\nstored: Maildirs, mboxes, MH folders, single "
	    "messages, queues, archives of them.\n\n", stdout);
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		(void)snprintf(head, sizeof(head), "%s %s", c->name, c->args);
		(void)printf("  %-18s %s%s\n", head, strlen(head) > 18 ? " " :
		    "", c->what);
	}
	(void)fputs("\n  --version          the version\n"
	    "  --help             this text\n", stdout);
}

static int
help_cmd(int argc, char **argv)
{
	const struct command_info *c = argc > 1 ? command_named(argv[1]) :
	    NULL;

	if (argc > 1 && c == NULL)
		return no_command("there is no help on", argv[1]);
	if (c != NULL)
		c->help();
	else
		help_help();
	return EXIT_CLEAN;
}

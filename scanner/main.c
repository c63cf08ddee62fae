/*
 * baredot: find bare newlines and smuggled SMTP in stored mail.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "baseline_cmd.h"
#include "complain.h"
#include "explain.h"
#include "merge_cmd.h"
#include "plan_cmd.h"
#include "report_cmd.h"
#include "restore_cmd.h"
#include "rules_cmd.h"
#include "runs_cmd.h"
#include "scan_cmd.h"
#include "undo_cmd.h"
#include "verify_cmd.h"

/* The commands that act, and those that look at what was done or found. */
static const struct {
	const char *name;
	void (*help)(void);
} acting[] = {
	{ "runs", runs_help }, { "undo", undo_help },
	{ "recover", recover_help }, { "restore", restore_help },
	{ "verify", verify_help }, { "report", report_help },
	{ "baseline", baseline_help }, { "plan", plan_help },
	{ "merge", merge_help },
};

static int
help_cmd(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "scan") == 0) {
		scan_help(COMMAND_SCAN);
		return EXIT_CLEAN;
	}
	if (argc > 1 && strcmp(argv[1], "replay") == 0) {
		scan_help(COMMAND_REPLAY);
		return EXIT_CLEAN;
	}
	if (argc > 1 && strcmp(argv[1], "fix") == 0) {
		scan_help(COMMAND_FIX);
		return EXIT_CLEAN;
	}
	if (argc > 1 && strcmp(argv[1], "quarantine") == 0) {
		scan_help(COMMAND_TAKE);
		return EXIT_CLEAN;
	}
	if (argc > 1 && strcmp(argv[1], "explain") == 0) {
		explain_help();
		return EXIT_CLEAN;
	}
	if (argc > 1 && strcmp(argv[1], "rules") == 0) {
		rules_help();
		return EXIT_CLEAN;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(acting) / sizeof(acting[0]);
	    i++)
		if (strcmp(argv[1], acting[i].name) == 0) {
			acting[i].help();
			return EXIT_CLEAN;
		}
	if (argc > 1) {
		complain("there is no help on %s; try `baredot help scan`",
		    argv[1]);
		return EXIT_USAGE;
	}
	(void)fputs(
	    "Usage: baredot COMMAND [ARGUMENT]...\n\n"
	    "Find bare newlines and SMTP end-of-data look-alikes in mail "
	    "that is already\nstored: Maildirs, mboxes, MH folders, single "
	    "messages, queues, archives of them.\n\n"
	    "  scan PATH...       walk mail stores and report\n"
	    "  replay PATH...     would these messages split if X sent them "
	    "to Y?\n"
	    "  fix PATH...        repair messages in place\n"
	    "  quarantine PATH... --into DIR  take messages out\n"
	    "  baseline accept    what was found is known (scan --new-only)\n"
	    "  explain [CODE]...  what a code means, who is affected, what "
	    "to do\n"
	    "  rules check FILE...  is a file of rules right? (rules list: "
	    "which there are)\n"
	    "  runs [RUN]         what was changed, by which run\n"
	    "  undo RUN           take back what a run changed\n"
	    "  verify REPORT      is what a report speaks of still the same?\n"
	    "  report REPORT      a page to look at, of a report (scan -f "
	    "ndjson)\n"
	    "  plan PATH... -o PLAN  cut a scan into shards for many hosts\n"
	    "  merge DIR --plan PLAN  one report of the shards\n"
	    "  restore --into DIR  put quarantined messages back\n"
	    "  recover            settle what a crash left\n"
	    "  help [COMMAND]     this text, or more on a command\n\n"
	    "  --version          the version\n"
	    "  --help             this text\n", stdout);
	return EXIT_CLEAN;
}

static int
version_cmd(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	(void)puts("baredot " BAREDOT_VERSION);
	return EXIT_CLEAN;
}

static int
scan_main(int argc, char **argv)
{
	return scan_cmd(argc, argv, COMMAND_SCAN,
	    (const char *const *)(argv - 1));
}

static int
replay_main(int argc, char **argv)
{
	return scan_cmd(argc, argv, COMMAND_REPLAY,
	    (const char *const *)(argv - 1));
}

static int
fix_main(int argc, char **argv)
{
	return scan_cmd(argc, argv, COMMAND_FIX,
	    (const char *const *)(argv - 1));
}

static int
take_main(int argc, char **argv)
{
	return scan_cmd(argc, argv, COMMAND_TAKE,
	    (const char *const *)(argv - 1));
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "scan", scan_main }, { "replay", replay_main }, { "fix", fix_main },
	{ "quarantine", take_main }, { "runs", runs_cmd },
	{ "undo", undo_cmd }, { "restore", restore_cmd },
	{ "recover", recover_cmd }, { "explain", explain_cmd },
	{ "rules", rules_cmd }, { "baseline", baseline_cmd },
	{ "verify", verify_cmd }, { "report", report_cmd },
	{ "plan", plan_cmd }, { "merge", merge_cmd },
	{ "help", help_cmd }, { "--help", help_cmd }, { "-h", help_cmd },
	{ "version", version_cmd }, { "--version", version_cmd },
};

/*
 * A standard stream that is closed would be the next file that is opened, and
 * the report would go there.  Writing to what stands in fails.
 */
static void
fill_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDONLY);
}

int
main(int argc, char **argv)
{
	fill_standard_streams();
	if (argc < 2) {
		complain("no command; `baredot help` shows what there is");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	complain("there is no command %s; `baredot help` shows what there is",
	    argv[1]);
	return EXIT_USAGE;
}

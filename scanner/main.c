/*
 * baredot: find bare newlines and smuggled SMTP in stored mail.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "baseline_cmd.h"
#include "complain.h"
#include "explain.h"
#include "nearest.h"
#include "report_cmd.h"
#include "restore_cmd.h"
#include "rules_cmd.h"
#include "runs_cmd.h"
#include "scan_cmd.h"
#include "undo_cmd.h"
#include "verify_cmd.h"

static int no_command(const char *what, const char *word);
static bool help_on(const char *word);

static int
help_cmd(int argc, char **argv)
{
	if (argc > 1)
		return help_on(argv[1]) ? EXIT_CLEAN :
		    no_command("there is no help on", argv[1]);
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
	    "ndjson), or a\n                     database (--to sqlite)\n"
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

#define SCANNING(name, command) \
static int \
name##_main(int argc, char **argv) \
{ \
	return scan_cmd(argc, argv, command, \
	    (const char *const *)(argv - 1)); \
} \
\
static void \
name##_help(void) \
{ \
	scan_help(command); \
}
SCANNING(walk, COMMAND_SCAN)
SCANNING(replay, COMMAND_REPLAY)
SCANNING(fix, COMMAND_FIX)
SCANNING(take, COMMAND_TAKE)

/* NULL: there is no help on it by itself. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	void (*help)(void);
} commands[] = {
	{ "scan", walk_main, walk_help },
	{ "replay", replay_main, replay_help },
	{ "fix", fix_main, fix_help }, { "quarantine", take_main, take_help },
	{ "runs", runs_cmd, runs_help }, { "undo", undo_cmd, undo_help },
	{ "restore", restore_cmd, restore_help },
	{ "recover", recover_cmd, recover_help },
	{ "explain", explain_cmd, explain_help },
	{ "rules", rules_cmd, rules_help },
	{ "baseline", baseline_cmd, baseline_help },
	{ "verify", verify_cmd, verify_help },
	{ "report", report_cmd, report_help },
	{ "help", help_cmd, NULL }, { "--help", help_cmd, NULL },
	{ "-h", help_cmd, NULL }, { "version", version_cmd, NULL },
	{ "--version", version_cmd, NULL },
};

#define COMMANDS_N (sizeof(commands) / sizeof(commands[0]))

static bool
help_on(const char *word)
{
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strcmp(word, commands[i].name) == 0 &&
		    commands[i].help != NULL) {
			commands[i].help();
			return true;
		}
	return false;
}

static int
no_command(const char *what, const char *word)
{
	struct nearest meant = nearest_begin(word);
	char hint[NEAREST_HINT];

	for (size_t i = 0; i < COMMANDS_N; i++)
		nearest_try(&meant, commands[i].name);
	complain("%s %s%s `baredot help` shows what there is", what, word,
	    meant.best != NULL ? nearest_hint(&meant, "", hint) : ";");
	return EXIT_USAGE;
}

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
	return no_command("there is no command", argv[1]);
}

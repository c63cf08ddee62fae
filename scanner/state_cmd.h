/*
 * What the commands that act, or look at runs, have in common: the state
 * folder, options, and words.
 */
#ifndef BAREDOT_STATE_CMD_H
#define BAREDOT_STATE_CMD_H

#include "answer.h"
#include "cmdline.h"
#include "outcome.h"
#include "recover.h"
#include "scan_cmd.h"
#include "statedir.h"

/*
 * Open the state folder for acting; path NULL: where it is by default, with
 * the folders above it.  what: the command.  EXIT_CLEAN, or an exit status,
 * told on standard error: EXIT_INTERRUPTED when another process has it.
 * outside: NULL, or folders, NULL-terminated, that are to be acted on: a state
 * folder in one of them is refused before anything is made, as originals must
 * be out of reach of a mailbox's owner, and are no mail.
 */
int state_open(struct statedir *out, const char *path, const char *what,
    char **outside);

/* The same for what scans find (statedir_open_scan). */
int state_open_scan(struct statedir *out, const char *path, const char *what,
    char **outside);

/* The same for looking.  EXIT_FINDINGS: there is none, nothing is told. */
int state_view(struct statedir *out, const char *path);

/*
 * What is at path, or would be made there, is in one of the folders; true also
 * when in doubt.
 */
bool state_is_in_store(const char *path, char **paths);

/*
 * Open one that must be there already: for acting, all settled; what: NULL:
 * for looking.  EXIT_CLEAN, or an exit status, told; `none` is what to say
 * when there is none, which is EXIT_USAGE.
 */
int state_open_old(struct statedir *out, const char *path, const char *what,
    const char *none);

/*
 * Settle what a crash left, before anything else is done; *r (may be NULL):
 * what came of it.  What was done, and what is left unsettled, is told on
 * standard error.  EXIT_CLEAN: also when something is unsettled, which keeps
 * nobody from acting on other messages; EXIT_UNREADABLE: stop.
 */
int recover_first(const struct statedir *, struct recovered *r);

/*
 * The run that a word means: its id or the beginning of it, into id.  "last":
 * the newest that did something to a message.  EXIT_CLEAN, or EXIT_USAGE,
 * told on standard error.
 */
int state_find_run(const struct statedir *, const char *word, char id[40]);

/* Options that these commands share, by id; each has those of its table. */
enum state_option {
	STATE_FORMAT = CMDLINE_FIRST, STATE_DIR, STATE_INTO, STATE_TO,
	STATE_APPLY, STATE_HELP
};

#define STATE_FORMAT_ROW { STATE_FORMAT, 'f', "format", "FORMAT", \
	"text or ndjson (text on a terminal, else ndjson)" }
#define STATE_DIR_ROW { STATE_DIR, 0, "state", "DIR", \
	"where runs are kept (/var/lib/baredot for root, else " \
	"~/.local/state/baredot)" }
#define STATE_HELP_ROW { STATE_HELP, 'h', "help", NULL, "this help" }

struct state_options {
	enum form form;
	const char *state, *into, *to;	/* NULL: not given */
	bool apply, help;
	char **words;		/* NULL-terminated */
};

/* False: a usage error, told on standard error. */
bool state_options_parse(const struct cmdline *, struct state_options *);

/* "put back", "changed since, left alone"; or what would be. */
const char *outcome_text(enum outcome_kind, bool applies);

/*
 * The exit status for so many files (or messages) with each outcome:
 * EXIT_UNREADABLE if something failed, EXIT_INTERRUPTED if something was busy
 * or is not settled, EXIT_FINDINGS if something was left alone.
 */
int outcomes_status(const uint64_t n[OUTCOMES]);

/* The graver of two of those. */
int status_graver(int a, int b);

#endif

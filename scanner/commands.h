/*
 * The list of commands: to run one, to show its help, to complete its command
 * line.
 */
#ifndef BAREDOT_COMMANDS_H
#define BAREDOT_COMMANDS_H

#include "cmdline.h"
#include "options.h"

struct command_info {
	const char *name;
	const char *args;	/* as the overview shows them; "": none */
	const char *what;	/* what it does, for the overview */
	int (*run)(int argc, char **argv);	/* argv[0] is the command */
	void (*help)(void);	/* to standard output */
	/* Its options; NULL: it has none, or scans is true. */
	struct cmdline (*line)(int argc, char **argv);
	bool scans;		/* one of enum command, which is: */
	enum command command;
};

/* The i-th, in the order of the overview; NULL: there are no more. */
const struct command_info *command_at(size_t i);

/* NULL: it is not known. */
const struct command_info *command_named(const char *name);

/* Complain: there is no such command, with the one that was probably meant, or
 * what else `what` says of it.  EXIT_USAGE. */
int no_command(const char *what, const char *word);

/* Its options into own; how many. */
size_t command_options(const struct command_info *,
    struct cmdline_option own[CMDLINE_OPTIONS_MAX]);

#endif

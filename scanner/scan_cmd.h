/*
 * `baredot scan`, and fix and quarantine, which scan and then act.
 */
#ifndef BAREDOT_SCAN_CMD_H
#define BAREDOT_SCAN_CMD_H

#include "options.h"

/* argv[0] is "scan"; whole is the whole command line, for the report. */
int scan_cmd(int argc, char **argv, enum command, const char *const *whole);

void scan_help(enum command);	/* to standard output */

/* Hexadecimal: a hash over the source of the rules. */
const char *scan_rules_source(void);

/* Exit statuses, for all commands: sysexits where there is one. */
enum exit_status {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_UNREADABLE = 2,	/* wins over findings */
	EXIT_USAGE = 64,
	EXIT_INTERRUPTED = 75,
	EXIT_CONFIG = 78	/* a rule file is wrong */
};

#endif

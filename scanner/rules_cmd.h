/*
 * `baredot rules check` and `baredot rules list`.
 */
#ifndef BAREDOT_RULES_CMD_H
#define BAREDOT_RULES_CMD_H

#include "cmdline.h"

/* argv[0] is "rules". */
int rules_cmd(int argc, char **argv);

/* The options of `rules list`. */
struct cmdline rules_line(int argc, char **argv);

void rules_help(void);		/* to standard output */

#endif

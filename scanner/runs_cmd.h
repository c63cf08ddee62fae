/*
 * `baredot runs`.
 */
#ifndef BAREDOT_RUNS_CMD_H
#define BAREDOT_RUNS_CMD_H

#include "cmdline.h"

/* argv[0] is "runs". */
int runs_cmd(int argc, char **argv);

/* Its options. */
struct cmdline runs_line(int argc, char **argv);

void runs_help(void);		/* to standard output */

#endif

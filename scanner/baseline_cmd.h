/*
 * `baredot baseline`: which findings are known.
 */
#ifndef BAREDOT_BASELINE_CMD_H
#define BAREDOT_BASELINE_CMD_H

#include "cmdline.h"

int baseline_cmd(int argc, char **argv);

/* Its options. */
struct cmdline baseline_line(int argc, char **argv);
void baseline_help(void);	/* to standard output */

#endif

/*
 * `baredot restore`.
 */
#ifndef BAREDOT_RESTORE_CMD_H
#define BAREDOT_RESTORE_CMD_H

#include "cmdline.h"

/* argv[0] is "restore". */
int restore_cmd(int argc, char **argv);

/* Its options. */
struct cmdline restore_line(int argc, char **argv);

void restore_help(void);	/* to standard output */

#endif

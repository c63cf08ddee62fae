/*
 * `baredot merge DIR`: one report of the shards of a plan.
 */
#ifndef BAREDOT_MERGE_CMD_H
#define BAREDOT_MERGE_CMD_H

#include "cmdline.h"

/* As main: the exit status. */
int merge_cmd(int argc, char **argv);
void merge_help(void);

struct cmdline merge_line(int argc, char **argv);	/* see commands.h */

#endif

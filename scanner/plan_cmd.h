/*
 * `baredot plan PATH...`: what there is to scan, cut into shards.
 */
#ifndef BAREDOT_PLAN_CMD_H
#define BAREDOT_PLAN_CMD_H

#include "cmdline.h"

/* As main: the exit status. */
int plan_cmd(int argc, char **argv);
void plan_help(void);

struct cmdline plan_line(int argc, char **argv);	/* see commands.h */

#endif

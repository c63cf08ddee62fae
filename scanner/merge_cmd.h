/*
 * `baredot merge DIR`: one report of the shards of a plan.
 */
#ifndef BAREDOT_MERGE_CMD_H
#define BAREDOT_MERGE_CMD_H

/* As main: the exit status. */
int merge_cmd(int argc, char **argv);
void merge_help(void);

#endif

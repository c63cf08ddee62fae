/*
 * `baredot runs`.
 */
#ifndef BAREDOT_RUNS_CMD_H
#define BAREDOT_RUNS_CMD_H

/* argv[0] is "runs". */
int runs_cmd(int argc, char **argv);

void runs_help(void);		/* to standard output */

#endif

/*
 * `baredot baseline`: which findings are known.
 */
#ifndef BAREDOT_BASELINE_CMD_H
#define BAREDOT_BASELINE_CMD_H

int baseline_cmd(int argc, char **argv);
void baseline_help(void);	/* to standard output */

#endif

/*
 * `baredot restore`.
 */
#ifndef BAREDOT_RESTORE_CMD_H
#define BAREDOT_RESTORE_CMD_H

/* argv[0] is "restore". */
int restore_cmd(int argc, char **argv);

void restore_help(void);	/* to standard output */

#endif

/*
 * `baredot completion`.
 */
#ifndef BAREDOT_COMPLETION_CMD_H
#define BAREDOT_COMPLETION_CMD_H

/* argv[0] is "completion", argv[1] a shell. */
int completion_cmd(int argc, char **argv);

void completion_help(void);	/* to standard output */

#endif

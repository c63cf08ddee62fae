/*
 * `baredot rules check` and `baredot rules list`.
 */
#ifndef BAREDOT_RULES_CMD_H
#define BAREDOT_RULES_CMD_H

/* argv[0] is "rules". */
int rules_cmd(int argc, char **argv);

void rules_help(void);		/* to standard output */

#endif

/*
 * `baredot verify REPORT`: is what a report speaks of still the same?
 */
#ifndef BAREDOT_VERIFY_CMD_H
#define BAREDOT_VERIFY_CMD_H

#include "cmdline.h"

/* As main: the exit status. */
int verify_cmd(int argc, char **argv);

/* Its options. */
struct cmdline verify_line(int argc, char **argv);
void verify_help(void);

#endif

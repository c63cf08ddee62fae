/*
 * `baredot explain`.
 */
#ifndef BAREDOT_EXPLAIN_H
#define BAREDOT_EXPLAIN_H

#include "cmdline.h"

/* argv[0] is "explain"; the rest are codes, globs of them, or servers of
 * replay.  None: list the codes. */
int explain_cmd(int argc, char **argv);

/* Its options. */
struct cmdline explain_line(int argc, char **argv);

void explain_help(void);	/* to standard output */

#endif

/*
 * `baredot explain`.
 */
#ifndef BAREDOT_EXPLAIN_H
#define BAREDOT_EXPLAIN_H

/* argv[0] is "explain"; the rest are codes or globs.  None: list them. */
int explain_cmd(int argc, char **argv);

void explain_help(void);	/* to standard output */

#endif

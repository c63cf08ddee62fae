/*
 * `baredot report REPORT`: a report to look at, of the records of a scan.
 */
#ifndef BAREDOT_REPORT_CMD_H
#define BAREDOT_REPORT_CMD_H

#include "cmdline.h"

/* As main: the exit status. */
int report_cmd(int argc, char **argv);

/* Its options. */
struct cmdline report_line(int argc, char **argv);
void report_help(void);

#endif

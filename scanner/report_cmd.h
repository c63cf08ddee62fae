/*
 * `baredot report REPORT`: a report to look at, of the records of a scan.
 */
#ifndef BAREDOT_REPORT_CMD_H
#define BAREDOT_REPORT_CMD_H

/* As main: the exit status. */
int report_cmd(int argc, char **argv);
void report_help(void);

#endif

/*
 * A report as an SQLite database, for questions: database.sql says what is in
 * it.
 */
#ifndef BAREDOT_DATABASE_REPORT_H
#define BAREDOT_DATABASE_REPORT_H

#include "report_lines.h"

/*
 * Put the records of a report (NDJSON) into an empty file.  Memory: some 20 MiB
 * beside the longest record, whatever the report has.  ST_BAD: it is made, and
 * says that the report is not whole.  ST_DEAD: *e says why (EINTR, by
 * in->stop), and the file is to be thrown away.
 */
int database_report(struct report_lines *in, const char *path, struct err *e);

#endif

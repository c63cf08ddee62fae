/*
 * What a scan has to say to those who watch: a file for the textfile collector
 * of Prometheus' node_exporter, and a line for syslog.  Numbers alone: nothing
 * in them is from mail.
 */
#ifndef BAREDOT_METRICS_H
#define BAREDOT_METRICS_H

#include "report.h"

/* The text of the metrics; end: of the scan, seconds since 1970. */
void metrics_text(struct buf *, const struct totals *,
    const struct summary_facts *, int64_t end);

/* Put it into FILE, mode 0644, whole or not at all. */
int metrics_write(const char *path, struct span text, struct err *);

/* One line, of facility mail: a warning where there is one to be given. */
void metrics_syslog(const struct totals *, const struct summary_facts *);

#endif

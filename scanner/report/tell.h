/*
 * The one way to a reporter.  What is to be redacted is so before any of them
 * sees it.
 */
#ifndef BAREDOT_TELL_H
#define BAREDOT_TELL_H

#include "report.h"

void tell_header(const struct reporter *, struct buf *,
    const struct scan_facts *);
void tell_message(const struct reporter *, struct buf *,
    const struct report_message *, const struct report_options *);
/* What tell_message said, once more: it was read at that time. */
void tell_again(const struct reporter *, struct buf *, struct span text,
    const char *time);
void tell_store(const struct reporter *, struct buf *, struct span path,
    const struct store_facts *, const struct report_options *);
void tell_problem(const struct reporter *, struct buf *,
    const struct problem_report *, const struct report_options *);
void tell_file(const struct reporter *, struct buf *,
    const struct file_report *, const struct report_options *);
void tell_acted(const struct reporter *, struct buf *,
    const struct act_report *, const struct report_options *);
void tell_summary(const struct reporter *, struct buf *,
    const struct scan_facts *, const struct totals *,
    const struct summary_facts *);

#endif

/*
 * The text reporter: what its parts share.
 */
#ifndef BAREDOT_TEXT_H
#define BAREDOT_TEXT_H

#include "report.h"

void text_severity(struct buf *, enum severity, bool color);

/*
 * The summary.  With a screen (summary_facts) it has no more rows than that
 * but one, and 24 at least: of long tables the worst, of lines what counts.
 */
void text_summary(struct buf *, const struct scan_facts *,
    const struct totals *, const struct summary_facts *);

#endif

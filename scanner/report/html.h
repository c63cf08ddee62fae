/*
 * A report to look at: one HTML page, with nothing from elsewhere.
 *
 * All that was in mail is escaped by escape_html, and the page's policy allows
 * no script and no style but its own.
 */
#ifndef BAREDOT_HTML_H
#define BAREDOT_HTML_H

#include "output.h"
#include "report_lines.h"

/*
 * The records of a report (NDJSON) as a page.  `in` must not have been read
 * from; it is read twice.  Memory: some 40 MB at most beside the longest
 * record.  ST_BAD: it is made, and says that the report is not whole.
 * ST_DEAD: *e says why, and nothing was written, or out has failed (EINTR, by
 * in->stop).  Other errors of out are told by output_close.
 */
int html_page(struct report_lines *in, struct output *out, struct err *e);

#endif

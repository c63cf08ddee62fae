/*
 * The lines of a report, for those who read one again.
 */
#ifndef BAREDOT_REPORT_LINES_H
#define BAREDOT_REPORT_LINES_H

#include <stdio.h>

#include "buf.h"
#include "err.h"

struct report_lines {
	FILE *file;
	struct buf line;
	uint64_t number;	/* of the line at hand, from 1 */
};

/* name: "-" is standard input.  ST_DEAD: it cannot be opened. */
int report_lines_open(struct report_lines *, const char *name, struct err *);
void report_lines_close(struct report_lines *);

/*
 * The next line that is not blank, without its break, valid until the next
 * call.  ST_END: there is none.  ST_BAD: too long for a record.  ST_DEAD:
 * cannot be read, or no memory.
 */
int report_lines_next(struct report_lines *, struct span *out, struct err *);

#endif

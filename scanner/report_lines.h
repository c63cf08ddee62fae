/*
 * The lines of a report, for those who read one again.
 */
#ifndef BAREDOT_REPORT_LINES_H
#define BAREDOT_REPORT_LINES_H

#include <signal.h>
#include <stdio.h>

#include "buf.h"
#include "err.h"
#include "progress.h"

struct report_lines {
	FILE *file;
	struct buf in, line;	/* what was read; a line that came in parts */
	size_t from;		/* of in: where the next line begins */
	size_t step;		/* bytes to read next */
	uint64_t number;	/* of the line at hand, from 1 */
	uint64_t at;		/* where it begins: bytes */
	uint64_t next;		/* where the one behind it does */
	bool cut;		/* it is the last, and has no break */
	const volatile sig_atomic_t *stop;	/* not 0: fail with EINTR;
						 * NULL: never */
	struct progress *progress;	/* is told of each line; or NULL */
	struct progress_at told;
};

/* name: "-" is standard input.  ST_DEAD: it cannot be opened. */
int report_lines_open(struct report_lines *, const char *name, struct err *);
void report_lines_close(struct report_lines *);
void report_lines_free(struct report_lines *);	/* all but the file */

/* Of the file, in bytes; 0: it is none. */
uint64_t report_lines_size(const struct report_lines *);

/*
 * The next line that is not blank, without its break, valid until the next
 * call.  ST_END: there is none.  ST_BAD: too long for a record.  ST_DEAD:
 * cannot be read, or no memory.
 */
int report_lines_next(struct report_lines *, struct span *out, struct err *);

/*
 * See to it that what was read can be read again: what a file cannot go back
 * in is put into a report_spool.  Before the first line.  ST_DEAD: it cannot.
 */
int report_lines_keep(struct report_lines *, struct err *);

/* The line that begins at that byte, as report_lines_next has it. */
int report_lines_at(struct report_lines *, uint64_t at, struct span *out,
    struct err *);

/*
 * A file without a name, in TMPDIR or /tmp, for nobody else to read; gone when
 * it is closed, which is the caller's.  NULL: *e says why.
 */
FILE *report_spool(struct err *);

#endif

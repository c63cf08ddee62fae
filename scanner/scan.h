/*
 * Do a job: open its files, judge their messages, format the records.
 * Runs in a worker process; reads only.
 */
#ifndef BAREDOT_SCAN_H
#define BAREDOT_SCAN_H

#include "job.h"
#include "repair.h"
#include "selection.h"

struct scan_options {
	struct engine_options engine;
	struct report_options report;
	const struct reporter *reporter;
	const char *format;	/* forced, or NULL */
	unsigned archives;	/* as in struct store_how */
	struct limits limits;
	unsigned file_timeout;	/* seconds for a file, and one for each MiB of
				 * it; 0: no limit */
	bool forensic;		/* no access time changes; a record with the
				 * SHA-256 of every file */
	bool all;		/* a record for every message */
	bool hash;		/* SHA-256 of every message that has a record,
				 * even if that means a record for all */
	const struct repair_options *repair;	/* say what a repair would do,
				 * and plan it; NULL: do not */
	const struct replay_plan *plan;	/* replay the messages; NULL: do not */
	const struct selection *only;	/* of the messages found; NULL: all */
	bool keep;		/* say what is to be kept: piece.h */
	const char *cwd;	/* for the paths in notes; NULL: not known */
};

struct scanner;

struct scanner *scanner_new(const struct scan_options *);  /* NULL: memory */
void scanner_free(struct scanner *);			   /* NULL is fine */

/* Returns how many bytes were read since the last tick. */
uint64_t scanner_run(struct scanner *, const struct job_spec *,
    const struct job_sink *);

/* An mbox of this size is cut into ranges of SCAN_RANGE bytes. */
#define SCAN_LARGE (64ull << 20)
#define SCAN_RANGE (32ull << 20)

/*
 * With keep, one of this size, and its last range has these: so it can be gone
 * on with where that begins, when it has grown.
 */
#define SCAN_KEEP_LARGE (1ull << 20)
#define SCAN_KEEP_LAST (1ull << 20)

#endif

/*
 * Do what is planned: file by file, recorded, reversible.
 *
 * acting_new -> (acting_plan | acting_archive)* -> acting_finish -> acting_free
 *
 * Messages that are files are acted on as their plan comes; mboxes when all
 * was scanned.  What came of each file is told at once.
 */
#ifndef BAREDOT_ACTING_H
#define BAREDOT_ACTING_H

#include <signal.h>

#include "archiver.h"
#include "scan.h"

struct acting_options {
	const char *state;		/* the state folder; NULL: the usual */
	const char *what;		/* "fix" or "quarantine" */
	const char *const *argv;	/* the whole command line */
	char **paths;			/* that are acted on: the state folder
					 * must not be in one of them */
	const struct scan_options *scan;
	unsigned timeout, wait;		/* seconds */
	bool keep_uid;
	unsigned may;			/* enum run_may */
	const volatile sig_atomic_t *stop;	/* not 0: no more files */

	/* An mbox is begun, number n of `of`. */
	void (*about)(void *ctx, const char *path, size_t n, size_t of);

	/* What came of a file. */
	void (*acted)(void *ctx, const struct act_report *);
	void *ctx;
};

struct acting;

/*
 * Open the state folder, and settle what a crash left.  EXIT_CLEAN, or the exit
 * status of the command, told on standard error: EXIT_INTERRUPTED when somebody
 * else is at it.
 */
int acting_new(struct acting **out, const struct acting_options *);
void acting_free(struct acting *);		/* NULL is fine */

/* Items of a plan (plan.h), in the order of the walk. */
void acting_plan(struct acting *, struct span items);

/*
 * An archive that the user named, at once.  j->path, .mtime, .text, .going and
 * .ctx are set; the counts of *j are valid when it returns.  output: write the
 * new one there, and leave the old one; NULL: in its place.
 */
void acting_archive(struct acting *, struct archiver *, struct archive_job *j,
    const char *output);

/*
 * The mboxes.  whole: all that was to be scanned was read to its end; if it was
 * not, what a plan says of them may not be all, and they are looked at again.
 * ST_DEAD: it had to stop, now or before; *e says why.
 */
int acting_finish(struct acting *, bool whole, struct err *);

/* Valid as long as it is. */
const struct act_facts *acting_facts(const struct acting *);

#endif

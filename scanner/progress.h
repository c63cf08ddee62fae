/*
 * How far a command is: a line on standard error that is written over, where
 * that is wanted, and a line for whoever sends SIGUSR1 (SIGINFO, where that
 * is).
 *
 * progress_new -> (progress_add | progress_step | progress_hide)* ->
 *     progress_free
 */
#ifndef BAREDOT_PROGRESS_H
#define BAREDOT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "terminal.h"

struct progress;

struct progress_options {
	const char *what;	/* "scan" */
	const char *unit;	/* what is counted: "messages" */
	const char *flagged;	/* and some of these: "with findings" */
	enum when when;		/* is there to be a line? */
	uint64_t total;		/* bytes; 0: not known, or by paths */
	char *const *paths;	/* NULL-terminated, or NULL: a process of its
				 * own adds up their sizes meanwhile */
	bool one_fs;
};

struct progress_at {
	uint64_t bytes;		/* in all */
	uint64_t count;		/* of unit */
	uint64_t flagged;	/* some of these */
};

/* o stays.  NULL: no memory; all others do nothing then. */
struct progress *progress_new(const struct progress_options *o);
void progress_free(struct progress *);	/* clears the line */

/*
 * So far.  Shows at most 4 times a second, cut to the width that the terminal
 * has then; call it at least as often.
 */
void progress_at(struct progress *, const struct progress_at *);

/* What is done now, number n of `of`: a verb, and a path.  NULL: no more. */
void progress_step(struct progress *, const char *verb, const char *path,
    uint64_t n, uint64_t of);

/* Take the line away while something else is written there. */
void progress_hide(struct progress *);

#endif

/*
 * Worker processes that do jobs, because what parses hostile bytes should be
 * disposable.
 *
 * Forked once; each does one job at a time and sends back what it commits.
 * A worker that dies, or gives no sign of life for too long, is replaced.
 * With no workers at all jobs run in this process: for debuggers and tests.
 */
#ifndef BAREDOT_POOL_H
#define BAREDOT_POOL_H

#include "scan.h"

/* tag is what pool_run was given. */
struct pool_events {
	struct job_sink job;	/* ctx is ignored: they get the tag */
	void (*done)(void *tag);
	void (*died)(void *tag, const char *why);
	void (*cramped)(void *tag);	/* as in job_sink; the worker ended */

	/* The job's results are wanted now (else they wait in the pipe). */
	bool (*wanted)(const void *tag);
};

struct pool;

/* NULL: *e says why.  timeout: seconds without a sign of life. */
struct pool *pool_new(size_t workers, const struct scan_options *,
    const struct pool_events *, unsigned timeout, struct err *);

/* Kills the workers that are left. */
void pool_free(struct pool *);

bool pool_has_idle(const struct pool *);
void pool_run(struct pool *, const struct job_spec *, void *tag);

/*
 * Wait for events, at most that many milliseconds, and tell them.  Comes back
 * early on a signal.  False: no worker is left, and none can be started.
 */
bool pool_wait(struct pool *, int milliseconds);

/* How a worker is confined: see sandbox_name. */
const char *pool_sandbox(void);

#endif

/*
 * See stopwatch.h.
 *
 * The clock of a thread's own time costs a system call, which takes longer
 * than most searches.  So the clock on the wall is looked at until a message
 * has taken a millisecond, and only then the exact one: a busy machine makes
 * nobody late.
 */
#include "stopwatch.h"

#include <time.h>

#define ROUGHLY 1000000u	/* ns */

static uint64_t
now(const struct stopwatch *w)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(w->exact ? CLOCK_THREAD_CPUTIME_ID :
	    CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
stopwatch_begin(struct stopwatch *w)
{
	*w = (struct stopwatch){ .allowed = STOPWATCH_FIRST };
}

void
stopwatch_start(struct stopwatch *w, uint64_t bytes)
{
	w->allowed += bytes * STOPWATCH_BYTE;
	w->last = now(w);
}

bool
stopwatch_late(struct stopwatch *w)
{
	const uint64_t t = now(w);

	w->used += t - w->last;
	w->last = t;
	if (!w->exact && w->used > ROUGHLY) {
		w->exact = true;
		w->used = 0;
		w->last = now(w);
	}
	return w->exact && w->used > w->allowed;
}

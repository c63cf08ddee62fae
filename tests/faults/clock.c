/*
 * Preloaded: a clock that shows what it is told.
 *
 * CLOCK_AT    what it shows at first, in seconds
 * CLOCK_STEP  how far it goes from one look to the next, in seconds
 * CLOCK_LATER how far it is before the real time, in seconds
 * CLOCK_FAST  how far it goes at each look, beside the real time, for the one
 *             that nobody sets
 *
 * Without CLOCK_AT and CLOCK_STEP the time of day is the real one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static atomic_long looks, fast_looks;

static int
is_told(void)
{
	return getenv("CLOCK_AT") != NULL || getenv("CLOCK_STEP") != NULL;
}

static time_t
now(void)
{
	const char *at = getenv("CLOCK_AT"), *step = getenv("CLOCK_STEP");
	const long n = atomic_fetch_add(&looks, 1);

	return (at != NULL ? atol(at) : 0) +
	    n * (step != NULL ? atol(step) : 0);
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int (*real)(clockid_t, struct timespec *) =
	    (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
	    "clock_gettime");
	const int rc = real(id, ts);

	const char *fast = getenv("CLOCK_FAST");
	const char *later = getenv("CLOCK_LATER");

	if (rc == 0 && is_told() && (id == CLOCK_REALTIME ||
	    id == CLOCK_REALTIME_COARSE))
		ts->tv_sec = now();
	if (rc == 0 && later != NULL && (id == CLOCK_REALTIME ||
	    id == CLOCK_REALTIME_COARSE))
		ts->tv_sec += atol(later);
	if (rc == 0 && fast != NULL && id == CLOCK_MONOTONIC)
		ts->tv_sec += atomic_fetch_add(&fast_looks, 1) * atol(fast);
	return rc;
}

time_t
time(time_t *out)
{
	struct timespec ts = { 0 };
	const time_t t = clock_gettime(CLOCK_REALTIME, &ts) == 0 ?
	    ts.tv_sec : 0;

	if (out != NULL)
		*out = t;
	return t;
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	(void)zone;
	*tv = (struct timeval){ .tv_sec = time(NULL) };
	return 0;
}

/*
 * See sum_aside.h.
 */
#include "sum_aside.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel_calls.h"

#define LARGE (1u << 20)	/* bytes: else it is not worth a process */
#define STEP (1u << 20)		/* bytes read until some are forgotten */
#define MOMENT 1		/* milliseconds between looks for more */

static _Noreturn void
tell(int to, const struct sum *sum)
{
	_exit(write(to, sum, sizeof(*sum)) != sizeof(*sum));
}

/* False: not yet, and a moment has passed. */
static bool
is_told(int to, uint64_t *size)
{
	struct pollfd p = { .fd = to, .events = POLLIN };

	if (poll(&p, 1, MOMENT) <= 0)
		return false;
	if (read(to, size, sizeof(*size)) != sizeof(*size))
		_exit(1);
	return true;
}

struct follow {
	int fd;
	struct summing s;
};

/* What is there, up to byte `size`. */
static void
read_more(struct follow *f, uint64_t size)
{
	const struct sum *sum = &f->s.sum;
	uint64_t at;

	do {
		at = sum->size;
		if (summing_file(&f->s, f->fd, size - at < STEP ? size :
		    at + STEP, -1, NULL) != ST_OK)
			_exit(1);
		call_forget_upto(f->fd, at, (size_t)(sum->size - at));
	} while (sum->size != at);
}

/* Until all that it was told of was read. */
static void
follow(int to, void *ctx)
{
	struct follow *f = ctx;
	uint64_t size = UINT64_MAX;
	struct sum sum;
	bool told = false;

	child_keep_both(to, f->fd);
	do {
		told = told || is_told(to, &size);
		read_more(f, size);
	} while (!told);
	if (f->s.sum.size != size || summing_end(&f->s, &sum, NULL) != ST_OK)
		_exit(1);
	tell(to, &sum);
}

void
sum_aside_follow(struct sum_aside *s, int fd, uint64_t size)
{
	struct follow f = { .fd = fd };

	*s = (struct sum_aside){ 0 };
	if (size < LARGE || summing_begin(&f.s, SUM_SHA | SUM_TAG, NULL) !=
	    ST_OK)
		return;
	if (!child_start(&s->child, follow, &f))
		*s = (struct sum_aside){ 0 };
	summing_drop(&f.s);
}

bool
sum_aside_end(struct sum_aside *s, uint64_t size, struct sum *out)
{
	struct sum sum;
	ssize_t n;

	if (s->child.pid <= 0)
		return false;
	(void)send(s->child.fd, &size, sizeof(size), MSG_NOSIGNAL);
	do
		n = read(s->child.fd, &sum, sizeof(sum));
	while (n < 0 && errno == EINTR);
	sum_aside_drop(s);
	if (n != (ssize_t)sizeof(sum))
		return false;
	*out = sum;
	return true;
}

void
sum_aside_drop(struct sum_aside *s)
{
	if (s->child.pid > 0)
		(void)child_stop(&s->child);
	*s = (struct sum_aside){ 0 };
}

/*
 * See sum_aside.h.
 */
#include "sum_aside.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_calls.h"

#define LARGE (1u << 20)	/* bytes: else it is not worth a process */
#define MOMENT 1		/* milliseconds between looks for more */
#define AT_ONCE (1u << 20)	/* bytes that the disk is asked for */

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
	bool from_disk;
	struct summing s;
};

/* What is there of size bytes, UINT64_MAX: nobody knows how many. */
static int
read_on(struct follow *f, uint64_t size)
{
	struct stat st;

	if (!f->from_disk)
		return summing_file(&f->s, f->fd, size, -1, NULL);
	if (size == UINT64_MAX) {
		if (fstat(f->fd, &st) != 0)
			return ST_DEAD;
		size = (uint64_t)st.st_size / AT_ONCE * AT_ONCE;
	}
	return summing_direct(&f->s, f->fd, size);
}

/*
 * From the disk through a descriptor of its own: an error that it met there
 * shows for whoever syncs the other one.
 */
static void
follow(int to, void *ctx)
{
	struct follow *f = ctx;
	uint64_t size = UINT64_MAX;
	struct sum sum;
	bool told = false;

	if (f->from_disk && (f->fd = call_open_pinned(f->fd)) < 0)
		_exit(1);
	child_keep_both(to, f->fd);
	do {
		told = told || is_told(to, &size);
		if (read_on(f, size) != ST_OK)
			_exit(1);
	} while (!told);
	if (f->s.sum.size != size || summing_end(&f->s, &sum, NULL) != ST_OK)
		_exit(1);
	tell(to, &sum);
}

void
sum_aside_follow(struct sum_aside *s, int fd, uint64_t size, bool from_disk)
{
	struct follow f = { .fd = fd, .from_disk = from_disk };

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

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

static _Noreturn void
tell(int to, const struct sum *sum)
{
	_exit(write(to, sum, sizeof(*sum)) != sizeof(*sum));
}

/*
 * Through a descriptor of its own: an error of the disk that it met shows for
 * whoever syncs the other one.
 */
static void
read_disk(int to, void *ctx)
{
	const int *file = ctx;
	const int fd = call_open_pinned(*file);
	struct sum sum;

	if (fd < 0)
		_exit(1);
	child_keep_both(to, fd);
	if (fsync(fd) != 0 || sum_direct(fd, &sum) != ST_OK)
		_exit(1);
	tell(to, &sum);
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

static void
follow(int to, void *ctx)
{
	const int *file = ctx;
	uint64_t size = UINT64_MAX;
	struct summing s;
	struct sum sum;
	bool told = false;

	child_keep_both(to, *file);
	if (summing_begin(&s, NULL) != ST_OK)
		_exit(1);
	do {
		told = told || is_told(to, &size);
		if (summing_file(&s, *file, size, -1, NULL) != ST_OK)
			_exit(1);
	} while (!told);
	if (s.sum.size != size || summing_end(&s, &sum, NULL) != ST_OK)
		_exit(1);
	tell(to, &sum);
}

static void
start(struct sum_aside *s, void (*body)(int, void *), int fd)
{
	*s = (struct sum_aside){ 0 };
	if (!child_start(&s->child, body, &fd))
		*s = (struct sum_aside){ 0 };
}

void
sum_aside_begin(struct sum_aside *s, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size >= LARGE)
		start(s, read_disk, fd);
}

void
sum_aside_follow(struct sum_aside *s, int fd, uint64_t size)
{
	if (size >= LARGE)
		start(s, follow, fd);
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

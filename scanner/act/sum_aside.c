/*
 * See sum_aside.h.
 */
#include "sum_aside.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_calls.h"

#define LARGE (1u << 20)	/* bytes: else it is not worth a process */

/*
 * Through a descriptor of its own: an error of the disk that it met shows for
 * whoever syncs the other one.
 */
static void
body(int to, void *ctx)
{
	const int *file = ctx;
	const int fd = call_open_pinned(*file);
	struct sum sum;

	if (fd < 0)
		_exit(1);
	child_keep_both(to, fd);
	if (fsync(fd) != 0 || sum_direct(fd, &sum) != ST_OK ||
	    write(to, &sum, sizeof(sum)) != sizeof(sum))
		_exit(1);
	_exit(0);
}

void
sum_aside_begin(struct sum_aside *s, int fd)
{
	struct stat st;

	*s = (struct sum_aside){ 0 };
	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size >= LARGE &&
	    !child_start(&s->child, body, &fd))
		*s = (struct sum_aside){ 0 };
}

bool
sum_aside_end(struct sum_aside *s, struct sum *out)
{
	struct sum sum;
	ssize_t n;

	if (s->child.pid <= 0)
		return false;
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

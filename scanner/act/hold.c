/*
 * See hold.h.
 */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GRACE_NS 3000000l

static int
set_lock(int fd, short type)
{
	struct flock all = { .l_type = type, .l_whence = SEEK_SET };
	int rc;

	do
		rc = fcntl(fd, F_OFD_SETLK, &all);
	while (rc != 0 && errno == EINTR);
	if (rc != 0 && errno == EACCES)
		errno = EAGAIN;		/* POSIX allows either */
	return rc;
}

int
hold_lock(int fd)
{
	return set_lock(fd, F_WRLCK);
}

int
hold_lease(int fd)
{
	/* A signal that is ignored by default tells of the break: SIGIO, the
	 * usual one, would end us. */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	return fcntl(fd, F_SETLEASE, F_WRLCK) != 0 ? -1 : 0;
}

bool
hold_lasts(int fd)
{
	return fcntl(fd, F_GETLEASE) == F_WRLCK;
}

void
hold_end(int fd)
{
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)set_lock(fd, F_UNLCK);
}

/*
 * Between the name and the lease open(2) does not sleep; so whoever is there
 * is through when every processor has been seen doing something else.  The
 * rest is for kernels that may take a processor away in between.
 */
void
hold_grace(void)
{
	const struct timespec t = { .tv_nsec = GRACE_NS };

	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	(void)nanosleep(&t, NULL);
}

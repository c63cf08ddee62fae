/*
 * See child.h.
 */
#include "child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool
child_start(struct child *c, void (*body)(int fd, void *ctx), void *ctx)
{
	int fds[2];

	*c = (struct child){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return false;
	c->pid = fork();
	if (c->pid < 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		c->pid = 0;
		return false;
	}
	if (c->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGINT, SIG_IGN);
		(void)signal(SIGUSR1, SIG_IGN);
		(void)signal(SIGHUP, SIG_DFL);
		(void)signal(SIGTERM, SIG_DFL);
		(void)close(fds[0]);
		body(fds[1], ctx);
		_exit(0);
	}
	(void)close(fds[1]);
	c->fd = fds[0];
	return true;
}

/* Where there is no close_range(2), as many as are likely. */
static void
close_between(unsigned from, unsigned to)
{
	const long max = sysconf(_SC_OPEN_MAX);

	if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
		return;
	for (unsigned fd = from; fd <= to && (long)fd < max && fd < 65536;
	    fd++)
		(void)close((int)fd);
}

void
child_keep_only(int fd)
{
	child_keep_both(fd, fd);
}

void
child_keep_both(int a, int b)
{
	const unsigned first = (unsigned)(a < b ? a : b);
	const unsigned last = (unsigned)(a < b ? b : a);

	close_between(3, first - 1);
	close_between(first + 1, last - 1);
	close_between(last + 1, UINT_MAX);
}

int
child_stop(struct child *c)
{
	int status = 0;

	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (c->fd >= 0)
		(void)close(c->fd);
	*c = (struct child){ .fd = -1 };
	return status;
}

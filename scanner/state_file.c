/*
 * See state_file.h.
 */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

int
state_file_make(int dir, struct err *e)
{
	const int fd = openat(dir, STATE_FILE, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	struct stat st;
	int rc = ST_OK;

	if (fd < 0)
		return err_set(e, ST_DEAD, errno, "cannot open %s",
		    STATE_FILE);
	if (fstat(fd, &st) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot stat %s", STATE_FILE);
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0 || st.st_nlink != 1)
		rc = err_set(e, ST_DEAD, 0, "%s is open to others (it must "
		    "be a file of ours, mode 0600, with one name)",
		    STATE_FILE);
	(void)close(fd);
	return rc;
}

int
state_file_aside(int dir, struct err *e)
{
	if (renameat(dir, STATE_FILE, dir, STATE_FILE ".damaged") != 0 ||
	    (unlinkat(dir, STATE_FILE "-journal", 0) != 0 &&
	    errno != ENOENT))
		return err_set(e, ST_DEAD, errno, "cannot put %s aside",
		    STATE_FILE);
	return ST_OK;
}

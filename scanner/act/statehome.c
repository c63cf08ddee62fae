/*
 * See statehome.h.
 */
#include "statehome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
statehome_path(struct buf *out, struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		buf_str(out, "/var/lib/baredot");
	else if (state != NULL && state[0] == '/')
		buf_printf(out, "%s/baredot", state);
	else if (home != NULL && home[0] == '/')
		buf_printf(out, "%s/.local/state/baredot", home);
	else
		return err_set(e, ST_DEAD, 0, "HOME is not set, so say where "
		    "runs are kept: --state DIR");
	return buf_ok(out) ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "state");
}

/* The folder `path`, durable if new; its own parent is there. */
static int
make_one(const char *path)
{
	int up, rc;

	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? 0 : -1;
	if ((up = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	rc = openat(up, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)close(up);
	if ((up = rc) < 0)
		return -1;
	rc = fsync(up);
	(void)close(up);
	return rc;
}

int
statehome_make(const char *path, struct err *e)
{
	char *own = strdup(path);
	int rc = own != NULL ? ST_OK : err_set(e, ST_DEAD, ENOMEM, "state");

	for (char *at = own != NULL ? strchr(own + 1, '/') : NULL;
	    at != NULL && rc == ST_OK; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (make_one(own) != 0)
			rc = err_set(e, ST_DEAD, errno,
			    "cannot make the folders above the state folder");
		*at = '/';
	}
	free(own);
	return rc;
}

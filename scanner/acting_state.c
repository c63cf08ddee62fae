/*
 * See acting_state.h.
 */
#include "acting_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "statehome.h"

/* The folder, or one that it is in, is one of these. */
static bool
is_below(int fd, char **paths)
{
	struct stat here, up, st;
	int at = dup(fd), next;
	bool in = false;

	while (at >= 0 && !in && fstat(at, &here) == 0) {
		for (char **p = paths; *p != NULL && !in; p++)
			in = stat(*p, &st) == 0 && S_ISDIR(st.st_mode) &&
			    st.st_ino == here.st_ino &&
			    st.st_dev == here.st_dev;
		next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(at);
		at = next;
		if (at >= 0 && fstat(at, &up) == 0 &&
		    up.st_ino == here.st_ino && up.st_dev == here.st_dev)
			break;		/* it was the root */
	}
	if (at >= 0)
		(void)close(at);
	return in;
}

/* The folder at path, or where it would be made. */
static bool
is_in_store(const char *path, char **paths)
{
	const char *slash = strrchr(path, '/');
	char *up = slash == NULL ? strdup(".") : strndup(path, slash > path ?
	    (size_t)(slash - path) : 1);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool in;

	if (fd < 0 && up != NULL)
		fd = open(up, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(up);
	in = fd >= 0 && is_below(fd, paths);
	if (fd >= 0)
		(void)close(fd);
	return in;
}

int
acting_state_open(struct statedir *out, const char *path, const char *what,
    char **paths, struct err *e)
{
	struct buf b = { 0 };
	int rc = ST_OK;

	if (path == NULL) {
		if ((rc = statehome_path(&b, e)) == ST_OK)
			rc = statehome_make(buf_text(&b), e);
		path = buf_text(&b);
	}
	if (rc == ST_OK && is_in_store(path, paths))
		rc = err_set(e, ST_DEAD, 0, "%s is in the mail store: "
		    "originals must be kept outside of it", path);
	if (rc == ST_OK)
		rc = statedir_open(out, path, what, e);
	if (rc == ST_DEAD && e->num == EWOULDBLOCK)
		rc = ST_BAD;
	buf_free(&b);
	return rc;
}

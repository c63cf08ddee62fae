/*
 * See whole_file.h.
 */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "listing.h"
#include "reach.h"

#define UNFINISHED ".baredot-new."

int
whole_file_folder(const char *path, int *dir, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach way;
	int rc;

	if ((rc = reach_parent(&way, path, name, e)) != ST_OK)
		return ST_DEAD;
	(void)mkdirat(way.fd, name, 0700);
	(void)close(way.fd);
	if ((rc = reach_folder(&way, path, e)) != ST_OK)
		return ST_DEAD;
	if ((*dir = call_open_folder(way.fd)) < 0)
		rc = err_set(e, ST_DEAD, errno, "cannot open the folder");
	(void)close(way.fd);
	return rc;
}

int
whole_file_begin(struct whole_file *f, int dir, struct err *e)
{
	char random[17];

	*f = (struct whole_file){ .dir = dir, .fd = -1 };
	if (call_random_hex(random, 8) != 0)
		return err_set(e, ST_DEAD, errno, "no random bytes");
	(void)snprintf(f->temp, sizeof(f->temp), UNFINISHED "%s", random);
	f->fd = openat(dir, f->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	return f->fd >= 0 ? ST_OK :
	    err_set(e, ST_DEAD, errno, "cannot make a file");
}

int
whole_file_write(struct whole_file *f, struct span s, struct err *e)
{
	if (call_write(f->fd, s.p, s.n, f->size) != 0)
		return err_set(e, ST_DEAD, errno, "cannot write a file");
	f->size += s.n;
	return ST_OK;
}

/* What has the name is our file. */
static bool
is_named(const struct whole_file *f, const char *name)
{
	struct stat a, b;

	return fstat(f->fd, &a) == 0 &&
	    fstatat(f->dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int
place(const struct whole_file *f, const char *name, bool replace)
{
	const int rc = replace ? renameat(f->dir, f->temp, f->dir, name) :
	    call_move(f->dir, f->temp, f->dir, name);
	const int error = errno;

	if (rc == 0 || is_named(f, name))
		return 0;
	if (replace || (error != EINVAL && error != ENOSYS)) {
		errno = error;
		return -1;
	}
	/* No renameat2 on this file system: a link does not replace either. */
	return linkat(f->dir, f->temp, f->dir, name, 0) == 0 ||
	    is_named(f, name) ? 0 : -1;
}

int
whole_file_end(struct whole_file *f, const char *name, bool replace,
    struct err *e)
{
	int rc = ST_OK;

	if (fsync(f->fd) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot sync a file");
	else if (place(f, name, replace) != 0)
		rc = err_set(e, errno == EEXIST ? ST_BAD : ST_DEAD, errno,
		    "cannot name a file");
	else if (fsync(f->dir) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot sync a folder");
	whole_file_drop(f);
	return rc;
}

void
whole_file_drop(struct whole_file *f)
{
	if (f->fd < 0)
		return;
	(void)unlinkat(f->dir, f->temp, 0);
	(void)close(f->fd);
	f->fd = -1;
}

void
sweep_names(int dir, const char *prefix)
{
	struct listing l = { 0 };

	if (listing_read(&l, dir, NULL) == ST_OK)
		for (size_t i = 0; i < l.n; i++)
			if (strncmp(l.list[i].name, prefix,
			    strlen(prefix)) == 0)
				(void)unlinkat(dir, l.list[i].name, 0);
	listing_free(&l);
}

void
whole_file_sweep(int dir)
{
	sweep_names(dir, UNFINISHED);
}

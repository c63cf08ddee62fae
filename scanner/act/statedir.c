/*
 * See statedir.h.
 */
#include "statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel_calls.h"
#include "reach.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

void
statedir_close(struct statedir *s)
{
	if (s->lock > 0)
		(void)close(s->lock);
	if (s->runs > 0)
		(void)close(s->runs);
	if (s->fd > 0)
		(void)close(s->fd);
	*s = (struct statedir){ 0 };
}

/* The open folder is ours, and nobody else's. */
static int
check_own(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(e, ST_DEAD, errno, "cannot stat");
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return err_set(e, ST_DEAD, 0,
		    "the state folder is open to others (it must be ours, "
		    "mode 0700)");
	return ST_OK;
}

/* Open such a folder; made if new. */
static int
open_own(int dir, const char *name, bool *new, int *out, struct err *e)
{
	const int num = mkdirat(dir, name, 0700) == 0 ? 0 : errno;
	const int fd = openat(dir, name, FOLDER_FLAGS);

	*new = num == 0;
	if (fd < 0 && errno == ENOENT)
		return err_set(e, ST_DEAD, num,
		    "cannot make the state folder");
	if (fd < 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot open the state folder");
	*out = fd;
	return check_own(fd, e);
}

/* The folder that the state folder is in, and its name there; as reach.h. */
static int
find_top(struct reach *way, const char *path, char name[NAME_MAX + 1],
    struct err *e)
{
	struct err why = { 0 };
	const int rc = reach_parent(way, path, name, &why);

	if (rc == ST_BAD && e != NULL)
		*e = why;
	else if (rc != ST_OK)
		(void)err_set(e, ST_DEAD, why.num,
		    "cannot open the state folder");
	return rc == ST_OK ? ST_OK : why.num == ENOENT ? ST_END : ST_DEAD;
}

static int
open_top(const char *path, int *out, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach way;
	bool new;
	int rc;

	if ((rc = find_top(&way, path, name, e)) == ST_END)
		return err_set(e, ST_DEAD, ENOENT,
		    "cannot make the state folder");
	if (rc != ST_OK)
		return rc;
	rc = open_own(way.fd, name, &new, out, e);
	(void)close(way.fd);
	return rc;
}

/* Durable if it is new. */
static int
open_runs(struct statedir *s, struct err *e)
{
	bool new;
	const int rc = open_own(s->fd, "runs", &new, &s->runs, e);

	if (rc == ST_OK && new && fsync(s->fd) != 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot sync the state folder");
	return rc;
}

/* What the holder wrote, on one line. */
static int
say_holder(int fd, struct err *e)
{
	char text[128];
	const ssize_t n = call_read(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	(void)err_set(e, ST_DEAD, 0, "the state folder is in use by %s",
	    text[0] != '\0' ? text : "another process");
	if (e != NULL)
		e->num = EWOULDBLOCK;
	return ST_DEAD;
}

static void
write_holder(int fd, const char *what)
{
	const time_t now = time(NULL);
	char text[128], when[32] = "";
	struct tm tm;
	int n;

	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(text, sizeof(text), "process %ld (%s) since %s\n",
	    (long)getpid(), what, when);
	/* For people only: that it fails is no reason to stop. */
	if (n > 0 && ftruncate(fd, 0) == 0)
		(void)call_write(fd, text, (size_t)n < sizeof(text) ?
		    (size_t)n : sizeof(text) - 1, 0);
}

static int
take_lock(struct statedir *s, const char *name, const char *what,
    struct err *e)
{
	s->lock = openat(s->fd, name, O_RDWR | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK, 0600);
	if (s->lock < 0)
		return err_set(e, ST_DEAD, errno, "cannot open the lock");
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? say_holder(s->lock, e) :
		    err_set(e, ST_DEAD, errno, "cannot lock");
	write_holder(s->lock, what);
	return ST_OK;
}

/* The entry of a new state folder in its parent. */
static int
sync_parent(int fd, struct err *e)
{
	const int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = ST_OK;

	if (up < 0 || fsync(up) != 0)
		rc = err_set(e, ST_DEAD, errno,
		    "cannot sync the state folder");
	if (up >= 0)
		(void)close(up);
	return rc;
}

int
statedir_open(struct statedir *out, const char *path, const char *what,
    struct err *e)
{
	struct statedir s = { 0 };
	struct stat st;
	int rc;

	if ((rc = open_top(path, &s.fd, e)) != ST_OK)
		goto out;
	/* Without runs/ it is new, or its making was cut short. */
	if (fstatat(s.fd, "runs", &st, AT_SYMLINK_NOFOLLOW) != 0 &&
	    (rc = sync_parent(s.fd, e)) != ST_OK)
		goto out;
	if ((rc = open_runs(&s, e)) != ST_OK ||
	    (rc = take_lock(&s, "lock", what, e)) != ST_OK)
		goto out;
	*out = s;
	s = (struct statedir){ 0 };
out:
	statedir_close(&s);
	return rc;
}

int
statedir_open_scan(struct statedir *out, const char *path, const char *what,
    struct err *e)
{
	struct statedir s = { 0 };
	int rc;

	if ((rc = open_top(path, &s.fd, e)) == ST_OK &&
	    (rc = take_lock(&s, "scan.lock", what, e)) == ST_OK) {
		*out = s;
		return ST_OK;
	}
	statedir_close(&s);
	return rc;
}

static int
view_own(int dir, const char *name, int *out, struct err *e)
{
	*out = openat(dir, name, FOLDER_FLAGS);
	if (*out < 0)
		return err_set(e, errno == ENOENT ? ST_END : ST_DEAD, errno,
		    "cannot open the state folder");
	return check_own(*out, e);
}

static int
view_top(const char *path, int *out, struct err *e)
{
	char name[NAME_MAX + 1];
	struct reach way;
	int rc;

	if ((rc = find_top(&way, path, name, e)) != ST_OK)
		return rc;
	rc = view_own(way.fd, name, out, e);
	(void)close(way.fd);
	return rc;
}

int
statedir_view(struct statedir *out, const char *path, struct err *e)
{
	struct statedir s = { 0 };
	int rc;

	if ((rc = view_top(path, &s.fd, e)) != ST_OK ||
	    (rc = view_own(s.fd, "runs", &s.runs, e)) != ST_OK) {
		statedir_close(&s);
		return rc;
	}
	*out = s;
	return ST_OK;
}

int
statedir_runs(const struct statedir *s, struct listing *l, struct err *e)
{
	return listing_read(l, s->runs, e);
}

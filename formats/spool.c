/*
 * See spool.h.
 *
 * That a folder is called mess, say, shows when it is the same as ../mess: so
 * it does not matter by which path one came there.
 *
 * The layouts are from notqmail's INTERNALS.md and fmtqfn.c, Courier's
 * queue.html and submit2.C, and sendmail's op.txt.
 */
#include "spool.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"

#define AROUND 5u

struct row {
	enum spool_folder is;
	const char *here, *called;	/* the same folder */
	const char *around[AROUND];	/* folders, all of them there */
};

#define QMAIL_2 { "../../mess", "../../info", "../../local", \
	"../../remote", "../../lock" }
#define QMAIL_1 { "../mess", "../info", "../local", "../remote", "../lock" }

static const struct row rows[] = {
	{ SPOOL_QMAIL, "..", "../../mess", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../info", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../local", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../remote", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../todo", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../intd", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, "..", "../../bounce", QMAIL_2 },
	{ SPOOL_QMAIL_OTHER, ".", "../todo", QMAIL_1 },
	{ SPOOL_QMAIL_OTHER, ".", "../intd", QMAIL_1 },
	{ SPOOL_QMAIL_OTHER, ".", "../bounce", QMAIL_1 },
	{ SPOOL_COURIER, "..", "../../msgs", { "../../msgq" } },
	{ SPOOL_COURIER, "..", "../../tmp", { "../../msgs", "../../msgq" } },
};

static bool
look(int fd, const char *name, mode_t type, struct stat *st)
{
	return fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st->st_mode & S_IFMT) == type;
}

static bool
is_row(int fd, const struct row *r)
{
	struct stat a, b;

	if (!look(fd, r->called, S_IFDIR, &b) ||
	    !look(fd, r->here, S_IFDIR, &a) || a.st_dev != b.st_dev ||
	    a.st_ino != b.st_ino)
		return false;
	for (size_t i = 0; i < AROUND && r->around[i] != NULL; i++)
		if (!look(fd, r->around[i], S_IFDIR, &a))
			return false;
	return true;
}

static enum spool_folder
folder_of(int fd)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_row(fd, &rows[i]))
			return rows[i].is;
	return SPOOL_NONE;
}

/* One of the names, with the id behind it, is a file. */
static bool
is_near(int fd, const char *const *names, size_t n, const char *id)
{
	char name[NAME_MAX + 16];
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if ((size_t)snprintf(name, sizeof(name), "%s%s", names[i],
		    id) < sizeof(name) && look(fd, name, S_IFREG, &st))
			return true;
	return false;
}

static bool
is_sendmail_body(int fd, const char *name)
{
	static const char *const controls[] = { "qf", "hf", "Qf",
	    "../qf/qf", "../qf/hf", "../qf/Qf" };

	return name[0] == 'd' && name[1] == 'f' && name[2] != '\0' &&
	    is_near(fd, controls, sizeof(controls) / sizeof(controls[0]),
	    name + 2);
}

static bool
is_courier(int fd, const char *name)
{
	static const char *const control = "C", *const data = "D";

	return is_near(fd, name[0] == 'D' ? &control : &data, 1, name + 1);
}

enum store_place
spool_place(int fd, enum spool_folder *folder, const char *name)
{
	const bool number = name_is_number(name);
	const bool courier = (name[0] == 'C' || name[0] == 'D') &&
	    name_is_number(name + 1);

	if (!number && !courier)
		return is_sendmail_body(fd, name) ? PLACE_SENDMAIL_BODY :
		    PLACE_OTHER;
	if (*folder == SPOOL_UNKNOWN)
		*folder = folder_of(fd);
	if (courier)
		return *folder == SPOOL_COURIER && is_courier(fd, name) ?
		    PLACE_COURIER : PLACE_OTHER;
	return *folder == SPOOL_QMAIL ? PLACE_QMAIL :
	    *folder == SPOOL_QMAIL_OTHER ? PLACE_QMAIL_OTHER : PLACE_OTHER;
}

enum store_place
spool_place_at(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char *up = slash == NULL ? strdup(".") : strndup(path, slash > path ?
	    (size_t)(slash - path) : 1);
	const int fd = up != NULL ? open(up, O_PATH | O_DIRECTORY |
	    O_CLOEXEC) : -1;
	enum spool_folder folder = SPOOL_UNKNOWN;
	enum store_place is = PLACE_OTHER;

	free(up);
	if (fd >= 0) {
		is = spool_place(fd, &folder, name);
		(void)close(fd);
	}
	return is;
}

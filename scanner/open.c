/*
 * See open.h.
 */
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "listing.h"
#include "names.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
#define FILE_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define LISTINGS_MAX 16u	/* in which a message was not seen */
#define CHASES_MAX 100u	/* of one that is renamed all the while */

struct opener {
	struct buf path;	/* of the folder at hand */
	size_t root;
	int fd;			/* the folder; AT_FDCWD: names are paths */
	bool open;
	bool strict;		/* O_NOATIME or not at all */
	bool atime_only;	/* O_NOATIME is not allowed here */
	struct listing seen;	/* of the folder, for opener_moved */
};

struct opener *
opener_new(bool strict)
{
	struct opener *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->fd = -1;
	o->strict = strict;
	return o;
}

static void
opener_close(struct opener *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	o->fd = -1;
	o->open = false;
	o->atime_only = false;
	listing_free(&o->seen);
}

void
opener_free(struct opener *o)
{
	if (o == NULL)
		return;
	opener_close(o);
	buf_free(&o->path);
	free(o);
}

/* Each part by itself, where there is no openat2: see seccomp.c. */
static int
open_by_parts(int root, const char *rel, int more)
{
	char name[NAME_MAX + 1];
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 3), next;
	size_t n;

	while (fd >= 0 && *rel != '\0') {
		n = strcspn(rel, "/");
		if (n > NAME_MAX || (n == 2 && memcmp(rel, "..", 2) == 0)) {
			(void)close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, rel, n);
		name[n] = '\0';
		next = openat(fd, name, FOLDER_FLAGS | O_NOFOLLOW | more);
		(void)close(fd);
		fd = next;
		rel += n + strspn(rel + n, "/");
	}
	return fd;
}

/* A folder below root, through no link at all; more: flags.  -1: errno. */
static int
open_beneath(int root, const char *rel, int more)
{
	const struct open_how how = {
		.flags = (unsigned)(FOLDER_FLAGS | more),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};
	const long fd = syscall(SYS_openat2, root, rel, &how, sizeof(how));

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return (int)fd;
	return open_by_parts(root, rel, more);
}

static enum opened
failed(struct err *e, const char *what)
{
	if (errno == ENOENT)
		return OPEN_GONE;
	if (errno == ELOOP || errno == ENOTDIR)
		return OPEN_SPECIAL;
	(void)err_set(e, ST_DEAD, errno, "%s", what);
	return OPEN_FAILED;
}

static int
open_folder_at(const struct opener *o, const char *path, size_t root)
{
	const int more = o->strict ? O_NOATIME : 0;
	const char *rel = path + root + strspn(path + root, "/");
	char *top = strndup(path, root);
	int fd, below;

	if (top == NULL)
		return -1;
	fd = open(top, FOLDER_FLAGS | more);
	free(top);
	if (fd < 0 || *rel == '\0')
		return fd;
	below = open_beneath(fd, rel, more);
	(void)close(fd);
	return below;
}

enum opened
opener_folder(struct opener *o, const char *path, size_t root,
    struct err *e)
{
	if (o->open && o->root == root &&
	    strcmp(buf_text(&o->path), path) == 0)
		return OPENED;
	opener_close(o);
	buf_clear(&o->path);
	buf_str(&o->path, path);
	o->root = root;
	o->fd = path[0] == '\0' ? AT_FDCWD : open_folder_at(o, path, root);
	if (o->fd == -1)
		return failed(e, "cannot open the folder");
	o->open = true;
	return OPENED;
}

static int
open_for_reading(struct opener *o, int folder, const char *name)
{
	/* A file that the user named may be a link. */
	const int flags = FILE_FLAGS | (folder == AT_FDCWD ? 0 : O_NOFOLLOW);
	int fd = -1;

	if (!o->atime_only)
		fd = openat(folder, name, flags | O_NOATIME);
	if (fd < 0 && !o->strict && (o->atime_only || errno == EPERM)) {
		fd = openat(folder, name, flags);
		o->atime_only = fd >= 0 && folder != AT_FDCWD;
	}
	return fd;
}

static enum opened
open_in(struct opener *o, int folder, const char *name,
    struct opened_file *out, struct err *e)
{
	const int fd = open_for_reading(o, folder, name);
	struct stat st;

	if (fd < 0)
		return errno == ENXIO ? OPEN_SPECIAL : failed(e, o->strict &&
		    errno == EPERM ? "cannot open without changing its "
		    "access time" : "cannot open");
	if (fstat(fd, &st) != 0) {
		(void)failed(e, "cannot stat");
		(void)close(fd);
		return OPEN_FAILED;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)close(fd);
		return OPEN_SPECIAL;
	}
	*out = (struct opened_file){ .fd = fd, .size = (uint64_t)st.st_size,
	    .mtime = st.st_mtim.tv_sec,
	    .mtime_ns = (uint32_t)st.st_mtim.tv_nsec,
	    .stamp = stamp_of(&st) };
	return OPENED;
}

enum opened
opener_file(struct opener *o, const char *name, struct opened_file *out,
    struct err *e)
{
	return open_in(o, o->fd, name, out, e);
}

/*
 * The folder so many levels above the one at hand; no link leads there, so its
 * path can be cut.  -1, with ENOENT: what the user named does not reach up.
 */
static int
open_above(const struct opener *o, unsigned ups)
{
	size_t n = o->path.n;
	char *path;
	int fd;

	for (; ups > 0; ups--) {
		if (n <= o->root) {
			errno = ENOENT;
			return -1;
		}
		while (n > o->root && o->path.p[n - 1] != '/')
			n--;
		while (n > o->root && o->path.p[n - 1] == '/')
			n--;
	}
	if ((path = strndup((const char *)o->path.p, n)) == NULL)
		return -1;
	fd = open_folder_at(o, path, o->root);
	free(path);
	return fd;
}

/* The folder of a file that the user named, who may do so through links. */
static int
open_folder_of(const char *name, int flags)
{
	const char *slash = strrchr(name, '/');
	char *path = slash == NULL ? strdup(".") : strndup(name,
	    slash == name ? 1 : (size_t)(slash - name));
	const int fd = path != NULL ? open(path, flags) : -1;

	free(path);
	return fd;
}

/* A folder above that: of where it really is.  None need be readable. */
static int
open_above_named(const char *name, unsigned ups)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	int fd = open_folder_of(name, flags);

	for (; fd >= 0 && ups > 0; ups--) {
		const int up = openat(fd, "..", flags | O_NOFOLLOW);

		(void)close(fd);
		fd = up;
	}
	return fd;
}

/* Go down from fd, which is closed, to the folder before the last name. */
static int
open_below(const struct opener *o, int fd, const char *other,
    const char *last)
{
	char *rel = last > other ? strndup(other, (size_t)(last - other - 1)) :
	    NULL;
	int below = fd;

	if (fd < 0 || last == other)
		return fd;
	below = rel != NULL ? open_beneath(fd, rel, o->strict ?
	    O_NOATIME : 0) : -1;
	free(rel);
	(void)close(fd);
	return below;
}

enum opened
opener_beside(struct opener *o, const char *name, const char *other,
    struct opened_file *out, struct err *e)
{
	const char *last = strrchr(other, '/');
	const bool named = o->fd == AT_FDCWD;
	enum opened rc;
	unsigned ups = 0;
	int fd;

	if (last == NULL && !named)
		return open_in(o, o->fd, other, out, e);
	last = last != NULL ? last + 1 : other;
	for (; strncmp(other, "../", 3) == 0; ups++)
		other += 3;
	fd = open_below(o, named ? open_above_named(name, ups) :
	    open_above(o, ups), other, last);
	if (fd < 0)
		return failed(e, "cannot open the folder");
	rc = open_in(o, fd, last, out, e);
	(void)close(fd);
	return rc;
}

int
opener_list(struct opener *o, const char *name, struct listing *out,
    struct err *e)
{
	int fd, rc;

	if (o->fd != AT_FDCWD)
		return listing_read(out, o->fd, e);
	fd = open_folder_of(name, FOLDER_FLAGS | (o->strict ? O_NOATIME : 0));
	if (fd < 0)
		return err_set(e, ST_DEAD, errno, "cannot open the folder");
	rc = listing_read(out, fd, e);
	(void)close(fd);
	return rc;
}

/* Look for the message in a folder that was listed. */
static enum opened
open_same_base(struct opener *o, int folder, struct listing *l,
    const char *name, struct opened_file *out, const char **found,
    struct err *e)
{
	*found = listing_same_base(l, name);
	if (*found == NULL)
		return OPEN_GONE;
	return open_in(o, folder, *found, out, e);
}

/* The folder did not change for a while. */
static bool
is_quiet(int folder)
{
	struct timespec now;
	struct stat st;

	return fstat(folder, &st) == 0 &&
	    clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    now.tv_sec - st.st_mtim.tv_sec > 1;
}

/*
 * List the folder anew until a name that is found can be opened as well.  One
 * pass over it can miss both names of a message that is being renamed; where
 * nothing is renamed, one is enough.
 */
static enum opened
chase(struct opener *o, int folder, struct listing *l, const char *name,
    struct opened_file *out, const char **found, struct err *e)
{
	unsigned unseen = 0;
	enum opened rc;

	for (unsigned i = 0; i < CHASES_MAX && unseen < LISTINGS_MAX; i++) {
		rc = open_same_base(o, folder, l, name, out, found, e);
		if (rc == OPENED || rc == OPEN_FAILED)
			return rc;
		unseen += *found == NULL;
		listing_free(l);
		if (unseen > 1 && is_quiet(folder))
			break;
		if (listing_read(l, folder, e) != ST_OK)
			return OPEN_FAILED;
	}
	return OPEN_GONE;
}

/* The same folder again; its listing is kept, since many may have moved. */
static enum opened
moved_here(struct opener *o, const char *name, struct opened_file *out,
    struct buf *path, struct err *e)
{
	const char *found;
	enum opened rc;

	if (!o->open)
		return OPEN_GONE;	/* with its folder */
	rc = chase(o, o->fd, &o->seen, name, out, &found, e);
	if (rc == OPENED) {
		buf_str(path, buf_text(&o->path));
		buf_byte(path, '/');
		buf_str(path, found);
	}
	return rc;
}

/* From new/ a message goes to cur/ beside it. */
static enum opened
moved_to_cur(struct opener *o, const char *name, struct opened_file *out,
    struct buf *path, struct err *e)
{
	const char *here = buf_text(&o->path), *found;
	const size_t n = strlen(here);
	struct listing l = { 0 };
	enum opened rc = OPEN_GONE;
	int fd;

	if (n < 4 || strcmp(here + n - 4, "/new") != 0 || n - 4 < o->root)
		return OPEN_GONE;
	buf_add(path, here, n - 3);
	buf_str(path, "cur");
	fd = open_folder_at(o, buf_text(path), o->root);
	if (fd >= 0)
		rc = chase(o, fd, &l, name, out, &found, e);
	if (rc == OPENED) {
		buf_byte(path, '/');
		buf_str(path, found);
	}
	listing_free(&l);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum opened
opener_moved(struct opener *o, const char *name, struct opened_file *out,
    struct buf *path, struct err *e)
{
	enum opened rc;

	buf_clear(path);
	rc = moved_here(o, name, out, path, e);
	if (rc != OPEN_GONE)
		return rc;
	buf_clear(path);
	return moved_to_cur(o, name, out, path, e);
}

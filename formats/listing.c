/*
 * See listing.h.
 */
#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "names.h"

#define BLOCK_SIZE (64u << 10)	/* bytes of names */
#define PASSES_MAX 10u
#define CLOCK_STEP 50000000	/* ns: a change this recent may not show in
				 * the folder's time stamp yet */

void
listing_free(struct listing *l)
{
	for (size_t i = 0; i < l->blocks_n; i++)
		free(l->blocks[i]);
	free(l->blocks);
	free(l->list);
	memset(l, 0, sizeof(*l));
}

static char *
keep_name(struct listing *l, const char *name)
{
	const size_t n = strlen(name) + 1;
	char **more, *p;

	if (l->blocks_n == 0 || n > BLOCK_SIZE - l->block_used) {
		more = realloc(l->blocks, (l->blocks_n + 1) * sizeof(*more));
		if (more == NULL)
			return NULL;
		l->blocks = more;
		if ((more[l->blocks_n] = malloc(BLOCK_SIZE)) == NULL)
			return NULL;
		l->blocks_n++;
		l->block_used = 0;
	}
	p = l->blocks[l->blocks_n - 1] + l->block_used;
	memcpy(p, name, n);
	l->block_used += n;
	return p;
}

static bool
add_entry(struct listing *l, const char *name, enum entry_type type)
{
	const size_t cap = l->cap > 0 ? 2 * l->cap : 64;
	struct entry *more;
	char *own;

	if (l->n == l->cap) {
		more = realloc(l->list, cap * sizeof(*more));
		if (more == NULL)
			return false;
		l->list = more;
		l->cap = cap;
	}
	if ((own = keep_name(l, name)) == NULL)
		return false;
	l->list[l->n++] = (struct entry){ .type = type, .name = own };
	return true;
}

static enum entry_type
type_of_mode(mode_t mode)
{
	return S_ISREG(mode) ? ENTRY_FILE : S_ISDIR(mode) ? ENTRY_DIR :
	    S_ISLNK(mode) ? ENTRY_SYMLINK : ENTRY_SPECIAL;
}

/* A file that vanishes meanwhile is taken for one: opening it will tell. */
static enum entry_type
type_of(int dirfd, const struct dirent *d)
{
	struct stat st;

	switch (d->d_type) {
	case DT_REG:
		return ENTRY_FILE;
	case DT_DIR:
		return ENTRY_DIR;
	case DT_LNK:
		return ENTRY_SYMLINK;
	case DT_UNKNOWN:
		if (fstatat(dirfd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return ENTRY_FILE;
		return type_of_mode(st.st_mode);
	default:
		return ENTRY_SPECIAL;
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
	    ((const struct entry *)b)->name);
}

static int
read_pass(struct listing *l, DIR *dir, struct err *e)
{
	const struct dirent *d;

	rewinddir(dir);
	for (;;) {
		errno = 0;
		if ((d = readdir(dir)) == NULL)
			break;
		if (strcmp(d->d_name, ".") == 0 ||
		    strcmp(d->d_name, "..") == 0)
			continue;
		if (!add_entry(l, d->d_name, type_of(dirfd(dir), d)))
			return err_set(e, ST_DEAD, ENOMEM, "cannot list");
	}
	if (errno != 0)
		return err_set(e, ST_DEAD, errno, "cannot list");
	if (l->n > 0)
		qsort(l->list, l->n, sizeof(*l->list), by_name);
	return ST_OK;
}

static DIR *
open_again(int fd)
{
	const int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir;

	if (own < 0)
		return NULL;
	if ((dir = fdopendir(own)) == NULL)
		(void)close(own);
	return dir;
}

int
listing_read(struct listing *l, int fd, struct err *e)
{
	DIR *dir = open_again(fd);
	int rc;

	if (dir == NULL)
		return err_set(e, ST_DEAD, errno, "cannot list");
	rc = read_pass(l, dir, e);
	(void)closedir(dir);
	return rc;
}

/* The first name that is not before the n bytes at base with tail behind. */
static size_t
lower_bound(const struct listing *l, const char *base, size_t n, char tail)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const char *name = l->list[mid].name;
		const int c = strncmp(name, base, n);

		if (c < 0 || (c == 0 && (uint8_t)name[n] < (uint8_t)tail))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *
listing_same_base(const struct listing *l, const char *name)
{
	static const char tails[] = { '\0', ':' };

	for (size_t i = 0; i < sizeof(tails); i++) {
		const size_t at = lower_bound(l, name, name_base(name),
		    tails[i]);

		if (at < l->n && name_same_base(l->list[at].name, name))
			return l->list[at].name;
	}
	return NULL;
}

void
listing_drop_known(struct listing *l, const struct listing *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (listing_same_base(known, l->list[i].name) == NULL)
			l->list[kept++] = l->list[i];
	l->n = kept;
}

/*
 * Make *pass all that is known: its own entries, whose names are newer, and
 * those of *l that it missed.  *l is empty then, *added what was new.
 */
static int
merge_pass(struct listing *pass, struct listing *l, size_t *added,
    struct err *e)
{
	size_t known = 0;

	for (size_t i = 0; i < pass->n; i++)
		known += listing_same_base(l, pass->list[i].name) != NULL;
	*added = pass->n - known;
	listing_drop_known(l, pass);
	for (size_t i = 0; i < l->n; i++)
		if (!add_entry(pass, l->list[i].name, l->list[i].type))
			return err_set(e, ST_DEAD, ENOMEM, "cannot list");
	if (l->n > 0)
		qsort(pass->list, pass->n, sizeof(*pass->list), by_name);
	listing_free(l);
	return ST_OK;
}

static int
by_base(const void *a, const void *b)
{
	const char *s = ((const struct entry *)a)->name;
	const char *t = ((const struct entry *)b)->name;
	const size_t n = name_base(s), k = name_base(t);
	const int c = memcmp(s, t, n < k ? n : k);

	if (c == 0 && n == k)
		return strcmp(s + n, t + k);
	return c != 0 ? c : n < k ? -1 : 1;
}

/* Of n names of one message, keep those that still are files of their own,
 * or if they all have gone meanwhile, one; how many. */
static size_t
keep_files(struct entry *list, size_t n, int fd)
{
	struct stat st;
	ino_t last = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (fstatat(fd, list[i].name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (kept > 0 && st.st_ino == last)
			continue;	/* renamed between the two looks */
		last = st.st_ino;
		list[kept++] = list[i];
	}
	return kept > 0 ? kept : 1;
}

/*
 * Two names of one message may be there.  In byte order they are neighbours,
 * but where one has flags and the other has none.
 */
static bool
may_have_twins(const struct listing *l)
{
	size_t bare = 0;

	for (size_t i = 0; i < l->n; i++) {
		bare += l->list[i].name[name_base(l->list[i].name)] == '\0';
		if (i > 0 && name_same_base(l->list[i - 1].name,
		    l->list[i].name))
			return true;
	}
	return bare > 0 && bare < l->n;
}

/* A pass can see a file that is renamed under both names. */
static void
drop_stale_twins(struct listing *l, int fd)
{
	size_t kept = 0, group;

	if (!may_have_twins(l))
		return;
	qsort(l->list, l->n, sizeof(*l->list), by_base);
	for (size_t i = 0; i < l->n; i += group) {
		size_t keep = 1;

		for (group = 1; i + group < l->n && name_same_base(
		    l->list[i].name, l->list[i + group].name); group++)
			;
		if (group > 1)
			keep = keep_files(l->list + i, group, fd);
		memmove(l->list + kept, l->list + i, keep * sizeof(*l->list));
		kept += keep;
	}
	l->n = kept;
	qsort(l->list, l->n, sizeof(*l->list), by_name);
}

/* The folder did not change while it was listed, for all we can tell. */
static bool
was_still(const struct stat *before, const struct stat *after)
{
	struct timespec now;
	int64_t age;

	if (before->st_mtim.tv_sec != after->st_mtim.tv_sec ||
	    before->st_mtim.tv_nsec != after->st_mtim.tv_nsec)
		return false;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	age = ((int64_t)now.tv_sec - after->st_mtim.tv_sec) * 1000000000 +
	    now.tv_nsec - after->st_mtim.tv_nsec;
	return age > CLOCK_STEP || age < 0;
}

int
listing_read_live(struct listing *l, int fd, bool *settled, struct err *e)
{
	DIR *dir = open_again(fd);
	struct stat before, after;
	unsigned quiet = 0;
	int rc = ST_OK;

	if (dir == NULL)
		return err_set(e, ST_DEAD, errno, "cannot list");
	*settled = false;
	for (unsigned i = 0; i < PASSES_MAX && !*settled && rc == ST_OK; i++) {
		struct listing pass = { 0 };
		size_t added = 0;

		if (fstat(fd, &before) != 0)
			memset(&before, 0, sizeof(before));
		rc = read_pass(&pass, dir, e);
		if (rc == ST_OK)
			rc = merge_pass(&pass, l, &added, e);
		if (rc == ST_OK) {
			*l = pass;
			memset(&pass, 0, sizeof(pass));
		}
		listing_free(&pass);
		quiet = added > 0 ? 0 : quiet + 1;
		*settled = quiet >= 2 || (fstat(fd, &after) == 0 &&
		    was_still(&before, &after));
	}
	(void)closedir(dir);
	if (rc == ST_OK)
		drop_stale_twins(l, fd);
	return rc;
}

int
open_folder(int dirfd, const char *name, bool strict)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK;
	int fd = openat(dirfd, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM && !strict)
		fd = openat(dirfd, name, flags);
	return fd;
}

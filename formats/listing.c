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

/* Take over names of messages that are not known yet; how many. */
static int
merge_new(struct listing *l, const struct listing *pass, size_t *added,
    struct err *e)
{
	struct listing fresh = { 0 };
	int rc = ST_OK;

	*added = 0;
	for (size_t i = 0; i < pass->n && rc == ST_OK; i++) {
		if (listing_same_base(l, pass->list[i].name) != NULL)
			continue;
		if (!add_entry(&fresh, pass->list[i].name,
		    pass->list[i].type))
			rc = err_set(e, ST_DEAD, ENOMEM, "cannot list");
	}
	for (size_t i = 0; i < fresh.n && rc == ST_OK; i++)
		if (!add_entry(l, fresh.list[i].name, fresh.list[i].type))
			rc = err_set(e, ST_DEAD, ENOMEM, "cannot list");
	if (rc == ST_OK && fresh.n > 0)
		qsort(l->list, l->n, sizeof(*l->list), by_name);
	*added = fresh.n;
	listing_free(&fresh);
	return rc;
}

/*
 * One pass saw several names of a message: keep those that still are there.
 * A message that is renamed all the while can be seen under each of them, and
 * under none: its inode tells it from a real twin, and one name stays.
 */
static void
drop_stale_twins(struct listing *l, int fd)
{
	struct stat st;
	size_t kept = 0, group = 0;
	ino_t last = 0;

	for (size_t i = 0; i < l->n; i++) {
		const char *name = l->list[i].name;
		const bool first = i == 0 ||
		    !name_same_base(l->list[group].name, name);
		const bool more = i + 1 < l->n &&
		    name_same_base(l->list[i + 1].name, name);
		ino_t own = 0;

		if (first)
			group = kept;
		if ((!first || more) && fstatat(fd, name, &st,
		    AT_SYMLINK_NOFOLLOW) == 0)
			own = st.st_ino;
		if (first || last == 0)
			kept = group;
		else if (own == 0 || own == last)
			continue;
		last = own;
		l->list[kept++] = l->list[i];
	}
	l->n = kept;
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
			rc = merge_new(l, &pass, &added, e);
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
open_folder(int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK;
	int fd = openat(dirfd, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(dirfd, name, flags);
	return fd;
}

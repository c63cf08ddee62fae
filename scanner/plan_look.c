/*
 * See plan_look.h.
 */
#include "plan_look.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "input.h"
#include "known.h"
#include "place_named.h"

void
plan_look_free(struct plan_look *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	buf_free(&l->path);
}

static bool
go_to(struct plan_look *l, const char *path)
{
	if (l->fd >= 0 && strcmp(buf_text(&l->path), path) == 0)
		return true;
	if (l->fd >= 0)
		(void)close(l->fd);
	buf_clear(&l->path);
	buf_str(&l->path, path);
	(void)buf_text(&l->path);
	l->fd = buf_ok(&l->path) ? open(path, O_PATH | O_DIRECTORY |
	    O_CLOEXEC) : -1;
	return l->fd >= 0;
}

bool
plan_look_at(struct plan_look *l, const struct walk_dir *d, const char *name,
    struct stat *out)
{
	if (d == NULL)
		return stat(name, out) == 0;
	return go_to(l, d->path) &&
	    fstatat(l->fd, name, out, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
open_it(const struct plan_look *l, const struct walk_dir *d,
    const char *name, bool strict)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY |
	    (d != NULL ? O_NOFOLLOW : 0);
	const int dir = d != NULL ? l->fd : AT_FDCWD;
	int fd = openat(dir, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM && !strict)
		fd = openat(dir, name, flags);
	return fd;
}

/* As a scan that looks into all archives would have it. */
static enum plan_is
is_what(struct span head, enum store_place place)
{
	const struct store_how how = { .place = place, .archives = ~0u };
	const struct format *f;

	if (packing_filter(head) != FILTER_NONE ||
	    format_archive(head, &how) != PACKED_NOT ||
	    (f = format_bid(head, place)) == NULL)
		return PLAN_IS_OTHER;
	return f->splits ? PLAN_IS_MBOX : f->many ? PLAN_IS_OTHER :
	    PLAN_IS_SINGLE;
}

enum plan_is
plan_look_into(const struct plan_look *l, const struct walk_dir *d,
    const char *name, enum store_place place, bool strict)
{
	const int fd = open_it(l, d, name, strict);
	uint8_t head[INPUT_PEEK_MAX];
	struct stat st;
	ssize_t n = -1;

	if (fd < 0)
		return PLAN_IS_OTHER;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, head, sizeof(head), 0);
	(void)close(fd);
	if (n <= 0)
		return PLAN_IS_OTHER;
	if (d == NULL)
		place = place_named(name, true);
	return is_what((struct span){ head, (size_t)n }, place);
}

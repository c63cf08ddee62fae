/*
 * See folder.h.
 */
#include "t.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "folder.h"
#include "listing.h"

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

void
folder_remove_tree(const char *path)
{
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void
folder_make(struct folder *f)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(f->path, sizeof(f->path), "%s/folder-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->path));
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
}

void
folder_remove(struct folder *f)
{
	struct listing l = { 0 };

	assert_int_equal(listing_read(&l, f->fd, NULL), ST_OK);
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(unlinkat(f->fd, l.list[i].name, 0), 0);
	listing_free(&l);
	(void)close(f->fd);
	assert_int_equal(rmdir(f->path), 0);
}

void
folder_write(const struct folder *f, const char *name, struct span s)
{
	int fd;

	(void)unlinkat(f->fd, name, 0);
	fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.n), s.n);
	(void)close(fd);
}

void
folder_read(const struct folder *f, const char *name, struct buf *out)
{
	const int fd = openat(f->fd, name, O_RDONLY | O_CLOEXEC);
	uint8_t piece[4096];
	ssize_t n;

	assert_true(fd >= 0);
	buf_clear(out);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(out, piece, (size_t)n);
	assert_int_equal(n, 0);
	assert_true(buf_ok(out));
	(void)close(fd);
}

/*
 * See blob.h.
 */
#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "kernel_calls.h"
#include "listing.h"

#define UNFINISHED ".new."
#define NAME_SIZE (2 * HASH_SIZE + 1)

static int
blob_name(const uint8_t sha[HASH_SIZE], char name[NAME_SIZE], struct err *e)
{
	struct buf b = { 0 };
	int rc = ST_DEAD;

	buf_hex(&b, sha, HASH_SIZE);
	if (buf_ok(&b)) {
		memcpy(name, b.p, b.n);
		name[b.n] = '\0';
		rc = ST_OK;
	}
	buf_free(&b);
	return rc == ST_OK ? rc : err_set(e, rc, ENOMEM, "blob");
}

int
blob_open(int dir, const uint8_t sha[HASH_SIZE], int *out, struct sum *sum,
    struct err *e)
{
	char name[NAME_SIZE];
	struct stat st;
	int fd = -1, rc;

	if ((rc = blob_name(sha, name, e)) != ST_OK)
		return rc;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	if (fd < 0)
		return err_set(e, errno == ENOENT ? ST_BAD : ST_DEAD, errno,
		    "cannot open the original");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rc = err_set(e, ST_BAD, 0, "the original is no file");
		goto out;
	}
	if ((rc = sum_file(fd, UINT64_MAX, -1, sum, e)) != ST_OK)
		goto out;
	if (memcmp(sum->sha, sha, HASH_SIZE) != 0) {
		rc = err_set(e, ST_BAD, 0, "the original is damaged");
		goto out;
	}
	*out = fd;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* It is there and right; make sure that it stays. */
static int
keep_known(int dir, const struct sum *sum, struct err *e)
{
	struct sum found;
	int fd = -1, rc;

	if ((rc = blob_open(dir, sum->sha, &fd, &found, e)) != ST_OK)
		return rc;
	if (fsync(fd) != 0 || fsync(dir) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot sync the original");
	(void)close(fd);
	return rc;
}

/* Copy, make durable, and read back what the disk has. */
static int
fill(int fd, int src, const struct sum *sum, struct err *e)
{
	struct sum got;
	int rc;

	if ((rc = sum_file(src, UINT64_MAX, fd, &got, e)) != ST_OK)
		return rc;
	if (!sum_same(&got, sum))
		return err_set(e, ST_BAD, 0, "changed while it was copied");
	if (fchmod(fd, 0400) != 0 || fsync(fd) != 0)
		return err_set(e, ST_DEAD, errno, "cannot store the original");
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if ((rc = sum_file(fd, UINT64_MAX, -1, &got, e)) != ST_OK)
		return rc;
	if (!sum_same(&got, sum))
		return err_set(e, ST_DEAD, 0,
		    "what was stored cannot be read back");
	return ST_OK;
}

/* What has the name is the file of fd. */
static bool
is_named(int dir, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int
put_new(int dir, int src, const struct sum *sum, struct err *e)
{
	char temp[sizeof(UNFINISHED) + 16] = UNFINISHED, name[NAME_SIZE];
	int fd = -1, rc;

	if ((rc = blob_name(sum->sha, name, e)) != ST_OK)
		return rc;
	if (call_random_hex(temp + sizeof(UNFINISHED) - 1, 8) != 0 ||
	    (fd = openat(dir, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600)) < 0)
		return err_set(e, ST_DEAD, errno,
		    "cannot store the original");
	if ((rc = fill(fd, src, sum, e)) != ST_OK)
		goto out;
	if ((renameat(dir, temp, dir, name) != 0 &&
	    !is_named(dir, name, fd)) || fsync(dir) != 0)
		rc = err_set(e, ST_DEAD, errno, "cannot store the original");
out:
	(void)close(fd);
	if (rc != ST_OK)
		(void)unlinkat(dir, temp, 0);
	return rc;
}

int
blob_put(int dir, int src, const struct sum *sum, struct err *e)
{
	const int rc = keep_known(dir, sum, e);

	/* A damaged one is replaced: src is right, and will be checked. */
	return rc == ST_BAD ? put_new(dir, src, sum, e) : rc;
}

void
blob_sweep(int dir)
{
	struct listing l = { 0 };

	if (listing_read(&l, dir, NULL) == ST_OK)
		for (size_t i = 0; i < l.n; i++)
			if (strncmp(l.list[i].name, UNFINISHED,
			    sizeof(UNFINISHED) - 1) == 0)
				(void)unlinkat(dir, l.list[i].name, 0);
	listing_free(&l);
}

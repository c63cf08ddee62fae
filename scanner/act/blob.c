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
#include "whole_file.h"

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
	if ((rc = sum_some(fd, SUM_SHA, sum, e)) != ST_OK)
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
cannot_store(struct err *e)
{
	return err_set(e, ST_DEAD, errno, "cannot store the original");
}

int
blob_start(int dir, struct blob *out, struct err *e)
{
	const size_t n = sizeof(UNFINISHED) - 1;
	struct blob b = { .fd = -1, .temp = UNFINISHED };

	if (call_random_hex(b.temp + n, 8) != 0 ||
	    (b.fd = openat(dir, b.temp, O_RDWR | O_CREAT | O_EXCL |
	    O_CLOEXEC, 0600)) < 0)
		return cannot_store(e);
	*out = b;
	return ST_OK;
}

int
blob_written(struct blob *b, const struct sum *sum, struct err *e)
{
	call_start_sync(b->fd);
	if (fchmod(b->fd, 0400) != 0)
		return cannot_store(e);
	b->sum = *sum;
	return ST_OK;
}

void
blob_follow(struct blob *b, uint64_t size)
{
	b->tagged = true;
	sum_aside_follow(&b->aside, b->fd, size);
	call_reserve(b->fd, size);
}

int
blob_take(int dir, int src, struct blob *out, struct err *e)
{
	struct err own = { 0 };
	struct blob b;
	struct sum sum;
	int rc;

	if ((rc = blob_start(dir, &b, e)) != ST_OK)
		return rc;
	rc = sum_file(src, UINT64_MAX, b.fd, &sum, &own);
	if (rc == ST_DEAD)
		rc = err_set(e, ST_BAD, own.num, "cannot read");
	else if (rc == ST_BAD)
		rc = err_set(e, ST_DEAD, own.num,
		    "cannot store the original");
	else
		rc = blob_written(&b, &sum, e);
	if (rc == ST_OK)
		*out = b;
	else
		blob_drop(dir, &b);
	return rc;
}

/* A copy under another name. */
static int
begin_new(int dir, int src, const struct sum *sum, struct blob *out,
    struct err *e)
{
	const int rc = blob_take(dir, src, out, e);

	if (rc != ST_OK)
		return rc == ST_BAD ? ST_DEAD : rc;
	if (sum_same(&out->sum, sum))
		return ST_OK;
	blob_drop(dir, out);
	return err_set(e, ST_BAD, 0, "changed while it was copied");
}

int
blob_begin(int dir, int src, const struct sum *sum, struct blob *out,
    struct err *e)
{
	struct blob b = { .fd = -1, .sum = *sum };
	struct sum found;
	int rc = blob_open(dir, sum->sha, &b.fd, &found, e);

	/* A damaged one is replaced: src is right, and will be checked. */
	if (rc == ST_BAD)
		rc = begin_new(dir, src, sum, &b, e);
	if (rc == ST_OK)
		*out = b;
	return rc;
}

int
blob_read(const struct blob *b, int *out, struct err *e)
{
	const int fd = call_open_pinned(b->fd);

	if (fd < 0)
		return err_set(e, ST_DEAD, errno, "cannot open the copy");
	*out = fd;
	return ST_OK;
}

int
blob_read_back(struct blob *b, struct err *e)
{
	struct sum got;
	int rc;

	if (b->is_back)
		return ST_OK;
	if (!sum_aside_end(&b->aside, b->sum.size, &got)) {
		if (!b->synced && fsync(b->fd) != 0)
			return cannot_store(e);
		if ((rc = sum_disk(b->fd, SUM_SHA | (b->tagged ? SUM_TAG : 0),
		    &got, e)) != ST_OK)
			return rc;
	}
	if (got.size != b->sum.size || (b->tagged ?
	    memcmp(got.tag, b->sum.tag, HASH_SIZE) :
	    memcmp(got.sha, b->sum.sha, HASH_SIZE)) != 0)
		return err_set(e, ST_DEAD, 0,
		    "what was stored cannot be read back");
	memcpy(b->sum.sha, got.sha, HASH_SIZE);
	b->is_back = true;
	return ST_OK;
}

int
blob_finish(int dir, struct blob *b, struct err *e)
{
	char name[NAME_SIZE];
	int rc;

	if (fsync(b->fd) != 0)
		return cannot_store(e);
	b->synced = true;
	if (b->temp[0] == '\0')
		return ST_OK;
	if ((rc = blob_read_back(b, e)) != ST_OK ||
	    (rc = blob_name(b->sum.sha, name, e)) != ST_OK)
		return rc;
	if (renameat(dir, b->temp, dir, name) != 0 &&
	    !is_named(dir, name, b->fd))
		return cannot_store(e);
	b->temp[0] = '\0';
	return ST_OK;
}

int
blob_sync(int dir, struct err *e)
{
	return fsync(dir) == 0 ? ST_OK : cannot_store(e);
}

void
blob_drop(int dir, struct blob *b)
{
	sum_aside_drop(&b->aside);
	if (b->fd > 0)
		(void)close(b->fd);
	if (b->temp[0] != '\0')
		(void)call_remove(dir, b->temp);
	*b = (struct blob){ 0 };
}

int
blob_put(int dir, int src, const struct sum *sum, struct err *e)
{
	struct blob b = { 0 };
	int rc;

	if ((rc = blob_begin(dir, src, sum, &b, e)) == ST_OK &&
	    (rc = blob_finish(dir, &b, e)) == ST_OK)
		rc = blob_sync(dir, e);
	blob_drop(dir, &b);
	return rc;
}

bool
blob_is_there(int dir, const uint8_t sha[HASH_SIZE])
{
	char name[NAME_SIZE];
	struct stat st;

	return blob_name(sha, name, NULL) != ST_OK || fstatat(dir, name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

void
blob_remove(int dir, const uint8_t sha[HASH_SIZE])
{
	char name[NAME_SIZE];

	if (blob_name(sha, name, NULL) == ST_OK)
		(void)call_remove(dir, name);
}

void
blob_sweep(int dir)
{
	sweep_names(dir, UNFINISHED);
}

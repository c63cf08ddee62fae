/*
 * See kernel_calls.h.
 */
#include "kernel_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
#define FILE_FLAGS (O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define RANDOM_MAX 32u
#define BENEATH_TRIES 100u
#define SYNC_STEP (8u << 20)	/* bytes */
#define KEPT (32u << 20)	/* bytes behind those, which some still read */

bool
call_lacks(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

int
call_swap(int dir_a, const char *a, int dir_b, const char *b)
{
	return renameat2(dir_a, a, dir_b, b, RENAME_EXCHANGE);
}

int
call_move(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE);
}

int
call_take(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat(from_dir, from, to_dir, to);
}

int
call_link(int from_dir, const char *from, int to_dir, const char *to)
{
	return linkat(from_dir, from, to_dir, to, 0);
}

static bool
is_of_fuse(int dir)
{
	struct statfs st;

	return fstatfs(dir, &st) == 0 && st.f_type == FUSE_SUPER_MAGIC;
}

/* Only a file: an open may do something to what is none.  -1. */
static int
open_file(int dir, const char *name)
{
	const int pin = call_pin(dir, name);
	struct stat st;
	int fd = -1;

	if (pin < 0)
		return -1;
	if (fstat(pin, &st) == 0 && S_ISREG(st.st_mode))
		fd = call_open_pinned(pin);
	(void)close(pin);
	return fd;
}

int
call_remove(int dir, const char *name)
{
	const int fd = is_of_fuse(dir) ? open_file(dir, name) : -1;
	const int rc = unlinkat(dir, name, 0), error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
	return rc;
}

static int
open_how(int root, const char *rel, int flags, uint64_t resolve)
{
	const struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = resolve | RESOLVE_BENEATH |
		    RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	unsigned tries = 0;
	long fd;

	/* EAGAIN too when something, anywhere, was mounted or renamed while
	 * a ".." was looked at. */
	do
		fd = syscall(SYS_openat2, root, rel, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || (errno == EAGAIN &&
	    strstr(rel, "..") != NULL && tries++ < BENEATH_TRIES)));
	return (int)fd;
}

int
call_open_beneath(int root, const char *rel, int flags)
{
	return open_how(root, rel, flags, 0);
}

int
call_open_here(int root, const char *rel, int flags)
{
	return open_how(root, rel, flags, RESOLVE_NO_XDEV);
}

int
call_pin(int dir, const char *name)
{
	return call_open_here(dir, name, O_PATH | O_NOFOLLOW);
}

int
call_count_names(int fd, nlink_t *out)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_NLINK,
	    &st) != 0)
		return -1;
	*out = st.stx_nlink;
	return 0;
}

/* O_NOATIME is for the owner and root only. */
static int
open_quietly(int dir, const char *path, int flags)
{
	int fd;

	do
		fd = openat(dir, path, flags | O_NOATIME);
	while (fd < 0 && errno == EINTR);
	if (fd >= 0 || errno != EPERM)
		return fd;
	do
		fd = openat(dir, path, flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int
open_pinned(int pin, int flags)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pin);
	return open_quietly(AT_FDCWD, path, flags);
}

int
call_open_pinned(int pin)
{
	return open_pinned(pin, O_RDONLY | FILE_FLAGS);
}

int
call_open_pinned_rw(int pin)
{
	return open_pinned(pin, O_RDWR | FILE_FLAGS);
}

int
call_open_to_append(int pin)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", pin);
	return openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY);
}

int
call_open_folder(int dir)
{
	return open_quietly(dir, ".", FOLDER_FLAGS);
}

int
call_new_unnamed(int dir)
{
	return openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | O_NOATIME,
	    0600);
}

int
call_new_named(int dir, const char *name)
{
	return openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC | O_NOATIME, 0600);
}

void
call_start_sync(int fd)
{
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* The whole steps that end within n bytes at off: false if none does. */
static bool
steps(uint64_t off, size_t n, uint64_t *begin, uint64_t *size)
{
	*begin = off - off % SYNC_STEP;
	*size = off + n - (off + n) % SYNC_STEP - *begin;
	return *size > 0;
}

void
call_start_sync_upto(int fd, uint64_t off, size_t n)
{
	uint64_t begin, size;

	if (steps(off, n, &begin, &size))
		(void)sync_file_range(fd, (off_t)begin, (off_t)size,
		    SYNC_FILE_RANGE_WRITE);
}

void
call_forget_upto(int fd, uint64_t off, size_t n)
{
	uint64_t begin, size;

	if (steps(off, n, &begin, &size) && begin >= KEPT)
		(void)posix_fadvise(fd, (off_t)(begin - KEPT), (off_t)size,
		    POSIX_FADV_DONTNEED);
}

void
call_reserve(int fd, uint64_t size)
{
	if (size <= INT64_MAX)
		(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
}

int
call_give_name(int fd, int dir, const char *name)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
}

bool
call_has_writer(int fd)
{
	/* Whoever opens it meanwhile breaks the lease: by a signal that is
	 * ignored by default, and not by SIGIO, which would end us. */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

int
call_write(int fd, const void *p, size_t n, uint64_t off)
{
	const uint8_t *at = p;
	ssize_t k;

	while (n > 0) {
		k = pwrite(fd, at, n, (off_t)off);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			errno = k == 0 ? EIO : errno;
			return -1;
		}
		at += k;
		off += (size_t)k;
		n -= (size_t)k;
	}
	return 0;
}

ssize_t
call_read(int fd, void *p, size_t n, uint64_t off)
{
	uint8_t *at = p;
	size_t done = 0;
	ssize_t k;

	while (done < n) {
		k = pread(fd, at + done, n - done, (off_t)(off + done));
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		done += (size_t)k;
	}
	return (ssize_t)done;
}

int
call_set_direct(int fd, bool on)
{
	const int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, on ? flags | O_DIRECT :
	    flags & ~O_DIRECT);
}

ssize_t
call_read_direct(int fd, void *p, size_t n, uint64_t off)
{
	ssize_t k;

	do
		k = pread(fd, p, n, (off_t)off);
	while (k < 0 && errno == EINTR);
	return k;
}

int
call_random_hex(char *out, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[RANDOM_MAX];

	if (n > sizeof(bytes) || getrandom(bytes, n, 0) != (ssize_t)n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return 0;
}

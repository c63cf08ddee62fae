/*
 * Preloaded: makes one kind of call fail, or do something worse.
 *
 * FAULT_CALL  openat, read (pread too), memory, digest, fork
 * FAULT_NAME  only for files whose path holds this; for digest: only when
 *             the bytes do
 * FAULT_AT    the n-th such call in all processes together (0: each one;
 *             -n: each from the n-th on)
 * FAULT_DO    abort, hang, truncate, or the number of an errno
 * FAULT_WHO   parent or worker; else both
 * FAULT_FILE  truncate: that file, to FAULT_SIZE bytes, before the call; a
 *             worker may not, so a thread of the parent does it
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

static atomic_long *calls;	/* all in one page that processes share */
static atomic_long *wanted, *done;
static long at;
static const char *call, *name, *how, *who;
static pid_t parent;
static int victim = -1;
static off_t size;

/* Libraries that crash when memory fails while they start up, or at any time:
 * that is not ours to test. */
static struct {
	const char *name;
	uintptr_t from, to;
} spared[] = { { .name = "libcrypto" }, { .name = "libconfuse" } };
#define SPARED (sizeof(spared) / sizeof(spared[0]))

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_openat_2)(int, const char *, int);
static int (*real_digest)(void *, const void *, size_t);
static pid_t (*real_fork)(void);

static int
find_spared(struct dl_phdr_info *i, size_t n, void *ctx)
{
	size_t l = 0;

	(void)n;
	(void)ctx;
	while (l < SPARED && strstr(i->dlpi_name, spared[l].name) == NULL)
		l++;
	if (l == SPARED)
		return 0;
	spared[l].from = spared[l].to = i->dlpi_addr;
	for (int k = 0; k < i->dlpi_phnum; k++) {
		const uintptr_t end = i->dlpi_addr + i->dlpi_phdr[k].p_vaddr +
		    i->dlpi_phdr[k].p_memsz;

		if (i->dlpi_phdr[k].p_type == PT_LOAD && end > spared[l].to)
			spared[l].to = end;
	}
	return 0;
}

static bool
is_spared(const void *caller)
{
	const uintptr_t a = (uintptr_t)caller;

	for (size_t l = 0; l < SPARED; l++)
		if (a >= spared[l].from && a < spared[l].to)
			return true;
	return false;
}

static const char *
env(const char *key)
{
	const char *v = getenv(key);

	return v != NULL ? v : "";
}

static void *
truncate_when_told(void *ctx)
{
	long n;

	(void)ctx;
	for (;;) {
		n = atomic_load(wanted);
		if (n > atomic_load(done)) {
			(void)ftruncate(victim, size);
			atomic_store(done, n);
		}
		(void)usleep(100);
	}
	return NULL;
}

__attribute__((constructor)) static void
start(void)
{
	pthread_t thread;

	real_read = dlsym(RTLD_NEXT, "read");
	real_pread = dlsym(RTLD_NEXT, "pread");
	real_openat = dlsym(RTLD_NEXT, "openat");
	real_openat_2 = dlsym(RTLD_NEXT, "__openat_2");
	real_digest = dlsym(RTLD_NEXT, "EVP_DigestUpdate");
	real_fork = dlsym(RTLD_NEXT, "fork");
	calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	wanted = calls + 1;
	done = calls + 2;
	parent = getpid();
	(void)dl_iterate_phdr(find_spared, NULL);
	name = env("FAULT_NAME");
	how = env("FAULT_DO");
	who = env("FAULT_WHO");
	at = atol(env("FAULT_AT"));
	size = atol(env("FAULT_SIZE"));
	if (env("FAULT_FILE")[0] != '\0')
		victim = open(env("FAULT_FILE"), O_WRONLY | O_CLOEXEC);
	if (victim >= 0)
		(void)pthread_create(&thread, NULL, truncate_when_told, NULL);
	call = env("FAULT_CALL");
}

/* This is the call. */
static bool
now(const char *c)
{
	long nth;

	if (call == NULL || strcmp(call, c) != 0)
		return false;
	if (who[0] != '\0' && (who[0] == 'p') != (getpid() == parent))
		return false;
	nth = atomic_fetch_add(calls, 1) + 1;
	return at < 0 ? nth >= -at : nth == at || at == 0;
}

static bool
memory_now(const void *caller)
{
	if (call == NULL || strcmp(call, "memory") != 0)
		return false;
	return !is_spared(caller) && now("memory");
}

static void
cut_short(void)
{
	const long n = atomic_fetch_add(wanted, 1) + 1;

	while (victim >= 0 && atomic_load(done) < n)
		(void)usleep(100);
}

/* True: fail, with errno set. */
static bool
act(void)
{
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(how, "truncate") == 0) {
		cut_short();
		return false;
	}
	errno = atoi(how);
	return errno != 0;
}

static bool
named(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return strstr(path, name) != NULL;
}

static bool
read_fails(int fd)
{
	return call != NULL && strcmp(call, "read") == 0 && named(fd) &&
	    now("read") && act();
}

ssize_t
read(int fd, void *p, size_t n)
{
	return read_fails(fd) ? -1 : real_read(fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t off)
{
	return read_fails(fd) ? -1 : real_pread(fd, p, n, off);
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	if (call != NULL && strstr(path, name) != NULL && now("openat") &&
	    act())
		return -1;
	return real_openat(dir, path, flags, mode);
}

int
__openat_2(int dir, const char *path, int flags)
{
	if (call != NULL && strstr(path, name) != NULL && now("openat") &&
	    act())
		return -1;
	return real_openat_2(dir, path, flags);
}

int
EVP_DigestUpdate(void *ctx, const void *p, size_t n)
{
	if (memmem(p, n, name, strlen(name)) != NULL && now("digest"))
		(void)act();
	return real_digest(ctx, p, n);
}

pid_t
fork(void)
{
	if (now("fork") && act())
		return -1;
	return real_fork();
}

void *
malloc(size_t n)
{
	return memory_now(__builtin_return_address(0)) && act() ? NULL :
	    __libc_malloc(n);
}

void *
calloc(size_t a, size_t b)
{
	return memory_now(__builtin_return_address(0)) && act() ? NULL :
	    __libc_calloc(a, b);
}

void *
realloc(void *p, size_t n)
{
	return memory_now(__builtin_return_address(0)) && act() ? NULL :
	    __libc_realloc(p, n);
}

/* Else it is the C library that seems to call malloc. */
char *
strdup(const char *s)
{
	const void *caller = __builtin_return_address(0);
	const size_t n = strlen(s) + 1;
	char *p = memory_now(caller) && act() ? NULL : __libc_malloc(n);

	return p != NULL ? memcpy(p, s, n) : NULL;
}

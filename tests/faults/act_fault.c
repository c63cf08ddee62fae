/*
 * Preloaded into act_driver: stops it at a call, makes that call fail or lie,
 * lets somebody else act, and tells what was done.
 *
 * act_fault_arm(spec), spec "N:DO" or more of them, with commas: at the N-th
 * call from now on, or with "wN:DO" at the N-th pwrite
 *
 *   K, k     die before it, after it
 *   F5, A5   fail with errno 5: not done, done
 *   S        a write or read of half of it
 *   D        say that it was written, and drop it (not in the journal)
 *   P, p     say "pause" on descriptor 1 and wait for a byte on 0, before or
 *            after it
 *   q        the same after it and after each later call, of those that
 *            change names
 *
 * ACT_LACKS: what the file system of the mailbox cannot do, letters: x
 * RENAME_EXCHANGE, r any flag of renameat2, t O_TMPFILE, l leases, h hard
 * links.
 *
 * "0:" counts only.  ACT_TRACE: what changes a file or a folder is written to
 * that file: see act_model.py.  ACT_INODES: a file of "real shown" inode
 * numbers, for trees that were built anew.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define INODES_MAX 4096
#define FAULTS_MAX 8

void act_fault_arm(const char *spec);
long act_fault_calls(void);
long act_fault_writes(void);

static long *calls, *writes;	/* shared with the children */
static struct { long at; bool write; char how; int number; } plan[FAULTS_MAX];
static size_t plan_n;
static bool armed;
static char how;		/* of the fault at hand */
static int number;
static FILE *trace;
static struct timespec slept;	/* waiting is short here: time is set on */
static unsigned long inodes[INODES_MAX][2];
static size_t inodes_n;

/* Not for the state folder, which is on a file system that can. */
static bool
lacks(char what, int dir)
{
	const char *all = getenv("ACT_LACKS");
	char link[64], path[4096];
	ssize_t n;

	if (all == NULL || strchr(all, what) == NULL)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	return strstr(path, "/state") == NULL;
}

static void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

static void
read_inodes(const char *path)
{
	FILE *f = path != NULL ? fopen(path, "re") : NULL;

	inodes_n = 0;
	if (f == NULL)
		return;
	while (inodes_n < INODES_MAX && fscanf(f, "%lu %lu",
	    &inodes[inodes_n][0], &inodes[inodes_n][1]) == 2)
		inodes_n++;
	(void)fclose(f);
}

__attribute__((constructor)) static void
start(void)
{
	calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	writes = calls + 1;
}

void
act_fault_arm(const char *spec)
{
	char *end;

	read_inodes(getenv("ACT_INODES"));
	for (plan_n = 0; plan_n < FAULTS_MAX; spec = end + 1) {
		plan[plan_n].write = *spec == 'w';
		plan[plan_n].at = strtol(spec + plan[plan_n].write, &end, 10);
		plan[plan_n].how = *end == ':' ? end[1] : '\0';
		if (plan[plan_n].how != '\0')
			plan[plan_n].number = (int)strtol(end + 2, &end, 10);
		plan_n++;
		if (*end != ',')
			break;
	}
	armed = true;
	if (getenv("ACT_TRACE") != NULL)
		trace = fopen(getenv("ACT_TRACE"), "ae");
	*calls = *writes = 0;
}

long
act_fault_calls(void)
{
	return *calls;
}

long
act_fault_writes(void)
{
	return *writes;
}

static void
pause_here(void)
{
	static ssize_t (*do_write)(int, const void *, size_t);
	static ssize_t (*do_read)(int, void *, size_t);
	const int e = errno;
	char c;

	do_write = real("write");
	do_read = real("read");
	if (do_write(1, "pause\n", 6) != 6 || do_read(0, &c, 1) != 1)
		abort();
	errno = e;
}

enum call { ANY, WRITES, NAMES };

static bool
is_due(size_t i, enum call call)
{
	if (plan[i].how == 'q')
		return call == NAMES && plan[i].at <= *calls;
	return plan[i].write ? call == WRITES && plan[i].at == *writes :
	    plan[i].at == *calls;
}

/* Before a call.  True: it is the one. */
static bool
before_call(enum call call)
{
	bool hit = false;

	if (!armed)
		return false;
	++*calls;
	*writes += call == WRITES;
	for (size_t i = 0; i < plan_n && !hit; i++)
		if (is_due(i, call)) {
			how = plan[i].how;
			number = plan[i].number;
			hit = true;
		}
	if (!hit)
		return false;
	if (how == 'K')
		(void)kill(getpid(), SIGKILL);
	if (how == 'P')
		pause_here();
	return true;
}

static bool
before(void)
{
	return before_call(ANY);
}

/* It is not to be done. */
static bool
fails(bool hit)
{
	if (!hit || how != 'F')
		return false;
	errno = number;
	return true;
}

/* After it.  True: say that it failed. */
static bool
after(bool hit)
{
	if (!hit)
		return false;
	if (how == 'k')
		(void)kill(getpid(), SIGKILL);
	if (how == 'p' || how == 'q')
		pause_here();
	if (how == 'A')
		errno = number;
	return how == 'A';
}

/* The file system cannot do it. */
static int
has_not(bool hit, int error)
{
	if (!after(hit))
		errno = error;
	return -1;
}

static unsigned long
inode_of(int fd)
{
	static int (*do_fstat)(int, struct stat *);
	struct stat st;

	do_fstat = real("fstat");
	return do_fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static bool
is_journal(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return n > 8 && memcmp(path + n - 8, "/journal", 8) == 0;
}

static unsigned long
inode_at(int dir, const char *name)
{
	static int (*do_fstatat)(int, const char *, struct stat *, int);
	struct stat st;

	do_fstatat = real("fstatat");
	return do_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ?
	    st.st_ino : 0;
}

static void
say_data(int fd, off_t off, const void *p, size_t n)
{
	const unsigned char *b = p;

	fprintf(trace, "write %lu %ld ", inode_of(fd), (long)off);
	for (size_t i = 0; i < n; i++)
		fprintf(trace, "%02x", b[i]);
	fprintf(trace, "\n");
	(void)fflush(trace);
}

#define SAY(...) do { \
	if (trace != NULL && r >= 0) { \
		const int e_ = errno; \
		fprintf(trace, __VA_ARGS__); \
		(void)fflush(trace); \
		errno = e_; \
	} \
} while (0)

static long long
nanoseconds(struct timespec t)
{
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* NULL: now. */
static void
say_times(int fd, const struct timespec t[2], int r)
{
	static const struct timespec now[2];

	if (t == NULL)
		t = now;
	SAY("times %lu %lld %lld\n", inode_of(fd), nanoseconds(t[0]),
	    nanoseconds(t[1]));
}

/* A call that returns -1 and sets errno; said: what to trace. */
#define WRAP(type, name, params, args, said) \
type name params \
{ \
	static type (*f) params; \
	const bool hit = before(); \
	type r; \
	if (f == NULL) \
		f = real(#name); \
	if (fails(hit)) \
		return -1; \
	r = f args; \
	said; \
	return after(hit) ? -1 : r; \
}

WRAP(int, fsync, (int fd), (fd), SAY("sync %lu\n", inode_of(fd)))
WRAP(int, fdatasync, (int fd), (fd), SAY("sync %lu\n", inode_of(fd)))
WRAP(int, fchmod, (int fd, mode_t m), (fd, m),
    SAY("chmod %lu %o\n", inode_of(fd), m))
WRAP(int, fchown, (int fd, uid_t u, gid_t g), (fd, u, g),
    SAY("chown %lu %u %u\n", inode_of(fd), u, g))
WRAP(int, futimens, (int fd, const struct timespec t[2]), (fd, t),
    say_times(fd, t, r))
WRAP(int, ftruncate, (int fd, off_t n), (fd, n),
    SAY("truncate %lu %ld\n", inode_of(fd), (long)n))
WRAP(int, flock, (int fd, int op), (fd, op), (void)0)
WRAP(int, seteuid, (uid_t u), (u), (void)0)
WRAP(int, setegid, (gid_t g), (g), (void)0)
WRAP(int, setgroups, (size_t n, const gid_t *g), (n, g), (void)0)
WRAP(ssize_t, flistxattr, (int fd, char *p, size_t n), (fd, p, n), (void)0)
WRAP(ssize_t, fgetxattr, (int fd, const char *k, void *p, size_t n),
    (fd, k, p, n), (void)0)
WRAP(int, fremovexattr, (int fd, const char *k), (fd, k), (void)0)
WRAP(int, close, (int fd), (fd), (void)0)
WRAP(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), (void)0)
WRAP(ssize_t, getrandom, (void *p, size_t n, unsigned f_), (p, n, f_),
    (void)0)

int
fsetxattr(int fd, const char *name, const void *p, size_t n, int flags)
{
	static int (*f)(int, const char *, const void *, size_t, int);
	const bool hit = before();
	const unsigned char *b = p;
	int r;

	f = real("fsetxattr");
	if (fails(hit))
		return -1;
	r = f(fd, name, p, n, flags);
	if (trace != NULL && r == 0) {
		fprintf(trace, "xattr %lu %s ", inode_of(fd), name);
		for (size_t i = 0; i < n; i++)
			fprintf(trace, "%02x", b[i]);
		fprintf(trace, "\n");
		(void)fflush(trace);
	}
	return after(hit) ? -1 : r;
}

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	static int (*f)(int, const char *, int, const char *, unsigned);
	const bool hit = before_call(NAMES);
	int r;

	f = real("renameat2");
	if (fails(hit))
		return -1;
	if ((flags & RENAME_EXCHANGE && lacks('x', a)) ||
	    (flags != 0 && lacks('r', a)))
		return has_not(hit, EINVAL);
	r = f(a, from, b, to, flags);
	SAY("%s %lu %s %lu %s %u\n", flags & RENAME_EXCHANGE ? "swap" :
	    "move", inode_of(a), from, inode_of(b), to, geteuid());
	return after(hit) ? -1 : r;
}

int
renameat(int a, const char *from, int b, const char *to)
{
	static int (*f)(int, const char *, int, const char *);
	const bool hit = before_call(NAMES);
	int r;

	f = real("renameat");
	if (fails(hit))
		return -1;
	r = f(a, from, b, to);
	SAY("move %lu %s %lu %s %u\n", inode_of(a), from, inode_of(b), to,
	    geteuid());
	return after(hit) ? -1 : r;
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	static int (*f)(int, const char *, int, const char *, int);
	const bool hit = before_call(NAMES);
	int r;

	f = real("linkat");
	if (fails(hit))
		return -1;
	if (lacks('h', b))
		return has_not(hit, EPERM);
	r = f(a, from, b, to, flags);
	SAY("name %lu %s %lu %u\n", inode_of(b), to, inode_at(b, to),
	    geteuid());
	return after(hit) ? -1 : r;
}

int
unlinkat(int dir, const char *name, int flags)
{
	static int (*f)(int, const char *, int);
	const bool hit = before_call(NAMES);
	int r;

	f = real("unlinkat");
	if (fails(hit))
		return -1;
	r = f(dir, name, flags);
	SAY("unlink %lu %s %u\n", inode_of(dir), name, geteuid());
	return after(hit) ? -1 : r;
}

int
mkdirat(int dir, const char *name, mode_t mode)
{
	static int (*f)(int, const char *, mode_t);
	const bool hit = before();
	int r;

	f = real("mkdirat");
	if (fails(hit))
		return -1;
	r = f(dir, name, mode);
	SAY("mkdir %lu %s %lu\n", dir == AT_FDCWD ? 0 : inode_of(dir), name,
	    inode_at(dir, name));
	return after(hit) ? -1 : r;
}

static int
open_at(int dir, const char *path, int flags, mode_t mode)
{
	static int (*f)(int, const char *, int, ...);
	const bool hit = before(), new = (flags & O_CREAT) != 0 &&
	    inode_at(dir, path) == 0;
	int r;

	f = real("openat");
	if (fails(hit))
		return -1;
	if ((flags & O_TMPFILE) == O_TMPFILE && lacks('t', dir))
		return has_not(hit, EOPNOTSUPP);
	r = f(dir, path, flags, mode);
	if ((flags & O_TMPFILE) == O_TMPFILE)
		SAY("make %lu %u %u\n", inode_of(r), geteuid(), getegid());
	else if (new)
		SAY("create %lu %s %lu %u %u\n", inode_of(dir), path,
		    inode_of(r), geteuid(), getegid());
	if (!after(hit))
		return r;
	return -1;
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_at(dir, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	return open_at(AT_FDCWD, path, flags, mode);
}

/* openat2 has no function of its own. */
long
syscall(long nr, ...)
{
	static long (*f)(long, ...);
	const bool hit = nr == SYS_openat2 && before();
	long a[5], r;
	va_list ap;

	if (nr == SYS_membarrier)
		return 0;
	va_start(ap, nr);
	for (unsigned i = 0; i < 5; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	f = real("syscall");
	if (fails(hit))
		return -1;
	r = f(nr, a[0], a[1], a[2], a[3], a[4]);
	return after(hit) ? -1 : r;
}

int
fcntl(int fd, int cmd, ...)
{
	static int (*f)(int, int, ...);
	const bool hit = before();
	va_list ap;
	long arg;
	int r;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	f = real("fcntl");
	if (fails(hit))
		return -1;
	if (cmd == F_SETLEASE && arg != F_UNLCK && lacks('l', fd))
		return has_not(hit, EINVAL);
	r = f(fd, cmd, arg);
	return after(hit) ? -1 : r;
}

int
nanosleep(const struct timespec *t, struct timespec *left)
{
	static int (*f)(const struct timespec *, struct timespec *);
	const struct timespec little = { .tv_nsec = 1000000 };

	f = real("nanosleep");
	slept.tv_sec += t->tv_sec;
	slept.tv_nsec += t->tv_nsec;
	return f(&little, left);	/* let the others go on */
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*f)(clockid_t, struct timespec *);
	int r;

	f = real("clock_gettime");
	r = f(id, t);
	if (id == CLOCK_MONOTONIC) {
		t->tv_sec += slept.tv_sec + slept.tv_nsec / 1000000000;
		t->tv_nsec += slept.tv_nsec % 1000000000;
		t->tv_sec += t->tv_nsec / 1000000000;
		t->tv_nsec %= 1000000000;
	}
	return r;
}

static void
show_inode(struct stat *st)
{
	for (size_t i = 0; i < inodes_n; i++)
		if (inodes[i][0] == st->st_ino) {
			st->st_ino = inodes[i][1];
			return;
		}
}

int
fstat(int fd, struct stat *st)
{
	static int (*f)(int, struct stat *);
	const bool hit = before();
	int r;

	f = real("fstat");
	if (fails(hit))
		return -1;
	r = f(fd, st);
	show_inode(st);
	return after(hit) ? -1 : r;
}

int
fstatat(int dir, const char *name, struct stat *st, int flags)
{
	static int (*f)(int, const char *, struct stat *, int);
	const bool hit = before();
	int r;

	f = real("fstatat");
	if (fails(hit))
		return -1;
	r = f(dir, name, st, flags);
	show_inode(st);
	return after(hit) ? -1 : r;
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t off)
{
	static ssize_t (*f)(int, const void *, size_t, off_t);
	const bool hit = before_call(WRITES);
	ssize_t r;

	f = real("pwrite");
	if (fails(hit))
		return -1;
	if (hit && how == 'S' && n > 1)
		n /= 2;
	if (hit && how == 'D' && !is_journal(fd))
		return (ssize_t)n;
	r = f(fd, p, n, off);
	if (trace != NULL && r > 0)
		say_data(fd, off, p, (size_t)r);
	return after(hit) ? -1 : r;
}

ssize_t
pread(int fd, void *p, size_t n, off_t off)
{
	static ssize_t (*f)(int, void *, size_t, off_t);
	const bool hit = before();
	ssize_t r;

	f = real("pread");
	if (fails(hit))
		return -1;
	if (hit && how == 'S' && n > 1)
		n /= 2;
	r = f(fd, p, n, off);
	return after(hit) ? -1 : r;
}

struct dirent *
readdir(DIR *d)
{
	static struct dirent *(*f)(DIR *);
	const bool hit = before();
	struct dirent *r;

	f = real("readdir");
	if (fails(hit))
		return NULL;
	r = f(d);
	return after(hit) ? NULL : r;
}

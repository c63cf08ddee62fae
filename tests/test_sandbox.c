/*
 * scanner/sandbox.c and seccomp.c: what a worker cannot do any more, and what
 * it still can.  Each attempt is made in a child that gave it up.
 */
#include "t.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox.h"
#include "seccomp.h"

static const char text[] = "From: a@example.org\n\nhello\n";

/* A file "mail" and an empty folder "sub", and descriptors had before. */
struct place {
	char path[64];
	int dir, mail, writable;
};

/* --- what must fail; each returns what its system call did */

static long
open_with(int flags, const char *name)
{
	return openat(AT_FDCWD, name, flags, 0600);
}

static long
open2_with(uint64_t flags, const char *name)
{
	const struct open_how how = { .flags = flags };

	return syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));
}

static long
try_chattr(int fd)
{
	int flags = FS_NODUMP_FL;

	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static long
try_fork(void)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_exec(void)
{
	char *const argv[] = { (char []){ "true" }, NULL };

	return execve("/bin/true", argv, NULL);
}

static long
try_socketpair(void)
{
	int fds[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

/* Numbers that the headers may not have; the same on every architecture. */
#define NR_IO_URING_SETUP 425
#define NR_FCHMODAT2 452
#define NR_SETXATTRAT 463

#define LANDLOCK 1		/* Landlock refuses it too */
#define TRUNCATE 2		/* ... from its third version on */

/* name, who, call */
#define ATTEMPTS(X) \
	X("open for writing", LANDLOCK, open_with(O_WRONLY, "mail")) \
	X("open for both", LANDLOCK, open_with(O_RDWR, "mail")) \
	X("open to append", LANDLOCK, open_with(O_WRONLY | O_APPEND, "mail")) \
	X("open to make", LANDLOCK, open_with(O_RDONLY | O_CREAT, "new")) \
	X("open without a name", LANDLOCK, open_with(O_RDWR | O_TMPFILE, ".")) \
	X("read and truncate", TRUNCATE, \
	    open_with(O_RDONLY | O_TRUNC, "mail")) \
	X("read and truncate, plain open", TRUNCATE, \
	    open("mail", O_RDONLY | O_TRUNC)) \
	X("read and truncate, openat2", TRUNCATE, \
	    open2_with(O_RDONLY | O_TRUNC, "mail")) \
	X("creat", LANDLOCK, creat("mail", 0600)) \
	X("truncate", TRUNCATE, truncate("mail", 3)) \
	X("ftruncate", 0, ftruncate(p->writable, 3)) \
	X("ftruncate of what is open for reading", LANDLOCK, \
	    ftruncate(p->mail, 3)) \
	X("fallocate", 0, fallocate(p->writable, FALLOC_FL_KEEP_SIZE | \
	    FALLOC_FL_PUNCH_HOLE, 0, 3)) \
	X("chmod", 0, chmod("mail", 0777)) \
	X("fchmod", 0, fchmod(p->mail, 0777)) \
	X("fchmodat", 0, fchmodat(AT_FDCWD, "mail", 0777, 0)) \
	X("fchmodat2", 0, syscall(NR_FCHMODAT2, AT_FDCWD, "mail", 0777, 0)) \
	X("chown", 0, chown("mail", getuid(), getgid())) \
	X("lchown", 0, lchown("mail", getuid(), getgid())) \
	X("fchown", 0, fchown(p->mail, getuid(), getgid())) \
	X("utimensat", 0, utimensat(AT_FDCWD, "mail", NULL, 0)) \
	X("futimens", 0, futimens(p->mail, NULL)) \
	X("utimes", 0, utimes("mail", NULL)) \
	X("setxattr", 0, setxattr("mail", "user.a", "b", 1, 0)) \
	X("fsetxattr", 0, fsetxattr(p->mail, "user.a", "b", 1, 0)) \
	X("setxattrat", 0, syscall(NR_SETXATTRAT, AT_FDCWD, "mail", 0, \
	    "user.a", NULL, 0)) \
	X("removexattr", 0, removexattr("mail", "user.a")) \
	X("chattr", 0, try_chattr(p->mail)) \
	X("unlink", LANDLOCK, unlink("mail")) \
	X("unlinkat", LANDLOCK, unlinkat(p->dir, "mail", 0)) \
	X("rename", LANDLOCK, rename("mail", "new")) \
	X("renameat", LANDLOCK, renameat(p->dir, "mail", p->dir, "new")) \
	X("renameat2", LANDLOCK, syscall(SYS_renameat2, p->dir, "mail", \
	    p->dir, "new", 0)) \
	X("link", LANDLOCK, link("mail", "new")) \
	X("symlink", LANDLOCK, symlink("mail", "new")) \
	X("mkdir", LANDLOCK, mkdir("new", 0700)) \
	X("rmdir", LANDLOCK, rmdir("sub")) \
	X("mkfifo", LANDLOCK, mkfifo("new", 0600)) \
	X("mount", 0, mount("none", "sub", "tmpfs", 0, NULL)) \
	X("chroot", 0, chroot("sub")) \
	X("execve", LANDLOCK, try_exec()) \
	X("fork", 0, try_fork()) \
	X("ptrace", 0, ptrace(PTRACE_TRACEME, 0, NULL, NULL)) \
	X("kill", 0, kill(getppid(), 0)) \
	X("tgkill", 0, syscall(SYS_tgkill, getppid(), getppid(), 0)) \
	X("socket", 0, socket(AF_INET, SOCK_STREAM, 0)) \
	X("socketpair", 0, try_socketpair()) \
	X("io_uring_setup", 0, syscall(NR_IO_URING_SETUP, 1, NULL)) \
	X("bpf", 0, syscall(SYS_bpf, 0, NULL, 0)) \
	X("perf_event_open", 0, syscall(SYS_perf_event_open, NULL, 0, -1, \
	    -1, 0)) \
	X("keyctl", 0, syscall(SYS_keyctl, 0, -3, 1))

static bool
is_refusal(int num)
{
	return num == EPERM || num == EACCES || num == ENOSYS;
}

/* What ftruncate says of a descriptor for reading, filter or not. */
static void
attempt(const char *name, long rc, int num, FILE *out)
{
	if (rc == -1 && (is_refusal(num) ||
	    (num == EINVAL && strncmp(name, "ftruncate of", 12) == 0)))
		return;
	(void)fprintf(out, "%s: %ld, %s\n", name, rc, strerror(num));
}

static void
try_all(const struct place *p, bool filter, long landlock, FILE *out)
{
	long rc;

#define TRY(name, who, call) \
	if (filter || ((who) == LANDLOCK && landlock >= 1) || \
	    ((who) == TRUNCATE && landlock >= 3)) { \
		errno = 0; \
		rc = (call); \
		attempt(name, rc, errno, out); \
	}
	ATTEMPTS(TRY)
#undef TRY
#ifdef __x86_64__
	if (filter) {
		rc = syscall(0x40000000 + SYS_getppid);
		attempt("getppid of x32", rc, errno, out);
	}
#endif
}

/* --- what must go on working */

#define EXPECT(what) \
	do { \
		errno = 0; \
		if (!(what)) \
			(void)fprintf(out, "%s: %s\n", #what, \
			    strerror(errno)); \
	} while (0)

static void
still_works(const struct place *p, FILE *out)
{
	const int fd = openat(p->dir, "mail", O_RDONLY | O_NOATIME |
	    O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	DIR *d = opendir(".");
	void *big = malloc(8u << 20), *map;
	char got[sizeof(text)];
	struct stat st;

	EXPECT(fd >= 0);
	EXPECT(fstat(fd, &st) == 0 && st.st_size == sizeof(text) - 1);
	EXPECT(read(fd, got, sizeof(got)) == sizeof(text) - 1);
	EXPECT(memcmp(got, text, sizeof(text) - 1) == 0);
	EXPECT(lseek(fd, 0, SEEK_SET) == 0);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(map != MAP_FAILED);
	EXPECT(munmap(map, 4096) == 0);
	EXPECT(fcntl(fd, F_DUPFD_CLOEXEC, 3) >= 0);
	EXPECT(close(fd) == 0);
	EXPECT(d != NULL && readdir(d) != NULL);
	(void)closedir(d);
	EXPECT(big != NULL);
	free(big);
	EXPECT(kill(getpid(), 0) == 0);
	EXPECT(signal(SIGUSR1, SIG_IGN) != SIG_ERR && raise(SIGUSR1) == 0);
}

/* --- set-up */

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(p->path, sizeof(p->path), "%s/sandbox-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(p->path) == NULL)
		return -1;
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->writable = openat(p->dir, "mail", O_RDWR | O_CREAT | O_CLOEXEC,
	    0640);
	p->mail = openat(p->dir, "mail", O_RDONLY | O_CLOEXEC);
	if (p->mail < 0 || mkdirat(p->dir, "sub", 0700) != 0 ||
	    write(p->writable, text, sizeof(text) - 1) < 0)
		return -1;
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	(void)unlinkat(p->dir, "mail", 0);
	(void)unlinkat(p->dir, "new", 0);
	(void)unlinkat(p->dir, "sub", AT_REMOVEDIR);
	(void)rmdir(p->path);
	(void)close(p->dir);
	(void)close(p->mail);
	(void)close(p->writable);
	free(p);
	return 0;
}

static unsigned
entries(const struct place *p)
{
	DIR *d = opendir(p->path);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* Run body in a child; what it prints is what went wrong. */
static int
in_child(struct place *p, void (*body)(struct place *, FILE *), char *said,
    size_t size)
{
	int fds[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		FILE *out = fdopen(fds[1], "w");

		(void)alarm(60);
		(void)close(fds[0]);
		(void)setvbuf(out, NULL, _IONBF, 0);
		if (fchdir(p->dir) != 0)
			_exit(2);
		body(p, out);
		_exit(0);
	}
	(void)close(fds[1]);
	while (n < size - 1 && (got = read(fds[0], said + n,
	    size - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Nothing went wrong, and mail and folder are what they were. */
static void
check_child(struct place *p, void (*body)(struct place *, FILE *))
{
	const unsigned n = entries(p);
	char said[8192], got[64];
	struct stat a, b;

	assert_int_equal(fstat(p->mail, &a), 0);
	assert_int_equal(in_child(p, body, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_int_equal(fstat(p->mail, &b), 0);
	assert_int_equal(b.st_nlink, 1);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_blocks, b.st_blocks);
	assert_memory_equal(&a.st_mtim, &b.st_mtim, sizeof(a.st_mtim));
	assert_memory_equal(&a.st_ctim, &b.st_ctim, sizeof(a.st_ctim));
	assert_int_equal(pread(p->mail, got, sizeof(got), 0),
	    sizeof(text) - 1);
	assert_memory_equal(got, text, sizeof(text) - 1);
	assert_int_equal(entries(p), n);
}

/* --- tests */

/* "landlock/N...": N, or 0. */
static long
landlock_of(const char *name)
{
	return strncmp(name, "landlock/", 9) == 0 ? strtol(name + 9, NULL,
	    10) : 0;
}

static bool
filter_of(const char *name)
{
	return strstr(name, "seccomp") != NULL;
}

static void
enter_and_try(struct place *p, FILE *out)
{
	const char *name = sandbox_name();

	sandbox_enter();
	try_all(p, filter_of(name), landlock_of(name), out);
	still_works(p, out);
}

static void
a_worker_changes_nothing(void **state)
{
	if (strcmp(sandbox_name(), "none") == 0)
		skip();		/* this kernel has neither */
	check_child(*state, enter_and_try);
}

/* Without Landlock the filter is all there is. */
static void
filter_and_try(struct place *p, FILE *out)
{
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(seccomp_enter());
	try_all(p, true, 0, out);
	still_works(p, out);
}

static void
the_filter_alone_is_enough(void **state)
{
	if (!seccomp_works())
		skip();		/* this kernel or container has none */
	check_child(*state, filter_and_try);
}

/* Like a container whose profile has no seccomp(2). */
static void
refuse_seccomp(FILE *out)
{
	struct sock_filter all[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(all) / sizeof(all[0]), .filter = all,
	};

	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void
landlock_and_try(struct place *p, FILE *out)
{
	refuse_seccomp(out);
	EXPECT(!seccomp_works());
	EXPECT(!filter_of(sandbox_name()));
	enter_and_try(p, out);
}

static void
without_the_filter_landlock_denies_truncation(void **state)
{
	if (!seccomp_works() || landlock_of(sandbox_name()) == 0)
		skip();		/* nothing to take away, or nothing left */
	check_child(*state, landlock_and_try);
}

static void
enter_and_abort(struct place *p, FILE *out)
{
	(void)p;
	(void)out;
	(void)signal(SIGABRT, SIG_DFL);
	sandbox_enter();
	abort();
}

static void
abort_is_still_that_signal(void **state)
{
	char said[1024];
	const int status = in_child(*state, enter_and_abort, said,
	    sizeof(said));

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_worker_changes_nothing,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_filter_alone_is_enough,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    without_the_filter_landlock_denies_truncation, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(abort_is_still_that_signal,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

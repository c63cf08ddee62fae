/*
 * See seccomp.h.
 *
 * A list of what is refused, not of what is allowed: the C library, libcrypto
 * and the sanitizers differ in what they call from one version to the next.
 * The kernel remembers which calls pass whatever their arguments are, so the
 * filter runs for no call of a scan but openat.
 */
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Elsewhere there is none: numbers and arguments were not looked at. */
#if defined(__x86_64__) && defined(__LP64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__LP64__) && defined(__AARCH64EL__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

/*
 * From here on a number means the same on each of them.  Linux 5.1 and later:
 * io_uring, openat2, mounts by descriptors, pidfds, fchmodat2, setxattrat ...
 * What is not in our headers yet is among them, and so are x32 calls.
 */
#define NEWER 424u

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1ul << 2)
#endif

static const uint16_t refused[] = {
	/* Changes files that are open for reading, or not open at all; and
	 * the report, if it is a file, is open for writing. */
	SYS_truncate, SYS_ftruncate, SYS_fallocate,
	SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat,
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr,
	SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,

	/* Changes folders. */
	SYS_unlinkat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_mkdirat,
	SYS_mknodat,
#ifdef SYS_renameat
	SYS_renameat,
#endif

	/* Opens with flags that the filter cannot see; mq_open creates. */
	SYS_open_by_handle_at, SYS_mq_open, SYS_mq_unlink,

	/* Attributes of files, what is typed into a terminal, devices. */
	SYS_ioctl,

	/* What a path means, for this process or for others. */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare,
	SYS_setns,

	/* Other programs and processes. */
	SYS_execve, SYS_execveat, SYS_clone, SYS_ptrace, SYS_kcmp,
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semop,
	SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv,
	SYS_msgctl,

	/* A worker has its socket already. */
	SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen,
	SYS_accept, SYS_accept4,

	/* The machine, and parts of the kernel that are seldom needed. */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
	SYS_kexec_file_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
	SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
	SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_syslog,
	SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
	SYS_add_key, SYS_request_key, SYS_keyctl,

#ifdef __x86_64__
	/* The same as above under older names. */
	SYS_creat, SYS_chmod, SYS_chown, SYS_lchown,
	SYS_utime, SYS_utimes, SYS_futimesat,
	SYS_unlink, SYS_rename, SYS_link, SYS_symlink, SYS_mkdir, SYS_mknod,
	SYS_rmdir, SYS_fork, SYS_vfork,
	SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};
#define REFUSED (sizeof(refused) / sizeof(refused[0]))

_Static_assert(REFUSED < 255, "a jump reaches no further");

/* The low half of an argument: these machines are little-endian. */
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	offsetof(struct seccomp_data, field))
#define IF(test, value, then, other) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, (value), (then), (other))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(num) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (num))

/* Signals: abort() and raise() send them by kill, tkill or tgkill. */
static bool
install(uint32_t self)
{
	const struct sock_filter head[] = {
		LOAD(arch),
		IF(BPF_JEQ, ARCH, 1, 0),
		REFUSE(EPERM),
		LOAD(nr),
		IF(BPF_JEQ, SYS_openat, 0, 4),
		LOAD(args[2]),
		IF(BPF_JSET, WRITING, 0, 1),
		REFUSE(EPERM),
		ALLOW,
#ifdef SYS_open
		IF(BPF_JEQ, SYS_open, 0, 4),
		LOAD(args[1]),
		IF(BPF_JSET, WRITING, 0, 1),
		REFUSE(EPERM),
		ALLOW,
#endif
		IF(BPF_JEQ, SYS_kill, 2, 0),
		IF(BPF_JEQ, SYS_tkill, 1, 0),
		IF(BPF_JEQ, SYS_tgkill, 0, 4),
		LOAD(args[0]),
		IF(BPF_JEQ, self, 1, 0),
		REFUSE(EPERM),
		ALLOW,
		IF(BPF_JEQ, SYS_landlock_create_ruleset, 1, 0),
		IF(BPF_JEQ, SYS_landlock_restrict_self, 0, 1),
		ALLOW,
		IF(BPF_JGE, NEWER, 0, 1),
		REFUSE(ENOSYS),
	};
	const size_t n = sizeof(head) / sizeof(head[0]);
	struct sock_filter all[sizeof(head) / sizeof(head[0]) + REFUSED + 2];
	const struct sock_fprog program = {
		.len = sizeof(all) / sizeof(all[0]), .filter = all,
	};

	memcpy(all, head, sizeof(head));
	for (size_t i = 0; i < REFUSED; i++)
		all[n + i] = (struct sock_filter)IF(BPF_JEQ, refused[i],
		    (uint8_t)(REFUSED - i), 0);
	all[n + REFUSED] = (struct sock_filter)ALLOW;
	all[n + REFUSED + 1] = (struct sock_filter)REFUSE(EPERM);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0;
}

bool
seccomp_enter(void)
{
	return install((uint32_t)getpid());
}

/* A kernel that would take a filter looks for it, and finds NULL. */
bool
seccomp_works(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW, NULL) != 0 && errno == EFAULT;
}

#else

bool
seccomp_enter(void)
{
	return false;
}

bool
seccomp_works(void)
{
	return false;
}

#endif

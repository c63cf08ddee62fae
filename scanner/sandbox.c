/*
 * See sandbox.h.  Landlock without a single rule: every kind of writing,
 * making and removing is denied everywhere, reading is left as it was.
 *
 * Truncation is different: Landlock wants to know at each open, for reading
 * too, whether the file may be truncated later, and walks up the path for
 * that.  So it is left to the filter of system calls where there is one.
 */
#include "sandbox.h"

#include <linux/landlock.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp.h"

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ull << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif

/* AddressSanitizer maps terabytes of shadow. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static long
landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);
}

static void
landlock_no_writes(bool truncate)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE |
		    LANDLOCK_ACCESS_FS_WRITE_FILE |
		    LANDLOCK_ACCESS_FS_REMOVE_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE |
		    LANDLOCK_ACCESS_FS_MAKE_CHAR |
		    LANDLOCK_ACCESS_FS_MAKE_DIR |
		    LANDLOCK_ACCESS_FS_MAKE_REG |
		    LANDLOCK_ACCESS_FS_MAKE_SOCK |
		    LANDLOCK_ACCESS_FS_MAKE_FIFO |
		    LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		    LANDLOCK_ACCESS_FS_MAKE_SYM,
	};
	const long version = landlock_version();
	long fd;

	if (version < 1)
		return;
	if (version >= 2)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3 && truncate)
		attr.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	fd = syscall(SYS_landlock_create_ruleset, &attr,
	    sizeof(attr.handled_access_fs), 0);
	if (fd < 0)
		return;
	(void)syscall(SYS_landlock_restrict_self, (int)fd, 0);
	(void)close((int)fd);
}

/* A macro: the type of its first argument is libc's own business. */
#define limit(what, to) \
	((void)setrlimit(what, &(struct rlimit){ to, to }))

static void
enter(uint64_t file, uint64_t memory)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, file);
	if (!SANITIZED)
		limit(RLIMIT_AS, memory);
	landlock_no_writes(!seccomp_enter());
}

#define OTHERS (160ull << 20)	/* all but the one, and the parent */
#define AT_REST (3ull << 20)	/* of a worker */
#define SHARE_MIN (8ull << 20)

uint64_t
sandbox_share(size_t workers)
{
	const uint64_t each = workers > 0 ? OTHERS / workers : 0;

	if (workers < 2)
		return 0;
	return each > AT_REST + SHARE_MIN ? each - AT_REST : SHARE_MIN;
}

/* Bytes that are mapped; 0: that cannot be said. */
static uint64_t
mapped(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
sandbox_room(uint64_t bytes)
{
	struct rlimit r;
	uint64_t now;

	if (SANITIZED || getrlimit(RLIMIT_AS, &r) != 0)
		return;
#ifdef M_MMAP_THRESHOLD
	/* What is freed is given back, and not kept for another time. */
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 2 << 20);
	(void)malloc_trim(0);
#endif
	now = bytes > 0 ? mapped() : 0;
	r.rlim_cur = now > 0 && now + bytes < r.rlim_max ? now + bytes :
	    r.rlim_max;
	(void)setrlimit(RLIMIT_AS, &r);
}

void
sandbox_enter(void)
{
	enter(0, SANDBOX_MEMORY);
}

void
sandbox_enter_writer(uint64_t file, uint64_t memory)
{
	enter(file, memory);
}

const char *
sandbox_name(void)
{
	static const char *const alone[] = { "none", "landlock/1",
	    "landlock/2", "landlock/3" };
	static const char *const both[] = { "seccomp", "landlock/1+seccomp",
	    "landlock/2+seccomp" };
	const long version = landlock_version();

	if (seccomp_works())
		return both[version < 1 ? 0 : version > 2 ? 2 : version];
	return alone[version < 1 ? 0 : version > 3 ? 3 : version];
}

/*
 * What tells whether a file is still the one that was read.
 */
#ifndef BAREDOT_STAMP_H
#define BAREDOT_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct stamp {
	uint64_t dev, ino;
	uint64_t size;			/* bytes */
	int64_t mtime, ctime;		/* seconds since 1970 */
	uint32_t mtime_ns, ctime_ns;
};

/* As a plan has it, which may be of another machine. */
struct planned {
	uint64_t ino, size;		/* bytes */
	uint64_t mtime;			/* nanoseconds since 1970 */
};

struct stamp stamp_of(const struct stat *);
bool stamp_same(const struct stamp *, const struct stamp *);
bool stamp_is_planned(const struct stamp *, const struct planned *);
uint64_t stamp_mtime(const struct stamp *);	/* as planned.mtime */

/*
 * It was last changed more than two seconds before `start`: a change since
 * then has another time, also where the file system keeps seconds, or two of
 * them (FAT).
 */
bool stamp_is_settled(const struct stamp *, int64_t start);

#endif

/*
 * The process that reads an archive, repairs what is in its members, and
 * writes a new one.
 */
#ifndef BAREDOT_ARCHIVE_CHILD_H
#define BAREDOT_ARCHIVE_CHILD_H

#include "archive_wire.h"

#define ARCHIVE_MEMORY (512ull << 20)	/* bytes that it may map */

/*
 * Give up all but reading and the files that come on fd, do what is ordered,
 * answer, and exit.
 */
_Noreturn void archive_child(int fd, const struct archive_order *);

#endif

/*
 * Give up what a worker does not need: it reads, and does nothing else.
 */
#ifndef BAREDOT_SANDBOX_H
#define BAREDOT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of memory, mapped or not, for what reads mail: the window of the
 * strongest zstd (128 MiB), the libraries (60 MiB) and room. */
#define SANDBOX_MEMORY (256ull << 20)

/*
 * Together, so many workers of a scan hold no more than 384 MiB: one at a time
 * has all of SANDBOX_MEMORY, the others a share of the rest.  (What they begin
 * with is as much as the libraries are, which all of them have in common.)  Of
 * more than 14 each still has what it takes to do anything, and it is more.
 */
#define SANDBOX_WORKERS 12u
uint64_t sandbox_share(size_t workers);	/* bytes; 0: all of it */

/* From here on this process may have that many bytes more than now; 0: as many
 * as after sandbox_enter. */
void sandbox_room(uint64_t bytes);

/*
 * For this process, for good.  What fails is left out: see the report.  Beyond
 * SANDBOX_MEMORY there is no memory, except where a sanitizer needs its own.
 */
void sandbox_enter(void);

/*
 * The same for a process that writes, but only to files that were open before:
 * none may become longer than `file`; memory as above.
 */
void sandbox_enter_writer(uint64_t file, uint64_t memory);

/*
 * What sandbox_enter can do here: "landlock/N", N being the version of its
 * interface that is used, "landlock/N+seccomp", "seccomp", or "none".
 */
const char *sandbox_name(void);

#endif

/*
 * Give up what a worker does not need: it reads, and does nothing else.
 */
#ifndef BAREDOT_SANDBOX_H
#define BAREDOT_SANDBOX_H

#include <stdint.h>

/* Bytes of memory, mapped or not, for what reads mail: the window of the
 * strongest zstd (128 MiB), the libraries (60 MiB) and room. */
#define SANDBOX_MEMORY (256ull << 20)

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

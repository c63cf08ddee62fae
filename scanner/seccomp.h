/*
 * A filter over system calls: what changes files without writing to them, and
 * what a scanner never needs, is refused.
 */
#ifndef BAREDOT_SECCOMP_H
#define BAREDOT_SECCOMP_H

#include <stdbool.h>

/*
 * For this process, for good, after no-new-privs.  True: from now on nothing
 * can be opened for writing, created or truncated; no name, mode, owner, time
 * or attribute of a file changed; no program or process started; no socket
 * made; and no signal sent but to itself.  These calls fail with EPERM, or
 * ENOSYS where the C library or we then try another way.
 */
bool seccomp_enter(void);

/* Would it be true?  Changes nothing. */
bool seccomp_works(void);

#endif

/*
 * A file that keeps still: locked as mail programs lock, and with a lease, so
 * that nobody else has it open, nor gets it open before we let go.
 *
 * The lock is one of the open file description (F_OFD_SETLK): programs that
 * use fcntl(2) or lockf(3) see it, and it does not go when we close some other
 * descriptor of the file.  The lease is had only while the descriptor is the
 * only one, in our process too; whoever opens the file waits in open(2), or
 * gets EWOULDBLOCK, and that shows.  Renaming and unlinking break no lease.
 * Children must close the descriptor (facts: reliability 3.3).
 *
 * hold_lock -> hold_lease -> hold_lasts* -> hold_end
 */
#ifndef BAREDOT_HOLD_H
#define BAREDOT_HOLD_H

#include <stdbool.h>

/*
 * Lock the file, which is open for reading and writing, without waiting.  -1:
 * errno; EAGAIN: somebody has it locked.
 */
int hold_lock(int fd);

/*
 * Take a write lease on it.  -1: errno; EAGAIN: somebody has it open; EINVAL
 * or EACCES: there are none on this file system, or for us.
 */
int hold_lease(int fd);

/* Nobody has tried to open it since hold_lease. */
bool hold_lasts(int fd);

/* Let go; fd stays open. */
void hold_end(int fd);

/*
 * Wait until everyone who found the file by its name, before the name led
 * elsewhere, has come as far as the lease.
 */
void hold_grace(void);

#endif

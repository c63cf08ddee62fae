/*
 * The process that reads a file once more and says how to mend it.
 */
#ifndef BAREDOT_MEND_CHILD_H
#define BAREDOT_MEND_CHILD_H

#include "scan.h"

/*
 * Give up all that a reader does not need, then answer requests on fd
 * (mend_wire.h) until the parent hangs up.  Exits; so it does when there is no
 * memory.  The options are those of a scan with repair set.
 */
_Noreturn void mend_child(int fd, const struct scan_options *);

#endif

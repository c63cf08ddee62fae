/*
 * The life of a worker process.
 */
#ifndef BAREDOT_WORKER_H
#define BAREDOT_WORKER_H

#define WORKER_CRAMPED 99	/* its exit status: job_sink.cramped */

#include "scan.h"

/*
 * Give up what a worker does not need, then do the jobs that come in on fd
 * and send back what comes of them, until the pool hangs up.  Exits; so it
 * does when there is no memory or nobody listens.  share: bytes of memory for
 * jobs that are not roomy, see sandbox_share.
 */
_Noreturn void worker_main(int fd, const struct scan_options *,
    uint64_t share);

#endif

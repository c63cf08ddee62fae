/*
 * See scan_run.h: what a scan at night does beside.
 */
#include "scan_run.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "complain.h"
#include "metrics.h"

#define NICE 10

void
scan_after(const struct scan_run *r, const struct totals *t)
{
	struct buf b = { 0 };
	struct err e = { 0 };

	if (r->command.syslog)
		metrics_syslog(t, &r->summary);
	if (r->command.metrics == NULL)
		return;
	metrics_text(&b, t, &r->summary, (int64_t)time(NULL));
	if (!buf_ok(&b))
		complain("--metrics-file: no memory");
	else if (metrics_write(r->command.metrics, buf_span(&b), &e) != ST_OK)
		complain("--metrics-file: %s", e.text);
	buf_free(&b);
}

/* What is refused here is no reason not to scan. */
void
scan_be_nice(void)
{
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
	    IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7));
}

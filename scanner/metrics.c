/*
 * See metrics.h.  The format: https://prometheus.io/docs/instrumenting/
 * exposition_formats/.  Without time stamps, which the collector refuses.
 */
#include "metrics.h"

#include <inttypes.h>
#include <syslog.h>

#include "output.h"

static void
put_name(struct buf *b, const char *name, const char *help)
{
	buf_printf(b, "# HELP baredot_%s %s\n# TYPE baredot_%s gauge\n", name,
	    help, name);
}

static void
put_value(struct buf *b, const char *name, uint64_t v, const char *help)
{
	put_name(b, name, help);
	buf_printf(b, "baredot_%s %" PRIu64 "\n", name, v);
}

static void
put_severities(struct buf *b, const char *name,
    const uint64_t n[SEVERITIES], const char *help)
{
	put_name(b, name, help);
	for (unsigned i = 0; i < SEVERITIES; i++)
		buf_printf(b, "baredot_%s{severity=\"%s\"} %" PRIu64 "\n",
		    name, severity_name((enum severity)i), n[i]);
}

void
metrics_text(struct buf *b, const struct totals *t,
    const struct summary_facts *s, int64_t end)
{
	put_value(b, "scan_end_timestamp_seconds", (uint64_t)end,
	    "When the last scan ended, since 1970.");
	put_name(b, "scan_duration_seconds", "How long it took.");
	buf_printf(b, "baredot_scan_duration_seconds %.3f\n", s->seconds);
	put_value(b, "scan_exit_status", (uint64_t)s->exit_status,
	    "Its exit status; 0 and 1 are a whole scan.");
	put_value(b, "scan_partial", s->partial,
	    "1: it ended early, and the numbers are not of all.");
	put_value(b, "messages", t->messages, "Messages in the stores.");
	put_value(b, "message_bytes", t->bytes, "Bytes of messages.");
	put_value(b, "files", t->files, "Files that hold mail.");
	put_value(b, "unreadable", t->unreadable,
	    "What could not be read.");
	put_severities(b, "flagged_messages", t->by_severity,
	    "Messages with findings, by the worst of them.");
	if (s->kept == NULL)
		return;
	put_value(b, "files_not_read", s->kept->files,
	    "Files that did not change since they were read.");
	put_severities(b, "new_messages", s->kept->by_severity,
	    "Messages with findings that are not in the baseline.");
}

int
metrics_write(const char *path, struct span text, struct err *e)
{
	struct output *o = output_open_new(path, 0644, e);

	if (o == NULL)
		return ST_DEAD;
	(void)output_write(o, text);
	return output_close(o, false, e);
}

void
metrics_syslog(const struct totals *t, const struct summary_facts *s)
{
	const uint64_t fresh = s->kept != NULL ? s->kept->messages :
	    t->flagged;

	openlog("baredot", LOG_PID, LOG_MAIL);
	syslog(t->unreadable > 0 || s->partial || fresh > 0 ? LOG_WARNING :
	    LOG_INFO, "scan: %" PRIu64 " messages, %" PRIu64
	    " with findings, %" PRIu64 " not in the baseline, %" PRIu64
	    " unreadable, %.1f s, exit status %d%s", t->messages, t->flagged,
	    fresh, t->unreadable, s->seconds, s->exit_status,
	    s->partial ? ", ended early" : "");
	closelog();
}

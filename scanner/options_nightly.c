/*
 * See options_nightly.h.
 */
#include "options_nightly.h"

#include "options_shard.h"

bool
options_nightly_apply(struct scan_command *c, enum option_id id,
    const char *arg)
{
	switch (id) {
	case OPTION_INCREMENTAL:
		return c->incremental = true;
	case OPTION_SCAN_STATE:
		c->state = arg;
		return c->incremental = true;
	case OPTION_NEW_ONLY:
		return c->incremental = c->new_only = true;
	case OPTION_BASELINE:
		return c->incremental = c->baseline = true;
	case OPTION_CRON:
		return c->incremental = c->new_only = c->cron = true;
	case OPTION_METRICS:
		c->metrics = arg;
		return strcmp(arg, "-") != 0 || usage("--metrics-file takes "
		    "a file, not standard output");
	case OPTION_SYSLOG:
		return c->syslog = true;
	case OPTION_NICE:
		return c->nice = true;
	default:
		return false;
	}
}

bool
options_nightly_settle(struct scan_command *c)
{
	if (c->incremental && c->forensic)
		return usage("--forensic reads everything: it does not go "
		    "with --incremental, --state, --new-only, --baseline or "
		    "--cron");
	if (c->incremental && c->redact)
		return usage("--redact has other tokens each time: it does "
		    "not go with --incremental, --state, --new-only, "
		    "--baseline or --cron");
	return options_shard_settle(c);
}

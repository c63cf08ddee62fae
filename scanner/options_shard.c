/*
 * See options_shard.h.
 */
#include "options_shard.h"

bool
options_shard_has(enum option_id id)
{
	return id == OPTION_PLAN || id == OPTION_SHARD || id == OPTION_OUT ||
	    id == OPTION_CHECKPOINT;
}

bool
options_shard_apply(struct scan_command *c, enum option_id id,
    const char *arg)
{
	switch (id) {
	case OPTION_PLAN:
		c->plan = arg;
		return true;
	case OPTION_SHARD:
		c->shard_given = true;
		return shard_parse(arg, &c->shard) || usage("--shard takes "
		    "I/N, a number from 1 to N of how many, I, auto/N or "
		    "auto, not %s", arg);
	case OPTION_OUT:
		c->out = arg;
		return true;
	case OPTION_CHECKPOINT:
		c->checkpoint_given = true;
		return parse_seconds("checkpoint", arg, &c->checkpoint);
	default:
		return false;
	}
}

/* The shard's file is one part of a report, and is written as such. */
static const char *
contradiction(const struct scan_command *c)
{
	return c->output != NULL ? "--output" :
	    c->format != NULL && strcmp(c->format, "ndjson") != 0 ?
	    "--format" :
	    c->files0_from != NULL ? "--files0-from" :
	    c->redact ? "--redact" :
	    c->format_in != NULL ? "--format-in" :
	    c->one_fs ? "--one-file-system" :
	    c->tmp ? "--tmp" :
	    c->incremental ? "--incremental, --state, --new-only, --baseline "
	    "or --cron" : NULL;
}

bool
options_shard_settle(struct scan_command *c)
{
	const char *other;

	if (c->plan == NULL)
		return (!c->shard_given && c->out == NULL &&
		    !c->checkpoint_given) || usage("--shard, --out and "
		    "--checkpoint go with --plan");
	if (!c->shard_given || c->out == NULL)
		return usage("--plan needs --shard and --out: which part, and "
		    "where its file goes");
	if (c->paths[0] != NULL)
		return usage("the plan says what is scanned: leave out %s",
		    c->paths[0]);
	if ((other = contradiction(c)) != NULL)
		return usage("%s does not go with --plan", other);
	c->format = "ndjson";
	return true;
}

/*
 * See scan_run.h: --target.
 */
#include "scan_run.h"

#include "complain.h"
#include "fix_options.h"
#include "nearest.h"

#define BOTH (1ull << CODE_TARGET_REFUSES | 1ull << CODE_TARGET_CHANGES)

/* The codes behind what it refuses, or changes, where that is asked for. */
static code_set
behind(const struct target_server *t, code_set asked)
{
	code_set all = 0;

	for (size_t i = 0; i < t->n; i++)
		if (asked >> (t->rows[i].refuses ? CODE_TARGET_REFUSES :
		    CODE_TARGET_CHANGES) & 1)
			all |= t->rows[i].when;
	return all;
}

/* Of --code and --target a scan tells both; who acts keeps to --code. */
static void
ask(struct scan_command *c, const struct target_server *t)
{
	c->topics |= TOPIC_TARGET;
	fix_options_behind(c, behind(t, fix_options_found(c, c->codes)));
	if (c->code_given && !scan_reads_only(c))
		return;
	c->codes |= target_codes(t) | BOTH;
	if (!c->severity_given)
		c->named |= BOTH;
}

static void
explain(const struct scan_run *r)
{
	struct nearest meant = nearest_begin(r->command.target);
	const struct target_server *t;
	char hint[NEAREST_HINT];
	struct buf b = { 0 };

	for (size_t i = 0; (t = targets_at(r->targets, i)) != NULL; i++) {
		nearest_try(&meant, t->name);
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", t->name);
	}
	complain("nothing is known of a server called %s; --target takes %s%s",
	    r->command.target, buf_text(&b), nearest_hint(&meant, "", hint));
	buf_free(&b);
}

bool
scan_target(struct scan_run *r)
{
	const struct span text = { targets_conf, targets_conf_size };
	char why[200];

	if (r->command.target == NULL)
		return true;
	if ((r->targets = targets_read(text, why, sizeof(why))) == NULL) {
		complain("targets.conf: %s", why);
		return false;
	}
	r->target = targets_find(r->targets, r->command.target);
	if (r->target != NULL) {
		ask(&r->command, r->target);
		return true;
	}
	explain(r);
	targets_free(r->targets);
	return false;
}

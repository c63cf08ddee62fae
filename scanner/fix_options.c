/*
 * See fix_options.h.
 */
#include "fix_options.h"

#include <stdlib.h>

#include "conform.h"
#include "run.h"
#include "word_lists.h"

static bool
parse_flags(const char *list, unsigned *out)
{
	struct span bad;

	return conform_parse(list, out, &bad) || usage("--fix: %.*s is none "
	    "of KumoMTA's flags (%s ...)", (int)bad.n, (const char *)bad.p,
	    conform_names[0].name);
}

/* Those whose argument is a word. */
static bool
apply_word(struct scan_command *c, enum option_id id, const char *arg)
{
	struct repair_options *r = &c->repair;
	size_t i;

	switch (id) {
	case OPTION_TO:
		if (!word_list_parse(id, "to", arg, &i))
			return false;
		r->to = (enum repair_to)i;
		return true;
	case OPTION_CR:
		if (!word_list_parse(id, "cr", arg, &i))
			return false;
		r->cr = (enum fix_cr)i;
		return true;
	case OPTION_NUL:
		if (!word_list_parse(id, "nul", arg, &i))
			return false;
		r->nul = (enum fix_nul)i;
		return true;
	case OPTION_EOD:
		if (!word_list_parse(id, "eod", arg, &i))
			return false;
		r->eod = (enum repair_eod)i;
		return true;
	default:
		return usage("an option is not known");
	}
}

bool
fix_options_apply(struct scan_command *c, enum option_id id, const char *arg)
{
	switch (id) {
	case OPTION_APPLY:
		return c->apply = true;
	case OPTION_LIST:
		c->list = arg;
		return true;
	case OPTION_VERIFY:
		c->verify = arg;
		return true;
	case OPTION_INTO:
	case OPTION_STATE:
		c->state = arg;
		return true;
	case OPTION_FROM:
		c->from = arg;
		return true;
	case OPTION_NEW_ARCHIVE:
		c->new_archive = arg;
		return strcmp(arg, "-") != 0 || usage("--output takes a file, "
		    "not standard output");
	case OPTION_REENCODE:
		return c->repair.reencode = true;
	case OPTION_ALLOW_SIGNED:
		return c->repair.allow_signed = true;
	case OPTION_KEEP_UID:
		return c->keep_uid = true;
	case OPTION_COPY_SWAP:
		c->may |= MAY_COPY_SWAP;
		return true;
	case OPTION_IN_PLACE:
		c->may |= MAY_IN_PLACE;
		return true;
	case OPTION_AS_OWNER:
		return true;
	case OPTION_LIMIT:
		return parse_bytes("limit", arg, &c->repair.limit);
	case OPTION_WAIT:
		return parse_seconds("wait", arg, &c->wait);
	case OPTION_FIX:
		return parse_flags(arg, &c->repair.flags);
	default:
		return apply_word(c, id, arg);
	}
}

#define BREAKS (1ull << CODE_EOL_BARE_CR | 1ull << CODE_EOL_BARE_LF | \
	1ull << CODE_EOL_CRLF | 1ull << CODE_EOL_CRCRLF | \
	1ull << CODE_EOL_CR_ONLY)

code_set
fix_options_found(const struct scan_command *c, code_set asked)
{
	for (enum code i = 0; i < CODE_COUNT; i++)
		if (code_info(i)->severity < c->min_severity)
			asked &= ~(1ull << i);
	return asked;
}

/* Codes that are no defect of their own. */
static code_set
behind(code_set asked)
{
	code_set codes = 0;

	if ((asked >> CODE_CONFORM_LINE_ENDS & 1) != 0)
		codes |= BREAKS;
	if ((asked >> CODE_EOL_MIXED & 1) != 0)
		codes |= 1ull << CODE_EOL_BARE_LF | 1ull << CODE_EOL_CRLF;
	return codes;
}

void
fix_options_behind(struct scan_command *c, code_set codes)
{
	codes |= behind(codes);
	c->repair.codes |= codes;
	c->repair.behind |= codes;
}

/*
 * KumoMTA's flags that are to be repaired are looked for.  Without --code
 * nothing else is.
 */
static void
settle_flags(struct scan_command *c)
{
	const unsigned flags = c->repair.flags;

	if (flags == 0)
		return;
	c->topics |= TOPIC_CONFORM | TOPIC_MIME;
	c->checks |= flags;
	if (!c->code_given)
		c->codes = 0;
	c->codes |= conform_codes(flags);
	if ((flags >> CONFORM_LINE_ENDS & 1) != 0)
		c->codes |= BREAKS;
}

/*
 * What is taken out where nobody says from which severity on: what was asked
 * for by name, of all else what is high.
 */
static void
settle_severity(struct scan_command *c)
{
	if (c->severity_given)
		c->named = 0;
	else if (c->from == NULL && (c->codes & ~c->named) != 0)
		c->min_severity = SEV_HIGH;
}

/*
 * What is not found is not repaired.  With --code what a --check finds is told,
 * and left.
 */
static void
settle_least(struct scan_command *c)
{
	struct repair_options *r = &c->repair;
	const unsigned flags = r->flags;

	r->least = c->min_severity;
	r->codes = fix_options_found(c, c->codes);
	fix_options_behind(c, behind(fix_options_found(c, c->code_given ?
	    c->coded : c->codes)));
	for (unsigned i = 0; flags >> i != 0; i++)
		if ((flags >> i & 1) != 0 && fix_options_found(c, 1ull <<
		    (CODE_CONFORM_COLON + i)) == 0)
			r->flags &= ~(1u << i);
}

bool
fix_options_settle(struct scan_command *c)
{
	if (c->command == COMMAND_TAKE && c->state == NULL &&
	    c->list == NULL && c->verify == NULL)
		return usage("--into DIR: where should the messages go?");
	if (c->repair.eod == REPAIR_EOD_ENCODE && !c->repair.reencode)
		return usage("--eod encode needs --reencode");
	if (c->from != NULL && c->files0_from != NULL)
		return usage("--from REPORT says which messages, and "
		    "--files0-from which files: give one of them, or with "
		    "--from the files as PATH");
	if (c->new_archive != NULL && (c->files0_from != NULL ||
	    c->from != NULL || c->paths[0] == NULL || c->paths[1] != NULL))
		return usage("--output NEW takes one PATH, an archive");
	if (c->command == COMMAND_TAKE) {
		c->repair.take_out = true;
		settle_severity(c);
	}
	/* What is not in the form that was asked for is to be found. */
	if (!c->eol_given && c->repair.to != REPAIR_NATIVE)
		c->eol = c->repair.to == REPAIR_CRLF ? EOL_CRLF : EOL_LF;
	settle_flags(c);
	if (c->repair.reencode)
		c->topics |= TOPIC_MIME;
	settle_least(c);
	c->repair.eol = c->eol;
	c->repair.kernel = c->kernel;
	return true;
}

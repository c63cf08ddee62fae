/*
 * See plan_cmd.h.
 */
#include "plan_cmd.h"

#include "complain.h"
#include "fix_options.h"
#include "scan_cmd.h"
#include "shard_name.h"

enum { OUTPUT = CMDLINE_FIRST, SHARDS, WHOLE, SPLIT, ONE_FS, TMP, FORENSIC,
	HELP };

static const struct cmdline_option options[] = {
	{ OUTPUT, 'o', "output", "PLAN", "write the plan to PLAN, whole or not "
	    "at all" },
	{ SHARDS, 0, "shards", "N", "cut it into N shards (16)" },
	{ WHOLE, 0, "whole-mailboxes", NULL, "never cut a mailbox: a Maildir, "
	    "an mbox, the single messages of a folder" },
	{ SPLIT, 0, "split", "SIZE", "an mbox of SIZE or more may be cut "
	    "between two shards (64M)" },
	{ ONE_FS, 'x', "one-file-system", NULL, "do not enter other file "
	    "systems" },
	{ TMP, 0, "tmp", NULL, "tmp/ of Maildirs too" },
	{ FORENSIC, 0, "forensic", NULL, "for evidence: no access time "
	    "changes, and no mbox is cut; for scan --forensic" },
	{ HELP, 'h', "help", NULL, "this help" },
};

struct plan_command {
	const char *output;
	unsigned long shards;
	uint64_t split;			/* bytes */
	bool whole, one_fs, tmp, forensic, help;
	char **paths;			/* NULL-terminated */
};

static struct cmdline
plan_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "plan", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

static bool
parse_shards(const struct cmdline *line, const char *arg, unsigned long *out)
{
	return (parse_number(arg, SHARDS_MAX, out) && *out > 0) ||
	    cmdline_usage(line, "--shards takes a number from 1 to %u, not "
	    "%s", SHARDS_MAX, arg);
}

static bool
apply(const struct cmdline *line, struct plan_command *c, int id,
    const char *arg)
{
	switch (id) {
	case OUTPUT:
		c->output = arg;
		return true;
	case SHARDS:
		return parse_shards(line, arg, &c->shards);
	case SPLIT:
		return parse_bytes("split", arg, &c->split);
	case WHOLE:
		return c->whole = true;
	case ONE_FS:
		return c->one_fs = true;
	case TMP:
		return c->tmp = true;
	case FORENSIC:
		return c->forensic = true;
	case HELP:
		return c->help = true;
	default:
		return false;
	}
}

/* Standard input cannot be read by many. */
static bool
takes_paths(const struct cmdline *line, struct plan_command *c)
{
	c->paths = cmdline_words(line);
	if (c->help)
		return true;
	if (c->paths[0] == NULL)
		return cmdline_usage(line, "what should be scanned? Give a "
		    "file or a folder");
	for (char **p = c->paths; *p != NULL; p++)
		if (strcmp(*p, "-") == 0)
			return cmdline_usage(line, "standard input cannot be "
			    "cut into shards");
	return c->output != NULL || cmdline_usage(line, "where should the "
	    "plan go? Give -o PLAN");
}

static bool
parse(const struct cmdline *line, struct plan_command *c)
{
	const char *arg;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		if (!apply(line, c, id, arg))
			return false;
	return takes_paths(line, c);
}

int
plan_cmd(int argc, char **argv)
{
	const struct cmdline line = plan_line(argc, argv);
	struct plan_command c = { .shards = 16, .split = 64ull << 20 };

	if (!parse(&line, &c))
		return EXIT_USAGE;
	if (c.help) {
		plan_help();
		return EXIT_CLEAN;
	}
	complain("not yet");
	return EXIT_UNREADABLE;
}

void
plan_help(void)
{
	const struct cmdline line = plan_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... PATH... -o PLAN",
	    "List what there is to scan, in the order of scan, and cut it into "
	    "shards of about the same work, for scan --plan on many machines "
	    "and merge.  Opens folders, and the first bytes of large files; "
	    "changes nothing.",
	    "0 done, 2 something could not be listed (the plan says what) or "
	    "the plan not written, 64 usage, 75 interrupted");
}

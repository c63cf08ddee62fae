/*
 * See merge_cmd.h.
 */
#include "merge_cmd.h"

#include "cmdline.h"
#include "complain.h"
#include "scan_cmd.h"

enum { PLAN = CMDLINE_FIRST, FORMAT, OUTPUT, MISSING, HELP };

static const struct cmdline_option options[] = {
	{ PLAN, 0, "plan", "PLAN", "the plan of the shards" },
	{ FORMAT, 'f', "format", "FORMAT", "ndjson, text (its summary) or html "
	    "(ndjson)" },
	{ OUTPUT, 'o', "output", "FILE", "write the report to FILE, whole or "
	    "not at all" },
	{ MISSING, 0, "missing", NULL, "only say which shards are missing: "
	    "--array=3,7-9, as Slurm takes it" },
	{ HELP, 'h', "help", NULL, "this help" },
};

struct merge_command {
	const char *dir, *plan, *output;	/* output NULL: standard output */
	const char *format;
	bool missing, help;
};

static struct cmdline
merge_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "merge", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

static bool
apply(const struct cmdline *line, struct merge_command *c, int id,
    const char *arg)
{
	switch (id) {
	case PLAN:
		c->plan = arg;
		return true;
	case FORMAT:
		c->format = arg;
		return strcmp(arg, "ndjson") == 0 || strcmp(arg, "text") == 0 ||
		    strcmp(arg, "html") == 0 || cmdline_usage(line,
		    "--format takes ndjson, text or html, not %s", arg);
	case OUTPUT:
		c->output = arg;
		return true;
	case MISSING:
		return c->missing = true;
	case HELP:
		return c->help = true;
	default:
		return false;
	}
}

static bool
parse(const struct cmdline *line, struct merge_command *c)
{
	const char *arg;
	char **words;
	int id;

	cmdline_begin(line);
	while ((id = cmdline_next(line, &arg)) != CMDLINE_END)
		if (!apply(line, c, id, arg))
			return false;
	words = cmdline_words(line);
	c->dir = words[0];
	if (c->help)
		return true;
	if (c->dir == NULL || words[1] != NULL)
		return cmdline_usage(line, "which folder? Give the one that "
		    "scan --out had");
	return c->plan != NULL || cmdline_usage(line, "which plan? Give "
	    "--plan");
}

int
merge_cmd(int argc, char **argv)
{
	const struct cmdline line = merge_line(argc, argv);
	struct merge_command c = { .format = "ndjson" };

	if (!parse(&line, &c))
		return EXIT_USAGE;
	if (c.help) {
		merge_help();
		return EXIT_CLEAN;
	}
	complain("not yet");
	return EXIT_UNREADABLE;
}

void
merge_help(void)
{
	const struct cmdline line = merge_line(0, NULL);

	cmdline_show_help(&line, "[OPTION]... DIR --plan PLAN",
	    "Make one report of the files that scan --plan wrote to DIR, the "
	    "same as that of one scan.",
	    "0 no findings (or info alone), 1 findings, 2 something could not "
	    "be read, 64 usage, 75 shards are missing (which, is told on "
	    "standard error) or interrupted");
}

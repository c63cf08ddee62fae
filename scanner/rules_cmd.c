/*
 * See rules_cmd.h.
 */
#include "rules_cmd.h"

#include <stdio.h>

#include "complain.h"
#include "escape.h"
#include "options.h"
#include "rules_load.h"
#include "scan_cmd.h"

static int
usage(const char *what)
{
	complain("%s; `baredot help rules` shows what there is", what);
	return EXIT_USAGE;
}

/* One file at a time: their rules need not go together. */
static int
check(int n, char **files)
{
	int status = EXIT_CLEAN, bad;

	if (n == 0)
		return usage("which file should be checked?");
	for (int i = 0; i < n; i++) {
		const char *const file = files[i];
		struct config *c = rules_load(false, &file, 1, NULL,
		    &bad);
		struct buf b = { 0 };

		if (c == NULL) {
			status = bad;
			continue;
		}
		escape_text(&b, span_text(file));
		buf_printf(&b, ": %zu %s, nothing is wrong\n",
		    config_rules(c)->n,
		    config_rules(c)->n == 1 ? "rule" : "rules");
		(void)fputs(buf_text(&b), stdout);
		buf_free(&b);
		config_free(c);
	}
	return status;
}

static void
show(const struct pattern_rules *rules)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < rules->n; i++) {
		const struct pattern_rule *r = rules->rule[i];

		buf_printf(&b, "%-26s %-7s %-13s ", r->name.name,
		    severity_name(r->severity), scope_name(r->scope));
		escape_text(&b, span_text(r->name.message));
		buf_byte(&b, '\n');
	}
	(void)fputs(buf_text(&b), stdout);
	buf_free(&b);
}

enum { RULES = CMDLINE_FIRST, NO_DEFAULT_RULES };

static const struct cmdline_option options[] = {
	{ RULES, 0, "rules", "FILE", "and those in FILE (again for more "
	    "files)" },
	{ NO_DEFAULT_RULES, 0, "no-default-rules", NULL,
	    "leave out the rules that come with baredot" },
};

struct cmdline
rules_line(int argc, char **argv)
{
	return (struct cmdline){ .command = "rules", .options = options,
	    .n = sizeof(options) / sizeof(options[0]), .argc = argc,
	    .argv = argv };
}

/* argv[0] is "list". */
static int
list(int argc, char **argv)
{
	const struct cmdline line = rules_line(argc, argv);
	const char *files[RULE_FILES_MAX], *arg;
	struct config *c;
	size_t used = 0;
	bool own = true;
	int status, id;

	cmdline_begin(&line);
	while ((id = cmdline_next(&line, &arg)) != CMDLINE_END) {
		if (id == CMDLINE_BAD)
			return EXIT_USAGE;
		if (id == NO_DEFAULT_RULES)
			own = false;
		else if (used == RULE_FILES_MAX)
			return usage("there are too many files");
		else
			files[used++] = arg;
	}
	if (cmdline_words(&line)[0] != NULL)
		return usage("rules list takes --rules FILE and "
		    "--no-default-rules");
	if ((c = rules_load(own, files, used, NULL, &status)) == NULL)
		return status;
	show(config_rules(c));
	config_free(c);
	return EXIT_CLEAN;
}

int
rules_cmd(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return check(argc - 2, argv + 2);
	if (argc > 1 && strcmp(argv[1], "list") == 0)
		return list(argc - 1, argv + 1);
	return usage("rules check, or rules list?");
}

void
rules_help(void)
{
	(void)fputs("Usage: baredot rules check FILE...\n"
	    "       baredot rules list [--rules FILE]... "
	    "[--no-default-rules]\n\n"
	    "Rules of your own, for `baredot scan --rules FILE`: say what is "
	    "wrong in a file\n(exit status 78), or list the rules that a scan "
	    "would use.  docs/rules.md says\nhow to write them.\n", stdout);
}

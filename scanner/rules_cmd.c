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

static int
list(int n, char **args)
{
	const char *files[RULE_FILES_MAX];
	struct config *c;
	size_t used = 0;
	bool own = true;
	int status;

	for (int i = 0; i < n; i++) {
		if (strcmp(args[i], "--no-default-rules") == 0)
			own = false;
		else if (used == RULE_FILES_MAX)
			return usage("there are too many files");
		else if (strncmp(args[i], "--rules=", 8) == 0)
			files[used++] = args[i] + 8;
		else if (strcmp(args[i], "--rules") == 0 && i + 1 < n)
			files[used++] = args[++i];
		else
			return usage("rules list takes --rules FILE and "
			    "--no-default-rules");
	}
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
		return list(argc - 2, argv + 2);
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

/*
 * See quarantine_show.h.
 */
#include "quarantine_show.h"

#include "catalogue.h"

enum { SHOW_LIST = CMDLINE_FIRST, SHOW_VERIFY, SHOW_FORMAT };

static const struct cmdline_option options[] = {
	{ SHOW_LIST, 0, "list", "DIR", "what is in quarantine in DIR" },
	{ SHOW_VERIFY, 0, "verify", "DIR",
	    "read all that is in quarantine in DIR, and say what is damaged" },
	{ SHOW_FORMAT, 'f', "format", "FORMAT",
	    "text or ndjson (text on a terminal, else ndjson)" },
};

int
quarantine_show_cmd(int argc, char **argv)
{
	const struct cmdline c = { .command = "quarantine",
		.options = options,
		.n = sizeof(options) / sizeof(options[0]), .argc = argc,
		.argv = argv };
	const char *list = NULL, *verify = NULL, *arg;
	enum form form = form_default();
	int got;

	cmdline_begin(&c);
	while ((got = cmdline_next(&c, &arg)) != CMDLINE_END) {
		if (got == CMDLINE_BAD)
			return EXIT_USAGE;
		if (got == SHOW_LIST)
			list = arg;
		else if (got == SHOW_VERIFY)
			verify = arg;
		else if (!form_parse(arg, &form)) {
			(void)cmdline_usage(&c, "--format takes text or "
			    "ndjson, not %s", arg);
			return EXIT_USAGE;
		}
	}
	if ((list == NULL) == (verify == NULL) ||
	    cmdline_words(&c)[0] != NULL) {
		(void)cmdline_usage(&c, "either --list DIR or --verify DIR");
		return EXIT_USAGE;
	}
	return list != NULL ? quarantine_list(list, form) :
	    quarantine_verify(verify, form);
}

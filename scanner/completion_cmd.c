/*
 * See completion_cmd.h.
 */
#include "completion_cmd.h"

#include <stdio.h>

#include "complain.h"
#include "completion.h"
#include "scan_cmd.h"

int
completion_cmd(int argc, char **argv)
{
	struct buf b = { 0 };
	int status = EXIT_CLEAN;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)) {
		completion_help();
		return EXIT_CLEAN;
	}
	if (argc != 2 || !completion_script(&b, argv[1])) {
		buf_free(&b);
		complain("for which shell? completion bash, completion zsh "
		    "or completion fish");
		return EXIT_USAGE;
	}
	if (b.failed || fwrite(b.p, 1, b.n, stdout) != b.n ||
	    fflush(stdout) != 0) {
		complain("it cannot be written");
		status = EXIT_UNREADABLE;
	}
	buf_free(&b);
	return status;
}

void
completion_help(void)
{
	(void)fputs("Usage: baredot completion bash|zsh|fish\n\n"
	    "Write what that shell needs to complete command lines of "
	    "baredot: commands,\noptions, codes, servers, runs.  `make "
	    "install` puts it where the shell looks for\nit; without, for "
	    "this shell alone:\n\n"
	    "  bash: source <(baredot completion bash)\n"
	    "  zsh:  source <(baredot completion zsh)\n"
	    "  fish: baredot completion fish | source\n", stdout);
}

/*
 * baredot: find bare newlines and smuggled SMTP in stored mail.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "complain.h"
#include "scan_cmd.h"

/*
 * A standard stream that is closed would be the next file that is opened, and
 * the report would go there.  Writing to what stands in fails.
 */
static void
fill_standard_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDONLY);
}

int
main(int argc, char **argv)
{
	const struct command_info *c;
	const char *name;

	fill_standard_streams();
	if (argc < 2) {
		complain("no command; `baredot help` shows what there is");
		return EXIT_USAGE;
	}
	name = argv[1];
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		(void)puts("baredot " BAREDOT_VERSION);
		return EXIT_CLEAN;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if ((c = command_named(name)) != NULL)
		return c->run(argc - 1, argv + 1);
	return no_command("there is no command", name);
}

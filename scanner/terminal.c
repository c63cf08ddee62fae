/*
 * See terminal.h.  NO_COLOR: no-color.org; CLICOLOR: bixense.com/clicolors.
 */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal_size
terminal_size(int fd)
{
	struct terminal_size s = { 80, 24 };
	struct winsize w;

	if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 && w.ws_row > 0)
		s = (struct terminal_size){ w.ws_col, w.ws_row };
	return s;
}

static bool
is_dumb(void)
{
	const char *term = getenv("TERM");

	return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

bool
terminal_colors(bool is_terminal)
{
	const char *no = getenv("NO_COLOR");
	const char *force = getenv("CLICOLOR_FORCE");
	const char *cli = getenv("CLICOLOR");

	if (no != NULL && no[0] != '\0')
		return false;
	if (force != NULL && force[0] != '\0' && strcmp(force, "0") != 0)
		return true;
	return is_terminal && !is_dumb() &&
	    (cli == NULL || strcmp(cli, "0") != 0);
}

bool
terminal_is_ours(int fd)
{
	const pid_t front = tcgetpgrp(fd);	/* -1: it controls nobody */

	return isatty(fd) == 1 && !is_dumb() && (front < 0 ||
	    front == getpgrp());
}

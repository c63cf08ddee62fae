/*
 * What the terminal can show, and wants to.
 */
#ifndef BAREDOT_TERMINAL_H
#define BAREDOT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* When something is shown; WHEN_AUTO: where it makes sense. */
enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct terminal_size {
	size_t columns, rows;
};

/* 80 by 24 where it is not known.  It may change at any time. */
struct terminal_size terminal_size(int fd);

/*
 * Colors, where no option says it: not with NO_COLOR; with CLICOLOR_FORCE;
 * else on a terminal, unless CLICOLOR is 0.  None on one that is dumb (TERM).
 */
bool terminal_colors(bool is_terminal);

/* Lines can be written over there, and we are in the foreground. */
bool terminal_is_ours(int fd);

#endif

/*
 * What can stand on a command line, for shells that complete it.
 */
#ifndef BAREDOT_COMPLETION_H
#define BAREDOT_COMPLETION_H

#include "buf.h"
#include "commands.h"

/* What stands behind an option, or where a word that is no option may be. */
enum takes {
	TAKES_NOTHING,
	TAKES_ANY,		/* nobody knows: a number, a size */
	TAKES_FILE,
	TAKES_FOLDER,
	TAKES_WORD,		/* one of the words */
	TAKES_LIST,		/* words with commas between them */
	TAKES_FLAGS,		/* words with | between them */
	TAKES_RUN		/* what `baredot runs` lists, or a word */
};

/* Words with a space behind each; freed by who asked. */
struct completing {
	enum takes takes;
	struct buf words;
};

/* What stands behind this option of this command. */
struct completing completion_of_option(const struct command_info *,
    const struct cmdline_option *);

/* What words that are no options may be. */
struct completing completion_of_words(const struct command_info *);

/* The script for a shell, into b.  False: there is no such shell. */
bool completion_script(struct buf *b, const char *shell);

#endif

/*
 * The command line of a command, from a table of its options that also makes
 * its help.
 *
 * cmdline_begin -> cmdline_next* -> the words from cmdline_words
 */
#ifndef BAREDOT_CMDLINE_H
#define BAREDOT_CMDLINE_H

#include "buf.h"

#define CMDLINE_OPTIONS_MAX 64u

/* Numbers of options are beyond any letter: begin an enum at this. */
#define CMDLINE_FIRST 256

struct cmdline_option {
	int id;			/* CMDLINE_FIRST or more */
	int letter;		/* or 0 */
	const char *name, *arg, *help;	/* arg: NULL: it takes none */
};

struct cmdline {
	const char *command;	/* "scan": its help is `baredot help scan` */
	const struct cmdline_option *options;
	size_t n;		/* at most CMDLINE_OPTIONS_MAX */
	int argc;		/* argv[0] is the command */
	char **argv;
};

enum { CMDLINE_END = -1, CMDLINE_BAD = -2 };

/* Begin anew; only one at a time, because of getopt(3). */
void cmdline_begin(const struct cmdline *);

/*
 * The id of the next option, with its argument in *arg (NULL: none).
 * CMDLINE_END: only other words are left.  CMDLINE_BAD: a usage error, which
 * was explained on standard error.
 */
int cmdline_next(const struct cmdline *, const char **arg);

/* After CMDLINE_END: the words that are no options, NULL-terminated. */
char **cmdline_words(const struct cmdline *);

/* Explain a usage error on standard error; false. */
bool cmdline_usage(const struct cmdline *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A line for each option, or more. */
void cmdline_help(const struct cmdline *, struct buf *);

/* The help of a small command, on standard output: how it is called, what it
 * does, its options, and its exit status. */
void cmdline_show_help(const struct cmdline *, const char *usage,
    const char *what, const char *status);

#endif

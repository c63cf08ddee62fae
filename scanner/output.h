/*
 * Where the report goes: standard output, or a file that appears whole.
 */
#ifndef BAREDOT_OUTPUT_H
#define BAREDOT_OUTPUT_H

#include <sys/types.h>

#include "err.h"
#include "span.h"

struct output;

/*
 * So that no half of a file is left: SIGINT, SIGTERM and SIGHUP are told, and
 * a pipe that nobody reads, or a limit of size, is an error and no signal.
 */
void output_catch_signals(void (*on_signal)(int));

/* The last of these alone: what is asked for is done, whoever reads of it. */
void output_errors_not_signals(void);

/* What the user named as such: NULL if that is "-", standard output. */
const char *output_path(const char *arg);

/*
 * path NULL: standard output.  What a link leads to is replaced, not the link;
 * a device, a FIFO, and the file to which standard output or standard error
 * goes are written to as they are.  A new file gets what the umask gives.
 * NULL: *e says why.
 */
struct output *output_open(const char *path, struct err *);

/* The same, and a new file gets that mode; *e does not say which file. */
struct output *output_open_mode(const char *path, mode_t, struct err *);

/* To a file that is open, and stays so. */
struct output *output_to(int fd, struct err *);

/*
 * A file of that mode, in the place of the file or link that has the name: a
 * link is not followed, for the folder may be somebody else's.  Not where it
 * leads to a device, a FIFO or our standard output.  NULL: *e says why.
 */
struct output *output_open_new(const char *path, mode_t, struct err *);

/*
 * A file that somebody else fills, by the name of its temporary.  None may be
 * there, unless it may be replaced; output_made: it is whole, so that
 * output_close puts it in its place.  NULL: *e says why.
 */
struct output *output_open_named(const char *path, bool replace,
    struct err *);
const char *output_name(const struct output *);
void output_made(struct output *);

/*
 * The temporary, open, to write to it at any place instead of output_write;
 * then output_made.  -1: it is a stream.
 */
int output_file(const struct output *);

/* False: it failed, now or before. */
bool output_write(struct output *, struct span);

/*
 * Flush and, for a file, put it in its place, with the mode of the file that
 * it replaces; a partial report goes beside it, to FILE.partial, and one of
 * which nothing was written, nowhere.  Frees.
 * ST_DEAD: *e says why, and a file that was there before is untouched.
 */
int output_close(struct output *, bool partial, struct err *e);

/* What should have been written could not be made up, for an errno. */
void output_fail(struct output *, int why);
void output_no_memory(struct output *);

bool output_is_terminal(const struct output *);

#endif

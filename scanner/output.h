/*
 * Where the report goes: standard output, or a file that appears whole.
 */
#ifndef BAREDOT_OUTPUT_H
#define BAREDOT_OUTPUT_H

#include <sys/types.h>

#include "err.h"
#include "span.h"

struct output;

/* path NULL: standard output.  NULL: *e says why. */
struct output *output_open(const char *path, struct err *);

/* False: it failed, now or before. */
bool output_write(struct output *, struct span);

/*
 * Flush and, for a file, put it in its place, with the mode of the file that
 * it replaces; a partial report goes beside it, to FILE.partial, and one of
 * which nothing was written, nowhere.  Frees.
 * ST_DEAD: *e says why, and a file that was there before is untouched.
 */
int output_close(struct output *, bool partial, struct err *e);

/* The mode of the file, also where it replaces one. */
void output_mode(struct output *, mode_t);

/* What should have been written could not be made up. */
void output_no_memory(struct output *);

bool output_is_terminal(const struct output *);

#endif

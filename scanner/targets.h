/*
 * The servers that --target knows: rules/data/targets.conf, in the program.
 */
#ifndef BAREDOT_TARGETS_H
#define BAREDOT_TARGETS_H

#include "buf.h"
#include "target.h"

/* That file's text.  Generated. */
extern const uint8_t targets_conf[];
extern const size_t targets_conf_size;

struct targets;

/*
 * Read a file's text.  NULL: something is wrong with it; why (n bytes) says
 * what and in which line.  What is found in it stays until targets_free.
 */
struct targets *targets_read(struct span text, char *why, size_t n);
void targets_free(struct targets *);		/* NULL is fine */

/* The i-th; NULL: there are no more. */
const struct target_server *targets_at(const struct targets *, size_t i);

/* NULL: it is not known. */
const struct target_server *targets_find(const struct targets *,
    const char *name);

#endif

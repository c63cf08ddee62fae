/*
 * Messages that a reviewed report names: `--from REPORT`.
 *
 * They are known by offset, length and SHA-256, and are looked for in the files
 * that the report names, and in no others.
 */
#ifndef BAREDOT_SELECTION_H
#define BAREDOT_SELECTION_H

#include <stdbool.h>

#include "err.h"
#include "hash.h"

struct selection;

/*
 * Read a report, NDJSON of scan or fix, or of a replay, of which those count
 * that are cut or smuggled; "-": standard input.  ST_DEAD: it cannot be read.
 * ST_BAD: it is no report, or lacks the SHA-256 of a message.
 */
int selection_read(const char *report, struct selection **out, struct err *);

void selection_free(struct selection *);	/* NULL is fine */

/* The i-th file that has a message in it, as the report writes its path: in
 * the report's order, each once.  NULL: there are no more. */
const char *selection_path(const struct selection *, size_t i);

/* Its messages are single files of a Maildir. */
bool selection_is_maildir(const struct selection *, size_t i);

bool selection_has(const struct selection *, uint64_t off, uint64_t len,
    const uint8_t sha[HASH_SIZE]);

#endif

/*
 * Messages that a reviewed report names: `--from REPORT`.
 *
 * They are known by path, offset, length and SHA-256, and are looked for in the
 * files that the report names, and in no others.
 */
#ifndef BAREDOT_SELECTION_H
#define BAREDOT_SELECTION_H

#include <stdbool.h>

#include "err.h"
#include "hash.h"
#include "span.h"

struct selection;

/*
 * Read a report, NDJSON of scan or fix, or of a replay, of which those count
 * that are cut or smuggled; "-": standard input.  ST_DEAD: it cannot be read.
 * ST_BAD: it is no report, or lacks the SHA-256 of a message.
 */
int selection_read(const char *report, struct selection **out, struct err *);

/*
 * From now on only those in or below one of these paths (NULL-terminated),
 * whichever way both are written: links are followed as far as there is
 * something.  ST_BAD: the report names messages, but none there, *e says of
 * which path.  Each selection_place and number of a message changes.
 */
int selection_within(struct selection *, char *const *paths, struct err *);

void selection_free(struct selection *);	/* NULL is fine */

/* The i-th file that has a message in it, as the report writes its path: in
 * the report's order, each once.  NULL: there are no more. */
const char *selection_path(const struct selection *, size_t i);

/* Its messages are single files of a Maildir. */
bool selection_is_maildir(const struct selection *, size_t i);

/* They are members of that file. */
bool selection_is_archive(const struct selection *, size_t i);

/* path: as the report writes it, with the member in an archive.  which, unless
 * it is NULL: the number of the message. */
bool selection_has(const struct selection *, struct span path, uint64_t off,
    uint64_t len, const uint8_t sha[HASH_SIZE], size_t *which);

/* The report says of that message that something is wrong. */
bool selection_found(const struct selection *, size_t which);

/* It was there; of one that is not in the selection nothing is kept. */
void selection_see(struct selection *, size_t which);

struct unseen {
	const char *path;	/* as the report writes it */
	size_t file_n;		/* bytes of it that are the file's */
	uint64_t off;
};

/* The next message from *i on that was not seen; *i is moved behind it.
 * False: there is none. */
bool selection_unseen(const struct selection *, size_t *i, struct unseen *);

#endif

/*
 * How far the scan is, on standard error.
 */
#ifndef BAREDOT_PROGRESS_H
#define BAREDOT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress;

/*
 * paths (NULL-terminated) are what will be scanned: a process of its own adds
 * up their sizes meanwhile, for the estimate.  NULL: no memory.
 */
struct progress *progress_new(char *const *paths, bool one_fs);
void progress_free(struct progress *);	/* clears the line; NULL is fine */

/* bytes more were scanned; messages in all.  Shows at most 4 times a second. */
void progress_add(struct progress *, uint64_t bytes, uint64_t messages);

/* Take the line away while something else is written there. */
void progress_hide(struct progress *);

#endif

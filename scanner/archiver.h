/*
 * Archives, by processes that can be thrown away: what one is, a new one with
 * its messages repaired, and whether that is what it should be.
 *
 * For each task a process is forked (archive_child.h), gets the files that it
 * needs, and nothing else.  What it says is not believed further than this:
 * whoever gets hold of the one that rewrites can put what he likes into
 * members that it says are changed.  That nothing else is, another sees to.
 */
#ifndef BAREDOT_ARCHIVER_H
#define BAREDOT_ARCHIVER_H

#include "archive_wire.h"

struct archiver;

/* timeout: seconds without a word, and one more for each MiB of the archive;
 * 0: for ever.  NULL: no memory. */
struct archiver *archiver_new(const struct scan_options *, unsigned timeout);
void archiver_free(struct archiver *);		/* NULL is fine */

struct archive_job {
	const char *path;	/* as the user wrote it */
	int64_t mtime;		/* of the archive */
	size_t root;		/* bytes of path that may lead through links */
	int spool_a, spool_b;	/* empty files, open for both */
	/* Text for the report.  False: give up. */
	bool (*text)(void *ctx, struct span);
	bool (*going)(void *ctx);	/* false: give up */
	/* A message of the selection was there. */
	void (*found)(void *ctx, uint64_t which);
	/* A message that was taken out, piece by piece: first with its note,
	 * last one with done set.  NULL: none may be. */
	int (*take)(void *take_ctx, const struct archive_taken *,
	    struct span note, struct span bytes, bool done, struct err *);
	void *ctx, *take_ctx;

	/* Out, also when it failed: */
	struct archive_counts counts;
	/* Out: */
	struct archive_done done;	/* .size 0: nothing is to change */
	struct archive_change *changes;	/* the caller calls free */
	size_t changes_n, changes_cap;
};

/*
 * Whether the file is a tar, cpio or zip archive, maybe compressed.  ST_OK: it
 * is.  ST_BAD: it is not, or cannot be read.  ST_DEAD: no process.
 */
int archiver_kind(struct archiver *, int fd, struct err *);

/*
 * Write the archive `from` (open for reading only) anew to `to`, an empty file
 * open for both, its messages repaired.  ST_BAD: it is not to be rewritten,
 * *e says why.  ST_DEAD: it cannot be read or written, or the process died.
 */
int archiver_rewrite(struct archiver *, struct archive_job *, int from,
    int to, struct err *);

/*
 * After ST_OK with something changed: that `new` is `old` but for the changes.
 * Both open for reading only.  Status as above.
 */
int archiver_check(struct archiver *, const struct archive_job *, int old,
    int new, struct err *);

#endif

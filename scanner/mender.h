/*
 * A new file from an old one, message by message, without trusting what says
 * how.
 *
 * A process that may read and do nothing else (mend_child.h) looks at the old
 * file again and sends edits.  Here each edit is held against what the user
 * asked for and against the old bytes (splice, edit.h), and all other bytes
 * are copied as they are.  So whoever gets hold of that process through a
 * hostile message can at most choose among repairs that the user allowed.
 */
#ifndef BAREDOT_MENDER_H
#define BAREDOT_MENDER_H

#include "filling.h"
#include "frames.h"
#include "scan.h"
#include "stamp.h"

struct mender;

/* How long it may take, for each file; its timeout also bounds the whole.
 * NULL: *e. */
struct mender *mender_new(const struct scan_options *,
    const struct frames_wait *, struct err *);
void mender_free(struct mender *);	/* NULL is fine */

/* A message that goes.  ST_OK; else nothing of the file is changed. */
struct mend_taken {
	uint64_t off, len;	/* in the old file */
	uint64_t from, to;	/* with its separator */
	const uint8_t *sha;	/* HASH_SIZE bytes: what it should be */
	struct span note;	/* act/note.h */
};
typedef int mend_take_fn(void *ctx, int old, const struct mend_taken *,
    struct err *);

/* What a process like it said before: frames in a file, from there on. */
struct mend_told {
	int fd;
	uint64_t off;
	struct stamp stamp;	/* of the file that it was said of */
};

struct mend_job {
	enum store_place place;	/* of the old file */
	int64_t when;		/* its mtime */
	const char *path;	/* for notes, and to know it in a report */
	bool tag;		/* sum is to be a tag (hash.h) */
	const struct mend_told *told;	/* what is done, as long as the file is
					 * the same; NULL: look at it */
	mend_take_fn *take;	/* NULL: a message that goes is an error */
	void *ctx;

	/* Out: */
	uint64_t messages;	/* with edits */
	uint64_t edits;
	uint64_t taken;		/* messages that go */
	bool longer;		/* a message may be, as IMAP counts */
	uint64_t left;		/* messages that are left alone: */
	char why[200];		/* the first of them */
	uint8_t sum[HASH_SIZE];	/* of what was written: SHA-256 */
};

/*
 * Read the file `from` (open for reading only), which is filled meanwhile as
 * far as it is needed, and write the new one to `to`, from its first byte.
 * ST_BAD: it must stay as it is, *e says why.  ST_DEAD: it cannot be read or
 * written.
 */
int mender_write(struct mender *, struct mend_job *, struct filling *from,
    int to, struct err *);

#endif

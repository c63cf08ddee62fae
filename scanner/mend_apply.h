/*
 * The parent's side of mending a file: frames that say how, each held against
 * the old bytes and what the user asked for, to the bytes of the new file.
 *
 * mend_apply_new -> (mend_apply_begin -> mend_apply_fills? ->
 * mend_apply_frame* -> mend_apply_end)* -> mend_apply_free
 *
 * It believes nothing of what it is told: messages are within the file and in
 * order, and of those that were asked for; edits are within their message and
 * of an allowed kind (splice); a message goes only where that was asked for,
 * all of it from its From_ line to the next, of which no more is lost than
 * that line and an empty one; and all other bytes are the old ones.
 */
#ifndef BAREDOT_MEND_APPLY_H
#define BAREDOT_MEND_APPLY_H

#include "mend_wire.h"
#include "mender.h"
#include "reencode_check.h"

#define MEND_CHUNK (1u << 20)	/* bytes read or written at once */

/* What may be done, by what the user asked for. */
struct mend_may {
	unsigned kinds;			/* edits, of enum edit_kind */
	bool take;			/* messages may go */
	bool keeps;			/* what is written goes to the disk */
	const struct selection *only;	/* these messages; NULL: all */
};

struct mend_may mend_may(const struct scan_options *);

struct mend_apply {
	/* Its own: */
	struct mend_may may;
	struct hash *sha, *tag;
	struct hash *made_hash;		/* of the new file: one of them */
	struct hash *seen;		/* of a message in the old one */
	struct mend_job *job;
	int from, to;
	struct filling *filling;	/* of from; or NULL */
	uint64_t size;			/* of the old file */
	uint64_t pos;			/* next old byte to be copied */
	uint64_t made;			/* bytes written, with those in out */
	bool in_message;
	struct mend_message message;
	struct edit_growth growth;	/* of that */
	struct splice splice;
	struct reencode_splice check;	/* what is encoded */
	bool has_check;
	int status;			/* of writing */
	struct err *e;
	size_t fields_n;		/* fields to be put before what comes */
	struct graft fields[MEND_SAME];
	struct graft graft;		/* the one being made */
	struct buf text;		/* of all these */
	struct edit edits[MEND_EDITS_MAX + MEND_SAME];
	size_t out_n;
	uint64_t old_off;		/* old[0] is that byte of the file */
	size_t old_n;
	uint8_t old[MEND_CHUNK], out[MEND_CHUNK];
};

/* NULL: no memory.  may.only must stay. */
struct mend_apply *mend_apply_new(const struct mend_may *);
void mend_apply_free(struct mend_apply *);	/* NULL is fine */

/*
 * A file `from` of size bytes is to become `to`.  job and e must stay until
 * the end; job.place and job.when are not looked at.
 */
void mend_apply_begin(struct mend_apply *, struct mend_job *, int from,
    int to, uint64_t size, struct err *e);

/* `from` is filled meanwhile; it must stay until the end. */
void mend_apply_fills(struct mend_apply *, struct filling *);

/*
 * The next frame (mend_wire.h).  ST_END: that was the last.  ST_BAD: it is
 * refused, *e says why.  ST_DEAD: cannot read or write.
 */
int mend_apply_frame(struct mend_apply *, uint32_t type, struct span);

/* These old bytes; false: they cannot be read, or there are fewer. */
bool mend_apply_look(struct mend_apply *, uint64_t off, uint8_t *p, size_t n);

/* After ST_END: what is left is copied; job.sum is set on ST_OK. */
int mend_apply_end(struct mend_apply *);

#endif

/*
 * One file's messages, judged and repaired: as frames (mend_wire.h) that say
 * what to do with it.  Reads only.
 *
 * mend_file_new -> mend_file_run* -> mend_file_free
 */
#ifndef BAREDOT_MEND_FILE_H
#define BAREDOT_MEND_FILE_H

#include "judge.h"
#include "mend_say.h"
#include "scan.h"

struct mend_sink {
	mend_frame_fn *frame;
	/* Bytes were read, for the first time or again. */
	void (*tick)(void *ctx, uint64_t bytes, uint64_t again);
	/* A message was judged; repair: what is to become of it, which may be
	 * changed to REPAIR_REFUSED; NULL: it is none of those asked for.
	 * NULL: nobody wants to know. */
	void (*decided)(void *ctx, const struct msg *, const struct judged *,
	    struct repair_facts *repair);
	/* A message that begins at off cannot be read, *e says why, and stays
	 * as it is.  NULL: nobody wants to know. */
	void (*damaged)(void *ctx, uint64_t off, const struct err *e);
	void *ctx;
};

struct mend_file;

/* The options are those of a scan with repair set.  NULL: no memory. */
struct mend_file *mend_file_new(const struct scan_options *,
    const struct mend_sink *);
void mend_file_free(struct mend_file *);	/* NULL is fine */

struct mend_what {
	uint64_t size;		/* of the file, bytes */
	time_t when;		/* its mtime */
	enum store_place place;
	bool waits;		/* what is not there yet comes */
	struct span path;	/* for notes */
};

/*
 * fd is the mend_file's, also on failure.  ST_END: all frames were made, but
 * for MEND_DONE.  ST_BAD: it is no mail, and there was no frame.  ST_DEAD: it
 * cannot be read whole, or the sink failed.
 */
int mend_file_run(struct mend_file *, int fd, const struct mend_what *,
    struct err *);

/* After ST_END: it can hold many messages. */
bool mend_file_is_container(const struct mend_file *);

#endif

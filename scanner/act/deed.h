/*
 * What the acts on one message share: the steps from its path to the record
 * of what will be done.
 */
#ifndef BAREDOT_DEED_H
#define BAREDOT_DEED_H

#include "blob.h"
#include "filling.h"
#include "run.h"
#include "settle.h"
#include "source.h"
#include "stage.h"

struct deed {
	struct run *run;
	const struct place *place;
	struct source source;
	struct stage stage;
	struct blob blob;	/* the original, on its way to the disk */
	struct summing taking;	/* while it is copied: what was so far */
	int take_rc;		/* of copying, once it failed: ST_BAD, or */
	struct err take_e;	/* ST_DEAD, and why */
	struct intent intent;
	uint64_t seq;		/* of the intent, once it is recorded */
	struct found at;	/* the message, when it was changed */
	struct settle_live live;
	bool image;		/* in place: the new contents are stored, for
				 * no other purpose */
	struct found linked;	/* by links: the new file, in the mailbox */
	int error;		/* errno of the call that should have changed
				 * it, 0: none */
	struct outcome *out;
	int (*note)(void *ctx, struct run *, struct err *);
	void *ctx;
};

/*
 * Open the folder and begin the intent.  ST_BAD here and below: *deed.out is
 * set.
 */
int deed_begin(struct deed *, enum act, const char *folder, size_t root,
    struct err *);

void deed_free(struct deed *);

/*
 * A file for what will be in the message's place, with the rights of the
 * owner.
 */
int deed_open_stage(struct deed *, struct err *);

/*
 * rc of a step before anything was changed: what is wrong with this message or
 * its mailbox is an outcome; ST_DEAD is left where the disk fails.
 */
int deed_not_done(struct deed *, int rc, const struct err *);

/* change.write said ST_BAD: it must not be, or (EINTR) it was stopped. */
int deed_not_written(struct deed *, const struct err *);

/* ST_BAD: its file system is mounted read-only. */
int deed_place_writable(struct deed *, struct err *);

/* Whether deed_open_stage would do, as far as looking shows. */
int deed_look_stage(struct deed *, struct err *);

/* The original `sha` of this run: as blob_open. */
int deed_open_blob(struct deed *, const uint8_t sha[HASH_SIZE], int *fd,
    struct sum *, struct err *);

/* It is there, and whole; stage.sum is its sum. */
int deed_look_blob(struct deed *, const uint8_t sha[HASH_SIZE],
    struct err *);

/* Write the original `sha` of this run into the stage. */
int deed_write_blob(struct deed *, const uint8_t sha[HASH_SIZE],
    struct err *);

/* stage_seal, and see that it is what was meant. */
int deed_seal(struct deed *, const struct meta *, const struct said *,
    struct err *);

/* The source, whose sum is known, as the old file of the intent. */
void deed_set_old(struct deed *);

/* The same, its original stored. */
int deed_store_old(struct deed *, struct err *);

/* The same in two parts: the first for each, the second for n of a run. */
int deed_copy_old(struct deed *, struct err *);

/*
 * deed_copy_old for a source that was not read, held so that nobody writes to
 * it: source.st.st_size bytes of it.  deed_take_begin copies the first ones,
 * and sets source.sum.head; deed_take_end the rest, and sets source.sum, but
 * for its SHA-256; that and the old file of the intent are set by
 * deed_take_sum, when the copy was read back.
 */
int deed_take_begin(struct deed *, struct err *);
int deed_take_end(struct deed *, struct err *);
int deed_take_sum(struct deed *, struct err *);

/* In between: what was written to the stage, as said, is something else. */
int deed_take_differs(struct deed *, const struct said *, struct err *);

/*
 * In between: the copy, for who reads what is there already, also with the
 * rights of the owner; valid as long as the deed is, and out->fd is the
 * caller's.  When more cannot be had, deed_take_end says why.
 */
int deed_filling(struct deed *, struct filling *out, struct err *);

int deed_finish_old(struct deed *list, size_t n, struct err *);

/* The intent, with the meta of the old file (borrowed), to the journal. */
int deed_record(struct deed *, const struct meta *, struct err *);

/* The same, on the disk after journal_sync. */
int deed_add_record(struct deed *, const struct meta *, struct err *);

/*
 * Name n sealed stages of a place, and then sync them, with the rights of the
 * owner.  Sets at and live of each, and out of those that cannot go on.
 */
void deed_place_all(struct deed *list, size_t n);

/*
 * settle, with the outcome for a message that stayed as it was; error: errno
 * of the call that should have changed it.
 */
int deed_settle(struct deed *, const struct settle_live *, int error,
    struct err *);

/* settle_all for n of a place, each with its live and error; sets all
 * outcomes.  ST_DEAD: as settle_all. */
int deed_settle_all(struct deed *list, size_t n, struct err *);

#endif

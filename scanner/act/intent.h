/*
 * What is about to be done to one message, as the journal has it: enough to
 * finish it, to take it back, or to see that nothing happened.
 *
 * Files are known by inode and contents.  Device numbers are not written: they
 * may be others after the next start of the machine.
 */
#ifndef BAREDOT_INTENT_H
#define BAREDOT_INTENT_H

#include "journal.h"
#include "mailname.h"
#include "meta.h"
#include "place.h"
#include "sum.h"

enum act {			/* on disk: never renumber */
	ACT_SWAP = 1,		/* new contents in the place of the old */
	ACT_REMOVE = 2,		/* out of the mailbox */
	ACT_PUT = 3,		/* into it */
	ACT_MBOX = 4		/* new contents in the place of a mailbox that
				 * is one file */
};

struct file_id {
	uint64_t ino;
	uint64_t size;		/* bytes */
	uint8_t sha[HASH_SIZE];
};

struct intent {
	enum act act;
	uint64_t undoes;	/* the intent that this takes back; 0: none */
	struct buf path;	/* of the folder: see place.path, place.root */
	uint64_t root;
	uint64_t folder;	/* its inode */
	struct mailname name;	/* of the message now; PUT: as it will be */
	struct mailname renamed;	/* SWAP: its base is what the message
				 * will have */
	struct mailname temp;	/* name of the temporary */
	bool by_links;		/* the file system swaps no names, and moves
				 * none without replacing: see link_swap.h */
	struct file_id old;	/* SWAP, REMOVE: the message as it is */
	struct file_id new;	/* SWAP, PUT: the file that takes its place */
	bool in_place;		/* MBOX: new is written over old, in the same
				 * file: see in_place.h */
	struct timespec times[2];	/* in_place: atime, mtime it will get */
	uint64_t merges;	/* MBOX: the intent whose temporary got mail, of
				 * which `upto` bytes are in new; 0: none */
	uint64_t upto;
	struct meta meta;	/* SWAP, REMOVE, MBOX: of old */
	struct buf reason;	/* why, for people */
};

void intent_free(struct intent *);	/* a zeroed one is empty */

/* Begin one: where it is, and a new name for the temporary. */
int intent_begin(struct intent *, enum act, const struct place *,
    struct err *);

/*
 * What the new file is called until it has its place: the name of the
 * temporary; but where SWAP goes by links that is for the old file.
 */
void intent_stage_name(const struct intent *, struct mailname *out);

/* As fields of a record; latches. */
void intent_encode(const struct intent *, struct buf *);

/* ST_BAD: damaged. */
int intent_decode(struct span fields, struct intent *out, struct err *);

/* Read record seq, an INTENT. */
int intent_read(struct journal *, uint64_t seq, struct intent *out,
    struct err *);

#endif

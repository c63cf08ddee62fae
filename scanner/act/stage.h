/*
 * A new file before it has its place: made without a name on the mailbox's
 * file system, so that nothing of it is left if we die.
 *
 * stage_open -> stage_follow? -> stage_reserve? -> write to fd
 *     -> (stage_sum ->) stage_seal -> stage_name -> stage_sync -> stage_close
 */
#ifndef BAREDOT_STAGE_H
#define BAREDOT_STAGE_H

#include "intent.h"
#include "outcome.h"
#include "sum_aside.h"

struct stage {
	int fd;
	bool named;		/* from the start */
	struct stat st;		/* after stage_sync */
	struct sum sum;		/* of what was written, after stage_sum */
	struct sum_aside aside;	/* reads it as it is written */
	bool tagged;		/* sum is to have a tag, too */
	uint64_t reserved;	/* bytes that have blocks */
};

/*
 * With the rights of the owner.  ST_BAD: *o: this file system cannot do it
 * (o->lacks; whoever has an option for another way must name it), or is full.
 */
int stage_open(const struct place *, struct stage *out, struct outcome *o);

/*
 * The same for a file system without unnamed files: with the name that the
 * intent says.  It must be recorded before (leftover.h), and whoever gives up
 * must remove it.
 */
int stage_open_named(const struct place *, const struct intent *,
    struct stage *out, struct outcome *o);

/*
 * It will have about that many bytes, written in their order: read them back
 * meanwhile, if that is worth while.  Promises nothing.
 */
void stage_follow(struct stage *, uint64_t size);

/* Get room for about that many bytes, with the rights of the owner: it takes
 * his quota.  Promises nothing. */
void stage_reserve(struct stage *, uint64_t size);

/* What was written is all: read it back.  ST_DEAD: it cannot be read. */
int stage_sum(struct stage *, struct err *);

/*
 * stage_sum, then give it owner, mode,
 * attributes and times (as root, where that is what we are).  ST_BAD: *o.
 */
int stage_seal(struct stage *, const struct meta *, struct outcome *o,
    struct err *);

/*
 * Name it as the intent says, unless it is, with the rights of the owner.
 * ST_BAD: it could not be done (not at all, where there are no hard links);
 * there may be a temporary, and the file must not be used.
 */
int stage_name(struct stage *, const struct place *, const struct intent *,
    struct outcome *o);

/* It is on the disk, but for its name.  ST_BAD: as stage_name. */
int stage_sync(struct stage *, struct outcome *o);

/* Both. */
int stage_place(struct stage *, const struct place *, const struct intent *,
    struct outcome *o);

/* Its identity, for the intent; after stage_seal. */
void stage_id(const struct stage *, struct file_id *);

/* num is the errno of a link that was not made.  ST_BAD: *o says so. */
int stage_not_linked(int num, struct outcome *o);

void stage_close(struct stage *);	/* one that was opened, or zeroed */

#endif

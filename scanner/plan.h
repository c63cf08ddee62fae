/*
 * Files in which something is to be done, as a worker tells the parent.
 *
 * A plan says where; what is to be done, whoever acts has the file read once
 * more for, as it is then, by a process that can do no harm (mender.h).  Of an
 * mbox it may say that too, for as long as nobody writes to it: what such a
 * process sends is believed no more than what a worker does.
 */
#ifndef BAREDOT_PLAN_H
#define BAREDOT_PLAN_H

#include "buf.h"
#include "hash.h"
#include "stamp.h"

struct plan_item {
	struct span folder;	/* "": name is a path that the user gave */
	uint64_t root;		/* bytes of folder that the user named */
	struct span name;
	uint8_t place;		/* enum store_place */
	bool container;		/* holds many messages: one item for each */
	bool take;		/* it goes into quarantine */
	bool left;		/* nothing is done to it, for a reason that is
				 * in frames; only of one in a container */
	bool found;		/* it is one of a selection, and there; nothing
				 * else is said of it, and nothing done */
	uint64_t which;		/* found: its number there */
	struct span note;	/* note.h; of one that goes, and is a file */
	uint64_t size;		/* bytes of the message */
	uint8_t sha[HASH_SIZE];	/* of the message */

	/* Of one in a container: */
	struct stamp stamp;	/* of the file, before it was read */
	bool settled;		/* stamp_is_settled */
	struct span frames;	/* mend_wire.h: what becomes of the message;
				 * "": that must be seen again */
};

/* Append one; latches. */
void plan_put(struct buf *, const struct plan_item *);

/*
 * The next item of *in, which is moved behind it; folder, name, note and
 * frames point into it.  False: nothing is left, or it makes no sense (then
 * in->n > 0).
 */
bool plan_next(struct span *in, struct plan_item *out);

/*
 * The file of an item as the acting core wants it: the path of its folder, and
 * its name there; and the path as the user would write it.  All latch.  A file
 * that the user named has no folder, and a path for a name.
 */
struct plan_names {
	struct buf path, folder, name;
};

void plan_names_set(struct plan_names *, struct span folder,
    struct span name);
void plan_names_free(struct plan_names *);	/* a zeroed one is fine */

#endif

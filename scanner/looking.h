/*
 * Without --apply: which files of a plan would be left alone, as far as it can
 * be known by looking at what they are and where.
 *
 * looking_at* -> looking_free
 */
#ifndef BAREDOT_LOOKING_H
#define BAREDOT_LOOKING_H

#include "plan.h"
#include "target_look.h"

struct looking {		/* begin with a zeroed one */
	struct run run;		/* for its place */
	struct plan_names names;	/* of the file at hand */
	struct buf mailbox;	/* its path, if it has many messages */
	struct outcome outcome;	/* what would come of it */
};

/*
 * Look at the file of an item: l->outcome, and l->names.path.  False: that is
 * the file of the item before.
 */
bool looking_at(struct looking *, const struct plan_item *);

/*
 * The same for an archive that the user or a report named; root: as in
 * archive_job; in_place: what is made of it will have its name.
 */
void looking_at_archive(struct looking *, const char *path, size_t root,
    bool in_place);

void looking_free(struct looking *);

#endif

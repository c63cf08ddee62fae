/*
 * An archive as a row of members, read by libarchive.  Nothing is written and
 * nothing is run; formats are enabled one at a time, by what packing.h found.
 *
 * members_open -> (members_next -> members_source)* -> members_close
 *
 * ST_DEAD: damaged, beyond the budget, or a read error below; *e says so,
 * perhaps in libarchive's words.
 */
#ifndef BAREDOT_MEMBERS_H
#define BAREDOT_MEMBERS_H

#include "budget.h"
#include "packing.h"

struct members;

struct member {
	uint64_t ordinal;	/* of all members, from 1 */
	struct span name;	/* as it is stored where that can be had; n 0:
				 * none.  Valid until the next members_next */
	bool regular;		/* a file, and no link to another member */
	uint64_t size;		/* bytes, 0 where it is not known; may lie */
	int64_t mtime;		/* seconds; 0: not known */
};

/*
 * in, at its start, and budget are borrowed until members_close.  ST_BAD: of
 * this kind it cannot be read from here (a 7z that is itself packed).
 */
int members_open(struct members **out, enum packed_as, struct input *in,
    struct budget *budget, struct err *);

/*
 * The next member; what was not read of the last one is passed over.
 * ST_BAD: *out cannot be read (it is encrypted, its method is not known), and
 * the next one perhaps can.  ST_END: no more.  ST_DEAD: neither can.
 */
int members_next(struct members *, struct member *out, struct err *);

/* The contents of the last one, once; valid until the next members_next. */
struct byte_source members_source(struct members *);

void members_close(struct members *);	/* NULL is fine */

#endif

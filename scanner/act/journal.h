/*
 * The journal of a run: records that are only ever added, each with its
 * length, number, checksum, and the checksum of the one before.
 *
 * So a record that was changed, left out or put in shows, and every record
 * after it is worthless.  What a crash cut in the middle of the last append is
 * taken away when the journal is opened; anything else that does not fit is
 * damage, and then nothing is believed (facts: reliability 3.1).
 *
 * journal_create | journal_open -> (journal_append | journal_add |
 *     journal_note | journal_sync | journal_read)* -> journal_close
 * journal_view -> journal_read* -> journal_close
 */
#ifndef BAREDOT_JOURNAL_H
#define BAREDOT_JOURNAL_H

#include "buf.h"
#include "err.h"

#define JOURNAL_NAME "journal"
#define JOURNAL_PAYLOAD_MAX (1u << 20)	/* bytes of one record's fields */

enum record_type {		/* on disk: never renumber */
	RECORD_RUN = 1,		/* who started it and why */
	RECORD_INTENT = 2,	/* what is about to be done to a message */
	RECORD_COMMIT = 3,	/* it was done */
	RECORD_ABORT = 4,	/* it was not, and nothing of it is left */
	RECORD_NOTE = 5,	/* about a message of the INTENT behind it */
	RECORD_LOCK = 6,	/* a lock file may be made: see dotlock.h */
	RECORD_SWAPPED = 7,	/* a mailbox file has its new contents; what is
				 * left is to clear up */
	RECORD_STAGE = 8,	/* a temporary may be made: see leftover.h */
	RECORD_OVERWRITE = 9	/* a mailbox is written over: see in_place.h */
};

struct journal;

/* A new one in the open folder dir, durable.  ST_DEAD: also if it exists. */
int journal_create(struct journal **out, int dir, struct err *);

/*
 * Check one from beginning to end and cut off a torn tail.  ST_END: there is
 * no journal, or not even its first record.  ST_DEAD: damaged, or it cannot be
 * read.
 */
int journal_open(struct journal **out, int dir, struct err *);

/*
 * The same for reading only, also while another process appends to it: the
 * file stays as it is, a torn tail is passed over, and journal_append fails.
 */
int journal_view(struct journal **out, int dir, struct err *);

void journal_close(struct journal *);	/* NULL is fine */

/* Bytes that journal_open cut off, or journal_view passed over. */
uint64_t journal_cut(const struct journal *);

/* False: an append failed, and what is on the disk is not known. */
bool journal_ok(const struct journal *);

/* How many records; they are numbered from 1. */
uint64_t journal_count(const struct journal *);

/* The type of record seq, 1 <= seq <= journal_count. */
enum record_type journal_type(const struct journal *, uint64_t seq);

/* How many records right before the INTENT seq are notes on it. */
uint64_t journal_notes(const struct journal *, uint64_t seq);

/* Its fields, into out.  ST_DEAD: not what was there at the opening. */
int journal_read(struct journal *, uint64_t seq, struct buf *out,
    struct err *);

/*
 * Add a record; when ST_OK is returned it is on the disk, as record *seq
 * (which may be NULL).  ST_DEAD: it may be there or not, and every later
 * append fails too: stop, and let the next opening find out.
 */
int journal_append(struct journal *, enum record_type, struct span fields,
    uint64_t *seq, struct err *);

/* journal_append with these fields, which are freed: also when they failed. */
int journal_append_fields(struct journal *, enum record_type,
    struct buf *fields, struct err *);

/*
 * As journal_append, but it is on the disk only when the next of those or
 * journal_sync says so.
 */
int journal_add(struct journal *, enum record_type, struct span fields,
    uint64_t *seq, struct err *);

/* All is on the disk.  ST_DEAD: as journal_append. */
int journal_sync(struct journal *, struct err *);

/*
 * Add a note on the next INTENT, which must be the next record.  It is on
 * the disk when that is.  As journal_append else.
 */
int journal_note(struct journal *, struct span fields, struct err *);

/* There will be no such INTENT: the notes since the last append are void. */
void journal_drop_notes(struct journal *);

#endif

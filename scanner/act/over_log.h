/*
 * The records and originals of a mailbox that is written over: for in_place.c,
 * which says what they mean.  All but over_log_blind as root, where that is
 * what we are: originals are nobody else's.
 */
#ifndef BAREDOT_OVER_LOG_H
#define BAREDOT_OVER_LOG_H

#include "intent.h"
#include "run.h"
#include "settle.h"

struct over_log {
	bool any;		/* there is such a record */
	bool written;		/* all but cutting off is done */
	bool commit;		/* the new contents; else the old ones again */
	uint64_t len, extent;	/* bytes */
	uint8_t sha[HASH_SIZE];
};

/* Add a record for intent seq.  ST_DEAD: it cannot be recorded. */
int over_log_add(struct run *, uint64_t seq, const struct over_log *,
    struct err *);

/* The last one.  ST_DEAD: the journal makes no sense. */
int over_log_read(struct run *, uint64_t seq, struct over_log *,
    struct err *);

/* RECORD_COMMIT or RECORD_ABORT. */
int over_log_end(struct run *, uint64_t seq, const struct settled *,
    struct err *);

/* Open an original.  ST_DEAD: it is not there, or damaged. */
int over_log_open(struct run *, const uint8_t sha[HASH_SIZE], int *fd,
    struct err *);

/*
 * One more original: the first a bytes of `first`, and the bytes at..end of
 * fd.  sha: of it.
 */
int over_log_join(struct run *, const uint8_t first[HASH_SIZE], uint64_t a,
    int fd, uint64_t at, uint64_t end, uint8_t sha[HASH_SIZE], struct err *);

/* over_explains, by the originals of an intent and of its last record. */
int over_log_explains(struct run *, const struct intent *,
    const struct over_log *, int fd, bool *out, struct err *);

/* As in settle.c: where the disk fails all stops, else only this mailbox. */
int over_log_blind(int rc, const struct err *);

#endif

/*
 * What was found in files that were scanned before, and which findings are
 * known: an SQLite database in the state folder.
 *
 * Written by the parent alone.  A row is of one file as it was at one time,
 * and right by itself; so it does not matter how many of a scan's rows are
 * there after a crash.  A damaged database is a thing to be told, and to be
 * made anew; it is never a finding.
 */
#ifndef BAREDOT_STATE_H
#define BAREDOT_STATE_H

#include "err.h"
#include "hash.h"
#include "stamp.h"
#include "span.h"

#define STATE_FILE "scan.sqlite"

struct state;

struct state_row {
	int64_t id;
	uint64_t rules;		/* what it was scanned with; 0: not whole */
	unsigned place;		/* enum store_place */
	bool chain;		/* an mbox scanned in ranges */
	struct stamp stamp;
	uint64_t texts;		/* rows of text */
	struct span found;	/* found.h; borrowed */

	/* Of a chain, to go on when it has grown: what was found below `at`,
	 * and the sum of both ends.  at == 0: there is no such place. */
	uint64_t at, at_texts;
	struct span at_found;	/* borrowed */
	uint8_t ends[HASH_SIZE];
};

/*
 * Open the database in the folder `dir`, or make it.  ST_DEAD: it cannot be
 * had.  *anew: set if there was one, and it was damaged or of another version:
 * it is now STATE_FILE.damaged, and this one is empty.
 */
int state_new(struct state **out, int dir, bool *anew, struct err *e);

/*
 * Write all; NULL is fine.  ST_DEAD: the last rows may be missing; if that is
 * because the database, in the folder `dir`, is damaged, it is put aside as by
 * state_new, and the next one begins anew.
 */
int state_free(struct state *, int dir, struct err *e);

/*
 * The row of a path, valid until the next call with this state.  ST_END: there
 * is none.  ST_BAD: nor a whole one: the database is damaged.
 */
int state_find(struct state *, struct span path, struct state_row *out);

/* The file is there: its row is not to be swept. */
void state_touch(struct state *, int64_t id);

/* What is known of a file goes. */
void state_drop(struct state *, int64_t id);

/*
 * Put a row in the place of the path's old one, whose texts stay, as many as
 * r->texts says; sets id, and touches it.  False: not put.
 */
bool state_put(struct state *, struct span path, struct state_row *);

/* Text of a row, with its pieces (piece.h). */
struct state_text {
	uint64_t n;		/* which, from 0 */
	int64_t read;		/* seconds since 1970: when it was read */
	struct span pieces, text;	/* borrowed */
};

bool state_put_text(struct state *, int64_t id, const struct state_text *);

/*
 * Tell the first n texts, in order.  ST_BAD: they are not all there, or not as
 * they were written.
 */
int state_texts(struct state *, int64_t id, uint64_t n,
    void (*each)(void *, const struct state_text *), void *ctx);

/* Between rows: make durable what was put, when it is time. */
void state_pause(struct state *);

/*
 * A scan of these paths has seen all that is there: rows below them that were
 * neither put nor touched go.
 */
void state_sweep(struct state *, char *const *paths);

/* --- findings, by identity (FINDING_ID bytes) */

bool state_is_known(struct state *, const uint8_t *id);

/* Found, and not known; from state_begin_new on these are what is accepted. */
void state_begin_new(struct state *);
void state_put_new(struct state *, const uint8_t *id);

/* All that are new become known.  *out: how many.  False: not done. */
bool state_accept(struct state *, uint64_t *out);
bool state_count(struct state *, uint64_t *known, uint64_t *fresh);

/* When the last scan began; 0: there was none. */
int64_t state_last(struct state *);
void state_set_last(struct state *, int64_t start);

/* NULL, or what is wrong with it. */
const char *state_trouble(const struct state *);

#endif

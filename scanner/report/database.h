/*
 * A new SQLite database that is written once, from the first row to the last,
 * in one transaction.  It is for others; that of the state is another matter
 * (state_db.h).
 *
 * database_new -> database_say* -> database_run* -> database_end ->
 *     database_free
 */
#ifndef BAREDOT_DATABASE_H
#define BAREDOT_DATABASE_H

#include "err.h"
#include "span.h"

#define DATABASE_CELLS 64u	/* values of a statement, at most */
#define DATABASE_STATEMENTS 48u

struct database;

enum cell_is { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_BYTES };

/* A value.  All are bound; nothing is pasted into a statement. */
struct cell {
	enum cell_is is;
	uint64_t number;	/* at most INT64_MAX */
	struct span bytes;	/* text: UTF-8 without NUL */
};

/*
 * path: an empty file that is ours; sql: what makes the tables.  Memory: some
 * 16 MiB, however many rows there will be.  ST_DEAD: *e says why.
 */
int database_new(struct database **out, const char *path, struct span sql,
    struct err *);
void database_free(struct database *);		/* NULL is fine */

/* The statement of that number, below DATABASE_STATEMENTS.  ST_DEAD: it is
 * none. */
int database_say(struct database *, size_t id, const char *sql, struct err *);

/*
 * Run it with n values.  A statement that gives a row gives one number.
 * ST_OK: that is in *out (which may be NULL); ST_END: it gave none.  ST_DEAD:
 * *e says why.
 */
int database_run(struct database *, size_t id, const struct cell *,
    size_t n, uint64_t *out, struct err *);

/* All rows are there: run sql, and commit.  ST_DEAD: *e says why. */
int database_end(struct database *, struct span sql, struct err *);

#endif

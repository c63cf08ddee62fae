/*
 * The database behind state.h: statements, and the only two files that see
 * SQLite.
 */
#ifndef BAREDOT_STATE_DB_H
#define BAREDOT_STATE_DB_H

#include <sqlite3.h>

#include "state.h"
#include "state_sql.h"

struct state {
	sqlite3 *db;
	sqlite3_stmt *sql[SQL_N];
	bool open;		/* in a transaction */
	unsigned rows;		/* put in it */
	uint8_t *touched;	/* a bit for each id */
	size_t touched_n;	/* bytes */
	const char *trouble;
	bool damaged;
	char text[160];		/* behind it */
};

/* A statement, ready to be bound. */
sqlite3_stmt *db_sql(struct state *, enum statement);
void db_bind_number(sqlite3_stmt *, int at, uint64_t);

/* The bytes have to stay until it was run. */
void db_bind_bytes(sqlite3_stmt *, int at, struct span);

/* SQLITE_ROW or SQLITE_DONE; else there is trouble. */
int db_step(struct state *, sqlite3_stmt *);

/* One that gives no rows.  False: there is trouble. */
bool db_run(struct state *, sqlite3_stmt *);

/* Whoever writes says so before.  False: it cannot be. */
bool db_writing(struct state *);
bool db_commit(struct state *);

/* A column of the row at hand, valid until the next step. */
uint64_t db_number(sqlite3_stmt *, int at);
struct span db_bytes(sqlite3_stmt *, int at);

#endif

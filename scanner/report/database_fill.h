/*
 * A database of a report, being filled: what its parts share.
 *
 * Each call does nothing once f->rc is not ST_OK; *f->e says why then.
 */
#ifndef BAREDOT_DATABASE_FILL_H
#define BAREDOT_DATABASE_FILL_H

#include "database_tables.h"

/* Statements beside those of the tables. */
enum { FIND_STORE = TABLES_N, PUT_STORE };
_Static_assert(TABLES_N + 2 <= DATABASE_STATEMENTS, "as many statements");

/* A path as table_bytes has it. */
struct path {
	struct cell cells[2];	/* text, exact bytes */
	struct buf text, exact;
};

struct filling {
	struct database *db;
	struct table_scratch *scratch;
	struct err *e;
	struct json_object *header, *summary;	/* NULL: there is none yet */
	struct json_object *waiting;	/* a message; NULL: none */
	uint64_t waiting_id, waiting_line;
	uint64_t line;			/* of what is put, from 1 */
	struct path path;		/* of what waits */
	uint64_t records;
	uint64_t stores, findings, outcomes, ends;	/* rows so far */
	bool whole;
	int rc;				/* the first that was not ST_OK */
};

void fill_row(struct filling *, enum table, const struct row *);

/* One row for each object, or name, of a list of o. */
void fill_list(struct filling *, enum table, const struct json_object *o,
    const char *key, uint64_t of);
void fill_names(struct filling *, enum table, const struct json_object *o,
    const char *key, struct span role, uint64_t of);

/* Codes, which the table of codes may not have: they are of a later version. */
void fill_code(struct filling *, struct span code);
void fill_codes(struct filling *, enum table, const struct json_object *o,
    const char *key, uint64_t of);

/* The record's path.  False: it has none. */
bool fill_path(struct path *, const struct json_object *);
void fill_path_free(struct path *);

/*
 * The path of the store that a message is in: the file where it holds many,
 * the innermost archive, else the folder.
 */
void fill_path_store(const struct path *, const struct json_object *message,
    struct cell out[2]);

/* The store of that path whose record has not come; else a new one, which
 * fill_store also puts. */
uint64_t fill_find_store(struct filling *, const struct cell path[2],
    bool *is_new);
uint64_t fill_store(struct filling *, const struct cell path[2]);

/* The rows of a record message or replay (database_message.c). */
void fill_message(struct filling *, const struct json_object *, uint64_t id,
    uint64_t store);

#endif

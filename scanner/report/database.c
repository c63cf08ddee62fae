/*
 * See database.h.
 *
 * The file is a temporary until all is in it: so no journal is kept, and
 * nothing is synced here.
 */
#include "database.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "buf.h"

struct database {
	sqlite3 *db;
	sqlite3_stmt *sql[DATABASE_STATEMENTS];
};

static int
trouble(const struct database *d, struct err *e)
{
	return err_set(e, ST_DEAD, 0, "the database: %s", d->db != NULL ?
	    sqlite3_errmsg(d->db) : "no memory");
}

/* All statements of a text. */
static int
run_all(struct database *d, struct span sql, struct err *e)
{
	char *text = strndup((const char *)sql.p, sql.n);
	int rc;

	if (text == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "database");
	rc = sqlite3_exec(d->db, text, NULL, NULL, NULL);
	free(text);
	return rc == SQLITE_OK ? ST_OK : trouble(d, e);
}

/* What begins with "file:" would be a URI, in Debian's SQLite for one. */
static int
open_file(struct database *d, const char *path, struct err *e)
{
	struct buf name = { 0 };
	int rc;

	if (path[0] != '/')
		buf_str(&name, "./");
	buf_str(&name, path);
	rc = !buf_ok(&name) ? err_set(e, ST_DEAD, ENOMEM, "database") :
	    sqlite3_open_v2(buf_text(&name), &d->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL) ==
	    SQLITE_OK ? ST_OK : trouble(d, e);
	buf_free(&name);
	return rc;
}

int
database_new(struct database **out, const char *path, struct span sql,
    struct err *e)
{
	static const char how[] = "PRAGMA locking_mode = EXCLUSIVE;"
	    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
	    "PRAGMA cache_size = -8192; PRAGMA temp_store = FILE;"
	    "PRAGMA mmap_size = 0; PRAGMA trusted_schema = OFF; BEGIN";
	struct database *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "database");
	rc = open_file(d, path, e);
	if (rc == ST_OK)
		rc = run_all(d, SPAN(how), e);
	if (rc == ST_OK)
		rc = run_all(d, sql, e);
	if (rc == ST_OK)
		*out = d;
	else
		database_free(d);
	return rc;
}

static int
database_close(struct database *d)
{
	int rc;

	for (size_t i = 0; i < DATABASE_STATEMENTS; i++) {
		(void)sqlite3_finalize(d->sql[i]);
		d->sql[i] = NULL;
	}
	rc = sqlite3_close(d->db);
	d->db = NULL;
	return rc;
}

void
database_free(struct database *d)
{
	if (d == NULL)
		return;
	(void)database_close(d);
	free(d);
}

int
database_say(struct database *d, size_t id, const char *sql, struct err *e)
{
	return sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &d->sql[id], NULL) == SQLITE_OK ? ST_OK : trouble(d, e);
}

static int
bind(sqlite3_stmt *st, int at, const struct cell *c)
{
	const char *p = c->bytes.n > 0 ? (const char *)c->bytes.p : "";

	switch (c->is) {
	case CELL_NUMBER:
		return sqlite3_bind_int64(st, at, (sqlite3_int64)c->number);
	case CELL_TEXT:
		return sqlite3_bind_text64(st, at, p, c->bytes.n,
		    SQLITE_STATIC, SQLITE_UTF8);
	case CELL_BYTES:
		return sqlite3_bind_blob64(st, at, p, c->bytes.n,
		    SQLITE_STATIC);
	default:
		return sqlite3_bind_null(st, at);
	}
}

int
database_run(struct database *d, size_t id, const struct cell *cells,
    size_t n, uint64_t *out, struct err *e)
{
	sqlite3_stmt *st = d->sql[id];
	int rc = SQLITE_OK;

	for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
		rc = bind(st, (int)i + 1, &cells[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && out != NULL)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		(void)trouble(d, e);
	(void)sqlite3_reset(st);
	return rc == SQLITE_ROW ? ST_OK : rc == SQLITE_DONE ? ST_END :
	    ST_DEAD;
}

int
database_end(struct database *d, struct span sql, struct err *e)
{
	int rc = run_all(d, sql, e);

	if (rc == ST_OK)
		rc = run_all(d, SPAN("COMMIT"), e);
	if (rc == ST_OK && database_close(d) != SQLITE_OK)
		rc = err_set(e, ST_DEAD, 0, "the database cannot be closed");
	return rc;
}

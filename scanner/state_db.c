/*
 * See state_db.h; state_new and state_free are of state.h.
 *
 * A rollback journal, not WAL, which must not be on a network file system; and
 * each transaction is synced.  So a crash leaves what the last one left.
 */
#include "state_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state_file.h"

static const char *const schema =
    "CREATE TABLE file(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE,"
    " rules INTEGER NOT NULL, place INTEGER NOT NULL, chain INTEGER NOT NULL,"
    " dev INTEGER NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL,"
    " mtime INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
    " ctime INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,"
    " texts INTEGER NOT NULL, found BLOB NOT NULL,"
    " at INTEGER NOT NULL, at_texts INTEGER NOT NULL,"
    " at_found BLOB NOT NULL, ends BLOB NOT NULL, sum INTEGER NOT NULL);"
    "CREATE TABLE text(file INTEGER NOT NULL, n INTEGER NOT NULL,"
    " read INTEGER NOT NULL, pieces BLOB NOT NULL, bytes BLOB NOT NULL,"
    " sum INTEGER NOT NULL,"
    " PRIMARY KEY(file, n)) WITHOUT ROWID;"
    "CREATE TABLE known(id BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE fresh(id BLOB PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE last(start INTEGER NOT NULL);"
    "PRAGMA application_id = 1650553460; PRAGMA user_version = 1;";

#define STATEMENT_TEXT(id, text) text,
static const char *const texts[SQL_N] = { STATEMENTS(STATEMENT_TEXT) };

/* It can be made anew. */
static bool
is_damage(int rc)
{
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ||
	    rc == SQLITE_ERROR;
}

static void
trouble(struct state *s)
{
	if (s->trouble != NULL)
		return;
	s->damaged = is_damage(sqlite3_errcode(s->db));
	(void)snprintf(s->text, sizeof(s->text), "%s",
	    sqlite3_errmsg(s->db));
	s->trouble = s->text;
}

const char *
state_trouble(const struct state *s)
{
	return s->trouble;
}

sqlite3_stmt *
db_sql(struct state *s, enum statement id)
{
	sqlite3_stmt *st = s->sql[id];

	(void)sqlite3_reset(st);
	return st;
}

void
db_bind_number(sqlite3_stmt *st, int at, uint64_t v)
{
	(void)sqlite3_bind_int64(st, at, (sqlite3_int64)v);
}

void
db_bind_bytes(sqlite3_stmt *st, int at, struct span s)
{
	(void)sqlite3_bind_blob64(st, at, s.n > 0 ? (const void *)s.p : "",
	    s.n, SQLITE_STATIC);
}

int
db_step(struct state *s, sqlite3_stmt *st)
{
	const int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		trouble(s);
	return rc;
}

bool
db_run(struct state *s, sqlite3_stmt *st)
{
	const bool ok = db_step(s, st) == SQLITE_DONE;

	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	return ok;
}

bool
db_writing(struct state *s)
{
	if (!s->open)
		s->open = db_run(s, db_sql(s, SQL_BEGIN));
	s->rows++;
	return s->open;
}

bool
db_commit(struct state *s)
{
	if (s->open && !db_run(s, db_sql(s, SQL_COMMIT)))
		return false;
	s->open = false;
	s->rows = 0;
	return true;
}

uint64_t
db_number(sqlite3_stmt *st, int at)
{
	return (uint64_t)sqlite3_column_int64(st, at);
}

struct span
db_bytes(sqlite3_stmt *st, int at)
{
	const void *p = sqlite3_column_blob(st, at);

	return (struct span){ p, (size_t)sqlite3_column_bytes(st, at) };
}

static int
database_close(struct state *s)
{
	for (size_t i = 0; i < SQL_N; i++)
		(void)sqlite3_finalize(s->sql[i]);
	memset(s->sql, 0, sizeof(s->sql));
	return sqlite3_close(s->db);
}

int
state_free(struct state *s, int dir, struct err *e)
{
	struct err unsaid;
	int rc = ST_OK;

	if (s == NULL)
		return rc;
	if (!db_commit(s) || s->trouble != NULL)
		rc = err_set(e, ST_DEAD, 0, "%s: %s", STATE_FILE, s->trouble);
	(void)database_close(s);
	if (s->damaged)
		(void)state_file_aside(dir, &unsaid);
	free(s->touched);
	free(s);
	return rc;
}

static bool
pragma_is(struct state *s, const char *pragma, int64_t want)
{
	sqlite3_stmt *st = NULL;
	bool is = sqlite3_prepare_v2(s->db, pragma, -1, &st, NULL) ==
	    SQLITE_OK && sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_int64(st, 0) == want;

	(void)sqlite3_finalize(st);
	return is;
}

/* Open it, and make what belongs in it if there is nothing: it is new, or its
 * making was cut short. */
static int
database_open(struct state *s, const char *path)
{
	int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "PRAGMA locking_mode = EXCLUSIVE;"
		    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
		    "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
		    "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = -8192;"
		    "PRAGMA mmap_size = 0", NULL, NULL, NULL);
	if (rc == SQLITE_OK && pragma_is(s, "SELECT count(*) FROM "
	    "sqlite_schema", 0)) {
		rc = sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(s->db, schema, NULL, NULL,
			    NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK && (!pragma_is(s, "PRAGMA application_id",
	    STATE_APPLICATION) || !pragma_is(s, "PRAGMA user_version",
	    STATE_VERSION)))
		rc = SQLITE_NOTADB;
	for (size_t i = 0; i < SQL_N && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, texts[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->sql[i], NULL);
	return rc;
}

int
state_new(struct state **out, int dir, bool *anew, struct err *e)
{
	struct state *s = calloc(1, sizeof(*s));
	char path[64];
	int rc;

	*anew = false;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir,
	    STATE_FILE);
	if (s == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot start");
	if ((rc = state_file_make(dir, e)) != ST_OK)
		goto out;
	rc = database_open(s, path);
	if (is_damage(rc)) {
		(void)database_close(s);
		s->db = NULL;
		*anew = true;
		if ((rc = state_file_aside(dir, e)) != ST_OK ||
		    (rc = state_file_make(dir, e)) != ST_OK)
			goto out;
		rc = database_open(s, path);
	}
	if (rc == SQLITE_OK) {
		*out = s;
		return ST_OK;
	}
	rc = err_set(e, ST_DEAD, 0, "%s: %s", STATE_FILE, s->db != NULL ?
	    sqlite3_errmsg(s->db) : "no memory");
out:
	(void)database_close(s);
	free(s);
	return rc;
}

/*
 * The statements of state_db.c; ?N are bound in state.c.
 */
#ifndef BAREDOT_STATE_SQL_H
#define BAREDOT_STATE_SQL_H

#define STATE_VERSION 1
#define STATE_APPLICATION 1650553460	/* "bar4" */

#define STATEMENTS(X) \
	X(FIND, "SELECT id, rules, place, chain, dev, ino, size, mtime, " \
	    "mtime_ns, ctime, ctime_ns, texts, at, at_texts, sum, " \
	    "found, at_found, ends FROM file WHERE path = ?1") \
	X(PUT, "INSERT INTO file VALUES(?16, ?19, ?1, ?2, ?3, ?4, ?5, ?6, " \
	    "?7, ?8, ?9, ?10, ?11, ?15, ?12, ?13, ?17, ?18, ?14) " \
	    "ON CONFLICT(id) DO UPDATE SET rules = ?1, place = ?2, " \
	    "chain = ?3, dev = ?4, ino = ?5, size = ?6, mtime = ?7, " \
	    "mtime_ns = ?8, ctime = ?9, ctime_ns = ?10, texts = ?11, " \
	    "at = ?12, at_texts = ?13, sum = ?14, found = ?15, " \
	    "at_found = ?17, ends = ?18") \
	X(PUT_TEXT, "INSERT OR REPLACE INTO text VALUES(?1, ?2, ?3, ?4, " \
	    "?5, ?6)") \
	X(CUT, "DELETE FROM text WHERE file = ?1 AND n >= ?2") \
	X(TEXTS, "SELECT n, read, sum, pieces, bytes FROM text " \
	    "WHERE file = ?1 AND n < ?2 ORDER BY n") \
	X(ALL, "SELECT id, path FROM file") \
	X(DROP, "DELETE FROM file WHERE id = ?1") \
	X(KNOWN, "SELECT 1 FROM known WHERE id = ?1") \
	X(BEGIN_NEW, "DELETE FROM fresh") \
	X(NEW, "INSERT OR IGNORE INTO fresh VALUES(?1)") \
	X(ACCEPT, "INSERT OR IGNORE INTO known SELECT id FROM fresh") \
	X(COUNT, "SELECT (SELECT count(*) FROM known), " \
	    "(SELECT count(*) FROM fresh)") \
	X(LAST, "SELECT start FROM last") \
	X(NO_LAST, "DELETE FROM last") \
	X(SET_LAST, "INSERT INTO last VALUES(?1)") \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT")

#define STATEMENT_ID(id, text) SQL_##id,
enum statement { STATEMENTS(STATEMENT_ID) SQL_N };

#endif

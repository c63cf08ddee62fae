/*
 * The tables of database.sql that are filled: what goes into each column, from
 * a JSON object of a report.
 */
#ifndef BAREDOT_DATABASE_TABLES_H
#define BAREDOT_DATABASE_TABLES_H

#include "database.h"
#include "json_read.h"

#define TABLES(X) X(code) X(report) X(argument) X(rule_file) X(summary) \
	X(summary_code) X(summary_rule) X(store) X(hidden) X(dispute) \
	X(message) X(recipient) X(part) X(signature) X(finding) X(place) \
	X(fools) X(repair) X(outcome) X(file) X(unreadable) X(skipped) \
	X(stale) X(server) X(matrix) X(replay) X(replay_outcome) \
	X(replay_outcome_server) X(replay_end) X(replay_end_server) \
	X(replay_end_recipient)

#define TABLE_ID(name) TABLE_##name,
enum table { TABLES(TABLE_ID) TABLES_N };

/* What a row is made of. */
struct row {
	const struct json_object *o;	/* or NULL */
	uint64_t id, of;	/* its own number; what it belongs to */
	uint64_t n;		/* which of a list, or another number */
	struct span word[3];	/* text that is no member of o */
};

struct table_scratch;

struct table_scratch *table_scratch_new(void);	/* NULL: no memory */
void table_scratch_free(struct table_scratch *);

/* Prepare the statements that put rows: their numbers are those of the
 * tables.  ST_DEAD: *e says why. */
int tables_say(struct database *, struct err *);

/*
 * Put a row.  ST_DEAD: *e says why; the object may not be what it should.
 */
int table_put(struct database *, struct table_scratch *, enum table,
    const struct row *, struct err *);

/*
 * A member with bytes (json_member_bytes) as two values: text, and the exact
 * bytes where they are another.  Valid until table_put, or the buffers change.
 * False: it is wrong, or no memory.
 */
bool table_bytes(const struct json_object *, const char *key,
    struct cell out[2], struct buf *text, struct buf *exact);

#endif

/*
 * See state.h.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "piece.h"
#include "state_db.h"

#define PAUSE_ROWS 20000u	/* put between two transactions, at least */

/* Of rows, against rot: FNV-1a. */
static uint64_t
mix(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ b[i]) * 0x100000001b3u;
	return sum;
}

#define MIX_START 0xcbf29ce484222325u

void
state_pause(struct state *s)
{
	if (s->rows >= PAUSE_ROWS)
		(void)db_commit(s);
}

/* --- rows */

/* The numbers of a row, as they are bound and read, but for id. */
#define ROW_NUMBERS 13

static void
row_numbers(const struct state_row *r, uint64_t v[ROW_NUMBERS])
{
	const uint64_t list[ROW_NUMBERS] = { r->rules, r->place, r->chain,
	    r->stamp.dev, r->stamp.ino, r->stamp.size,
	    (uint64_t)r->stamp.mtime, r->stamp.mtime_ns,
	    (uint64_t)r->stamp.ctime, r->stamp.ctime_ns,
	    r->texts, r->at, r->at_texts };

	memcpy(v, list, sizeof(list));
}

static uint64_t
row_sum(const struct state_row *r)
{
	uint64_t v[ROW_NUMBERS], sum;

	row_numbers(r, v);
	sum = mix(MIX_START, v, sizeof(v));
	sum = mix(sum, r->found.p, r->found.n);
	sum = mix(sum, r->at_found.p, r->at_found.n);
	return mix(sum, r->ends, sizeof(r->ends));
}

int
state_find(struct state *s, struct span path, struct state_row *r)
{
	sqlite3_stmt *st = db_sql(s, SQL_FIND);
	struct span ends;
	int rc;

	db_bind_bytes(st, 1, path);
	if ((rc = db_step(s, st)) != SQLITE_ROW)
		return rc == SQLITE_DONE ? ST_END : ST_BAD;
	*r = (struct state_row){ .id = (int64_t)db_number(st, 0),
	    .rules = db_number(st, 1), .place = (unsigned)db_number(st, 2),
	    .chain = db_number(st, 3) != 0,
	    .stamp = { .dev = db_number(st, 4), .ino = db_number(st, 5),
	    .size = db_number(st, 6), .mtime = (int64_t)db_number(st, 7),
	    .mtime_ns = (uint32_t)db_number(st, 8),
	    .ctime = (int64_t)db_number(st, 9),
	    .ctime_ns = (uint32_t)db_number(st, 10) },
	    .texts = db_number(st, 11),
	    .at = db_number(st, 12), .at_texts = db_number(st, 13),
	    .found = db_bytes(st, 15), .at_found = db_bytes(st, 16) };
	ends = db_bytes(st, 17);
	if (ends.n == sizeof(r->ends))
		memcpy(r->ends, ends.p, sizeof(r->ends));
	return row_sum(r) == db_number(st, 14) ? ST_OK : ST_BAD;
}

void
state_touch(struct state *s, int64_t id)
{
	const size_t at = (size_t)id / 8;
	size_t n = s->touched_n;
	uint8_t *more;

	if (at >= n) {
		for (n = n > 0 ? n : 4096; n <= at; n *= 2)
			;
		if (id < 0 || (more = realloc(s->touched, n)) == NULL) {
			s->trouble = "no memory";
			return;
		}
		memset(more + s->touched_n, 0, n - s->touched_n);
		s->touched = more;
		s->touched_n = n;
	}
	s->touched[at] |= (uint8_t)(1u << id % 8);
}

static bool
is_touched(const struct state *s, int64_t id)
{
	return (size_t)id / 8 < s->touched_n &&
	    (s->touched[id / 8] & 1u << id % 8) != 0;
}

/* The id that a path has already; 0: none. */
static int64_t
id_of(struct state *s, struct span path)
{
	sqlite3_stmt *st = db_sql(s, SQL_FIND);
	int64_t id = 0;

	db_bind_bytes(st, 1, path);
	if (db_step(s, st) == SQLITE_ROW)
		id = (int64_t)db_number(st, 0);
	(void)sqlite3_reset(st);
	return id;
}

/* All from number n on go. */
static bool
cut_texts(struct state *s, int64_t id, uint64_t n)
{
	sqlite3_stmt *st;

	if (!db_writing(s))
		return false;
	st = db_sql(s, SQL_CUT);
	db_bind_number(st, 1, (uint64_t)id);
	db_bind_number(st, 2, n);
	return db_run(s, st);
}

bool
state_put(struct state *s, struct span path, struct state_row *r)
{
	sqlite3_stmt *st;
	uint64_t v[ROW_NUMBERS];

	r->id = id_of(s, path);
	if (!db_writing(s))
		return false;
	st = db_sql(s, SQL_PUT);
	row_numbers(r, v);
	for (int i = 0; i < ROW_NUMBERS; i++)
		db_bind_number(st, i + 1, v[i]);
	db_bind_number(st, 14, row_sum(r));
	db_bind_bytes(st, 15, r->found);
	if (r->id != 0)
		db_bind_number(st, 16, (uint64_t)r->id);
	db_bind_bytes(st, 17, r->at_found);
	db_bind_bytes(st, 18, (struct span){ r->ends, sizeof(r->ends) });
	db_bind_bytes(st, 19, path);
	if (!db_run(s, st))
		return false;
	if (r->id == 0)
		r->id = sqlite3_last_insert_rowid(s->db);
	else if (!cut_texts(s, r->id, r->texts))
		return false;
	state_touch(s, r->id);
	return true;
}

static uint64_t
text_sum(const struct state_text *t)
{
	uint64_t sum = mix(MIX_START, &t->read, sizeof(t->read));

	sum = mix(sum, t->pieces.p, t->pieces.n);
	return mix(sum, t->text.p, t->text.n);
}

bool
state_put_text(struct state *s, int64_t id, const struct state_text *t)
{
	sqlite3_stmt *st;

	if (!db_writing(s))
		return false;
	st = db_sql(s, SQL_PUT_TEXT);
	db_bind_number(st, 1, (uint64_t)id);
	db_bind_number(st, 2, t->n);
	db_bind_number(st, 3, (uint64_t)t->read);
	db_bind_bytes(st, 4, t->pieces);
	db_bind_bytes(st, 5, t->text);
	db_bind_number(st, 6, text_sum(t));
	return db_run(s, st);
}

int
state_texts(struct state *s, int64_t id, uint64_t n,
    void (*each)(void *, const struct state_text *), void *ctx)
{
	sqlite3_stmt *st = db_sql(s, SQL_TEXTS);
	uint64_t have = 0;

	db_bind_number(st, 1, (uint64_t)id);
	db_bind_number(st, 2, n);
	while (db_step(s, st) == SQLITE_ROW) {
		const struct state_text t = { .n = db_number(st, 0),
		    .read = (int64_t)db_number(st, 1),
		    .pieces = db_bytes(st, 3), .text = db_bytes(st, 4) };

		if (t.n != have || db_number(st, 2) != text_sum(&t))
			break;
		each(ctx, &t);
		have++;
	}
	(void)sqlite3_reset(st);
	return have == n ? ST_OK : ST_BAD;
}

void
state_drop(struct state *s, int64_t id)
{
	sqlite3_stmt *st;

	if (!cut_texts(s, id, 0))
		return;
	st = db_sql(s, SQL_DROP);
	db_bind_number(st, 1, (uint64_t)id);
	(void)db_run(s, st);
}

/* The path is one of these, or below it. */
static bool
is_below(struct span path, char *const *paths)
{
	for (; *paths != NULL; paths++) {
		size_t n = strlen(*paths);

		while (n > 1 && (*paths)[n - 1] == '/')
			n--;
		if (path.n >= n && memcmp(path.p, *paths, n) == 0 &&
		    (path.n == n || path.p[n] == '/' ||
		    (*paths)[n - 1] == '/'))
			return true;
	}
	return false;
}

void
state_sweep(struct state *s, char *const *paths)
{
	sqlite3_stmt *all = db_sql(s, SQL_ALL);

	while (db_step(s, all) == SQLITE_ROW) {
		const int64_t id = (int64_t)db_number(all, 0);

		if (!is_touched(s, id) && is_below(db_bytes(all, 1), paths))
			state_drop(s, id);
	}
	(void)sqlite3_reset(all);
}

/* --- findings */

static bool
with_id(struct state *s, enum statement which, const uint8_t *id, int want)
{
	sqlite3_stmt *st = db_sql(s, which);
	int rc;

	db_bind_bytes(st, 1, (struct span){ id, FINDING_ID });
	rc = db_step(s, st);
	(void)sqlite3_reset(st);
	return rc == want;
}

bool
state_is_known(struct state *s, const uint8_t *id)
{
	return with_id(s, SQL_KNOWN, id, SQLITE_ROW);
}

void
state_begin_new(struct state *s)
{
	if (db_writing(s))
		(void)db_run(s, db_sql(s, SQL_BEGIN_NEW));
}

void
state_put_new(struct state *s, const uint8_t *id)
{
	if (db_writing(s))
		(void)with_id(s, SQL_NEW, id, SQLITE_DONE);
}

bool
state_accept(struct state *s, uint64_t *out)
{
	*out = 0;
	if (!db_writing(s) || !db_run(s, db_sql(s, SQL_ACCEPT)))
		return false;
	*out = (uint64_t)sqlite3_changes(s->db);
	return db_run(s, db_sql(s, SQL_BEGIN_NEW)) && db_commit(s);
}

bool
state_count(struct state *s, uint64_t *known, uint64_t *fresh)
{
	sqlite3_stmt *st = db_sql(s, SQL_COUNT);
	const bool ok = db_step(s, st) == SQLITE_ROW;

	*known = ok ? db_number(st, 0) : 0;
	*fresh = ok ? db_number(st, 1) : 0;
	(void)sqlite3_reset(st);
	return ok;
}

int64_t
state_last(struct state *s)
{
	sqlite3_stmt *st = db_sql(s, SQL_LAST);
	int64_t last = 0;

	if (db_step(s, st) == SQLITE_ROW)
		last = (int64_t)db_number(st, 0);
	(void)sqlite3_reset(st);
	return last;
}

void
state_set_last(struct state *s, int64_t start)
{
	sqlite3_stmt *st;

	if (!db_writing(s) || !db_run(s, db_sql(s, SQL_NO_LAST)))
		return;
	st = db_sql(s, SQL_SET_LAST);
	db_bind_number(st, 1, (uint64_t)start);
	(void)db_run(s, st);
}

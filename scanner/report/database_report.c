/*
 * See database_report.h: records, one after another, to rows.
 *
 * A message waits for the record behind it: a file that was named by itself is
 * a store of its own, and the record of that says so.
 */
#include "database_report.h"

#include <errno.h>
#include <inttypes.h>

#include "codes.h"
#include "database_fill.h"
#include "replay.h"

#define SCHEMA_VERSION 1	/* of database.sql */

/* database.sql and database_end.sql, in the program. */
extern const uint8_t database_sql[], database_end_sql[];
extern const size_t database_sql_size, database_end_sql_size;

/* --- messages */

/* The message that waits is in that store. */
static void
settle(struct filling *f, const struct cell store[2])
{
	const uint64_t line = f->line;

	if (f->waiting == NULL || f->rc != ST_OK)
		return;
	f->line = f->waiting_line;
	fill_message(f, f->waiting, f->waiting_id, fill_store(f, store));
	if (f->rc == ST_OK)
		f->line = line;
	json_free(f->waiting);
	f->waiting = NULL;
}

static void
settle_by_name(struct filling *f)
{
	struct cell store[2];

	if (f->waiting == NULL)
		return;
	fill_path_store(&f->path, f->waiting, store);
	settle(f, store);
}

/* --- records */

static void
take_message(struct filling *f, struct json_object *o)
{
	settle_by_name(f);
	if (f->rc != ST_OK) {
		json_free(o);
		return;
	}
	if (!fill_path(&f->path, o))
		f->rc = err_set(f->e, ST_DEAD, 0, "it has no path");
	f->waiting = o;
	f->waiting_id = f->records;
	f->waiting_line = f->line;
}

static bool
same_cell(const struct cell *a, const struct cell *b)
{
	return a->is == b->is && span_eq(a->bytes, b->bytes);
}

static void
take_store(struct filling *f, struct json_object *o)
{
	const struct json_object *hidden = json_member(o, "not_observable");
	struct path path = { 0 };
	bool is_new;
	uint64_t id;

	if (!fill_path(&path, o) && f->rc == ST_OK)
		f->rc = err_set(f->e, ST_DEAD, 0, "it has no path");
	if (f->waiting != NULL && same_cell(&f->path.cells[0],
	    &path.cells[0]) && same_cell(&f->path.cells[1], &path.cells[1]))
		settle(f, path.cells);
	settle_by_name(f);
	id = fill_find_store(f, path.cells, &is_new);
	fill_row(f, TABLE_store, &(struct row){ .o = o, .id = id,
	    .n = f->records });
	fill_codes(f, TABLE_hidden, hidden, "codes", id);
	fill_list(f, TABLE_dispute, json_member(o, "dialects"),
	    "first_disputes", id);
	fill_path_free(&path);
	json_free(o);
}

/* Header and summary are kept: the rows of both come last. */
static void
take_header(struct filling *f, struct json_object *o)
{
	if (f->header == NULL)
		f->header = o;
	else
		json_free(o);
}

static void
take_summary(struct filling *f, struct json_object *o)
{
	uint64_t n;

	settle_by_name(f);
	json_free(f->summary);
	f->summary = o;
	f->whole = json_member_u64(o, "records", &n) && n == f->records;
}

static void
take_plain(struct filling *f, enum table t, struct json_object *o)
{
	fill_row(f, t, &(struct row){ .o = o, .id = f->records });
	json_free(o);
}

#define PLAIN(name) \
static void \
take_##name(struct filling *f, struct json_object *o) \
{ \
	take_plain(f, TABLE_##name, o); \
}
PLAIN(outcome)
PLAIN(file)
PLAIN(unreadable)
PLAIN(skipped)
PLAIN(stale)

/* What is not here is passed over, as a report may hold what a later version
 * writes. */
static const struct {
	const char *type;
	void (*take)(struct filling *, struct json_object *);
} types[] = {
	{ "message", take_message }, { "store", take_store },
	{ "header", take_header }, { "summary", take_summary },
	{ "outcome", take_outcome }, { "file", take_file },
	{ "unreadable", take_unreadable }, { "skipped", take_skipped },
	{ "stale", take_stale },
	{ "replay", take_message },
};

static void
take_record(struct filling *f, struct json_object *o)
{
	f->records++;
	f->whole = false;	/* nothing stands behind the summary */
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (json_member_is(o, "type", types[i].type)) {
			types[i].take(f, o);
			return;
		}
	json_free(o);
}

/* What is wrong, with the line that it is about. */
static int
of_line(struct filling *f)
{
	const struct err why = *f->e;

	return err_set(f->e, ST_DEAD, why.num, "line %" PRIu64 " cannot be "
	    "used: %s", f->line, why.text);
}

static int
read_records(struct filling *f, struct report_lines *in)
{
	struct json_object *o;
	struct span line;
	int rc;

	while ((rc = report_lines_next(in, &line, f->e)) == ST_OK) {
		o = json_parse(line);
		if (o == NULL && in->cut && f->records > 0) {
			f->whole = false;	/* cut off in a record */
			return ST_OK;
		}
		if (o == NULL || (f->records == 0 &&
		    !json_member_is(o, "type", "header"))) {
			json_free(o);
			return err_set(f->e, ST_DEAD, 0, "line %" PRIu64
			    " is no record of a report (-f ndjson of scan)",
			    in->number);
		}
		f->line = in->number;
		take_record(f, o);
		if (f->rc != ST_OK)
			return of_line(f);
	}
	if (rc == ST_END && f->records == 0)
		return err_set(f->e, ST_DEAD, 0, "it is empty");
	return rc == ST_END ? ST_OK : ST_DEAD;
}

/* --- what is known of all */

static bool
is_in(const struct json_object *o, const char *key, struct span word)
{
	struct span at;

	for (size_t i = 0; json_member_text_at(o, key, i, &at); i++)
		if (span_eq(at, word))
			return true;
	return false;
}

static void
put_known_codes(struct filling *f)
{
	struct span code;

	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const struct code_info *c = code_info((enum code)i);
		struct row r = { .word = { span_text(c->name),
		    span_text(c->title), span_text(severity_name(
		    c->severity)) } };

		r.n = is_in(f->header, "codes", r.word[0]);
		fill_row(f, TABLE_code, &r);
	}
	for (size_t i = 0; json_member_text_at(f->header, "codes", i, &code);
	    i++)
		fill_code(f, code);
}

static void
put_servers(struct filling *f, const struct json_object *o, const char *key,
    struct span role)
{
	for (size_t i = 0; i < json_member_count(o, key); i++)
		fill_row(f, TABLE_server, &(struct row){
		    .o = json_member_at(o, key, i), .word = { role } });
}

static void
put_header(struct filling *f)
{
	const struct json_object *replay = json_member(f->header, "replay");
	struct span word;

	fill_row(f, TABLE_report, &(struct row){ .o = f->header,
	    .id = SCHEMA_VERSION, .n = f->whole });
	put_known_codes(f);
	for (size_t i = 0; json_member_text_at(f->header, "command", i,
	    &word); i++)
		fill_row(f, TABLE_argument, &(struct row){ .n = i + 1,
		    .word = { word } });
	fill_list(f, TABLE_rule_file, f->header, "rule_files", 0);
	put_servers(f, replay, "senders", SPAN("sender"));
	put_servers(f, replay, "receivers", SPAN("receiver"));
}

static void
put_summary_code(void *ctx, const char *key, const struct json_object *o)
{
	struct filling *f = ctx;

	fill_code(f, span_text(key));
	fill_row(f, TABLE_summary_code, &(struct row){ .o = o,
	    .word = { span_text(key) } });
}

static void
put_summary_rule(void *ctx, const char *key, const struct json_object *o)
{
	fill_row(ctx, TABLE_summary_rule, &(struct row){ .o = o,
	    .word = { span_text(key) } });
}

static void
put_matrix(struct filling *f, const struct json_object *o)
{
	struct row r = { .n = 0 };

	if (o == NULL || !json_member_text(o, "sender", &r.word[0]))
		return;
	for (unsigned i = 0; i < REPLAY_OUTCOMES; i++) {
		const char *outcome = replay_names[i];

		r.word[2] = span_text(outcome);
		for (size_t k = 0; json_member_text_at(o, outcome, k,
		    &r.word[1]); k++) {
			r.n = is_in(o, "by_bdat", r.word[1]);
			fill_row(f, TABLE_matrix, &r);
		}
	}
}

static void
put_summary(struct filling *f)
{
	const struct json_object *s = f->summary;
	const struct json_object *replay = json_member(s, "replay");

	if (s == NULL)
		return;
	fill_row(f, TABLE_summary, &(struct row){ .o = s });
	if (json_member(s, "codes") != NULL)
		json_each_object(json_member(s, "codes"), put_summary_code,
		    f);
	if (json_member(s, "rules") != NULL)
		json_each_object(json_member(s, "rules"), put_summary_rule,
		    f);
	for (size_t i = 0; i < json_member_count(replay, "matrix"); i++)
		put_matrix(f, json_member_at(replay, "matrix", i));
}

static int
fill(struct filling *f, struct report_lines *in)
{
	const struct span end = { database_end_sql, database_end_sql_size };
	int rc;

	if ((rc = tables_say(f->db, f->e)) != ST_OK ||
	    (rc = database_say(f->db, FIND_STORE, "SELECT id FROM store "
	    "WHERE path = ?1 AND path_bytes IS ?2 AND record IS NULL",
	    f->e)) != ST_OK ||
	    (rc = database_say(f->db, PUT_STORE, "INSERT INTO store(id, "
	    "path, path_bytes) VALUES(?1, ?2, ?3)", f->e)) != ST_OK ||
	    (rc = read_records(f, in)) != ST_OK)
		return rc;
	settle_by_name(f);
	if (f->rc != ST_OK)
		return of_line(f);
	put_header(f);
	put_summary(f);
	if (f->rc == ST_OK)
		f->rc = database_end(f->db, end, f->e);
	return f->rc;
}

int
database_report(struct report_lines *in, const char *path, struct err *e)
{
	const struct span sql = { database_sql, database_sql_size };
	struct filling f = { .e = e };
	int rc = database_new(&f.db, path, sql, e);

	if (rc == ST_OK && (f.scratch = table_scratch_new()) == NULL)
		rc = err_set(e, ST_DEAD, ENOMEM, "report");
	if (rc == ST_OK)
		rc = fill(&f, in);
	database_free(f.db);
	table_scratch_free(f.scratch);
	fill_path_free(&f.path);
	json_free(f.waiting);
	json_free(f.header);
	json_free(f.summary);
	return rc == ST_OK && !f.whole ? ST_BAD : rc;
}

/*
 * NDJSON, and the same records as one JSON document.  The fields are
 * described in report.schema.json; a change of meaning is a new SCHEMA.
 */
#include "ndjson_message.h"
#include "ndjson_sums.h"
#include "repaired.h"
#include "replayed.h"

#define SCHEMA 1

static void
put_rule_files(struct json *j, const struct scan_facts *r)
{
	json_key_bool(j, "default_rules", r->default_rules);
	json_key(j, "rule_files");
	json_open(j, '[');
	for (size_t i = 0; i < r->rule_files_n; i++) {
		json_open(j, '{');
		json_bytes(j, "path", span_text(r->rule_files[i].path));
		ndjson_put_sum(j, true, r->rule_files[i].sha256,
		    r->rule_files[i].token);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_header(struct json *j, const struct scan_facts *r)
{
	json_open(j, '{');
	json_key_text(j, "type", "header");
	json_key_text(j, "tool", "baredot");
	json_key_text(j, "version", BAREDOT_VERSION);
	json_key_u64(j, "schema", SCHEMA);
	json_key_text(j, "rules_sha256", r->rules_sha256);
	put_rule_files(j, r);
	json_key(j, "command");
	json_open(j, '[');
	for (size_t i = 0; r->argv[i] != NULL; i++)
		json_text(j, r->argv[i]);
	json_close(j, ']');
	json_key_text(j, "host", r->host);
	json_key_text(j, "start", r->start);
	json_key_u64(j, "jobs", r->jobs);
	json_key_text(j, "kernel", r->kernel);
	json_key_text(j, "sandbox", r->sandbox);
	json_key_text(j, "eol", r->eol);
	json_key_bool(j, "forensic", r->forensic);
	json_key_bool(j, "redacted", r->redacted);
	if (r->target != NULL)
		json_key_text(j, "target", r->target);
	if (r->plan != NULL)
		replayed_header_json(j, r->plan);
	json_key_text(j, "min_severity",
	    severity_name(r->options->min_severity));
	json_key(j, "codes");
	ndjson_put_codes(j, r->codes);
	json_close(j, '}');
}

static void
put_problem(struct json *j, const struct problem_report *r)
{
	static const char *const types[] = {
		[PROBLEM_UNREADABLE] = "unreadable",
		[PROBLEM_SKIPPED] = "skipped", [PROBLEM_STALE] = "stale",
	};
	const bool unreadable = r->kind == PROBLEM_UNREADABLE;

	json_open(j, '{');
	json_key_text(j, "type", types[r->kind]);
	json_bytes(j, "path", r->path);
	if (r->off != MSG_NOT_RAW)
		json_key_u64(j, "offset", r->off);
	json_key_text(j, unreadable ? "error" : "reason", r->why);
	if (r->limit != NULL)
		json_key_text(j, "limit", r->limit);
	json_close(j, '}');
}

static void
put_file(struct json *j, const struct file_report *r)
{
	char when[48];

	report_time_ns(r->mtime, r->mtime_ns, when);
	json_open(j, '{');
	json_key_text(j, "type", "file");
	json_bytes(j, "path", r->path);
	json_key_text(j, "status", r->status);
	json_key_u64(j, "size", r->size);
	ndjson_put_sum(j, r->hashed, r->sha256, r->token);
	json_key_text(j, "modified", when);
	json_close(j, '}');
}

static void
nd_header(struct buf *b, const struct scan_facts *r)
{
	struct json j = json_begin(b);

	put_header(&j, r);
	buf_byte(b, '\n');
}

static void
nd_message(struct buf *b, const struct report_message *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	ndjson_put_message(&j, r, o);
	buf_byte(b, '\n');
}

static void
put_time(struct buf *b, const char *time)
{
	struct json record = json_begin(b), *j = &record;

	buf_byte(b, ',');
	json_key_text(j, "as_of", time);
}

/* Also of a record of the document: one member more, the last. */
static void
nd_again(struct buf *b, struct span s, const char *time)
{
	const uint8_t *end = memrchr(s.p, '}', s.n);
	const size_t n = end != NULL ? (size_t)(end - s.p) : s.n;

	buf_add(b, s.p, n);
	if (end != NULL)
		put_time(b, time);
	buf_add(b, s.p + n, s.n - n);
}

static void
nd_store(struct buf *b, struct span path, const struct store_facts *f,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	ndjson_put_store(&j, path, f, o);
	buf_byte(b, '\n');
}

static void
nd_problem(struct buf *b, const struct problem_report *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	put_problem(&j, r);
	buf_byte(b, '\n');
}

static void
nd_file(struct buf *b, const struct file_report *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	put_file(&j, r);
	buf_byte(b, '\n');
}

static void
nd_acted(struct buf *b, const struct act_report *a,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	acted_json(&j, a);
	buf_byte(b, '\n');
}

static void
nd_summary(struct buf *b, const struct scan_facts *r, const struct totals *t,
    const struct summary_facts *s)
{
	struct json j = json_begin(b);

	ndjson_put_summary(&j, r, t, s);
	buf_byte(b, '\n');
}

const struct reporter reporter_ndjson = {
	.name = "ndjson", .sums = true,
	.header = nd_header, .message = nd_message, .again = nd_again,
	.store = nd_store, .problem = nd_problem, .file = nd_file,
	.acted = nd_acted,
	.summary = nd_summary,
};

/*
 * One document: {"records":[ header, ..., summary ]}.  The header is always
 * there, so every later record can begin with its comma.
 */
static void
doc_header(struct buf *b, const struct scan_facts *r)
{
	struct json j = json_begin(b);

	buf_str(b, "{\"records\":[\n");
	put_header(&j, r);
}

static void
doc_message(struct buf *b, const struct report_message *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	buf_str(b, ",\n");
	ndjson_put_message(&j, r, o);
}

static void
doc_store(struct buf *b, struct span path, const struct store_facts *f,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	buf_str(b, ",\n");
	ndjson_put_store(&j, path, f, o);
}

static void
doc_problem(struct buf *b, const struct problem_report *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	buf_str(b, ",\n");
	put_problem(&j, r);
}

static void
doc_file(struct buf *b, const struct file_report *r,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	buf_str(b, ",\n");
	put_file(&j, r);
}

static void
doc_acted(struct buf *b, const struct act_report *a,
    const struct report_options *o)
{
	struct json j = json_begin(b);

	(void)o;
	buf_str(b, ",\n");
	acted_json(&j, a);
}

static void
doc_summary(struct buf *b, const struct scan_facts *r, const struct totals *t,
    const struct summary_facts *s)
{
	struct json j = json_begin(b);

	buf_str(b, ",\n");
	ndjson_put_summary(&j, r, t, s);
	buf_str(b, "\n]}\n");
}

const struct reporter reporter_json = {
	.name = "json", .sums = true,
	.header = doc_header, .message = doc_message, .again = nd_again,
	.store = doc_store, .problem = doc_problem, .file = doc_file,
	.acted = doc_acted,
	.summary = doc_summary,
};

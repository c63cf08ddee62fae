/*
 * NDJSON, and the same records as one JSON document.  The fields are
 * described in report.schema.json; a change of meaning is a new SCHEMA.
 */
#include "json.h"
#include "ndjson_message.h"
#include "patterns.h"
#include "repaired.h"
#include "replayed.h"
#include "walk.h"

#define SCHEMA 1

static void
put_codes(struct json *j, code_set codes)
{
	json_open(j, '[');
	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (codes >> i & 1)
			json_text(j, code_info((enum code)i)->name);
	json_close(j, ']');
}

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
	put_codes(j, r->codes);
	json_close(j, '}');
}

static void
put_dialects(struct json *j, const struct dialects *d)
{
	static const char *const kinds[] = {
		[DISPUTE_TEXT] = "not-a-separator",
		[DISPUTE_NO_BLANK] = "no-empty-line-before",
		[DISPUTE_IN_LENGTH] = "inside-content-length",
	};

	json_key(j, "dialects");
	json_open(j, '{');
	json_key_u64(j, "messages", d->messages);
	json_key_u64(j, "any_from_line", d->any_from);
	json_key_u64(j, "from_line_after_empty_line", d->blank_from);
	json_key_u64(j, "content_length_ignored", d->no_length);
	json_key_u64(j, "by_content_length", d->by_length);
	json_key_u64(j, "internal", d->internal);
	json_key_u64(j, "disputes", d->disputes);
	json_key(j, "first_disputes");
	json_open(j, '[');
	for (size_t i = 0; i < d->disputes && i < DIALECTS_KEPT; i++) {
		json_open(j, '{');
		json_key_u64(j, "offset", d->dispute[i].off);
		json_key_text(j, "kind", kinds[d->dispute[i].kind]);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
put_store(struct json *j, struct span path, const struct store_facts *f,
    const struct report_options *o)
{
	const char *why;
	const code_set hidden = not_observable(f, o->eol, &why);

	json_open(j, '{');
	json_key_text(j, "type", "store");
	json_bytes(j, "path", path);
	json_key_text(j, "format", f->format);
	if (f->members > 0)
		json_key_u64(j, "members", f->members);
	json_key_u64(j, "messages", f->messages);
	json_key_u64(j, "bytes", f->bytes);
	json_key(j, "conventions");
	json_open(j, '{');
	for (unsigned i = 0; i < CONVENTIONS; i++)
		json_key_u64(j, convention_name((enum convention)i),
		    f->conventions[i]);
	json_close(j, '}');
	json_key_bool(j, "listing_settled", !f->unsettled);
	if (hidden != 0) {
		json_key(j, "not_observable");
		json_open(j, '{');
		json_key_u64(j, "messages", f->conventions[CONV_LF]);
		json_key(j, "codes");
		put_codes(j, hidden);
		json_key_text(j, "why", why);
		json_close(j, '}');
	}
	if (f->has_dialects)
		put_dialects(j, &f->dialects);
	json_close(j, '}');
}

static void
put_problem(struct json *j, const struct problem_report *r)
{
	const bool unreadable = r->kind == PROBLEM_UNREADABLE;

	json_open(j, '{');
	json_key_text(j, "type", unreadable ? "unreadable" : "skipped");
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
put_severities(struct json *j, const uint64_t n[SEVERITIES])
{
	json_open(j, '{');
	for (unsigned i = 0; i < SEVERITIES; i++)
		json_key_u64(j, severity_name((enum severity)i), n[i]);
	json_close(j, '}');
}

static void
put_counts(struct json *j, const struct totals *t)
{
	json_key(j, "messages_by_severity");
	put_severities(j, t->by_severity);
	json_key(j, "codes");
	json_open(j, '{');
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		if (t->code_messages[i] == 0)
			continue;
		json_key(j, code_info((enum code)i)->name);
		json_open(j, '{');
		json_key_u64(j, "messages", t->code_messages[i]);
		json_key_u64(j, "count", t->code_count[i]);
		json_key_text(j, "worst", severity_name(t->code_worst[i]));
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void
put_rules(struct json *j, const struct scan_facts *r, const struct totals *t)
{
	json_key(j, "rules");
	json_open(j, '{');
	for (size_t i = 0; r->rules != NULL && i < r->rules->n; i++) {
		const struct rule_name *name = &r->rules->rule[i]->name;

		if (t->rule_messages[name->index] == 0)
			continue;
		json_key(j, name->name);
		json_open(j, '{');
		json_key_u64(j, "messages", t->rule_messages[name->index]);
		json_key_u64(j, "count", t->rule_count[name->index]);
		json_close(j, '}');
	}
	json_close(j, '}');
}

/* What was not read again, and what is new. */
static void
put_kept(struct json *j, const struct kept_facts *k)
{
	json_key_u64(j, "files_not_read", k->files);
	json_key_bool(j, "new_only", k->new_only);
	json_key(j, "new_messages_by_severity");
	put_severities(j, k->by_severity);
}

static void
put_summary(struct json *j, const struct scan_facts *r,
    const struct totals *t, const struct summary_facts *s)
{
	static const char *const skips[WALK_SKIPS] = {
		[SKIP_SYMLINK] = "symlink", [SKIP_SPECIAL] = "special",
		[SKIP_METADATA] = "metadata",
		[SKIP_OTHER_FS] = "other_file_system",
		[SKIP_TMP] = "maildir_tmp",
	};

	json_open(j, '{');
	json_key_text(j, "type", "summary");
	json_key_bool(j, "partial", s->partial);
	json_key_u64(j, "messages", t->messages);
	json_key_u64(j, "bytes", t->bytes);
	json_key_u64(j, "files", t->files);
	json_key_u64(j, "stores", t->stores);
	json_key_u64(j, "flagged", t->flagged);
	put_counts(j, t);
	put_rules(j, r, t);
	json_key_u64(j, "unreadable", t->unreadable);
	json_key_u64(j, "gone", t->gone);
	json_key_u64(j, "unsettled", s->unsettled);
	json_key(j, "skipped");
	json_open(j, '{');
	json_key_u64(j, "not_mail", t->not_mail);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		json_key_u64(j, skips[i], s->skipped[i]);
	json_close(j, '}');
	json_key_text(j, "end", s->end);
	json_key_u64(j, "milliseconds", (uint64_t)(s->seconds * 1000));
	if (s->acts != NULL)
		acts_json(j, s->acts, t);
	if (r->plan != NULL)
		replayed_summary_json(j, r->plan, t);
	if (s->kept != NULL)
		put_kept(j, s->kept);
	json_key_u64(j, "exit_status", (uint64_t)s->exit_status);
	json_key_u64(j, "records", t->records);
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

	put_store(&j, path, f, o);
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

	put_summary(&j, r, t, s);
	buf_byte(b, '\n');
}

const struct reporter reporter_ndjson = {
	.name = "ndjson", .header = nd_header, .message = nd_message,
	.again = nd_again,
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
	put_store(&j, path, f, o);
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
	put_summary(&j, r, t, s);
	buf_str(b, "\n]}\n");
}

const struct reporter reporter_json = {
	.name = "json", .header = doc_header, .message = doc_message,
	.again = nd_again,
	.store = doc_store, .problem = doc_problem, .file = doc_file,
	.acted = doc_acted,
	.summary = doc_summary,
};

/*
 * See ndjson_sums.h.
 */
#include "ndjson_sums.h"

#include "patterns.h"
#include "repaired.h"
#include "replayed.h"

void
ndjson_put_codes(struct json *j, code_set codes)
{
	json_open(j, '[');
	for (unsigned i = 0; i < CODE_COUNT; i++)
		if (codes >> i & 1)
			json_text(j, code_info((enum code)i)->name);
	json_close(j, ']');
}

void
ndjson_put_conventions(struct json *j, const uint64_t n[CONVENTIONS])
{
	json_key(j, "conventions");
	json_open(j, '{');
	for (unsigned i = 0; i < CONVENTIONS; i++)
		json_key_u64(j, convention_name((enum convention)i), n[i]);
	json_close(j, '}');
}

const char *
dispute_name(enum dispute_kind k)
{
	static const char *const names[] = {
		[DISPUTE_TEXT] = "not-a-separator",
		[DISPUTE_NO_BLANK] = "no-empty-line-before",
		[DISPUTE_IN_LENGTH] = "inside-content-length",
	};

	return names[k];
}

const char *
skip_name(enum walk_skip s)
{
	static const char *const names[WALK_SKIPS] = {
		[SKIP_SYMLINK] = "symlink", [SKIP_SPECIAL] = "special",
		[SKIP_METADATA] = "metadata",
		[SKIP_OTHER_FS] = "other_file_system",
		[SKIP_TMP] = "maildir_tmp",
	};

	return names[s];
}

void
ndjson_put_dialects(struct json *j, const struct dialects *d)
{
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
		json_key_text(j, "kind", dispute_name(d->dispute[i].kind));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

void
ndjson_put_facts(struct json *j, const struct store_facts *f)
{
	if (f->format != NULL)
		json_key_text(j, "format", f->format);
	if (f->members > 0)
		json_key_u64(j, "members", f->members);
	json_key_u64(j, "messages", f->messages);
	json_key_u64(j, "bytes", f->bytes);
	ndjson_put_conventions(j, f->conventions);
	json_key_bool(j, "listing_settled", !f->unsettled);
}

void
ndjson_put_store(struct json *j, struct span path,
    const struct store_facts *f, const struct report_options *o)
{
	const char *why;
	const code_set hidden = not_observable(f, o->eol, &why);

	json_open(j, '{');
	json_key_text(j, "type", "store");
	json_bytes(j, "path", path);
	ndjson_put_facts(j, f);
	if (hidden != 0) {
		json_key(j, "not_observable");
		json_open(j, '{');
		json_key_u64(j, "messages", f->conventions[CONV_LF]);
		json_key(j, "codes");
		ndjson_put_codes(j, hidden);
		json_key_text(j, "why", why);
		json_close(j, '}');
	}
	if (f->has_dialects)
		ndjson_put_dialects(j, &f->dialects);
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
put_rules(struct json *j, const struct pattern_rules *rules,
    const struct totals *t)
{
	json_key(j, "rules");
	json_open(j, '{');
	for (size_t i = 0; rules != NULL && i < rules->n; i++) {
		const struct rule_name *name = &rules->rule[i]->name;

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

void
ndjson_put_sums(struct json *j, const struct pattern_rules *rules,
    const struct totals *t, const struct summary_facts *s)
{
	json_key_u64(j, "messages", t->messages);
	json_key_u64(j, "bytes", t->bytes);
	json_key_u64(j, "files", t->files);
	json_key_u64(j, "stores", t->stores);
	json_key_u64(j, "flagged", t->flagged);
	put_counts(j, t);
	put_rules(j, rules, t);
	json_key_u64(j, "unreadable", t->unreadable);
	json_key_u64(j, "gone", t->gone);
	json_key_u64(j, "unsettled", s->unsettled);
	json_key(j, "skipped");
	json_open(j, '{');
	json_key_u64(j, "not_mail", t->not_mail);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		json_key_u64(j, skip_name((enum walk_skip)i), s->skipped[i]);
	json_close(j, '}');
	if (t->stale > 0)
		json_key_u64(j, "stale", t->stale);
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

void
ndjson_put_summary(struct json *j, const struct scan_facts *r,
    const struct totals *t, const struct summary_facts *s)
{
	json_open(j, '{');
	json_key_text(j, "type", "summary");
	json_key_bool(j, "partial", s->partial);
	ndjson_put_sums(j, r->rules, t, s);
	if (s->end[0] != '\0') {
		json_key_text(j, "end", s->end);
		json_key_u64(j, "milliseconds",
		    (uint64_t)(s->seconds * 1000));
	}
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

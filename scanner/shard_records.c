/*
 * See shard_records.h.
 */
#include "shard_records.h"

#include <stdlib.h>

#include "wire.h"

/* The beginning of a line that says which shard this is, of which plan. */
static void
put_id(struct json *j, const char *type, struct shard_id id,
    const uint8_t plan[HASH_SIZE])
{
	json_open(j, '{');
	json_key_text(j, "type", type);
	json_key_u64(j, "shard", id.i);
	json_key_u64(j, "shards", id.n);
	json_key(j, "plan_sha256");
	json_hex(j, plan, HASH_SIZE);
}

/* --- the second line */

void
shard_head_put(struct buf *b, const struct shard_head *h,
    const struct pattern_rules *rules)
{
	struct json j = json_begin(b);

	put_id(&j, "shard", h->id, h->plan);
	json_key_u64(&j, "basis", h->basis);
	json_key(&j, "rules");
	json_open(&j, '[');
	for (size_t i = 0; rules != NULL && i < rules->n; i++) {
		json_open(&j, '{');
		json_key_text(&j, "name", rules->rule[i]->name.name);
		json_key_text(&j, "message", rules->rule[i]->name.message);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	buf_byte(b, '\n');
}

static bool
read_id(const struct json_object *o, struct shard_id *out)
{
	uint64_t i, n;

	if (!json_member_u64(o, "shard", &i) ||
	    !json_member_u64(o, "shards", &n) || n > SHARDS_MAX || i == 0 ||
	    i > n)
		return false;
	*out = (struct shard_id){ (unsigned long)i, (unsigned long)n };
	return true;
}

bool
shard_head_read(const struct json_object *o, struct shard_head *out)
{
	return json_member_is(o, "type", "shard") && read_id(o, &out->id) &&
	    json_member_hex(o, "plan_sha256", out->plan, HASH_SIZE) &&
	    json_member_u64(o, "basis", &out->basis);
}

void
shard_rules_free(struct shard_rules *r)
{
	for (size_t i = 0; i < r->rules.n; i++) {
		free((char *)(uintptr_t)r->list[i].name.name);
		free((char *)(uintptr_t)r->list[i].name.message);
	}
	free(r->list);
	*r = (struct shard_rules){ .list = NULL };
}

static char *
copy_text(const struct json_object *o, const char *key)
{
	struct span s;

	return json_member_text(o, key, &s) ?
	    strndup((const char *)s.p, s.n) : NULL;
}

bool
shard_rules_read(const struct json_object *o, struct shard_rules *r)
{
	const size_t n = json_member_count(o, "rules");

	*r = (struct shard_rules){ .list = NULL };
	if (n > USER_RULES_MAX)
		return false;
	if ((r->list = calloc(n + 1, sizeof(*r->list))) == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct json_object *one = json_member_at(o, "rules", i);
		struct rule_name *name = &r->list[i].name;

		name->index = (unsigned)i;
		name->name = copy_text(one, "name");
		name->message = copy_text(one, "message");
		r->rules.rule[i] = &r->list[i];
		r->rules.n = i + 1;
		if (name->name == NULL || name->message == NULL)
			return false;
	}
	return true;
}

/* --- parts */

void
shard_part_put(struct buf *b, const struct part_facts *p)
{
	struct json record = json_begin(b), *j = &record;

	json_open(j, '{');
	json_key_text(j, "type", "part");
	json_bytes(j, "path", p->path);
	json_key_bool(j, "last", p->last);
	json_key_bool(j, "mbox", p->mbox);
	if (p->mbox && p->found)
		json_key_u64(j, "first", p->first);
	if (p->mbox) {
		json_key_u64(j, "next", p->next.at);
		json_key_bool(j, "lost", p->next.lost);
	}
	if (p->unread)
		json_key_bool(j, "unread", true);
	ndjson_put_facts(j, p->facts);
	if (p->facts->has_dialects)
		ndjson_put_dialects(j, &p->facts->dialects);
	json_close(j, '}');
	buf_byte(b, '\n');
}

static void
read_conventions(const struct json_object *o, uint64_t n[CONVENTIONS])
{
	const struct json_object *c = json_member(o, "conventions");
	uint64_t v;

	for (unsigned i = 0; i < CONVENTIONS; i++)
		if (json_member_u64(c, convention_name((enum convention)i),
		    &v))
			n[i] += v;
}

static void
read_disputes(const struct json_object *o, struct dialects *d)
{
	const size_t n = json_member_count(o, "first_disputes");

	for (size_t i = 0; i < n && i < DIALECTS_KEPT; i++) {
		const struct json_object *one = json_member_at(o,
		    "first_disputes", i);

		(void)json_member_u64(one, "offset", &d->dispute[i].off);
		for (unsigned k = 0; k < DISPUTE_KINDS; k++)
			if (json_member_is(one, "kind",
			    dispute_name((enum dispute_kind)k)))
				d->dispute[i].kind = (enum dispute_kind)k;
	}
	if (d->disputes < n)
		d->disputes = n;
	if (n < DIALECTS_KEPT)
		d->disputes = n;	/* all are listed, then */
}

static void
read_dialects(const struct json_object *o, struct dialects *d)
{
	(void)json_member_u64(o, "messages", &d->messages);
	(void)json_member_u64(o, "any_from_line", &d->any_from);
	(void)json_member_u64(o, "from_line_after_empty_line",
	    &d->blank_from);
	(void)json_member_u64(o, "content_length_ignored", &d->no_length);
	(void)json_member_u64(o, "by_content_length", &d->by_length);
	(void)json_member_u64(o, "internal", &d->internal);
	(void)json_member_u64(o, "disputes", &d->disputes);
	read_disputes(o, d);
}

static bool
read_format(const struct json_object *o, const char **out)
{
	const char *name;
	struct span s;

	if (!json_member_text(o, "format", &s))
		return true;		/* no message yet */
	for (uint32_t i = 1; wire_format_name(i, &name); i++)
		if (span_eq(s, span_text(name))) {
			*out = name;
			return true;
		}
	return false;
}

bool
shard_part_read(const struct json_object *o, struct part_facts *out,
    struct store_facts *f, struct buf *path)
{
	const struct json_object *d = json_member(o, "dialects");

	*f = (struct store_facts){ .has_dialects = d != NULL };
	buf_clear(path);
	if (!json_member_bytes(o, "path", path) ||
	    !read_format(o, &f->format) ||
	    !json_member_u64(o, "messages", &f->messages) ||
	    !json_member_u64(o, "bytes", &f->bytes))
		return false;
	read_conventions(o, f->conventions);
	f->unsettled = !json_member_true(o, "listing_settled");
	if (d != NULL)
		read_dialects(d, &f->dialects);
	*out = (struct part_facts){ .path = buf_span(path), .facts = f,
	    .last = json_member_true(o, "last"),
	    .mbox = json_member_true(o, "mbox"),
	    .unread = json_member_true(o, "unread"),
	    .next.lost = json_member_true(o, "lost") };
	out->found = json_member_u64(o, "first", &out->first);
	(void)json_member_u64(o, "next", &out->next.at);
	return buf_ok(path);
}

/* --- the end of a section */

void
shard_piece_put(struct buf *b, const struct shard_sums *s,
    const struct pattern_rules *rules, const struct shard_place *p)
{
	struct json j = json_begin(b);

	json_open(&j, '{');
	json_key_text(&j, "type", "piece");
	ndjson_put_sums(&j, rules, &s->totals, &s->summary);
	ndjson_put_conventions(&j, s->totals.conventions);
	json_bytes(&j, "folder", buf_span(&p->folder));
	json_key_u64(&j, "root", p->root);
	json_key_u64(&j, "line", p->line);
	if (p->at == 0)
		return;
	json_key_u64(&j, "at", p->at);
	json_key_u64(&j, "next", p->next.at);
	json_key_bool(&j, "lost", p->next.lost);
	json_key_bool(&j, "changed", p->stale);
}

static void
add(const struct json_object *o, const char *key, uint64_t *to)
{
	uint64_t n;

	if (json_member_u64(o, key, &n))
		*to += n;
}

static void
read_codes(const struct json_object *o, struct totals *t)
{
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const struct json_object *c = json_member(o,
		    code_info((enum code)i)->name);

		add(c, "messages", &t->code_messages[i]);
		add(c, "count", &t->code_count[i]);
		for (unsigned s = 0; c != NULL && s < SEVERITIES; s++)
			if (json_member_is(c, "worst",
			    severity_name((enum severity)s)) &&
			    s > t->code_worst[i])
				t->code_worst[i] = (enum severity)s;
	}
}

static void
read_sums(const struct json_object *o, const struct pattern_rules *rules,
    struct shard_sums *s)
{
	const struct json_object *by = json_member(o, "messages_by_severity");
	const struct json_object *skipped = json_member(o, "skipped");
	const struct json_object *matched = json_member(o, "rules");
	struct totals *t = &s->totals;

	add(o, "messages", &t->messages);
	add(o, "bytes", &t->bytes);
	add(o, "files", &t->files);
	add(o, "stores", &t->stores);
	add(o, "flagged", &t->flagged);
	for (unsigned i = 0; i < SEVERITIES; i++)
		add(by, severity_name((enum severity)i), &t->by_severity[i]);
	read_codes(json_member(o, "codes"), t);
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule_name *name = &rules->rule[i]->name;
		const struct json_object *r = json_member(matched, name->name);

		add(r, "messages", &t->rule_messages[name->index]);
		add(r, "count", &t->rule_count[name->index]);
	}
	add(o, "unreadable", &t->unreadable);
	add(o, "gone", &t->gone);
	add(o, "unsettled", &s->summary.unsettled);
	add(o, "stale", &t->stale);
	add(skipped, "not_mail", &t->not_mail);
	for (unsigned i = 0; i < WALK_SKIPS; i++)
		add(skipped, skip_name((enum walk_skip)i),
		    &s->summary.skipped[i]);
	read_conventions(o, t->conventions);
}

bool
shard_piece_read(const struct json_object *o,
    const struct pattern_rules *rules, struct shard_sums *s,
    struct shard_place *p)
{
	if (!json_member_is(o, "type", "piece"))
		return false;
	read_sums(o, rules, s);
	buf_clear(&p->folder);
	p->at = 0;
	(void)json_member_u64(o, "at", &p->at);
	(void)json_member_u64(o, "next", &p->next.at);
	p->next.lost = json_member_true(o, "lost");
	p->stale = json_member_true(o, "changed");
	return json_member_bytes(o, "folder", &p->folder) &&
	    strlen(buf_text(&p->folder)) == p->folder.n &&
	    json_member_u64(o, "root", &p->root) &&
	    p->root <= p->folder.n && json_member_u64(o, "line", &p->line);
}

/* --- the last line */

static void
put_borders(struct json *j, const struct shard_borders *b)
{
	if (b->begins) {
		json_key(j, "begins");
		json_open(j, '{');
		json_key_u64(j, "to", b->to);
		if (b->found)
			json_key_u64(j, "first", b->first);
		if (b->unread)
			json_key_bool(j, "unread", true);
		json_close(j, '}');
	}
	if (b->ends) {
		json_key(j, "ends");
		json_open(j, '{');
		json_key_bool(j, "through", b->through);
		json_key_u64(j, "next", b->next.at);
		json_key_bool(j, "lost", b->next.lost);
		json_close(j, '}');
	}
}

void
shard_tail_put(struct buf *b, const struct shard_tail *t)
{
	struct json j = json_begin(b);

	put_id(&j, "end", t->id, t->plan);
	put_borders(&j, &t->borders);
	json_key_text(&j, "end", t->end);
	json_key_u64(&j, "milliseconds", t->milliseconds);
	json_key_u64(&j, "exit_status", t->exit_status);
}

static bool
read_borders(const struct json_object *o, struct shard_borders *b)
{
	const struct json_object *in = json_member(o, "begins");
	const struct json_object *out = json_member(o, "ends");

	*b = (struct shard_borders){ .begins = in != NULL,
	    .ends = out != NULL, .through = json_member_true(out, "through"),
	    .next.lost = json_member_true(out, "lost"),
	    .unread = json_member_true(in, "unread") };
	b->found = in != NULL && json_member_u64(in, "first", &b->first);
	return (in == NULL || json_member_u64(in, "to", &b->to)) &&
	    (out == NULL || json_member_u64(out, "next", &b->next.at));
}

bool
shard_tail_read(const struct json_object *o, struct shard_tail *t)
{
	struct span end;

	*t = (struct shard_tail){ .exit_status = 0 };
	if (!json_member_is(o, "type", "end") || !read_id(o, &t->id) ||
	    !json_member_hex(o, "plan_sha256", t->plan, HASH_SIZE) ||
	    !json_member_u64(o, "exit_status", &t->exit_status) ||
	    t->exit_status > 2 ||
	    !json_member_u64(o, "milliseconds", &t->milliseconds) ||
	    !json_member_text(o, "end", &end) || end.n >= sizeof(t->end))
		return false;
	memcpy(t->end, end.p, end.n);
	return read_borders(o, &t->borders);
}

bool
shard_border_next(struct border_state *s, const struct shard_borders *b)
{
	const bool any = !b->begins || !s->known || s->at.lost;
	const bool fits = any || (b->found ? b->first == s->at.at :
	    b->unread || s->at.at >= b->to);

	if (b->ends && b->begins && b->through && !b->found &&
	    (any || !b->unread || s->at.at >= b->to))
		return fits;		/* nothing began there */
	s->known = b->ends;
	s->at = b->next;
	return fits;
}

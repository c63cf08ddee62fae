/*
 * See ndjson_message.h.
 */
#include "ndjson_message.h"

#include "dkim.h"
#include "mime.h"
#include "repaired.h"
#include "replayed.h"

static void
put_context(struct json *j, const struct context *c)
{
	struct buf *b = j->out;

	json_key(j, "context");
	json_open(j, '{');
	json_key_u64(j, "offset", c->off);
	json_key_u64(j, "at", c->at);
	json_key(j, "hex");
	json_hex(j, c->bytes, c->n);
	json_key(j, "text");
	buf_byte(b, '"');
	for (size_t i = 0; i < c->n; i++)
		buf_byte(b, c->bytes[i] < 0x20 || c->bytes[i] > 0x7e ||
		    c->bytes[i] == '"' || c->bytes[i] == '\\' ? '.' :
		    c->bytes[i]);
	buf_byte(b, '"');
	j->more |= 1u << j->depth;
	json_close(j, '}');
}

static void
put_finding(struct json *j, const struct verdict *v, const struct finding *f,
    const struct report_options *o)
{
	json_open(j, '{');
	json_key_text(j, "code", code_info(f->code)->name);
	json_key_text(j, "severity", severity_name(f->severity));
	if (f->target != NULL) {
		json_key_text(j, "because", code_info(f->because)->name);
		if (f->target->reply != NULL)
			json_key_text(j, "reply", f->target->reply);
		json_key_text(j, "message", f->target->what);
		json_key_text(j, "source", f->target->source);
	}
	if (f->rule != NULL) {
		json_key_text(j, "rule", f->rule->name);
		json_key_text(j, "message", f->rule->message);
	}
	json_key_u64(j, "count", f->where->count);
	json_key(j, "offsets");
	json_open(j, '[');
	for (size_t i = 0; i < spots_kept(f->where); i++)
		json_u64(j, f->where->off[i]);
	json_close(j, ']');
	put_context(j, &f->where->context);
	fooled_json(j, v, f, o);
	json_close(j, '}');
}

static void
put_signature(struct json *j, const struct dkim_signature *s)
{
	const struct dkim_tags *t = &s->tags;

	json_open(j, '{');
	if (t->domain.n > 0)
		json_bytes(j, "domain",
		    (struct span){ t->domain.p, t->domain.n });
	if (t->selector.n > 0)
		json_bytes(j, "selector",
		    (struct span){ t->selector.p, t->selector.n });
	if (t->algorithm != NULL)
		json_key_text(j, "algorithm", t->algorithm);
	if (t->canonicalization != NULL)
		json_key_text(j, "canonicalization", t->canonicalization);
	json_key_u64(j, "offset", s->off);
	json_key_text(j, "body", dkim_body_name(s->body));
	if (s->body == DKIM_UNUSABLE) {
		json_key_text(j, "why", t->why);
		json_close(j, '}');
		return;
	}
	if (t->has_length) {
		json_key_u64(j, "length", t->length);
		json_key_u64(j, "uncovered", s->uncovered);
	}
	json_key_bool(j, "as_stored", s->matches[DKIM_AS_STORED]);
	json_key_bool(j, "with_crlf", s->matches[DKIM_WITH_CRLF]);
	json_key_bool(j, "with_all", s->matches[DKIM_WITH_ALL]);
	json_close(j, '}');
}

static void
put_dkim(struct json *j, const struct dkim_facts *f)
{
	if (f == NULL || f->n == 0)
		return;
	json_key(j, "dkim");
	json_open(j, '[');
	for (size_t i = 0; i < f->n; i++)
		put_signature(j, &f->list[i]);
	json_close(j, ']');
	if (f->more > 0)
		json_key_u64(j, "dkim_more", f->more);
}

static void
put_line_ends(struct json *j, uint64_t crlf, uint64_t lf, uint64_t cr,
    uint64_t crcrlf)
{
	json_key(j, "line_ends");
	json_open(j, '{');
	json_key_u64(j, "crlf", crlf);
	json_key_u64(j, "lf", lf);
	json_key_u64(j, "cr", cr);
	json_key_u64(j, "crcrlf", crcrlf);
	json_close(j, '}');
}

static void
put_part(struct json *j, const struct mime_part *p)
{
	const uint64_t *n = p->ends.n;

	json_open(j, '{');
	json_key_text(j, "type", p->type);
	json_key_text(j, "encoding", p->encoding);
	json_key_u64(j, "depth", p->depth);
	json_key_u64(j, "offset", p->offset);
	json_key_u64(j, "body", p->body);
	json_key_u64(j, "end", p->end);
	put_line_ends(j, n[MIME_CRLF], n[MIME_LF], n[MIME_CR],
	    n[MIME_CRCRLF]);
	json_close(j, '}');
}

/* The parts matter to who wants to know where line ends stand. */
static bool
shows_parts(const struct verdict *v, const struct report_options *o)
{
	static const code_set breaks = ((1ull << (CODE_EOD_STUFFED_DOT + 1)) -
	    1) & ~(1ull << CODE_EOL_NO_FINAL);

	for (size_t i = 0; i < v->n; i++)
		if ((breaks >> v->list[i].code & 1) != 0 &&
		    report_shows(&v->list[i], o))
			return true;
	return o->verbose;
}

static void
put_mime(struct json *j, const struct verdict *v,
    const struct report_options *o)
{
	const struct mime_facts *m = v->mime;

	json_key(j, "mime");
	json_open(j, '{');
	json_key_u64(j, "parts", m->parts);
	json_key_u64(j, "depth", m->depth);
	json_key_bool(j, "unclosed", m->unclosed);
	if (shows_parts(v, o)) {
		json_key(j, "list");
		json_open(j, '[');
		for (size_t i = 0; i < m->n; i++)
			put_part(j, &m->list[i]);
		json_close(j, ']');
	}
	json_close(j, '}');
}

/* Names need not be unique in an archive. */
static void
put_members(struct json *j, const struct report_message *r)
{
	if (r->members_n == 0)
		return;
	json_key(j, "member");
	json_open(j, '[');
	for (size_t i = 0; i < r->members_n; i++)
		json_u64(j, r->members[i]);
	json_close(j, ']');
}

void
ndjson_put_sum(struct json *j, bool hashed, const uint8_t sha256[HASH_SIZE],
    const char *token)
{
	if (token != NULL) {
		json_key_text(j, "content_token", token);
	} else if (hashed) {
		json_key(j, "sha256");
		json_hex(j, sha256, HASH_SIZE);
	}
}

/* "" would be a year that has no form in RFC 3339. */
static void
put_date(struct json *j, const struct verdict *v)
{
	char when[32] = "";

	if (v->dated)
		report_time_of(when, v->date);
	if (when[0] != '\0')
		json_key_text(j, "date", when);
}

static void
put_identity(struct json *j, const struct report_message *r)
{
	const struct msg *m = r->msg;

	json_bytes(j, "path", r->path);
	put_members(j, r);
	json_key_text(j, "format", m->format);
	json_key(j, "index");
	report_index(j->out, m->index, r->index_is_relative);
	j->more |= 1u << j->depth;
	json_key_u64(j, "offset", m->off);
	json_key_u64(j, "length", m->len);
	json_key_bool(j, "raw", m->raw_off != MSG_NOT_RAW);
	if (r->verdict->message_id.n > 0)
		json_bytes(j, "message_id", r->verdict->message_id);
	if (r->verdict->message_id_cut)
		json_key_bool(j, "message_id_cut", true);
	put_date(j, r->verdict);
	ndjson_put_sum(j, r->hashed, r->sha256, r->token);
}

/* {"TEXT": ...}, as a path is written. */
static void
put_address(struct json *j, struct span s)
{
	json_open(j, '{');
	json_bytes(j, "address", s);
	json_close(j, '}');
}

/* What the queue says beside the message. */
static void
put_envelope(struct json *j, const struct envelope *v)
{
	char when[32];

	if (v == NULL)
		return;
	json_key(j, "envelope");
	json_open(j, '{');
	if (v->has_queue_id)
		json_bytes(j, "queue_id", v->queue_id);
	if (v->has_sender)
		json_bytes(j, "sender", v->sender);
	json_key(j, "recipients");
	json_open(j, '[');
	for (size_t i = 0; i < v->recipients_n; i++)
		put_address(j, v->recipients[i]);
	json_close(j, ']');
	if (v->recipients_more > 0)
		json_key_u64(j, "recipients_more", v->recipients_more);
	if (v->has_arrived) {
		report_time_of(when, v->arrived);
		json_key_text(j, "arrived", when);
	}
	json_close(j, '}');
}

/* What was not looked at. */
static void
put_head(struct json *j, const struct verdict *v)
{
	if (v->head_size == 0)
		return;
	json_key(j, "header_cut");
	json_open(j, '{');
	json_key_u64(j, "length", v->head_size);
	json_key_u64(j, "seen", v->head_seen);
	json_close(j, '}');
}

static void
put_replay(struct json *j, const struct report_message *r)
{
	json_open(j, '{');
	json_key_text(j, "type", "replay");
	put_identity(j, r);
	json_key_text(j, "convention",
	    convention_name(r->verdict->convention));
	replayed_json(j, r);
	json_close(j, '}');
}

void
ndjson_put_message(struct json *j, const struct report_message *r,
    const struct report_options *o)
{
	const struct verdict *v = r->verdict;
	enum severity worst;

	if (r->replay != NULL) {
		put_replay(j, r);
		return;
	}
	json_open(j, '{');
	json_key_text(j, "type", "message");
	put_identity(j, r);
	put_envelope(j, r->envelope);
	json_key_text(j, "convention", convention_name(v->convention));
	put_line_ends(j, v->tally->breaks[BRK_CRLF].count,
	    v->tally->breaks[BRK_LF].count, v->tally->breaks[BRK_CR].count,
	    v->tally->crcrlf.count);
	put_head(j, v);
	if (v->mime != NULL)
		put_mime(j, v, o);
	if (report_worst(v, o, &worst))
		json_key_text(j, "severity", severity_name(worst));
	if (v->would_reject != NULL)
		json_key_text(j, "would_reject", v->would_reject);
	json_key(j, "findings");
	json_open(j, '[');
	for (size_t i = 0; i < v->n; i++)
		if (report_shows(&v->list[i], o))
			put_finding(j, v, &v->list[i], o);
	json_close(j, ']');
	put_dkim(j, v->dkim);
	if (r->repair != NULL)
		repaired_json(j, r->repair);
	json_close(j, '}');
}

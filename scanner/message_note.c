/*
 * See message_note.h.
 */
#include "message_note.h"

#include <stdlib.h>

#include "fields.h"
#include "from.h"
#include "json.h"
#include "text_look.h"

#define VALUE_MAX 300u		/* bytes shown of a field */

struct head {
	uint8_t bytes[FIELDS_BYTES];
	struct fields fields;
};

static void
put_fields(struct json *j, struct head *h)
{
	static const struct {
		const char *name, *key;
	} shown[] = {
		{ "from", "from" }, { "to", "to" }, { "date", "date" },
		{ "subject", "subject" }, { "message-id", "message_id" },
	};
	uint8_t value[VALUE_MAX] = { 0 };

	json_key(j, "headers");
	json_open(j, '{');
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		size_t at = 0;
		const struct field *f = fields_find(&h->fields,
		    shown[i].name, &at);

		if (f != NULL)
			json_bytes(j, shown[i].key, (struct span){ value,
			    field_unfold(f, value, sizeof(value)) });
	}
	json_close(j, '}');
}

/* The From_ line, without its break. */
static void
put_separator(struct json *j, struct store *st, const struct msg *m)
{
	uint8_t line[FROM_AHEAD];
	const uint64_t all = m->off - m->from;
	size_t n = all < sizeof(line) ? (size_t)all : sizeof(line);

	if (n == 0 || store_look(st, m->from, line, n, NULL) != ST_OK)
		return;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	json_bytes(j, "separator", (struct span){ line, n });
}

static void
put_head(struct json *j, struct store *st, const struct msg *m)
{
	const size_t n = m->len < FIELDS_BYTES ? (size_t)m->len :
	    FIELDS_BYTES;
	struct head *h = calloc(1, sizeof(*h));

	if (h != NULL && n > 0 &&
	    store_look(st, m->off, h->bytes, n, NULL) == ST_OK) {
		fields_read(&h->fields, (struct span){ h->bytes,
		    text_block_size((struct span){ h->bytes, n }) });
		put_fields(j, h);
	}
	free(h);
}

static void
put_findings(struct json *j, const struct verdict *v,
    const struct report_options *o)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < v->n; i++)
		if (report_shows(&v->list[i], o))
			buf_printf(&b, "%s%s", b.n > 0 ? " " : "",
			    code_info(v->list[i].code)->name);
	json_key_text(j, "reason", buf_text(&b));
	j->out->failed = j->out->failed || !buf_ok(&b);
	buf_free(&b);
}

static void
put_path(struct json *j, struct span path, const char *cwd)
{
	struct buf b = { 0 };

	if (path.n == 0)
		return;
	if (path.p[0] != '/' && cwd != NULL) {
		buf_str(&b, cwd);
		buf_byte(&b, '/');
	}
	buf_add(&b, path.p, path.n);
	json_bytes(j, "path", buf_span(&b));
	j->out->failed = j->out->failed || !buf_ok(&b);
	buf_free(&b);
}

void
message_note(struct buf *b, struct store *st, const struct report_message *r,
    const char *cwd, const struct report_options *o)
{
	const struct msg *m = r->msg;
	struct json j = json_begin(b);

	json_open(&j, '{');
	put_path(&j, r->path, cwd);
	json_key_text(&j, "format", m->format);
	json_key_u64(&j, "index", m->index);
	json_key_u64(&j, "offset", m->off);
	json_key_u64(&j, "length", m->len);
	if (r->hashed) {
		json_key(&j, "sha256");
		json_hex(&j, r->sha256, HASH_SIZE);
	}
	put_separator(&j, st, m);
	put_head(&j, st, m);
	put_findings(&j, r->verdict, o);
	json_close(&j, '}');
}

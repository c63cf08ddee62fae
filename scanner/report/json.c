/*
 * See json.h.
 */
#include "json.h"

struct json
json_begin(struct buf *out)
{
	return (struct json){ .out = out };
}

/* A value or key comes: the comma before it, if one is due. */
static void
json_comma(struct json *j)
{
	if (j->more >> j->depth & 1)
		buf_byte(j->out, ',');
	j->more |= 1u << j->depth;
}

void
json_open(struct json *j, char bracket)
{
	json_comma(j);
	buf_byte(j->out, (uint8_t)bracket);
	j->depth++;
	j->more &= ~(1u << j->depth);
}

void
json_close(struct json *j, char bracket)
{
	j->depth--;
	buf_byte(j->out, (uint8_t)bracket);
}

void
json_key(struct json *j, const char *key)
{
	json_comma(j);
	buf_byte(j->out, '"');
	(void)escape_json(j->out, span_text(key));
	buf_str(j->out, "\":");
	j->more &= ~(1u << j->depth);
}

void
json_text_bytes(struct json *j, struct span s)
{
	json_comma(j);
	buf_byte(j->out, '"');
	(void)escape_json(j->out, s);
	buf_byte(j->out, '"');
}

void
json_text(struct json *j, const char *s)
{
	json_text_bytes(j, span_text(s));
}

void
json_u64(struct json *j, uint64_t v)
{
	const bool exact = v < 1ull << 53;

	json_comma(j);
	if (!exact)
		buf_byte(j->out, '"');
	buf_u64(j->out, v);
	if (!exact)
		buf_byte(j->out, '"');
}

void
json_bool(struct json *j, bool v)
{
	json_comma(j);
	buf_str(j->out, v ? "true" : "false");
}

void
json_hex(struct json *j, const uint8_t *p, size_t n)
{
	json_comma(j);
	buf_byte(j->out, '"');
	buf_hex(j->out, p, n);
	buf_byte(j->out, '"');
}

void
json_bytes(struct json *j, const char *key, struct span s)
{
	bool exact;

	json_key(j, key);
	json_comma(j);
	buf_byte(j->out, '"');
	exact = escape_json(j->out, s);
	buf_byte(j->out, '"');
	if (exact)
		return;
	json_comma(j);
	buf_byte(j->out, '"');
	(void)escape_json(j->out, span_text(key));
	buf_str(j->out, "_b64\":\"");
	escape_base64(j->out, s);
	buf_byte(j->out, '"');
}

void
json_key_text(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_text(j, s);
}

void
json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void
json_key_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

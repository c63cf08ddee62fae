/*
 * See json_read.h.  A struct json_object is a json_t.
 */
#include "json_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define DEPTH_MAX 8u		/* objects and arrays in each other */

static const json_t *
as_json(const struct json_object *o)
{
	return (const json_t *)o;
}

struct json_object *
json_parse(struct span s)
{
	/* A NUL in somebody's Subject is no reason to lose the record. */
	json_t *o = json_loadb((const char *)s.p, s.n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (json_is_object(o))
		return (struct json_object *)o;
	json_decref(o);
	return NULL;
}

void
json_free(struct json_object *o)
{
	json_decref((json_t *)o);
}

const struct json_object *
json_member(const struct json_object *o, const char *key)
{
	const json_t *v = json_object_get(as_json(o), key);

	return json_is_object(v) ? (const struct json_object *)v : NULL;
}

static bool
read_text(const json_t *v, struct span *out)
{
	if (!json_is_string(v))
		return false;
	*out = (struct span){ (const uint8_t *)json_string_value(v),
	    json_string_length(v) };
	return true;
}

bool
json_member_text(const struct json_object *o, const char *key,
    struct span *out)
{
	return read_text(json_object_get(as_json(o), key), out);
}

bool
json_member_text_at(const struct json_object *o, const char *key, size_t i,
    struct span *out)
{
	return read_text(json_array_get(json_object_get(as_json(o), key), i),
	    out);
}

void
json_each_object(const struct json_object *o,
    void (*tell)(void *ctx, const char *key, const struct json_object *),
    void *ctx)
{
	/* Only a walk that changes it needs it to be no constant. */
	json_t *all = (json_t *)o;
	const char *key;
	json_t *v;

	json_object_foreach(all, key, v)
		if (json_is_object(v))
			tell(ctx, key, (const struct json_object *)v);
}

size_t
json_member_count(const struct json_object *o, const char *key)
{
	return json_array_size(json_object_get(as_json(o), key));
}

const struct json_object *
json_member_at(const struct json_object *o, const char *key, size_t i)
{
	const json_t *v = json_array_get(json_object_get(as_json(o), key), i);

	return json_is_object(v) ? (const struct json_object *)v : NULL;
}

bool
json_member_is(const struct json_object *o, const char *key,
    const char *word)
{
	struct span s;

	return json_member_text(o, key, &s) && span_eq(s, span_text(word));
}

static bool
read_u64(const json_t *v, uint64_t *out)
{
	const char *text = json_string_value(v);
	uint64_t n;
	char *end;

	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = (uint64_t)json_integer_value(v);
		return true;
	}
	if (text == NULL || !ascii_digit((uint8_t)text[0]))
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || (size_t)(end - text) != json_string_length(v))
		return false;
	*out = n;
	return true;
}

bool
json_member_u64(const struct json_object *o, const char *key, uint64_t *out)
{
	return read_u64(json_object_get(as_json(o), key), out);
}

bool
json_member_u64_at(const struct json_object *o, const char *key, size_t i,
    uint64_t *out)
{
	return read_u64(json_array_get(json_object_get(as_json(o), key), i),
	    out);
}

static int
hex_digit(uint8_t c)
{
	return ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

bool
json_member_true(const struct json_object *o, const char *key)
{
	return json_is_true(json_object_get(as_json(o), key));
}

bool
json_member_bool(const struct json_object *o, const char *key, bool *out)
{
	const json_t *v = json_object_get(as_json(o), key);

	*out = json_is_true(v);
	return json_is_boolean(v);
}

bool
json_member_hex(const struct json_object *o, const char *key, uint8_t *out,
    size_t n)
{
	struct span s;

	if (!json_member_text(o, key, &s) || s.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const int a = hex_digit(s.p[2 * i]);
		const int b = hex_digit(s.p[2 * i + 1]);

		if (a < 0 || b < 0)
			return false;
		out[i] = (uint8_t)(a * 16 + b);
	}
	return true;
}

/* RFC 4648 4, with its padding and nothing else in between. */
static bool
decode_base64(struct span s, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t n = s.n;
	uint32_t bits = 0;

	while (s.n > 0 && n - s.n < 2 && s.p[s.n - 1] == '=')
		s.n--;
	if (n % 4 != 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const char *at = s.p[i] == '\0' ? NULL :
		    strchr(digits, s.p[i]);

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - digits);
		if (i % 4 != 0)
			buf_byte(out, (uint8_t)(bits >> (i % 4 == 1 ? 4 :
			    i % 4 == 2 ? 2 : 0)));
	}
	return true;
}

/* Where the text is not exact, KEY_b64 is. */
bool
json_member_bytes(const struct json_object *o, const char *key,
    struct buf *out)
{
	struct buf twin = { 0 };
	struct span s;
	bool ok;

	buf_str(&twin, key);
	buf_str(&twin, "_b64");
	if (buf_ok(&twin) && json_object_get(as_json(o), buf_text(&twin)) !=
	    NULL) {
		ok = json_member_text(o, buf_text(&twin), &s) &&
		    decode_base64(s, out);
	} else if ((ok = json_member_text(o, key, &s))) {
		buf_add(out, s.p, s.n);
	}
	ok = ok && buf_ok(&twin) && buf_ok(out);
	buf_free(&twin);
	return ok;
}

static void copy(struct json *, const json_t *, const char *const *but,
    unsigned depth);

/* False: it is nothing that a report has. */
static bool
may_copy(const json_t *v, unsigned depth)
{
	return json_is_string(v) || json_is_boolean(v) ||
	    (json_is_integer(v) && json_integer_value(v) >= 0) ||
	    ((json_is_object(v) || json_is_array(v)) && depth < DEPTH_MAX);
}

static void
copy_value(struct json *j, const json_t *v, unsigned depth)
{
	if (json_is_string(v)) {
		json_text_bytes(j, (struct span){
		    (const uint8_t *)json_string_value(v),
		    json_string_length(v) });
	} else if (json_is_boolean(v)) {
		json_bool(j, json_is_true(v));
	} else if (json_is_integer(v)) {
		json_u64(j, (uint64_t)json_integer_value(v));
	} else if (json_is_array(v)) {
		json_open(j, '[');
		for (size_t i = 0; i < json_array_size(v); i++)
			if (may_copy(json_array_get(v, i), depth + 1))
				copy_value(j, json_array_get(v, i), depth + 1);
		json_close(j, ']');
	} else {
		json_open(j, '{');
		copy(j, v, NULL, depth + 1);
		json_close(j, '}');
	}
}

static bool
is_in(const char *word, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static void
copy(struct json *j, const json_t *o, const char *const *but, unsigned depth)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, key, v) {
		/* Keys are ours: others would have to be escaped. */
		if (is_in(key, but) || !may_copy(v, depth) ||
		    key[strspn(key, "abcdefghijklmnopqrstuvwxyz"
		    "0123456789_")] != '\0')
			continue;
		json_key(j, key);
		copy_value(j, v, depth);
	}
}

void
json_copy_members(struct json *j, const struct json_object *o,
    const char *const *but)
{
	copy(j, as_json(o), but, 0);
}

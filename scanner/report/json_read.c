/*
 * See json_read.h.  A cursor is a span of what is left; each skip_ moves it
 * behind what it is named for, or says false.
 */
#include "json_read.h"

#include "escape.h"

#define DEPTH_MAX 8u

static bool
skip_byte(struct span *s, uint8_t byte)
{
	if (s->n == 0 || s->p[0] != byte)
		return false;
	*s = (struct span){ s->p + 1, s->n - 1 };
	return true;
}

static bool
skip_word(struct span *s, struct span word)
{
	if (!span_starts(*s, word))
		return false;
	*s = (struct span){ s->p + word.n, s->n - word.n };
	return true;
}

static bool
skip_digits(struct span *s)
{
	size_t n = 0;

	while (n < s->n && ascii_digit(s->p[n]))
		n++;
	*s = (struct span){ s->p + n, s->n - n };
	return n > 0;
}

/* RFC 8259 6. */
static bool
skip_number(struct span *s)
{
	(void)skip_byte(s, '-');
	if (!skip_byte(s, '0') && !skip_digits(s))
		return false;
	if (skip_byte(s, '.') && !skip_digits(s))
		return false;
	if (!skip_byte(s, 'e') && !skip_byte(s, 'E'))
		return true;
	if (!skip_byte(s, '+'))
		(void)skip_byte(s, '-');
	return skip_digits(s);
}

static int
hex_value(uint8_t c)
{
	const uint8_t low = ascii_lower(c);

	return ascii_digit(c) ? c - '0' :
	    low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool
skip_unit(struct span *s, uint32_t *unit)
{
	if (s->n < 4)
		return false;
	*unit = 0;
	for (size_t i = 0; i < 4; i++) {
		const int v = hex_value(s->p[i]);

		if (v < 0)
			return false;
		*unit = *unit << 4 | (uint32_t)v;
	}
	*s = (struct span){ s->p + 4, s->n - 4 };
	return true;
}

/* Behind "\u"; half a pair is no character. */
static bool
skip_code_point(struct span *s, uint32_t *c)
{
	uint32_t low;

	if (!skip_unit(s, c))
		return false;
	if (*c < 0xd800 || *c >= 0xe000)
		return true;
	if (*c >= 0xdc00 || !skip_word(s, SPAN("\\u")) ||
	    !skip_unit(s, &low) || low < 0xdc00 || low >= 0xe000)
		return false;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static void
put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_byte(b, (uint8_t)c);
		return;
	}
	if (c >= 0x10000) {
		buf_byte(b, (uint8_t)(0xf0 | c >> 18));
		buf_byte(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		buf_byte(b, (uint8_t)(0xe0 | c >> 12));
	}
	if (c >= 0x800)
		buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	else
		buf_byte(b, (uint8_t)(0xc0 | c >> 6));
	buf_byte(b, (uint8_t)(0x80 | (c & 0x3f)));
}

/* Behind a backslash. */
static bool
skip_escape(struct span *s, uint32_t *c)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (skip_byte(s, 'u'))
		return skip_code_point(s, c);
	if (s->n == 0 || s->p[0] == '\0' ||
	    (at = strchr(letters, s->p[0])) == NULL)
		return false;
	*c = (uint8_t)means[at - letters];
	*s = (struct span){ s->p + 1, s->n - 1 };
	return true;
}

/* out: NULL, or where its text goes. */
static bool
skip_string(struct span *s, struct buf *out)
{
	uint32_t c;
	size_t n;

	if (!skip_byte(s, '"'))
		return false;
	while (!skip_byte(s, '"')) {
		if (s->n == 0)
			return false;
		if (skip_byte(s, '\\')) {
			if (!skip_escape(s, &c))
				return false;
		} else {
			if (utf8_next(*s, &n, &c) != UTF8_PLAIN)
				return false;
			*s = (struct span){ s->p + n, s->n - n };
		}
		if (out != NULL)
			put_utf8(out, c);
	}
	return true;
}

/* One value; nested: how deep it may still be. */
static bool
skip_value(struct span *s, unsigned nested)
{
	const uint8_t first = s->n > 0 ? s->p[0] : 0;
	const bool object = first == '{';
	const uint8_t end = object ? '}' : ']';

	if (first == '"')
		return skip_string(s, NULL);
	if (!object && first != '[')
		return skip_word(s, SPAN("true")) ||
		    skip_word(s, SPAN("false")) ||
		    skip_word(s, SPAN("null")) || skip_number(s);
	(void)skip_byte(s, first);
	if (skip_byte(s, end))
		return true;
	if (nested == 0)
		return false;
	do {
		if (object && (!skip_string(s, NULL) || !skip_byte(s, ':')))
			return false;
		if (!skip_value(s, nested - 1))
			return false;
	} while (skip_byte(s, ','));
	return skip_byte(s, end);
}

bool
json_checked(struct span s)
{
	return s.n > 0 && s.p[0] == '{' && skip_value(&s, DEPTH_MAX) &&
	    s.n == 0;
}

bool
json_next(struct span *in, struct span *key, struct span *value)
{
	struct span s = *in;

	if (!skip_byte(&s, '{') && !skip_byte(&s, ','))
		return false;
	key->p = s.p + 1;
	if (s.n == 0 || !skip_string(&s, NULL))
		return false;
	key->n = (size_t)(s.p - key->p) - 1;
	if (!skip_byte(&s, ':'))
		return false;
	value->p = s.p;
	if (!skip_value(&s, DEPTH_MAX))
		return false;
	value->n = (size_t)(s.p - value->p);
	*in = s;
	return true;
}

bool
json_member(struct span object, const char *key, struct span *value)
{
	struct span k;

	while (json_next(&object, &k, value))
		if (span_eq(k, span_text(key)))
			return true;
	return false;
}

static bool
read_number(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const unsigned digit = (unsigned)(s.p[i] - '0');

		if (!ascii_digit(s.p[i]) || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool
json_member_u64(struct span object, const char *key, uint64_t *out)
{
	struct span v;

	if (!json_member(object, key, &v))
		return false;
	if (v.n > 2 && v.p[0] == '"')
		v = (struct span){ v.p + 1, v.n - 2 };
	return read_number(v, out);
}

bool
json_member_text(struct span object, const char *key, struct buf *out)
{
	struct span v;

	return json_member(object, key, &v) && skip_string(&v, out) &&
	    buf_ok(out);
}

static int
base64_value(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' :
	    c >= 'a' && c <= 'z' ? c - 'a' + 26 :
	    ascii_digit(c) ? c - '0' + 52 : c == '+' ? 62 :
	    c == '/' ? 63 : -1;
}

/* As escape_base64 writes it, and nothing else. */
static bool
read_base64(struct span s, struct buf *out)
{
	if (s.n % 4 != 0)
		return false;
	for (size_t i = 0; i < s.n; i += 4) {
		const bool last = i + 4 == s.n;
		const size_t pad = !last || s.p[i + 3] != '=' ? 0 :
		    s.p[i + 2] != '=' ? 1 : 2;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			const int d = k < 4 - pad ? base64_value(s.p[i + k]) :
			    0;

			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		for (size_t k = 0; k < 3 - pad; k++)
			buf_byte(out, (uint8_t)(v >> (16 - 8 * k)));
	}
	return true;
}

bool
json_member_bytes(struct span object, const char *key, struct buf *out)
{
	struct buf name = { 0 };
	struct span v;
	bool ok;

	buf_str(&name, key);
	buf_str(&name, "_b64");
	if (!json_member(object, buf_text(&name), &v))
		ok = json_member_text(object, key, out);
	else
		ok = v.n >= 2 && v.p[0] == '"' && read_base64((struct span){
		    v.p + 1, v.n - 2 }, out) && buf_ok(out);
	buf_free(&name);
	return ok;
}

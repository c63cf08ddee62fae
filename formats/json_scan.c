/*
 * See json_scan.h.
 */
#include "json_scan.h"

#include <inttypes.h>

#define NAME_MAX_BYTES 32u	/* of a name in a path */
#define NAMES 3u		/* in a path; those below are "?" */

enum due { DUE_VALUE, DUE_VALUE_OR_END, DUE_NAME, DUE_NAME_OR_END,
	DUE_COLON, DUE_COMMA_OR_END, DUE_NOTHING };

struct json {
	struct input *in;
	uint64_t left;
	struct span now;	/* of that */
	size_t at;		/* in now */
	json_fn *fn;
	void *ctx;
	enum due due;
	unsigned depth;
	bool is_object[JSON_DEPTH];
	size_t path_n[JSON_DEPTH + 1];	/* where each one's names begin */
	size_t path_used;
	uint8_t path[NAMES * (NAME_MAX_BYTES + 1) + 2 * JSON_DEPTH];
	size_t text_n;
	bool cut;
	uint8_t text[JSON_TEXT];
	uint32_t high;		/* of a pair in UTF-16, or 0 */
	int dead;		/* ST_OK, or ST_DEAD once there was an error */
	struct err *e;
};

/* --- bytes */

/* The next byte, which stays; -1: there is none. */
static int
look(struct json *j)
{
	int rc;

	if (j->at < j->now.n)
		return j->now.p[j->at];
	input_consume(j->in, j->at);
	j->left -= j->at;
	j->at = j->now.n = 0;
	if (j->left == 0 || j->dead != ST_OK)
		return -1;
	if ((rc = input_peek(j->in, 1, &j->now, j->e)) != ST_OK) {
		j->dead = rc == ST_DEAD ? rc : ST_OK;
		j->now.n = 0;
		return -1;
	}
	if (j->now.n > j->left)
		j->now.n = (size_t)j->left;
	return j->now.p[0];
}

static int
take(struct json *j)
{
	const int c = look(j);

	j->at += c >= 0;
	return c;
}

static int
next_token(struct json *j)
{
	int c;

	while ((c = take(j)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		;
	return c;
}

/* --- texts and words */

static void
put(struct json *j, uint8_t c)
{
	if (j->text_n < sizeof(j->text))
		j->text[j->text_n++] = c;
	else
		j->cut = true;
}

static void
put_utf8(struct json *j, uint32_t c)
{
	if (c < 0x80) {
		put(j, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		put(j, (uint8_t)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			put(j, (uint8_t)(0xe0 | c >> 12));
		} else {
			put(j, (uint8_t)(0xf0 | c >> 18));
			put(j, (uint8_t)(0x80 | (c >> 12 & 63)));
		}
		put(j, (uint8_t)(0x80 | (c >> 6 & 63)));
	}
	put(j, (uint8_t)(0x80 | (c & 63)));
}

static bool
take_hex(struct json *j, uint32_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < 4; i++) {
		const int c = take(j);
		const uint8_t low = c < 0 ? 0 : ascii_lower((uint8_t)c);

		if (ascii_digit(low))
			*out = *out << 4 | (uint32_t)(low - '0');
		else if (low >= 'a' && low <= 'f')
			*out = *out << 4 | (uint32_t)(low - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Half of a pair stands for U+FFFD. */
static void
settle_pair(struct json *j)
{
	if (j->high != 0)
		put_utf8(j, 0xfffd);
	j->high = 0;
}

static void
put_utf16(struct json *j, uint32_t c)
{
	if (j->high != 0 && c >= 0xdc00 && c < 0xe000) {
		put_utf8(j, 0x10000 + ((j->high - 0xd800) << 10) +
		    (c - 0xdc00));
		j->high = 0;
		return;
	}
	settle_pair(j);
	if (c >= 0xd800 && c < 0xdc00)
		j->high = c;
	else
		put_utf8(j, c >= 0xdc00 && c < 0xe000 ? 0xfffd : c);
}

/* Behind a \. */
static bool
take_escape(struct json *j)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const int c = take(j);
	const char *at = c > 0 ? strchr(letters, c) : NULL;
	uint32_t unit;

	if (c == 'u') {
		if (!take_hex(j, &unit))
			return false;
		put_utf16(j, unit);
		return true;
	}
	settle_pair(j);
	if (at != NULL)
		put(j, (uint8_t)means[at - letters]);
	return at != NULL;
}

/* Behind its first quote. */
static bool
take_text(struct json *j)
{
	int c;

	j->text_n = 0;
	j->cut = false;
	while ((c = take(j)) != '"') {
		if (c < ' ' || (c == '\\' && !take_escape(j)))
			return false;
		if (c == '\\')
			continue;
		settle_pair(j);
		put(j, (uint8_t)c);
	}
	settle_pair(j);
	return true;
}

static size_t
digits(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && ascii_digit(s.p[at + n]))
		n++;
	return n;
}

static bool
is_number(struct span s)
{
	size_t i = s.n > 0 && s.p[0] == '-', n = digits(s, i);

	if (n == 0 || (n > 1 && s.p[i] == '0'))
		return false;
	i += n;
	if (i < s.n && s.p[i] == '.') {
		if ((n = digits(s, i + 1)) == 0)
			return false;
		i += 1 + n;
	}
	if (i < s.n && ascii_lower(s.p[i]) == 'e') {
		i++;
		i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
		if ((n = digits(s, i)) == 0)
			return false;
		i += n;
	}
	return i == s.n;
}

/* A number, true, false or null, of which c is the first. */
static bool
take_word(struct json *j, int c)
{
	struct span word = { j->text, 0 };

	j->text_n = 0;
	j->cut = false;
	put(j, (uint8_t)c);
	while ((c = look(j)) >= 0 && (ascii_digit((uint8_t)c) || c == '+' ||
	    c == '-' || c == '.' || (ascii_lower((uint8_t)c) >= 'a' &&
	    ascii_lower((uint8_t)c) <= 'z')))
		put(j, (uint8_t)take(j));
	word.n = j->text_n;
	return !j->cut && (span_eq(word, SPAN("true")) || is_number(word) ||
	    span_eq(word, SPAN("false")) || span_eq(word, SPAN("null")));
}

/* --- what is in what */

static void
path_add(struct json *j, const uint8_t *p, size_t n)
{
	memcpy(j->path + j->path_used, p, n);
	j->path_used += n;
}

/* The name of a member, which is in text, behind those above it. */
static void
path_name(struct json *j)
{
	bool plain = !j->cut && j->text_n <= NAME_MAX_BYTES &&
	    j->depth <= NAMES;

	for (size_t i = 0; i < j->text_n && plain; i++)
		plain = ascii_digit(j->text[i]) || j->text[i] == '_' ||
		    (ascii_lower(j->text[i]) >= 'a' &&
		    ascii_lower(j->text[i]) <= 'z');
	j->path_used = j->path_n[j->depth];
	path_add(j, (const uint8_t *)(plain ? "." : "?"), 1);
	if (plain)
		path_add(j, j->text, j->text_n);
}

static bool
push(struct json *j, bool is_object)
{
	if (j->depth == JSON_DEPTH)
		return false;
	j->is_object[j->depth++] = is_object;
	j->path_n[j->depth] = j->path_used;
	if (!is_object)
		path_add(j, (const uint8_t *)"[]", 2);
	j->due = is_object ? DUE_NAME_OR_END : DUE_VALUE_OR_END;
	return true;
}

/* A value has ended. */
static void
value_done(struct json *j)
{
	j->due = j->depth > 0 ? DUE_COMMA_OR_END : DUE_NOTHING;
}

static bool
pop(struct json *j, int c)
{
	if (c != (j->is_object[j->depth - 1] ? '}' : ']'))
		return false;
	j->path_used = j->path_n[j->depth--];
	value_done(j);
	return true;
}

static bool
take_value(struct json *j, int c)
{
	if (c == '{' || c == '[')
		return push(j, c == '{');
	if (c == '"' ? !take_text(j) : !take_word(j, c))
		return false;
	j->fn(j->ctx, &(struct json_value){
	    .path = { j->path, j->path_used }, .is_text = c == '"',
	    .text = { j->text, j->text_n }, .cut = j->cut });
	value_done(j);
	return true;
}

static bool
take_name(struct json *j, int c)
{
	if (c != '"' || !take_text(j))
		return false;
	path_name(j);
	j->due = DUE_COLON;
	return true;
}

/* What comes next, and begins with c. */
static bool
step(struct json *j, int c)
{
	switch (j->due) {
	case DUE_VALUE_OR_END:
		return c == ']' ? pop(j, c) : take_value(j, c);
	case DUE_VALUE:
		return take_value(j, c);
	case DUE_NAME_OR_END:
		return c == '}' ? pop(j, c) : take_name(j, c);
	case DUE_NAME:
		return take_name(j, c);
	case DUE_COLON:
		j->due = DUE_VALUE;
		return c == ':';
	case DUE_COMMA_OR_END:
		if (c != ',')
			return pop(j, c);
		j->due = j->is_object[j->depth - 1] ? DUE_NAME : DUE_VALUE;
		return true;
	default:
		return false;
	}
}

int
json_scan(struct input *in, uint64_t most, json_fn *fn, void *ctx,
    struct err *e)
{
	struct json j = { .in = in, .left = most, .fn = fn, .ctx = ctx,
	    .e = e };
	bool ok = true;
	int c;

	while (ok && (c = next_token(&j)) >= 0)
		ok = step(&j, c);
	input_consume(in, j.at);
	if (j.dead != ST_OK)
		return j.dead;
	return ok && j.due == DUE_NOTHING ? ST_OK : err_set(e, ST_BAD, 0,
	    "no JSON before byte %" PRIu64, input_offset(in));
}

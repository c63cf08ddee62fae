/*
 * See escape.h.
 */
#include "escape.h"

#include <locale.h>
#include <wchar.h>

struct range { uint32_t from, to; };

/* Code points that are never shown: RFC 8259 7, Unicode UAX 9 and UTS 36. */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
	{ 0x061c, 0x061c }, { 0x180e, 0x180e }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xfffe, 0xffff },
	{ 0xe0000, 0xe007f },
};

static bool
is_unsafe(uint32_t c)
{
	if ((c & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (c >= unsafe[i].from && c <= unsafe[i].to)
			return true;
	return false;
}

enum utf8_is
utf8_next(struct span s, size_t *n, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t b = s.p[0];
	const size_t len = b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 :
	    b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;

	*n = 1;
	*c = b;
	if (len == 0 || len > s.n)
		return UTF8_INVALID;
	if (len > 1)
		*c = b & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s.p[i] & 0xc0) != 0x80) {
			*c = b;
			return UTF8_INVALID;
		}
		*c = *c << 6 | (s.p[i] & 0x3fu);
	}
	if (*c < least[len] || (*c >= 0xd800 && *c < 0xe000) ||
	    *c > 0x10ffff) {
		*c = b;
		return UTF8_INVALID;
	}
	*n = len;
	return is_unsafe(*c) ? UTF8_UNSAFE : UTF8_PLAIN;
}

unsigned
utf8_columns(uint32_t c)
{
	static locale_t utf8;
	locale_t old;
	int n;

	if (c < 0x80)
		return 1;
	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 == (locale_t)0)
		return 1;
	old = uselocale(utf8);
	n = wcwidth((wchar_t)c);
	(void)uselocale(old);
	return n < 0 ? 1 : (unsigned)n;
}

static void
text_escape(struct buf *out, uint8_t byte)
{
	static const char named[] = "\n\r\t";
	static const char letters[] = "nrt";
	const char *at = byte == 0 ? NULL : strchr(named, byte);

	buf_byte(out, '\\');
	if (at != NULL) {
		buf_byte(out, (uint8_t)letters[at - named]);
	} else if (byte == 0) {
		buf_byte(out, '0');
	} else {
		buf_byte(out, 'x');
		buf_hex(out, &byte, 1);
	}
}

/* The first character of s; how many bytes it is. */
static size_t
text_next(struct buf *out, struct span s)
{
	size_t n;
	uint32_t c;

	switch (utf8_next(s, &n, &c)) {
	case UTF8_PLAIN:
		if (c == '\\')
			buf_byte(out, '\\');
		buf_add(out, s.p, n);
		break;
	case UTF8_UNSAFE:
		if (c < 0x80)
			text_escape(out, (uint8_t)c);
		else
			buf_printf(out, "\\u{%x}", (unsigned)c);
		break;
	default:
		text_escape(out, (uint8_t)c);
	}
	return n;
}

void
escape_text(struct buf *out, struct span s)
{
	for (size_t n; s.n > 0; s = (struct span){ s.p + n, s.n - n })
		n = text_next(out, s);
}

/* All characters may be shown. */
static bool
is_showable(struct span s)
{
	uint32_t c;

	for (size_t n; s.n > 0; s = (struct span){ s.p + n, s.n - n })
		if (utf8_next(s, &n, &c) != UTF8_PLAIN)
			return false;
	return true;
}

/* It means nothing to any shell. */
static bool
is_simple(struct span s)
{
	static const char marks[] = "_@%+:,./-";

	for (size_t i = 0; i < s.n; i++) {
		const uint8_t c = s.p[i];

		if (!ascii_digit(c) && !(ascii_lower(c) >= 'a' &&
		    ascii_lower(c) <= 'z') && (c == '\0' ||
		    strchr(marks, c) == NULL))
			return false;
	}
	return s.n > 0;
}

/* In $'...'. */
static void
shell_escape(struct buf *b, struct span s)
{
	uint32_t c;

	for (size_t n; s.n > 0; s = (struct span){ s.p + n, s.n - n }) {
		const bool shown = utf8_next(s, &n, &c) == UTF8_PLAIN;

		if (shown && (c == '\'' || c == '\\'))
			buf_byte(b, '\\');
		if (shown)
			buf_add(b, s.p, n);
		for (size_t i = 0; !shown && i < n; i++)
			buf_printf(b, "\\%03o", s.p[i]);
	}
}

void
escape_shell(struct buf *b, struct span s)
{
	if (is_simple(s)) {
		buf_add(b, s.p, s.n);
		return;
	}
	if (!is_showable(s)) {
		buf_str(b, "$'");
		shell_escape(b, s);
		buf_byte(b, '\'');
		return;
	}
	buf_byte(b, '\'');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\'')
			buf_str(b, "'\\''");
		else
			buf_byte(b, s.p[i]);
	buf_byte(b, '\'');
}

/* Means something to a reader of HTML. */
static bool
is_markup(uint8_t c)
{
	return c == '&' || c == '<' || c == '>' || c == '"' || c == '\'' ||
	    c == '`';
}

/* Bytes at the start of s that are the same in HTML. */
static size_t
html_plain(struct span s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f &&
	    s.p[i] != '\\' && !is_markup(s.p[i]))
		i++;
	return i;
}

void
escape_html(struct buf *out, struct span s)
{
	size_t n;

	while (s.n > 0) {
		if ((n = html_plain(s)) > 0) {
			buf_add(out, s.p, n);
		} else if (is_markup(s.p[0])) {
			buf_printf(out, "&#%u;", (unsigned)s.p[0]);
			n = 1;
		} else {
			n = text_next(out, s);
		}
		s = (struct span){ s.p + n, s.n - n };
	}
}

static void
json_unit(struct buf *out, uint32_t unit)
{
	const uint8_t b[2] = { (uint8_t)(unit >> 8), (uint8_t)unit };

	buf_str(out, "\\u");
	buf_hex(out, b, 2);
}

static void
json_code_point(struct buf *out, uint32_t c)
{
	if (c >= 0x10000) {
		json_unit(out, 0xd800 + ((c - 0x10000) >> 10));
		json_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
	} else {
		json_unit(out, c);
	}
}

#define EACH(byte) (UINT64_MAX / 0xff * (byte))

/* A high bit in each byte of v that is less than n, which is at most 0x80, and
 * perhaps in some behind such a one. */
static uint64_t
less(uint64_t v, uint64_t n)
{
	return (v - EACH(n)) & ~v & EACH(0x80u);
}

/* None of eight bytes needs a thought. */
static bool
all_plain(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return ((v & EACH(0x80u)) | less(v, 0x20) | less(v ^ EACH('"'), 1) |
	    less(v ^ EACH('\\'), 1) | less(v ^ EACH(0x7fu), 1)) == 0;
}

size_t
escape_json_plain(struct span s)
{
	size_t i = 0;

	while (s.n - i >= 8 && all_plain(s.p + i))
		i += 8;
	while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f &&
	    s.p[i] != '"' && s.p[i] != '\\')
		i++;
	return i;
}

bool
escape_json(struct buf *out, struct span s)
{
	bool exact = true;
	uint32_t c;
	size_t n;

	while (s.n > 0) {
		n = escape_json_plain(s);
		buf_add(out, s.p, n);
		s = (struct span){ s.p + n, s.n - n };
		if (s.n == 0)
			break;
		switch (utf8_next(s, &n, &c)) {
		case UTF8_PLAIN:
			if (c == '"' || c == '\\')
				buf_byte(out, '\\');
			buf_add(out, s.p, n);
			break;
		case UTF8_UNSAFE:
			json_code_point(out, c);
			break;
		default:
			exact = false;
			buf_str(out, "\xef\xbf\xbd");
		}
		s = (struct span){ s.p + n, s.n - n };
	}
	return exact;
}

void
escape_base64(struct buf *out, struct span s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		const size_t left = s.n - i;
		const uint32_t v = (uint32_t)s.p[i] << 16 |
		    (left > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) |
		    (left > 2 ? s.p[i + 2] : 0u);

		buf_byte(out, (uint8_t)digits[v >> 18]);
		buf_byte(out, (uint8_t)digits[v >> 12 & 63]);
		buf_byte(out, left > 1 ? (uint8_t)digits[v >> 6 & 63] : '=');
		buf_byte(out, left > 2 ? (uint8_t)digits[v & 63] : '=');
	}
}

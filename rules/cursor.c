/*
 * See cursor.h.
 */
#include "cursor.h"

bool
byte_is_one_of(uint8_t c, const char *set)
{
	return c != 0 && c < 0x80 && strchr(set, c) != NULL;
}

bool
byte_is_visible(uint8_t c)
{
	return c > ' ' && c < 0x7f;
}

/* RFC 5322 4.1, obs-NO-WS-CTL */
bool
byte_is_odd_control(uint8_t c)
{
	return (c < ' ' && c != 0 && c != '\t' && c != '\n' && c != '\r') ||
	    c == 0x7f;
}

static bool
is_ctext(uint8_t c)
{
	return (byte_is_visible(c) && !byte_is_one_of(c, "()\\")) ||
	    byte_is_odd_control(c);
}

static bool
is_qtext(uint8_t c)
{
	return (byte_is_visible(c) && !byte_is_one_of(c, "\"\\")) ||
	    byte_is_odd_control(c);
}

static bool
is_quotable(uint8_t c)
{
	return c == 0 || byte_is_one_of(c, "\r\n ") || byte_is_odd_control(c) ||
	    byte_is_visible(c);
}

static bool
is_word_token(uint8_t c)	/* of an encoded word: RFC 2047 2 */
{
	return byte_is_visible(c) && !byte_is_one_of(c, "()<>@,;:/[]?.=*");
}

static bool
is_word_text(uint8_t c)
{
	return byte_is_visible(c) && c != '?';
}

/* --- the least */

struct span
cursor_rest(const struct cursor *c)
{
	return (struct span){ c->s.p + c->i, c->s.n - c->i };
}

bool
cursor_at_end(const struct cursor *c)
{
	return c->i == c->s.n;
}

static bool
is_at(const struct cursor *c, uint8_t byte)
{
	return c->i < c->s.n && c->s.p[c->i] == byte;
}

bool
cursor_byte(struct cursor *c, uint8_t byte)
{
	if (!is_at(c, byte))
		return false;
	c->i++;
	return true;
}

bool
cursor_one(struct cursor *c, bool (*is)(uint8_t))
{
	if (cursor_at_end(c) || !is(c->s.p[c->i]))
		return false;
	c->i++;
	return true;
}

bool
cursor_utf8(struct cursor *c)
{
	const size_t n = cursor_at_end(c) || c->s.p[c->i] < 0x80 ? 0 :
	    utf8_length(cursor_rest(c));

	c->i += n;
	return n > 0;
}

/* One or more, in ASCII. */
bool
cursor_run(struct cursor *c, bool (*is)(uint8_t), struct span *out)
{
	const size_t from = c->i;

	while (cursor_one(c, is))
		;
	*out = (struct span){ c->s.p + from, c->i - from };
	return c->i > from;
}

/* The same, with UTF-8 among it. */
bool
cursor_text(struct cursor *c, bool (*is)(uint8_t), struct span *out)
{
	const size_t from = c->i;

	while (cursor_one(c, is) || cursor_utf8(c))
		;
	*out = (struct span){ c->s.p + from, c->i - from };
	return c->i > from;
}

/* --- white space, comments, quotes */

static bool
accept_newline(struct cursor *c)
{
	const size_t from = c->i;

	(void)cursor_byte(c, '\r');
	if (cursor_byte(c, '\n'))
		return true;
	c->i = from;
	return false;
}

/* Breaks with white space before each, then white space.  (In a value, each
 * LF has some behind it.) */
bool
cursor_fws(struct cursor *c)
{
	const size_t from = c->i;
	size_t spaces;

	for (;;) {
		for (spaces = 0; cursor_one(c, ascii_wsp); spaces++)
			;
		if (!accept_newline(c))
			break;
	}
	if (spaces == 0)
		c->i = from;
	return spaces > 0;
}

bool
cursor_quoted_pair(struct cursor *c)
{
	const size_t from = c->i;

	if (cursor_byte(c, '\\') &&
	    (cursor_one(c, is_quotable) || cursor_utf8(c)))
		return true;
	c->i = from;
	return false;
}

static bool
accept_comment(struct cursor *c)
{
	const size_t from = c->i;
	size_t depth = 0;

	do {
		(void)cursor_fws(c);
		if (depth > 0 && cursor_byte(c, ')'))
			depth--;
		else if (cursor_byte(c, '('))
			depth++;
		else if (depth == 0 || !(cursor_one(c, is_ctext) ||
		    cursor_utf8(c) || cursor_quoted_pair(c)))
			break;
	} while (depth > 0);
	if (depth == 0 && c->i > from && c->s.p[c->i - 1] == ')')
		return true;
	c->i = from;
	return false;
}

bool
cursor_cfws(struct cursor *c)
{
	const size_t from = c->i;

	while (accept_comment(c))	/* it passes white space before it */
		;
	(void)cursor_fws(c);
	return c->i > from;
}

/* What is between the quotes goes to *out, quoted pairs as they are. */
bool
cursor_quoted_string(struct cursor *c, struct span *out)
{
	const size_t from = c->i;
	size_t open;

	(void)cursor_cfws(c);
	if (!cursor_byte(c, '"')) {
		c->i = from;
		return false;
	}
	open = c->i;
	do
		(void)cursor_fws(c);
	while (cursor_one(c, is_qtext) || cursor_utf8(c) ||
	    cursor_quoted_pair(c));
	*out = (struct span){ c->s.p + open, c->i - open };
	if (!cursor_byte(c, '"')) {
		c->i = from;
		return false;
	}
	(void)cursor_cfws(c);
	return true;
}

/* --- encoded words */

/* "_" is a space in Q; a space at the end, which the decoder drops, stays. */
static bool
decode_q(struct span s, struct word *out)
{
	const bool ends_in_space = s.p[s.n - 1] == '_';
	uint8_t spaced[WORD_MAX];

	for (size_t i = 0; i < s.n; i++)
		spaced[i] = s.p[i] == '_' ? ' ' : s.p[i];
	if (!transfer_decode(TRANSFER_QP, false, (struct span){ spaced, s.n },
	    out->text, &out->n))
		return false;
	if (ends_in_space && (out->n == 0 || out->text[out->n - 1] != ' '))
		out->text[out->n++] = ' ';
	return true;
}

static bool
decode_word(struct span charset, struct span encoding, struct span text,
    struct word *out)
{
	const uint8_t e = encoding.n == 1 ? ascii_lower(encoding.p[0]) : 0;

	if (text.n > WORD_MAX || (e != 'b' && e != 'q') ||
	    (out->charset = charset_named(charset)) == NULL)
		return false;
	if (!(e == 'b' ? transfer_decode(TRANSFER_BASE64, true, text,
	    out->text, &out->n) : decode_q(text, out)))
		return false;
	return charset_is_valid(out->charset,
	    (struct span){ out->text, out->n });
}

bool
cursor_word(struct cursor *c, struct word *out)
{
	const size_t from = c->i;
	struct span charset, language, encoding, text;

	if (cursor_byte(c, '=') && cursor_byte(c, '?') &&
	    cursor_run(c, is_word_token, &charset) &&
	    (!cursor_byte(c, '*') ||
	    cursor_run(c, is_word_token, &language)) &&
	    cursor_byte(c, '?') && cursor_run(c, is_word_token, &encoding) &&
	    cursor_byte(c, '?') && cursor_text(c, is_word_text, &text) &&
	    cursor_byte(c, '?') && cursor_byte(c, '=') &&
	    decode_word(charset, encoding, text, out))
		return true;
	c->i = from;
	return false;
}

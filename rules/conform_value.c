/*
 * See conform_value.h.  A recursive descent: each accept_... does as the
 * functions of cursor.h.  Alternatives are final, as in KumoMTA: the first
 * that fits is taken, whatever comes behind it.
 */
#include "conform_value.h"

/* --- letters */

static bool
is_alnum(uint8_t c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' &&
	    ascii_lower(c) <= 'z');
}

static bool
is_atext(uint8_t c)
{
	return is_alnum(c) || byte_is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
}

static bool
is_dtext(uint8_t c)
{
	return (byte_is_visible(c) && !byte_is_one_of(c, "[\\]")) ||
	    byte_is_odd_control(c);
}

static bool
is_not_angle(uint8_t c)
{
	return c != '<' && c != '>';
}

/* --- message identifiers */

static bool
accept_dot_atom_text(struct cursor *c)
{
	struct span atom;
	size_t end;

	if (!cursor_text(c, is_atext, &atom))
		return false;
	do
		end = c->i;
	while (cursor_byte(c, '.') && cursor_text(c, is_atext, &atom));
	c->i = end;
	return true;
}

static bool
accept_word(struct cursor *c)
{
	const size_t from = c->i;
	struct span s;

	(void)cursor_cfws(c);
	if (cursor_text(c, is_atext, &s)) {
		(void)cursor_cfws(c);
		return true;
	}
	c->i = from;
	return cursor_quoted_string(c, &s);
}

static bool
accept_local_part(struct cursor *c)
{
	size_t end;

	if (!accept_word(c))
		return false;
	for (end = c->i; cursor_byte(c, '.') && accept_word(c); )
		end = c->i;
	c->i = end;
	return true;
}

static bool
accept_no_fold_literal(struct cursor *c)
{
	const size_t from = c->i;
	struct span s;

	if (cursor_byte(c, '[')) {
		(void)cursor_text(c, is_dtext, &s);
		if (cursor_byte(c, ']'))
			return true;
	}
	c->i = from;
	return false;
}

static bool
accept_domain(struct cursor *c)
{
	const size_t from = c->i;

	(void)cursor_cfws(c);
	if (!accept_dot_atom_text(c)) {
		if (!cursor_byte(c, '[')) {
			c->i = from;
			return false;
		}
		do
			(void)cursor_fws(c);
		while (cursor_one(c, is_dtext) || cursor_utf8(c) ||
		    cursor_quoted_pair(c));
		if (!cursor_byte(c, ']')) {
			c->i = from;
			return false;
		}
	}
	(void)cursor_cfws(c);
	return true;
}

static bool
accept_msg_id(struct cursor *c)
{
	const size_t from = c->i;

	(void)cursor_cfws(c);
	if (cursor_byte(c, '<') &&
	    (accept_dot_atom_text(c) || accept_local_part(c)) &&
	    cursor_byte(c, '@') && (accept_dot_atom_text(c) ||
	    accept_no_fold_literal(c) || accept_domain(c)) &&
	    cursor_byte(c, '>')) {
		(void)cursor_cfws(c);
		return true;
	}
	c->i = from;		/* else anything between two angles */
	(void)cursor_cfws(c);
	if (!cursor_byte(c, '<'))
		return false;
	while (cursor_one(c, is_not_angle))
		;
	if (!cursor_byte(c, '>'))
		return false;
	(void)cursor_cfws(c);
	return true;
}

bool
conform_message_id(struct span value)
{
	struct cursor c = { .s = value };

	return accept_msg_id(&c) && cursor_at_end(&c);
}

/* --- the fields of MIME */

void
conform_type_default(struct conform_type *out)
{
	out->text = true;
	out->multipart = false;
	out->parted = false;
	out->charset = charset_named(SPAN("us-ascii"));
}

/* A boundary with a CR or LF in it is taken never to occur. */
static void
set_boundary(struct conform_type *out, const struct param_text *t)
{
	out->parted = t->whole && memchr(t->p, '\n', t->n) == NULL &&
	    memchr(t->p, '\r', t->n) == NULL;
	out->boundary_n = t->n;
	memcpy(out->boundary, t->p, t->n);
}

bool
conform_content_type(struct span value, struct conform_type *out)
{
	struct cursor c = { .s = value };
	struct params ps;
	struct param_text text;
	struct span type, subtype;

	conform_type_default(out);
	(void)cursor_cfws(&c);
	if (!cursor_text(&c, byte_is_mime_token, &type))
		return false;
	(void)cursor_cfws(&c);
	if (!cursor_byte(&c, '/'))
		return false;
	(void)cursor_cfws(&c);
	if (!cursor_text(&c, byte_is_mime_token, &subtype) ||
	    !params_read(&c, &ps))
		return false;
	/* in lower case only: so KumoMTA has it */
	out->text = span_eq(type, SPAN("text"));
	out->multipart = span_eq(type, SPAN("multipart")) ||
	    span_eq(type, SPAN("message"));
	if (params_get(&ps, SPAN("charset"), &text))
		out->charset = text.whole ? charset_named(
		    (struct span){ text.p, text.n }) : NULL;
	if (out->multipart && params_get(&ps, SPAN("boundary"), &text))
		set_boundary(out, &text);
	return true;
}

static bool
read_token(struct span value, struct span *token)
{
	struct cursor c = { .s = value };
	struct params ps;

	(void)cursor_cfws(&c);
	return cursor_text(&c, byte_is_mime_token, token) &&
	    params_read(&c, &ps);
}

bool
conform_encoding(struct span value, enum transfer_encoding *out)
{
	static const struct {
		struct span name;
		enum transfer_encoding encoding;
	} known[] = {
		{ { (const uint8_t *)"7bit", 4 }, TRANSFER_NONE },
		{ { (const uint8_t *)"8bit", 4 }, TRANSFER_NONE },
		{ { (const uint8_t *)"binary", 6 }, TRANSFER_NONE },
		{ { (const uint8_t *)"base64", 6 }, TRANSFER_BASE64 },
		{ { (const uint8_t *)"quoted-printable", 16 }, TRANSFER_QP },
	};
	struct span token;

	*out = TRANSFER_NONE;
	if (!read_token(value, &token))
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (token.n == known[i].name.n &&
		    span_starts_nocase(token, known[i].name)) {
			*out = known[i].encoding;
			return true;
		}
	return false;
}

bool
conform_disposition(struct span value)
{
	struct span token;

	return read_token(value, &token);
}

/* --- MIME-Version: RFC 2045 4, as unstructured text */

enum piece { PIECE_NONE, PIECE_TEXT, PIECE_WORD, PIECE_SPACE };

struct pieces {
	enum piece last, before;
	struct param_text text;
};

/* White space between two encoded words is dropped. */
static void
add_piece(struct pieces *ps, enum piece piece, struct span s)
{
	struct param_text *t = &ps->text;

	if (piece == PIECE_SPACE && ps->last == PIECE_SPACE)
		return;
	if (piece == PIECE_WORD && ps->last == PIECE_SPACE &&
	    ps->before == PIECE_WORD)
		t->n--;
	if (s.n > PARAM_TEXT_MAX - t->n) {
		t->whole = false;
		return;
	}
	if (s.n > 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
	ps->before = ps->last;
	ps->last = piece;
}

static bool
is_unstructured(uint8_t c)
{
	return c == 0 || byte_is_odd_control(c) || byte_is_visible(c);
}

static void
pass_breaks(struct cursor *c)
{
	while (cursor_byte(c, '\r') || cursor_byte(c, '\n'))
		;
}

/* A word, or a letter; the breaks around it are dropped. */
static bool
accept_piece(struct cursor *c, struct pieces *ps)
{
	const size_t from = c->i;
	struct word w;
	size_t begin;

	pass_breaks(c);
	begin = c->i;
	if (cursor_word(c, &w)) {
		add_piece(ps, PIECE_WORD, (struct span){ w.text, w.n });
		if (!charset_is_utf8(w.charset) &&
		    !charset_is_ascii_based(w.charset))
			ps->text.whole = false;
	} else if (cursor_one(c, is_unstructured) || cursor_utf8(c)) {
		add_piece(ps, PIECE_TEXT, (struct span){ c->s.p + begin,
		    c->i - begin });
	} else {
		c->i = from;
		return false;
	}
	pass_breaks(c);
	return true;
}

bool
conform_mime_version(struct span value)
{
	struct cursor c = { .s = value };
	struct pieces ps = { .text.whole = true };

	for (;;)
		if (cursor_fws(&c))
			add_piece(&ps, PIECE_SPACE, SPAN(" "));
		else if (!accept_piece(&c, &ps))
			break;
	return cursor_at_end(&c) && ps.text.whole &&
	    span_eq((struct span){ ps.text.p, ps.text.n }, SPAN("1.0"));
}

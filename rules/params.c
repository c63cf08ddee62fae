/*
 * See params.h.
 */
#include "params.h"

bool
byte_is_mime_token(uint8_t c)
{
	return byte_is_visible(c) && !byte_is_one_of(c, "()<>@,;:\\\"/[]?=");
}

static bool
is_attribute(uint8_t c)
{
	return byte_is_mime_token(c) && !byte_is_one_of(c, "*'%");
}

static bool
is_plain_attribute(uint8_t c)	/* of a charset or language in RFC 2231 */
{
	return byte_is_mime_token(c) && c != '\'';
}

static bool
is_hex(uint8_t c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' &&
	    ascii_lower(c) <= 'f');
}

/* --- what is there */

static bool
accept_equals(struct cursor *c)
{
	(void)cursor_cfws(c);
	if (!cursor_byte(c, '='))
		return false;
	(void)cursor_cfws(c);
	return true;
}

/* name = encoded-word, also in quotes; RFC 2047 5 forbids both. */
static bool
accept_word_value(struct cursor *c, struct param *p, struct word *w)
{
	const size_t from = c->i;
	const bool quoted = cursor_byte(c, '"');

	p->kind = PARAM_WORD;
	p->value = cursor_rest(c);
	if (cursor_word(c, w)) {
		p->value.n -= c->s.n - c->i;
		if (!quoted || cursor_byte(c, '"'))
			return true;
	}
	c->i = from;
	return false;
}

static bool
accept_value(struct cursor *c, struct param *p)
{
	p->kind = PARAM_PLAIN;
	if (cursor_text(c, byte_is_mime_token, &p->value))
		return true;
	p->kind = PARAM_QUOTED;
	return cursor_quoted_string(c, &p->value);
}

/* RFC 2231 4: octets in hex, and other letters; may be empty. */
static void
accept_octets(struct cursor *c, struct param *p)
{
	const size_t from = c->i;
	size_t end;

	for (;;) {
		end = c->i;
		if (cursor_one(c, is_attribute))
			continue;
		if (cursor_byte(c, '%') && cursor_one(c, is_hex) &&
		    cursor_one(c, is_hex))
			continue;
		break;
	}
	c->i = end;
	p->kind = PARAM_PLAIN;
	p->value = (struct span){ c->s.p + from, end - from };
}

/* *0 and so on */
static void
accept_section(struct cursor *c, struct param *p)
{
	const size_t from = c->i;
	struct span digits = { NULL, 0 };
	int64_t n = 0;

	p->section = -1;
	if (cursor_byte(c, '*') && cursor_run(c, ascii_digit, &digits)) {
		for (size_t i = 0; i < digits.n && n <= UINT32_MAX; i++)
			n = n * 10 + (digits.p[i] - '0');
		if (n <= UINT32_MAX) {
			p->section = n;
			return;
		}
	}
	c->i = from;
}

/* charset'language'octets, behind a star and the "=" */
static bool
accept_charset_value(struct cursor *c, struct param *p)
{
	const size_t from = c->i;
	struct span name, language;

	p->has_charset = cursor_run(c, is_plain_attribute, &name);
	if (cursor_byte(c, '\'')) {
		(void)cursor_run(c, is_plain_attribute, &language);
		if (cursor_byte(c, '\'')) {
			p->charset = p->has_charset ? charset_named(name) :
			    NULL;
			accept_octets(c, p);
			return true;
		}
	}
	p->has_charset = false;
	c->i = from;
	return false;
}

/* What is behind the name, in the forms of RFC 2231. */
static bool
accept_extended(struct cursor *c, struct param *p)
{
	accept_section(c, p);
	p->escaped = cursor_byte(c, '*');
	if (!accept_equals(c))
		return false;
	if (p->escaped && accept_charset_value(c, p))
		return true;
	p->kind = PARAM_QUOTED;
	if (!cursor_quoted_string(c, &p->value))
		accept_octets(c, p);
	return true;
}

static bool
accept_param(struct cursor *c, struct param *p)
{
	const size_t from = c->i;
	struct word w;
	size_t behind;

	*p = (struct param){ .section = -1 };
	if (!cursor_run(c, is_attribute, &p->name))
		return false;
	behind = c->i;
	if (accept_equals(c) && (accept_word_value(c, p, &w) ||
	    accept_value(c, p)))
		return true;
	c->i = behind;
	if (accept_extended(c, p))
		return true;
	c->i = from;
	return false;
}

static bool
is_named(const struct param *p, struct span name)
{
	return p->name.n == name.n && span_starts_nocase(p->name, name);
}

bool
params_read(struct cursor *c, struct params *ps)
{
	struct param p;

	ps->n = 0;
	(void)cursor_cfws(c);
	while (!cursor_at_end(c)) {
		(void)cursor_byte(c, ';');
		(void)cursor_cfws(c);
		if (!accept_param(c, &p))
			return false;
		(void)cursor_cfws(c);
		if ((is_named(&p, SPAN("boundary")) ||
		    is_named(&p, SPAN("charset"))) && ps->n < PARAMS_MAX)
			ps->list[ps->n++] = p;
	}
	return true;
}

/* --- the value of a parameter */

static void
text_add(struct param_text *t, struct span s)
{
	if (s.n > PARAM_TEXT_MAX - t->n) {
		t->whole = false;
		return;
	}
	if (s.n > 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

/* Text in a charset, as UTF-8.  What is not valid adds nothing. */
static void
text_add_decoded(struct param_text *t, const struct charset *charset,
    struct span s)
{
	if (!charset_is_valid(charset, s))
		return;
	for (size_t i = 0; i < s.n && !charset_is_utf8(charset); i++)
		if (s.p[i] >= 0x80)
			t->whole = false;
	if (!charset_is_ascii_based(charset))
		t->whole = false;
	if (span_starts(s, SPAN("\xef\xbb\xbf")))
		s = (struct span){ s.p + 3, s.n - 3 };
	text_add(t, s);
}

static void
text_add_unquoted(struct param_text *t, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		text_add(t, (struct span){ s.p + i, 1 });
	}
}

static uint8_t
hex_byte(const uint8_t *p)
{
	uint8_t out = 0;

	for (size_t i = 0; i < 2; i++)
		out = (uint8_t)(out << 4 | (ascii_digit(p[i]) ? p[i] - '0' :
		    ascii_lower(p[i]) - 'a' + 10));
	return out;
}

/* Octets in hex; at one that is none KumoMTA stops. */
static void
text_add_octets(struct param_text *t, const struct charset *charset,
    struct span s)
{
	struct param_text raw = { .whole = true };
	uint8_t byte;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			text_add(&raw, (struct span){ s.p + i, 1 });
			continue;
		}
		if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2])) {
			i += i + 1 < s.n && is_hex(s.p[i + 1]);
			text_add(&raw, SPAN("%"));
			if (i + 1 < s.n)
				text_add(&raw, (struct span){ s.p + i + 1, 1 });
			break;
		}
		byte = hex_byte(s.p + i + 1);
		text_add(&raw, (struct span){ &byte, 1 });
		i += 2;
	}
	t->whole = t->whole && raw.whole;
	text_add_decoded(t, charset, (struct span){ raw.p, raw.n });
}

static void
text_add_word(struct param_text *t, struct span s)
{
	struct cursor c = { .s = s };
	struct word w;

	if (cursor_word(&c, &w))
		text_add_decoded(t, w.charset, (struct span){ w.text, w.n });
}

/* One more part of the value; *charset: of the parts so far. */
static void
text_add_param(struct param_text *t, const struct param *p,
    const struct charset **charset)
{
	struct param_text plain = { .whole = true };
	struct span s;

	if (p->has_charset)
		*charset = p->charset;
	if (p->kind == PARAM_WORD) {
		text_add_word(t, p->value);
		return;
	}
	if (p->kind == PARAM_QUOTED)
		text_add_unquoted(&plain, p->value);
	else
		text_add(&plain, p->value);
	s = (struct span){ plain.p, plain.n };
	t->whole = t->whole && plain.whole;
	if (p->escaped && *charset != NULL)
		text_add_octets(t, *charset, s);
	else
		text_add(t, s);
}

bool
params_get(const struct params *ps, struct span name, struct param_text *out)
{
	const struct charset *charset = NULL;
	bool used[PARAMS_MAX] = { false };
	bool any = false;

	out->whole = true;
	out->n = 0;
	for (;;) {
		size_t next = PARAMS_MAX;

		for (size_t i = 0; i < ps->n; i++)
			if (!used[i] && is_named(&ps->list[i], name) &&
			    (next == PARAMS_MAX || ps->list[i].section <
			    ps->list[next].section))
				next = i;
		if (next == PARAMS_MAX)
			return any;
		used[next] = true;
		any = true;
		text_add_param(out, &ps->list[next], &charset);
	}
}

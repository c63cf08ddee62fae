/*
 * See content_type.h.
 *
 * Tolerance: a boundary is often written without its quotes although it holds
 * "=" or ":", and now and then with one of them only.
 */
#include "content_type.h"

#define PIECES 32u		/* of one value, RFC 2231 3 */

static void
skip(struct span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static bool
is_space(uint8_t c)
{
	return ascii_wsp(c) || c == '\r' || c == '\n';
}

#define BIT(c) (1ull << ((c) & 63))

/* RFC 2045 5.1: tspecials, of the bytes below 64 and of those from there. */
static const uint64_t specials[2] = {
	BIT('(') | BIT(')') | BIT('<') | BIT('>') | BIT(',') | BIT(';') |
	    BIT(':') | BIT('"') | BIT('/') | BIT('?') | BIT('='),
	BIT('@') | BIT('[') | BIT(']') | BIT('\\'),
};

/* RFC 2045 5.1: token */
static inline bool
is_token(uint8_t c)
{
	return c > 32 && c < 127 && (specials[c >> 6] >> (c & 63) & 1) == 0;
}

/* White space, breaks, and comments, which may be nested: RFC 5322 3.2.2. */
static void
skip_space(struct span *s)
{
	size_t depth = 0;

	for (; s->n > 0; skip(s, 1)) {
		const uint8_t c = s->p[0];

		if (depth > 0 && c == '\\' && s->n > 1)
			skip(s, 1);
		else if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth == 0 && !is_space(c))
			return;
	}
}

static struct span
take_token(struct span *s)
{
	struct span t = { s->p, 0 };

	while (t.n < s->n && is_token(s->p[t.n]))
		t.n++;
	skip(s, t.n);
	return t;
}

static size_t
put_type(char *type, size_t n, struct span s)
{
	for (size_t i = 0; i < s.n && n < MEDIA_TYPE_MAX; i++)
		type[n++] = (char)ascii_lower(s.p[i]);
	type[n] = '\0';
	return n;
}

void
content_type_read(struct content_type *t, struct span value)
{
	size_t n;

	skip_space(&value);
	if (value.n > 0 && value.p[0] == '"')
		skip(&value, 1);
	n = put_type(t->type, 0, take_token(&value));
	skip_space(&value);
	if (n > 0 && value.n > 0 && value.p[0] == '/') {
		skip(&value, 1);
		skip_space(&value);
		n = put_type(t->type, n, SPAN("/"));
		(void)put_type(t->type, n, take_token(&value));
	}
	t->params = value;
}

bool
content_type_is(const char *type, const char *main)
{
	const size_t n = strlen(main);

	return strncmp(type, main, n) == 0 &&
	    (type[n] == '/' || type[n] == '\0');
}

/* A value as it stands: without its quotes, but not decoded. */
struct raw {
	struct span s;
	bool quoted, encoded;
};

/* s is behind the opening quote: up to the other one; without it, up to where
 * the next parameter or line may begin. */
static struct span
take_quoted(struct span *s)
{
	struct span t = { s->p, 0 };

	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] == '"') {
			t.n = i;
			skip(s, i + 1);
			return t;
		}
		if (s->p[i] == '\\')
			i++;
	}
	while (t.n < s->n && s->p[t.n] != ';' && s->p[t.n] != '\r' &&
	    s->p[t.n] != '\n')
		t.n++;
	skip(s, t.n);
	while (t.n > 0 && is_space(t.p[t.n - 1]))
		t.n--;
	return t;
}

static struct raw
take_value(struct span *s)
{
	struct raw v = { .s = { s->p, 0 } };

	if (s->n > 0 && s->p[0] == '"') {
		skip(s, 1);
		return (struct raw){ .s = take_quoted(s), .quoted = true };
	}
	while (v.s.n < s->n && !is_space(s->p[v.s.n]) &&
	    s->p[v.s.n] != ';' && s->p[v.s.n] != '(' && s->p[v.s.n] != '"')
		v.s.n++;
	skip(s, v.s.n);
	return v;
}

/* false: there are no more. */
static bool
next_param(struct span *s, struct span *name, struct raw *value)
{
	for (;;) {
		skip_space(s);
		if (s->n == 0)
			return false;
		*name = take_token(s);
		if (name->n == 0) {
			skip(s, 1);	/* ";", or out of place */
			continue;
		}
		skip_space(s);
		if (s->n == 0 || s->p[0] != '=')
			continue;
		skip(s, 1);
		skip_space(s);
		*value = take_value(s);
		return true;
	}
}

/*
 * Which piece of the value a name is for, from 1; 0: the value itself;
 * SIZE_MAX: none.
 */
static size_t
which_piece(struct span name, const char *wanted, bool *encoded)
{
	const size_t n = strlen(wanted);
	size_t i = 0;

	*encoded = false;
	if (!span_starts_nocase(name, (struct span){
	    (const uint8_t *)wanted, n }))
		return SIZE_MAX;
	skip(&name, n);
	if (name.n == 0)
		return 0;
	if (name.p[0] != '*')
		return SIZE_MAX;
	*encoded = name.p[name.n - 1] == '*';
	if (name.n == 1)
		return 1;
	skip(&name, 1);
	if (*encoded)
		name.n--;
	for (size_t k = 0; k < name.n; k++) {
		if (!ascii_digit(name.p[k]) || i >= PIECES)
			return SIZE_MAX;
		i = 10 * i + (size_t)(name.p[k] - '0');
	}
	return name.n > 0 && i < PIECES ? i + 1 : SIZE_MAX;
}

static unsigned
hex_digit(uint8_t c)
{
	const uint8_t low = ascii_lower(c);

	if (ascii_digit(c))
		return (unsigned)(c - '0');
	return low >= 'a' && low <= 'f' ? (unsigned)(low - 'a' + 10) : 16;
}

/* The byte that s begins with, which goes; false: none, it is a break. */
static bool
take_byte(struct span *s, const struct raw *v, uint8_t *out)
{
	*out = s->p[0];
	if (v->quoted && *out == '\\' && s->n > 1) {
		skip(s, 1);
		*out = s->p[0];
	} else if (v->encoded && *out == '%' && s->n > 2 &&
	    hex_digit(s->p[1]) < 16 && hex_digit(s->p[2]) < 16) {
		*out = (uint8_t)(hex_digit(s->p[1]) << 4 |
		    hex_digit(s->p[2]));
		skip(s, 3);
		return true;
	}
	skip(s, 1);
	return *out != '\r' && *out != '\n';
}

/* Append it at out[n]; returns the new n. */
static size_t
decode(const struct raw *v, uint8_t *out, size_t n, size_t max)
{
	struct span s = v->s;
	uint8_t c;

	while (s.n > 0)
		if (take_byte(&s, v, &c)) {
			if (n < max)
				out[n] = c;
			n++;
		}
	return n;
}

/* charset'language' before an encoded value: RFC 2231 4. */
static void
drop_charset(struct raw *v)
{
	const uint8_t *quote = v->s.n > 0 ? memchr(v->s.p, '\'', v->s.n) : NULL;
	struct span rest;

	if (!v->encoded || quote == NULL)
		return;
	rest = (struct span){ quote + 1,
	    v->s.n - 1 - (size_t)(quote - v->s.p) };
	quote = rest.n > 0 ? memchr(rest.p, '\'', rest.n) : NULL;
	if (quote == NULL)
		return;
	skip(&rest, (size_t)(quote - rest.p) + 1);
	v->s = rest;
}

size_t
content_type_param(const struct content_type *t, const char *name,
    uint8_t *out, size_t max)
{
	struct raw value, list[1 + PIECES];
	bool there[1 + PIECES] = { false };
	struct span rest = t->params, its;
	size_t n = 0, i;
	bool encoded;

	while (next_param(&rest, &its, &value)) {
		i = which_piece(its, name, &encoded);
		if (i == SIZE_MAX || there[i])
			continue;
		there[i] = true;
		list[i] = value;
		list[i].encoded = encoded;
	}
	if (there[0])
		n = decode(&list[0], out, 0, max);
	if (n > 0)
		return n;
	if (there[1])
		drop_charset(&list[1]);
	for (i = 1; i <= PIECES && there[i]; i++)
		n = decode(&list[i], out, n, max);
	return n;
}

static bool
is_encoded(const char *encoding)
{
	return strcmp(encoding, "base64") == 0 ||
	    strcmp(encoding, "quoted-printable") == 0 ||
	    strcmp(encoding, "x-uuencode") == 0;
}

bool
content_type_holds_message(const char *type, const char *encoding)
{
	return (strcmp(type, "message/rfc822") == 0 ||
	    strcmp(type, "message/global") == 0) && !is_encoded(encoding);
}

/*
 * See encode.h.
 */
#include "encode.h"

size_t
encode_break_at(const struct encode *e, size_t i)
{
	const uint8_t *p = e->old.p;

	if (!e->lines)
		return 0;
	if (p[i] == '\r' && i + 1 < e->old.n && p[i + 1] == '\n')
		return 2;
	return p[i] == '\n' && e->native == BRK_LF;
}

/* --- what comes out */

struct out {
	uint8_t *p;		/* NULL: nothing is kept */
	size_t n;
	size_t col;		/* bytes in this line */
	enum brk to;
};

static void
put(struct out *o, uint8_t c)
{
	if (o->p != NULL)
		o->p[o->n] = c;
	o->n++;
	o->col++;
}

static void
put_break(struct out *o)
{
	if (o->to == BRK_CRLF)
		put(o, '\r');
	put(o, '\n');
	o->col = 0;
}

/* --- quoted-printable */

/* A break, or nothing, is at old.p[i]. */
static bool
line_ends(const struct encode *e, size_t i)
{
	return i == e->old.n || encode_break_at(e, i) > 0;
}

/* At the beginning of a line p[i] would make something of it. */
static bool
begins_badly(struct span s, size_t i)
{
	const struct span rest = { s.p + i, s.n - i };

	return rest.p[0] == '.' || span_starts(rest, SPAN("From ")) ||
	    span_starts(rest, SPAN("--"));
}

static bool
must_escape(const struct encode *e, size_t i, bool first)
{
	const uint8_t c = e->old.p[i];

	if (ascii_wsp(c))
		return line_ends(e, i + 1);
	return c == '=' || c < 33 || c > 126 ||
	    (first && begins_badly(e->old, i));
}

/* One byte of data.  A line that goes on needs room for its "=". */
static void
qp_byte(const struct encode *e, size_t i, struct out *o)
{
	static const char hex[] = "0123456789ABCDEF";
	const size_t room = ENCODE_LINE - !line_ends(e, i + 1);
	const uint8_t c = e->old.p[i];
	bool escape = must_escape(e, i, o->col == 0);

	if ((escape ? 3u : 1u) > room - o->col) {
		put(o, '=');
		put_break(o);
		escape = must_escape(e, i, true);
	}
	if (!escape) {
		put(o, c);
		return;
	}
	put(o, '=');
	put(o, (uint8_t)hex[c >> 4]);
	put(o, (uint8_t)hex[c & 15]);
}

static void
put_qp(const struct encode *e, struct out *o)
{
	size_t n;

	for (size_t i = 0; i < e->old.n; i += n) {
		n = encode_break_at(e, i);
		if (n > 0) {
			put_break(o);
			continue;
		}
		qp_byte(e, i, o);
		n = 1;
	}
}

/* --- base64 */

struct triple {
	uint32_t bits;
	unsigned n;		/* bytes in it */
};

static void
put_triple(struct triple *t, struct out *o)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint32_t bits = t->bits << 8 * (3 - t->n);

	if (o->col == ENCODE_LINE)
		put_break(o);
	for (unsigned k = 0; k < 4; k++)
		put(o, k > t->n ? '=' :
		    (uint8_t)symbols[bits >> (18 - 6 * k) & 63]);
	t->bits = 0;
	t->n = 0;
}

static void
base64_byte(struct triple *t, uint8_t c, struct out *o)
{
	t->bits = t->bits << 8 | c;
	if (++t->n == 3)
		put_triple(t, o);
}

/* It ends with a break if the old one did. */
static void
put_base64(const struct encode *e, struct out *o)
{
	const struct span s = e->old;
	struct triple t = { 0, 0 };
	size_t n;

	for (size_t i = 0; i < s.n; i += n > 0 ? n : 1) {
		n = encode_break_at(e, i);
		if (n > 0) {
			base64_byte(&t, '\r', o);
			base64_byte(&t, '\n', o);
		} else {
			base64_byte(&t, s.p[i], o);
		}
	}
	if (t.n > 0)
		put_triple(&t, o);
	if (s.n > 0 && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		put_break(o);
}

size_t
encode_body(const struct encode *e, enum transfer_encoding encoding,
    uint8_t *out)
{
	struct out o = { .p = out, .to = e->to };

	if (encoding == TRANSFER_QP)
		put_qp(e, &o);
	else
		put_base64(e, &o);
	return o.n;
}

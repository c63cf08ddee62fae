/*
 * See transfer.h.
 */
#include "transfer.h"

static void
fail(struct transfer *t, uint64_t off)
{
	if (!t->failed) {
		t->failed = true;
		t->failed_at = off;
	}
}

/* --- what comes out */

static void
check_out(struct transfer *t)
{
	const struct span s = { t->out, t->out_n };
	size_t n;

	t->out_n = 0;
	if (!t->text || t->failed)
		return;
	n = charset_feed(&t->check, s);
	if (n < s.n)
		fail(t, t->from[n]);
}

static void
put(struct transfer *t, uint8_t c, uint64_t off)
{
	if (t->out_n == TRANSFER_OUT)
		check_out(t);
	t->out[t->out_n] = c;
	t->from[t->out_n++] = off;
}

/* --- base64 */

/* The value of a symbol; 64 and more: it is none. */
static unsigned
symbol_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (ascii_digit(c))
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

static void
end_block(struct transfer *t, uint64_t off)
{
	const unsigned bytes = t->symbols - 1;	/* 2 to 4 symbols */

	t->bits <<= 6 * t->pads;
	if (t->strict && (t->bits & ((1u << 8 * t->pads) - 1)) != 0)
		fail(t, off);
	for (unsigned i = 0; i < bytes; i++)
		put(t, (uint8_t)(t->bits >> (16 - 8 * i)), off);
	t->symbols = 0;
	t->pads = 0;
	t->bits = 0;
}

static void
base64_byte(struct transfer *t, uint8_t c, uint64_t off)
{
	const unsigned v = symbol_value(c);

	if (v < 64 && t->pads == 0) {
		t->bits = t->bits << 6 | v;
		t->symbols++;
	} else if (c == '=' && t->symbols >= 2) {
		t->pads++;
	} else {
		check_out(t);		/* the text may be wrong before it */
		fail(t, off);
	}
	if (t->symbols + t->pads == 4)
		end_block(t, off);
}

static bool
is_space(uint8_t c)
{
	return ascii_wsp(c) || c == '\r' || c == '\n';
}

static void
base64_feed(struct transfer *t, struct span s, uint64_t off)
{
	for (size_t i = 0; i < s.n && !t->failed; i++)
		if (!is_space(s.p[i]))
			base64_byte(t, s.p[i], off + i);
}

/* --- quoted-printable */

static int
hex_value(uint8_t c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An "=" and two bytes. */
static void
end_escape(struct transfer *t, uint8_t c, uint64_t off)
{
	const int high = hex_value(t->hold), low = hex_value(c);

	t->escape = 0;
	if (high >= 0 && low >= 0) {
		put(t, (uint8_t)(high << 4 | low), off);
		return;
	}
	put(t, '=', off);
	put(t, t->hold, off);
	put(t, c, off);
}

static void
qp_byte(struct transfer *t, uint8_t c, uint64_t off)
{
	if (t->escape == 2) {
		end_escape(t, c, off);
	} else if (t->escape == 1) {
		t->hold = c;
		t->escape = 2;
	} else if (c == '=') {
		t->escape = 1;
	} else {
		put(t, c, off);
	}
}

/* White space at the end was dropped.  An "=" alone joins the lines. */
static void
qp_end_line(struct transfer *t, bool has_break, uint64_t off)
{
	const bool soft = t->escape == 1;

	if (t->escape == 2) {
		put(t, '=', off);
		put(t, t->hold, off);
	}
	t->escape = 0;
	t->spaces = 0;
	if (has_break && !soft) {
		put(t, '\r', off);
		put(t, '\n', off);
	}
}

/*
 * White space is counted until it is known whether the line goes on.  It all
 * comes out as spaces: no charset tells them from tabs and CRs.
 */
static void
qp_feed(struct transfer *t, struct span s, uint64_t off)
{
	for (size_t i = 0; i < s.n && !t->failed; i++) {
		const uint8_t c = s.p[i];

		if (c == '\n') {
			qp_end_line(t, true, off + i);
		} else if (is_space(c)) {
			t->spaces++;
		} else if (c > ' ' && c <= '~') {
			for (; t->spaces > 0 && !t->failed; t->spaces--)
				qp_byte(t, ' ', off + i);
			qp_byte(t, c, off + i);
		}
	}
}

/* --- the part */

void
transfer_begin(struct transfer *t, enum transfer_encoding encoding,
    const struct charset *charset)
{
	t->encoding = encoding;
	t->text = charset != NULL;
	t->strict = false;
	t->failed = false;
	t->symbols = t->pads = 0;
	t->bits = 0;
	t->spaces = 0;
	t->escape = 0;
	t->out_n = 0;
	if (t->text)
		charset_begin(&t->check, charset);
}

void
transfer_feed(struct transfer *t, struct span s, uint64_t off)
{
	size_t n;

	if (t->failed || (!t->text && t->encoding != TRANSFER_BASE64))
		return;
	if (t->encoding == TRANSFER_BASE64) {
		base64_feed(t, s, off);
	} else if (t->encoding == TRANSFER_QP) {
		qp_feed(t, s, off);
	} else {
		n = charset_feed(&t->check, s);
		if (n < s.n)
			fail(t, off + n);
	}
	check_out(t);
}

bool
transfer_end(struct transfer *t, uint64_t off)
{
	if (!t->failed && t->encoding == TRANSFER_QP && t->text) {
		qp_end_line(t, false, off);
		check_out(t);
	}
	if (t->encoding == TRANSFER_BASE64 && t->symbols > 0)
		fail(t, off);
	if (t->text && !t->failed && !charset_end(&t->check))
		fail(t, off);
	return !t->failed;
}

bool
transfer_decode(enum transfer_encoding encoding, bool strict, struct span s,
    uint8_t *out, size_t *n)
{
	struct transfer t;

	*n = 0;
	transfer_begin(&t, encoding, NULL);
	t.strict = strict;
	for (size_t i = 0; i <= s.n; i++) {
		if (i == s.n)
			qp_end_line(&t, false, i);
		else if (encoding == TRANSFER_BASE64)
			base64_byte(&t, s.p[i], i);
		else
			qp_feed(&t, (struct span){ s.p + i, 1 }, i);
		if (t.failed)
			return false;
		memcpy(out + *n, t.out, t.out_n);
		*n += t.out_n;
		t.out_n = 0;
	}
	return t.symbols == 0;
}

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

/* The value of a symbol, and 1; 0: it is none. */
static const uint8_t symbols[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
	['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
	['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
	['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
	['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
	['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

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
	const unsigned v = symbols[c];

	if (v > 0 && t->pads == 0) {
		t->bits = t->bits << 6 | (v - 1);
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

/* Blocks of four symbols, without white space, when one may begin: bytes. */
static size_t
base64_blocks(struct transfer *t, struct span s, uint64_t off)
{
	size_t i = 0;

	for (; s.n - i >= 4 && t->symbols == 0; i += 4) {
		const unsigned a = symbols[s.p[i]], b = symbols[s.p[i + 1]];
		const unsigned c = symbols[s.p[i + 2]];
		const unsigned d = symbols[s.p[i + 3]];

		if (a == 0 || b == 0 || c == 0 || d == 0)
			break;
		if (!t->text)
			continue;
		put(t, (uint8_t)((a - 1) << 2 | (b - 1) >> 4), off + i + 3);
		put(t, (uint8_t)((b - 1) << 4 | (c - 1) >> 2), off + i + 3);
		put(t, (uint8_t)((c - 1) << 6 | (d - 1)), off + i + 3);
	}
	return i;
}

static void
base64_feed(struct transfer *t, struct span s, uint64_t off)
{
	for (size_t i = 0; i < s.n && !t->failed; i++) {
		i += base64_blocks(t, (struct span){ s.p + i, s.n - i },
		    off + i);
		if (i < s.n && !is_space(s.p[i]))
			base64_byte(t, s.p[i], off + i);
	}
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

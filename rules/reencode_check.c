/*
 * See reencode_check.h.  Written from RFC 2045, not from encode.c.
 */
#include "reencode_check.h"

#include <stdlib.h>

#include "hash.h"

#define LINE_MAX_BYTES 76u
#define HEAD 5u			/* bytes of "From " */
#define HELD 1024u

/* Bytes on their way to a hash. */
struct stream {
	struct hash *hash;
	size_t n;
	uint8_t held[HELD];
};

/* What is open in the new text. */
enum now {
	NOW_TEXT,
	NOW_CR,			/* an LF must follow */
	NOW_EQUALS,		/* two digits, or a break */
	NOW_DIGIT,		/* one more */
	NOW_SOFT_CR		/* the LF of a soft break */
};

struct reencode_check {
	struct stream old, text;
	enum transfer_encoding encoding;
	bool lines;
	enum brk native;
	bool old_cr;		/* the last old byte was a CR */
	bool bad;

	enum now now;
	enum brk brk;		/* of the new text; BRK_NONE: not seen yet */
	size_t col;
	uint8_t head[HEAD];	/* the first bytes of this line */
	bool wsp;		/* its last byte is a space or tab */
	bool soft;		/* the last break was a soft one */
	unsigned high;		/* base64: the bits, else the first digit */
	unsigned symbols, pads;	/* base64: of this block; pads: it is over */
};

void
reencode_check_free(struct reencode_check *c)
{
	if (c == NULL)
		return;
	hash_free(c->old.hash);
	hash_free(c->text.hash);
	free(c);
}

struct reencode_check *
reencode_check_new(void)
{
	struct reencode_check *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->old.hash = hash_new();
	c->text.hash = hash_new();
	if (c->old.hash != NULL && c->text.hash != NULL)
		return c;
	reencode_check_free(c);
	return NULL;
}

static void
flush(struct stream *s)
{
	hash_feed(s->hash, (struct span){ s->held, s->n });
	s->n = 0;
}

static void
put(struct stream *s, uint8_t b)
{
	if (s->n == HELD)
		flush(s);
	s->held[s->n++] = b;
}

static void
put_break(struct stream *s)
{
	put(s, '\r');
	put(s, '\n');
}

/* --- the old body, in canonical form */

static void
end_old_cr(struct reencode_check *c)
{
	if (c->old_cr)
		put(&c->old, '\r');
	c->old_cr = false;
}

static void
old_byte(struct reencode_check *c, uint8_t b)
{
	if (c->old_cr && b == '\n') {
		put_break(&c->old);
		c->old_cr = false;
		return;
	}
	end_old_cr(c);
	if (b == '\r')
		c->old_cr = true;
	else if (b == '\n' && c->native == BRK_LF)
		put_break(&c->old);
	else
		put(&c->old, b);
}

void
reencode_check_old(struct reencode_check *c, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (c->lines)
			old_byte(c, s.p[i]);
		else
			put(&c->old, s.p[i]);
}

/* --- lines of the new one */

/* The line's bytes so far are what an mbox, a multipart or the end of the
 * data begins with. */
static bool
begins_badly(const struct reencode_check *c)
{
	return (c->col == 1 && c->head[0] == '.') ||
	    (c->col == 2 && memcmp(c->head, "--", 2) == 0) ||
	    (c->col == HEAD && memcmp(c->head, "From ", HEAD) == 0);
}

static void
see_byte(struct reencode_check *c, uint8_t b)
{
	if (c->col < HEAD)
		c->head[c->col] = b;
	c->col++;
	if (c->col > LINE_MAX_BYTES || begins_badly(c))
		c->bad = true;
}

static void
see_break(struct reencode_check *c, enum brk brk)
{
	if (c->wsp || (c->brk != BRK_NONE && c->brk != brk))
		c->bad = true;
	c->brk = brk;
	c->col = 0;
}

/* --- quoted-printable: RFC 2045 6.7 */

/* Upper case only; 16: it is none. */
static unsigned
digit(uint8_t b)
{
	return ascii_digit(b) ? b - '0' + 0u :
	    b >= 'A' && b <= 'F' ? b - 'A' + 10u : 16u;
}

/* The LF of a break; what was before it is in now. */
static void
qp_break(struct reencode_check *c)
{
	c->soft = c->now == NOW_EQUALS || c->now == NOW_SOFT_CR;
	if (c->now == NOW_DIGIT)
		c->bad = true;
	see_break(c, c->now == NOW_CR || c->now == NOW_SOFT_CR ? BRK_CRLF :
	    BRK_LF);
	if (!c->soft)
		put_break(&c->text);
	c->now = NOW_TEXT;
}

static void
qp_cr(struct reencode_check *c)
{
	if (c->now == NOW_TEXT)
		c->now = NOW_CR;
	else if (c->now == NOW_EQUALS)
		c->now = NOW_SOFT_CR;
	else
		c->bad = true;
}

static void
qp_escape(struct reencode_check *c, uint8_t b)
{
	const unsigned value = digit(b);

	if (value > 15) {
		c->bad = true;
	} else if (c->now == NOW_EQUALS) {
		c->high = value;
		c->now = NOW_DIGIT;
	} else {
		put(&c->text, (uint8_t)(c->high << 4 | value));
		c->now = NOW_TEXT;
	}
}

static void
qp_text(struct reencode_check *c, uint8_t b)
{
	c->wsp = ascii_wsp(b);
	if (b == '=')
		c->now = NOW_EQUALS;
	else if (c->wsp || (b > 32 && b < 127))
		put(&c->text, b);
	else
		c->bad = true;
}

static void
qp_byte(struct reencode_check *c, uint8_t b)
{
	if (b == '\n') {
		qp_break(c);
		return;
	}
	if (b == '\r') {
		qp_cr(c);
		return;
	}
	see_byte(c, b);
	if (c->now == NOW_CR || c->now == NOW_SOFT_CR)
		c->bad = true;
	else if (c->now == NOW_TEXT)
		qp_text(c, b);
	else
		qp_escape(c, b);
}

/* --- base64: RFC 2045 6.8 */

/* 64: it is none. */
static unsigned
symbol(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? b - 'A' + 0u :
	    b >= 'a' && b <= 'z' ? b - 'a' + 26u :
	    ascii_digit(b) ? b - '0' + 52u :
	    b == '+' ? 62u : b == '/' ? 63u : 64u;
}

/* Bits that stand for nothing are 0. */
static void
end_block(struct reencode_check *c)
{
	const unsigned bits = c->high << 6 * c->pads;

	if ((bits & ((1u << 8 * c->pads) - 1)) != 0)
		c->bad = true;
	for (unsigned i = 0; i < 3 - c->pads; i++)
		put(&c->text, (uint8_t)(bits >> (16 - 8 * i)));
	c->symbols = 0;
	c->high = 0;
}

static void
base64_symbol(struct reencode_check *c, uint8_t b)
{
	const unsigned value = symbol(b);

	if (b == '=' && c->symbols >= 2 && c->symbols + c->pads < 4) {
		c->pads++;
	} else if (value < 64 && c->pads == 0) {
		c->high = c->high << 6 | value;
		c->symbols++;
	} else {
		c->bad = true;
		return;
	}
	if (c->symbols + c->pads == 4)
		end_block(c);
}

static void
base64_byte(struct reencode_check *c, uint8_t b)
{
	if (b == '\n' && c->col > 0) {
		see_break(c, c->now == NOW_CR ? BRK_CRLF : BRK_LF);
		c->now = NOW_TEXT;
	} else if (c->now == NOW_CR) {
		c->bad = true;
	} else if (b == '\r') {
		c->now = NOW_CR;
	} else {
		see_byte(c, b);
		base64_symbol(c, b);
	}
}

/* --- both */

void
reencode_check_begin(struct reencode_check *c,
    enum transfer_encoding encoding, bool lines, enum brk native)
{
	hash_begin(c->old.hash);
	hash_begin(c->text.hash);
	c->old.n = 0;
	c->text.n = 0;
	c->encoding = encoding;
	c->lines = lines;
	c->native = native;
	c->old_cr = false;
	c->bad = encoding != TRANSFER_QP && encoding != TRANSFER_BASE64;
	c->now = NOW_TEXT;
	c->brk = BRK_NONE;
	c->col = 0;
	c->wsp = false;
	c->soft = false;
	c->high = 0;
	c->symbols = 0;
	c->pads = 0;
}

void
reencode_check_text(struct reencode_check *c, struct span s)
{
	for (size_t i = 0; i < s.n && !c->bad; i++)
		if (c->encoding == TRANSFER_QP)
			qp_byte(c, s.p[i]);
		else
			base64_byte(c, s.p[i]);
}

bool
reencode_check_end(struct reencode_check *c)
{
	uint8_t old[HASH_SIZE], text[HASH_SIZE];

	end_old_cr(c);
	flush(&c->old);
	flush(&c->text);
	if (!hash_end(c->old.hash, old) || !hash_end(c->text.hash, text))
		return false;
	return !c->bad && c->now == NOW_TEXT && !c->wsp &&
	    !(c->soft && c->col == 0) && c->symbols == 0 &&
	    memcmp(old, text, HASH_SIZE) == 0;
}

/* --- for splice */

static bool
splice_old(void *ctx, struct span s)
{
	const struct reencode_splice *k = ctx;

	reencode_check_old(k->lines, s);
	reencode_check_old(k->bytes, s);
	return true;
}

static bool
splice_begins(void *ctx, struct span text, bool base64)
{
	const struct reencode_splice *k = ctx;
	const enum transfer_encoding encoding = base64 ? TRANSFER_BASE64 :
	    TRANSFER_QP;

	reencode_check_begin(k->lines, encoding, true, k->native);
	reencode_check_begin(k->bytes, encoding, false, k->native);
	reencode_check_text(k->lines, text);
	reencode_check_text(k->bytes, text);
	return true;
}

static bool
splice_ends(void *ctx)
{
	const struct reencode_splice *k = ctx;
	const bool lines = reencode_check_end(k->lines);

	return reencode_check_end(k->bytes) || lines;
}

bool
reencode_splice_open(struct reencode_splice *k, enum brk native)
{
	k->hook = (struct splice_check){ .ctx = k, .begin = splice_begins,
	    .old = splice_old, .end = splice_ends };
	k->native = native;
	k->lines = reencode_check_new();
	k->bytes = reencode_check_new();
	if (k->lines != NULL && k->bytes != NULL)
		return true;
	reencode_splice_close(k);
	return false;
}

void
reencode_splice_close(struct reencode_splice *k)
{
	reencode_check_free(k->lines);
	reencode_check_free(k->bytes);
	k->lines = NULL;
	k->bytes = NULL;
}

/*
 * See charset.h.
 */
#include "charset.h"

#include "charset_tables.h"

#define CHARSETS_N (sizeof(charsets) / sizeof(charsets[0]))

static const struct charset *
charset_of(enum kind kind)
{
	const struct charset *c = charsets;

	while (c->kind != kind)
		c++;
	return c;
}

/* One of the words is the name. */
static bool
has_name(const char *words, struct span name)
{
	for (size_t n; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == name.n && span_starts_nocase(name,
		    (struct span){ (const uint8_t *)words, n }))
			return true;
	}
	return false;
}

const struct charset *
charset_named(struct span name)
{
	for (size_t i = 0; i < CHARSETS_N; i++)
		if (has_name(charsets[i].names, name))
			return &charsets[i];
	return NULL;
}

bool
charset_is_ascii_based(const struct charset *c)
{
	return c->kind != UTF16LE && c->kind != UTF16BE &&
	    c->kind != ISO_2022_JP;
}

bool
charset_is_utf8(const struct charset *c)
{
	return c->kind == UTF8;
}

static bool
is_within(uint8_t c, uint8_t low, uint8_t high)
{
	return c >= low && c <= high;
}

/* The pointer is in none of the holes. */
static bool
is_defined(const struct hole *h, size_t n, unsigned pointer)
{
	size_t low = 0;

	while (n > 0) {		/* the last hole that begins at or before it */
		const size_t half = n / 2;

		if (h[low + half].from <= pointer) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low == 0 || pointer >= h[low - 1].to;
}

#define DEFINED(holes, pointer) \
	is_defined(holes, sizeof(holes) / sizeof((holes)[0]), pointer)

static bool
step_single(const struct charset_check *k, uint8_t c)
{
	const char *u = k->charset->undefined;

	if (c >= 0x80)
		for (; *u != '\0'; u += 2)
			if (is_within(c, (uint8_t)u[0], (uint8_t)u[1]))
				return false;
	return true;
}

static bool
step_utf8(struct charset_check *k, uint8_t c)
{
	if (k->left > 0) {
		if (!is_within(c, k->low, k->high))
			return false;
		k->low = 0x80;
		k->high = 0xbf;
		k->left--;
		return true;
	}
	if (c < 0x80)
		return true;
	if (!is_within(c, 0xc2, 0xf4))
		return false;
	k->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	k->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	k->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	return true;
}

static bool
step_utf16(struct charset_check *k, uint8_t c)
{
	const bool big = k->charset->kind == UTF16BE;
	uint8_t top;

	if (k->n == 0) {
		k->lead[0] = c;
		k->n = 1;
		return true;
	}
	k->n = 0;
	top = (big ? k->lead[0] : c) & 0xfc;
	if (k->surrogate != (top == 0xdc))
		return false;
	k->surrogate = top == 0xd8;
	return true;
}

/* A byte that begins a letter of two or more. */
static bool
begin_letter(struct charset_check *k, uint8_t c)
{
	k->lead[0] = c;
	k->n = 1;
	return true;
}

static bool
end_letter(struct charset_check *k, bool valid)
{
	k->n = 0;
	return valid;
}

/* The four-byte form: k->lead is its first three. */
static bool
is_gb18030_four(const struct charset_check *k, uint8_t c)
{
	const unsigned p = ((k->lead[0] - 0x81u) * 10 + k->lead[1] - 0x30u) *
	    1260 + (k->lead[2] - 0x81u) * 10 + c - 0x30u;

	return is_within(c, 0x30, 0x39) && (p <= 39419 || p >= 189000) &&
	    p <= 1237575;
}

static bool
step_gb18030(struct charset_check *k, uint8_t c)
{
	if (k->n == 0)
		return c <= 0x80 || (c != 0xff && begin_letter(k, c));
	if (k->n == 3)
		return end_letter(k, is_gb18030_four(k, c));
	if (k->n == 1 && !is_within(c, 0x30, 0x39))
		return end_letter(k, is_within(c, 0x40, 0x7e) ||
		    is_within(c, 0x80, 0xfe));
	k->lead[k->n++] = c;
	return k->n == 2 || is_within(c, 0x81, 0xfe);
}

static bool
step_big5(struct charset_check *k, uint8_t c)
{
	if (k->n == 0)
		return c < 0x80 ||
		    (is_within(c, 0x81, 0xfe) && begin_letter(k, c));
	if (!is_within(c, 0x40, 0x7e) && !is_within(c, 0xa1, 0xfe))
		return false;
	return end_letter(k, DEFINED(big5_holes, (k->lead[0] - 0x81u) * 157 +
	    c - (c < 0x7f ? 0x40u : 0x62u)));
}

static bool
step_euc_jp(struct charset_check *k, uint8_t c)
{
	const bool high = is_within(c, 0xa1, 0xfe);

	if (k->n == 0)
		return c < 0x80 || ((high || c == 0x8e || c == 0x8f) &&
		    begin_letter(k, c));
	if (k->n == 1 && k->lead[0] == 0x8e)
		return end_letter(k, is_within(c, 0xa1, 0xdf));
	if (k->n == 1 && k->lead[0] == 0x8f) {
		k->lead[1] = c;
		k->n = 2;
		return high;
	}
	if (!high)
		return false;
	if (k->n == 2)
		return end_letter(k, DEFINED(jis0212_holes,
		    (k->lead[1] - 0xa1u) * 94 + c - 0xa1u));
	return end_letter(k, DEFINED(jis0208_holes,
	    (k->lead[0] - 0xa1u) * 94 + c - 0xa1u));
}

static bool
step_shift_jis(struct charset_check *k, uint8_t c)
{
	if (k->n == 0)
		return c <= 0x80 || is_within(c, 0xa1, 0xdf) ||
		    ((is_within(c, 0x81, 0x9f) || is_within(c, 0xe0, 0xfc)) &&
		    begin_letter(k, c));
	if (!is_within(c, 0x40, 0x7e) && !is_within(c, 0x80, 0xfc))
		return false;
	return end_letter(k, DEFINED(jis0208_holes,
	    (k->lead[0] - (k->lead[0] < 0xa0 ? 0x81u : 0xc1u)) * 188 +
	    c - (c < 0x7f ? 0x40u : 0x41u)));
}

static bool
step_euc_kr(struct charset_check *k, uint8_t c)
{
	if (k->n == 0)
		return c < 0x80 ||
		    (is_within(c, 0x81, 0xfe) && begin_letter(k, c));
	if (!is_within(c, 0x41, 0xfe))
		return false;
	return end_letter(k, DEFINED(euc_kr_holes,
	    (k->lead[0] - 0x81u) * 190 + c - 0x41u));
}

enum jis { JIS_ASCII, JIS_KATAKANA, JIS_LEAD, JIS_TRAIL, JIS_ESCAPE_START,
    JIS_ESCAPE };

/* The last byte of an escape sequence; two of them in a row are an error. */
static bool
end_escape(struct charset_check *k, uint8_t c)
{
	const bool again = k->escaped;

	if (k->lead[0] == 0x28 && (c == 0x42 || c == 0x4a))
		k->state = JIS_ASCII;
	else if (k->lead[0] == 0x28 && c == 0x49)
		k->state = JIS_KATAKANA;
	else if (k->lead[0] == 0x24 && (c == 0x40 || c == 0x42))
		k->state = JIS_LEAD;
	else
		return false;
	k->escaped = true;
	return !again;
}

static bool
step_iso_2022_jp(struct charset_check *k, uint8_t c)
{
	const enum jis state = k->state;

	if (state == JIS_ESCAPE)
		return end_escape(k, c);
	if (state == JIS_ESCAPE_START) {
		k->state = JIS_ESCAPE;
		k->lead[0] = c;
		return c == 0x24 || c == 0x28;
	}
	if (c == 0x1b) {
		k->state = JIS_ESCAPE_START;
		return state != JIS_TRAIL;
	}
	k->escaped = false;
	if (state == JIS_ASCII)
		return c < 0x80 && c != 0x0e && c != 0x0f;
	if (state == JIS_KATAKANA)
		return is_within(c, 0x21, 0x5f);
	k->state = state == JIS_LEAD ? JIS_TRAIL : JIS_LEAD;
	if (!is_within(c, 0x21, 0x7e))
		return false;
	if (state == JIS_LEAD)
		return begin_letter(k, c);
	return end_letter(k, DEFINED(jis0208_holes,
	    (k->lead[0] - 0x21u) * 94 + c - 0x21u));
}

static bool
step(struct charset_check *k, uint8_t c)
{
	switch (k->charset->kind) {
	case ASCII:
		return c < 0x80;
	case SINGLE:
		return step_single(k, c);
	case UTF8:
		return step_utf8(k, c);
	case UTF16LE:
	case UTF16BE:
		return step_utf16(k, c);
	case GB18030:
		return step_gb18030(k, c);
	case BIG5:
		return step_big5(k, c);
	case EUC_JP:
		return step_euc_jp(k, c);
	case ISO_2022_JP:
		return step_iso_2022_jp(k, c);
	case SHIFT_JIS:
		return step_shift_jis(k, c);
	default:
		return step_euc_kr(k, c);
	}
}

void
charset_begin(struct charset_check *k, const struct charset *c)
{
	memset(k, 0, sizeof(*k));
	k->charset = c;
	k->sniffing = c->kind != ASCII;
}

/* What the first bytes are: a mark, the beginning of one, or neither. */
static void
sniff(struct charset_check *k)
{
	static const struct {
		enum kind kind;
		struct span mark;
	} marks[] = {
		{ UTF8, { (const uint8_t *)"\xef\xbb\xbf", 3 } },
		{ UTF16LE, { (const uint8_t *)"\xff\xfe", 2 } },
		{ UTF16BE, { (const uint8_t *)"\xfe\xff", 2 } },
	};
	const struct span seen = { k->mark, k->mark_n };

	k->sniffing = false;
	for (size_t i = 0; i < 3; i++)
		if (span_eq(seen, marks[i].mark)) {
			k->charset = charset_of(marks[i].kind);
			k->mark_n = 0;
		} else if (span_starts(marks[i].mark, seen)) {
			k->sniffing = true;
		}
}

/* The bytes that were kept and are no mark after all. */
static bool
flush_mark(struct charset_check *k)
{
	const size_t n = k->mark_n;

	k->mark_n = 0;
	for (size_t i = 0; i < n; i++)
		if (!step(k, k->mark[i]))
			return false;
	return true;
}

/* How many bytes need no look: ASCII, between letters. */
static size_t
plain_run(const struct charset_check *k, struct span s)
{
	uint64_t word;
	size_t n = 0;

	if (k->n > 0 || k->left > 0 || !charset_is_ascii_based(k->charset))
		return 0;
	for (; s.n - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s.p + n, sizeof(word));
		if ((word & 0x8080808080808080u) != 0)
			break;
	}
	return n;
}

size_t
charset_feed(struct charset_check *k, struct span s)
{
	size_t i = 0;

	for (; k->sniffing && i < s.n; i++) {
		k->mark[k->mark_n++] = s.p[i];
		sniff(k);
		if (!k->sniffing && !flush_mark(k))
			return i;
	}
	while (i < s.n) {
		i += plain_run(k, (struct span){ s.p + i, s.n - i });
		if (i == s.n)
			break;
		if (!step(k, s.p[i]))
			return i;
		i++;
	}
	return s.n;
}

bool
charset_end(struct charset_check *k)
{
	if (k->sniffing && !flush_mark(k))
		return false;
	return k->n == 0 && k->left == 0 && !k->surrogate &&
	    k->state != JIS_ESCAPE_START && k->state != JIS_ESCAPE;
}

bool
charset_is_valid(const struct charset *c, struct span s)
{
	struct charset_check k;

	charset_begin(&k, c);
	return charset_feed(&k, s) == s.n && charset_end(&k);
}

size_t
utf8_length(struct span s)
{
	struct charset_check k = { .charset = charset_of(UTF8) };
	size_t n = 0;

	while (n < s.n && step_utf8(&k, s.p[n])) {
		n++;
		if (k.left == 0)
			return n;
	}
	return 0;
}

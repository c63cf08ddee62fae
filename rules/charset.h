/*
 * Which charsets KumoMTA knows, and whether bytes are valid in one.
 *
 * charset_begin -> charset_feed* -> charset_end
 *
 * The names and the bytes that each charset leaves undefined are those of
 * the WHATWG Encoding Standard, less the names that KumoMTA's library does
 * not take (charset-normalizer-rs, src/enc.rs); us-ascii is apart from
 * windows-1252.  As there, a byte order mark at the start of the text changes
 * the charset to UTF-8 or UTF-16; in us-ascii it does not.
 */
#ifndef BAREDOT_CHARSET_H
#define BAREDOT_CHARSET_H

#include "span.h"

struct charset;

/* By its name, in any case of letters; NULL: KumoMTA does not know it. */
const struct charset *charset_named(struct span name);

/* Every byte below 0x80 is that letter of ASCII, in any place. */
bool charset_is_ascii_based(const struct charset *);
bool charset_is_utf8(const struct charset *);

struct charset_check {
	const struct charset *charset;
	bool sniffing;		/* the first bytes may be a mark */
	uint8_t mark[3];
	size_t mark_n;
	unsigned state;		/* of enum in charset.c: ISO-2022-JP */
	bool escaped;		/* an escape sequence was the last */
	unsigned n;		/* bytes in lead, of a letter begun */
	uint8_t lead[3];
	uint8_t low, high;	/* UTF-8: what the next byte may be */
	unsigned left;		/* UTF-8: bytes to come */
	bool surrogate;		/* UTF-16: the second one has to come */
};

void charset_begin(struct charset_check *, const struct charset *);

/* How many of the bytes are valid: fewer than s.n, s.p[that] is where the
 * first invalid sequence was noticed; the check is over then. */
size_t charset_feed(struct charset_check *, struct span);

/* No letter is incomplete. */
bool charset_end(struct charset_check *);

/* All of s is valid. */
bool charset_is_valid(const struct charset *, struct span s);

/* The bytes of the UTF-8 character that s begins with; 0: it is not valid,
 * or there is none. */
size_t utf8_length(struct span s);

#endif

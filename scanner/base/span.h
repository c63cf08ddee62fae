/*
 * Borrowed bytes, and the four ways in which a line can end.
 *
 * A span owns nothing; whoever hands one out says until when it is valid.
 * An empty one may have p == NULL.
 */
#ifndef BAREDOT_SPAN_H
#define BAREDOT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t n;		/* bytes */
};

/* The bytes of a string literal, without its final NUL. */
#define SPAN(lit) ((struct span){ (const uint8_t *)(lit), sizeof(lit) - 1 })

/* Those of a text, without its NUL. */
static inline struct span
span_text(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* A line break.  BRK_NONE: the line is the first, or the last and unended. */
enum brk { BRK_NONE, BRK_CRLF, BRK_LF, BRK_CR };
#define BRK_KINDS 4

static inline uint8_t
ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* s begins with head. */
static inline bool
span_starts(struct span s, struct span head)
{
	return s.n >= head.n &&
	    (head.n == 0 || memcmp(s.p, head.p, head.n) == 0);
}

/* The same; head is in lower case, s in any ASCII case. */
static inline bool
span_starts_nocase(struct span s, struct span head)
{
	if (s.n < head.n)
		return false;
	for (size_t i = 0; i < head.n; i++)
		if (ascii_lower(s.p[i]) != head.p[i])
			return false;
	return true;
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && span_starts(a, b);
}

static inline bool
ascii_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Space or tab: what RFC 5322 2.2.2 calls WSP. */
static inline bool
ascii_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* A byte that may stand in a header field's name: RFC 5322 3.6.8, ftext. */
static inline bool
ascii_ftext(uint8_t c)
{
	return c > 32 && c < 127 && c != ':';
}

/*
 * s begins with a header field's name and its colon: RFC 5322 3.6.8, with the
 * white space before the colon that 4.5.8 allows.
 */
static inline bool
span_begins_field(struct span s)
{
	size_t i = 0;

	while (i < s.n && ascii_ftext(s.p[i]))
		i++;
	if (i == 0)
		return false;
	while (i < s.n && ascii_wsp(s.p[i]))
		i++;
	return i < s.n && s.p[i] == ':';
}

#endif

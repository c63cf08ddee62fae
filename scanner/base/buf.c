/*
 * See buf.h.
 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST 256u

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

static bool
buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : BUF_FIRST;
	uint8_t *p;

	if (b->failed)
		return false;
	while (n > cap - b->n) {
		if (cap > SIZE_MAX / 2)
			goto failed;
		cap *= 2;
	}
	if ((p = realloc(b->p, cap)) == NULL)
		goto failed;
	b->p = p;
	b->cap = cap;
	return true;
failed:
	b->failed = true;
	return false;
}

/* Room for n more bytes, or latch. */
static inline bool
buf_room(struct buf *b, size_t n)
{
	return (n <= b->cap - b->n && !b->failed) || buf_grow(b, n);
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_room(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_byte(struct buf *b, uint8_t c)
{
	if (buf_room(b, 1))
		b->p[b->n++] = c;
}

void
buf_u64(struct buf *b, uint64_t v)
{
	char text[20];
	size_t i = sizeof(text);

	do
		text[--i] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	buf_add(b, text + i, sizeof(text) - i);
}

void
buf_grouped(struct buf *b, uint64_t v)
{
	char text[26];
	size_t i = sizeof(text), n = 0;

	do {
		if (n > 0 && n % 3 == 0)
			text[--i] = ',';
		text[--i] = (char)('0' + v % 10);
		n++;
	} while ((v /= 10) > 0);
	buf_add(b, text + i, sizeof(text) - i);
}

void
buf_hex(struct buf *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_byte(b, (uint8_t)digits[p[i] >> 4]);
		buf_byte(b, (uint8_t)digits[p[i] & 15]);
	}
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	if (n < 0 || !buf_room(b, (size_t)n + 1))
		return;
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

const char *
buf_text(struct buf *b)
{
	if (!buf_room(b, 1))
		return "";
	b->p[b->n] = '\0';
	return (const char *)b->p;
}

struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

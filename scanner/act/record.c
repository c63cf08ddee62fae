/*
 * See record.h.
 */
#include "record.h"

void
record_bytes(struct buf *b, const char *key, struct span value)
{
	buf_str(b, key);
	buf_byte(b, ' ');
	buf_u64(b, value.n);
	buf_byte(b, ':');
	buf_add(b, value.p, value.n);
	buf_byte(b, '\n');
}

void
record_text(struct buf *b, const char *key, const char *text)
{
	record_bytes(b, key,
	    (struct span){ (const uint8_t *)text, strlen(text) });
}

void
record_u64(struct buf *b, const char *key, uint64_t value)
{
	struct buf digits = { 0 };

	buf_u64(&digits, value);
	record_bytes(b, key, buf_span(&digits));
	b->failed = b->failed || digits.failed;
	buf_free(&digits);
}

/* Digits at the start of s, without leading zeros; how many, 0: none. */
static size_t
read_number(struct span s, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s.n && ascii_digit(s.p[i]); i++) {
		const unsigned digit = (unsigned)(s.p[i] - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return 0;
		v = v * 10 + digit;
	}
	if (i > 1 && s.p[0] == '0')
		return 0;
	*out = v;
	return i;
}

bool
record_next(struct span *in, struct span *key, struct span *value)
{
	struct span s = *in;
	size_t k = 0, digits;
	uint64_t n;

	while (k < s.n && s.p[k] != ' ')
		k++;
	if (k == 0 || k == s.n)
		return false;
	*key = (struct span){ s.p, k };
	s = (struct span){ s.p + k + 1, s.n - k - 1 };
	digits = read_number(s, &n);
	if (digits == 0 || digits == s.n || s.p[digits] != ':')
		return false;
	s = (struct span){ s.p + digits + 1, s.n - digits - 1 };
	if (n >= s.n || s.p[n] != '\n')
		return false;
	*value = (struct span){ s.p, (size_t)n };
	*in = (struct span){ s.p + n + 1, s.n - (size_t)n - 1 };
	return true;
}

bool
record_find(struct span in, const char *key, struct span *value)
{
	const struct span wanted = { (const uint8_t *)key, strlen(key) };
	struct span k, v;

	while (record_next(&in, &k, &v))
		if (span_eq(k, wanted)) {
			*value = v;
			return true;
		}
	return false;
}

bool
record_find_u64(struct span in, const char *key, uint64_t *value)
{
	struct span v;

	return record_find(in, key, &v) && v.n > 0 &&
	    read_number(v, value) == v.n;
}

bool
record_find_text(struct span in, const char *key, char *out, size_t cap)
{
	struct span v;

	if (!record_find(in, key, &v) || v.n >= cap ||
	    memchr(v.p, '\0', v.n) != NULL)
		return false;
	memcpy(out, v.p, v.n);
	out[v.n] = '\0';
	return true;
}

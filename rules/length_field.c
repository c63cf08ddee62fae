/*
 * See length_field.h.
 */
#include "length_field.h"

/* s is digits and no more, a number below 2^64. */
static bool
read_number(struct span s, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0 || s.n > LENGTH_DIGITS)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const uint8_t digit = (uint8_t)(s.p[i] - '0');

		if (!ascii_digit(s.p[i]) || value > UINT64_MAX / 10 ||
		    digit > UINT64_MAX - value * 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

void
length_field_find(const struct fields *fs, const char *name,
    struct length_field *out)
{
	size_t i = 0;
	const struct field *f = fields_find(fs, name, &i);
	struct span s;

	memset(out, 0, sizeof(*out));
	if (f == NULL)
		return;
	out->there = true;
	i++;
	out->many = fields_find(fs, name, &i) != NULL;
	s = f->value;
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && ascii_wsp(s.p[s.n - 1]))
		s.n--;
	out->bad = !read_number(s, &out->value);
	if (out->bad)
		return;
	out->digits = (uint8_t)s.n;
	out->off = f->off + (uint64_t)(s.p - f->raw.p);
}

size_t
length_field_text(uint64_t value, uint8_t out[LENGTH_DIGITS])
{
	uint8_t digits[LENGTH_DIGITS];
	size_t n = 0, made = 0;

	do {
		digits[n++] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		out[made++] = digits[--n];
	return made;
}

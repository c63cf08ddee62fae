/*
 * See exim_lines.h.
 */
#include "exim_lines.h"

static size_t
letters(struct span s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && (ascii_digit(s.p[at + n]) ||
	    (ascii_lower(s.p[at + n]) >= 'a' &&
	    ascii_lower(s.p[at + n]) <= 'z')))
		n++;
	return n;
}

size_t
exim_id(struct span s, char *which)
{
	const size_t a = letters(s, 0), b = a == 6 ? letters(s, 7) : 0;
	const size_t c = b > 0 ? letters(s, 8 + b) : 0, n = 8 + b + c;

	if (!((b == 6 && c == 2) || (b == 11 && c == 4)) || s.n < n + 3 ||
	    s.p[6] != '-' || s.p[7 + b] != '-' || s.p[n] != '-' ||
	    (s.p[n + 1] != 'H' && s.p[n + 1] != 'D') || s.p[n + 2] != '\n')
		return 0;
	*which = (char)s.p[n + 1];
	return n;
}

bool
exim_number(struct span *s, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < s->n && i < 15 && ascii_digit(s->p[i]); i++)
		*out = 10 * *out + (uint64_t)(s->p[i] - '0');
	*s = (struct span){ s->p + i, s->n - i };
	return i > 0;
}

struct span
exim_option(struct span s)
{
	size_t i = s.n > 1 && s.p[1] == '-' ? 2 : 1;

	if (i < s.n && s.p[i] == '(')
		while (i < s.n && s.p[i++] != ')')
			;
	return (struct span){ s.p + i, s.n - i };
}

/* " TEXT LEN,NUMBER" at the end, TEXT of LEN bytes: without all that. */
static void
drop_field(struct span *s)
{
	struct span digits;
	uint64_t len = 0;
	size_t n = s->n;

	while (n > 0 && (ascii_digit(s->p[n - 1]) || s->p[n - 1] == ',' ||
	    s->p[n - 1] == '-'))
		n--;
	digits = (struct span){ s->p + n, s->n - n };
	(void)exim_number(&digits, &len);
	n -= n > 0 && s->p[n - 1] == ' ';
	s->n = n > len ? n - (size_t)len : 0;
	s->n -= s->n > 0 && s->p[s->n - 1] == ' ';
}

struct span
exim_address(struct span s)
{
	size_t n = s.n;
	unsigned bits;

	while (n > 0 && ascii_digit(s.p[n - 1]))
		n--;
	if (n == 0 || n == s.n)
		return s;
	if (s.p[n - 1] == ',') {
		while (n > 0 && (ascii_digit(s.p[n - 1]) ||
		    s.p[n - 1] == ','))
			n--;
		return n > 0 && s.p[n - 1] == ' ' ?
		    (struct span){ s.p, n - 1 } : s;
	}
	if (s.p[n - 1] == ' ')
		return (struct span){ s.p, n - 1 };
	if (s.p[n - 1] != '#')
		return s;
	bits = (unsigned)(s.p[n] - '0');
	s.n = n - 1;
	if ((bits & 1) != 0)
		drop_field(&s);
	if ((bits & 2) != 0)
		drop_field(&s);
	return s;
}

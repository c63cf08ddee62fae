/*
 * See sendmail_records.h.
 */
#include "sendmail_records.h"

#define QUOTE 0xffu

bool
sendmail_records(struct span s)
{
	static const char letters[] = "VTKNP";

	for (size_t i = 0; letters[i] != '\0'; i++) {
		size_t n = 1;

		if (s.n == 0 || s.p[0] != (uint8_t)letters[i])
			return false;
		n += s.n > 1 && i > 0 && s.p[1] == '-';
		if (n == s.n || !ascii_digit(s.p[n]))
			return false;
		while (n < s.n && ascii_digit(s.p[n]))
			n++;
		if (n == s.n || s.p[n] != '\n')
			return false;
		s = (struct span){ s.p + n + 1, s.n - n - 1 };
	}
	return true;
}

char
sendmail_name(struct span s)
{
	size_t i = 2;

	if (s.n < 3 || s.n - 2 > SENDMAIL_ID_MAX || s.p[1] != 'f' ||
	    memchr("qhQdtT", s.p[0], 6) == NULL)
		return 0;
	while (i < s.n && (ascii_digit(s.p[i]) ||
	    (ascii_lower(s.p[i]) >= 'a' && ascii_lower(s.p[i]) <= 'z')))
		i++;
	return i == s.n ? (char)s.p[0] : 0;
}

bool
sendmail_number(struct span s, uint64_t *out)
{
	size_t i = 0;

	for (*out = 0; i < s.n && i < 15 && ascii_digit(s.p[i]); i++)
		*out = 10 * *out + (uint64_t)(s.p[i] - '0');
	return i > 0 && i == s.n;
}

struct span
sendmail_address(struct span s)
{
	size_t n = 1;

	if (s.n == 0)
		return s;
	while (s.p[0] == 'R' && n < s.n && s.p[n] >= 'A' && s.p[n] <= 'Z')
		n++;
	n = s.p[0] == 'R' && n < s.n && s.p[n] == ':' ? n + 1 : 1;
	s = (struct span){ s.p + n, s.n - n };
	if (s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = (struct span){ s.p + 1, s.n - 2 };
	return s;
}

struct span
sendmail_directory(struct span s)
{
	size_t n;

	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	if (s.n > 3 && memcmp(s.p + s.n - 3, "/df", 3) == 0)
		s.n -= 3;
	for (n = s.n; n > 0 && s.p[n - 1] != '/'; n--)
		;
	s = (struct span){ n > 0 ? s.p + n : s.p, s.n - n };
	return s.n > 0 && s.p[0] != '.' ? s : (struct span){ NULL, 0 };
}

bool
sendmail_sent(struct span s)
{
	if (s.n == 0 || s.p[0] == '$')
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == 'D' || s.p[i] == 'F' || s.p[i] == 'M')
			return true;
	return false;
}

bool
sendmail_dropped(struct span s, bool bcc)
{
	return span_starts_nocase(s, SPAN("return-path:")) ||
	    span_starts_nocase(s, SPAN("content-length:")) ||
	    (bcc && span_starts_nocase(s, SPAN("bcc:")));
}

bool
sendmail_quote(uint8_t c, uint8_t next)
{
	return c == QUOTE && (next == QUOTE || (next >= 0x80 && next < 0xa0));
}

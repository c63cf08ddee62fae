/*
 * See from.h.
 */
#include "from.h"

#define FROM_LINE_MAX 1024u	/* bytes */
#define WORDS_MAX 10u		/* of the line's end that can be a date */

/* The line at the start of s, without its break; n + 1 bytes in all, or so. */
static bool
first_line(struct span s, uint8_t last, struct span *line, struct span *rest)
{
	const uint8_t *end = s.n == 0 ? NULL : memchr(s.p, last, s.n);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - s.p);
	*rest = (struct span){ end + 1, s.n - n - 1 };
	if (last == '\n' && n > 0 && s.p[n - 1] == '\r')
		n--;
	*line = (struct span){ s.p, n };
	return true;
}

/* The last words of a line, the last one first. */
static size_t
last_words(struct span s, struct span words[WORDS_MAX])
{
	size_t count = 0, end = s.n, start;

	while (count < WORDS_MAX) {
		while (end > 0 && ascii_wsp(s.p[end - 1]))
			end--;
		if (end == 0)
			break;
		for (start = end; start > 0 && !ascii_wsp(s.p[start - 1]); )
			start--;
		words[count++] = (struct span){ s.p + start, end - start };
		end = start;
	}
	return count;
}

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* H:MM or HH:MM, with or without :SS. */
static bool
is_time(struct span s)
{
	size_t i = s.n > 1 && s.p[1] == ':' ? 1 : 2;

	if (s.n < i + 3 || !all_digits((struct span){ s.p, i }))
		return false;
	if (s.p[i] != ':' || !all_digits((struct span){ s.p + i + 1, 2 }))
		return false;
	i += 3;
	return i == s.n || (s.n == i + 3 && s.p[i] == ':' &&
	    all_digits((struct span){ s.p + i + 1, 2 }));
}

static bool
is_year(struct span s)
{
	return (s.n == 2 || s.n == 4) && all_digits(s);
}

static bool
is_day(struct span s)
{
	return s.n <= 2 && all_digits(s);
}

/* "+0100", or letters such as "CET". */
static bool
is_zone(struct span s)
{
	if (s.n == 5 && (s.p[0] == '+' || s.p[0] == '-'))
		return all_digits((struct span){ s.p + 1, 4 });
	for (size_t i = 0; i < s.n; i++)
		if (ascii_lower(s.p[i]) < 'a' || ascii_lower(s.p[i]) > 'z')
			return false;
	return s.n > 0 && s.n <= 5;
}

static bool
is_month(struct span s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	if (s.n != 3)
		return false;
	for (size_t i = 0; i < 36; i += 3)
		if (span_starts_nocase(s, (struct span){
		    (const uint8_t *)names + i, 3 }))
			return true;
	return false;
}

/*
 * w[at] is the time.  Behind it (lower numbers): a year with up to two zone
 * words on either side; before it: month and day.  Or, as in a Date field:
 * day, month and year before it, and zone words alone behind it.
 */
static bool
is_date_around(const struct span *w, size_t n, size_t at)
{
	bool year = false;
	size_t zones = 0;

	for (size_t i = at; i-- > 0; )
		if (!year && is_year(w[i])) {
			year = true;
			zones = 0;
		} else if (!is_zone(w[i]) || ++zones > 2) {
			return false;
		}
	if (year)
		return n > at + 2 && is_day(w[at + 1]) && is_month(w[at + 2]);
	return n > at + 3 && is_year(w[at + 1]) && is_month(w[at + 2]) &&
	    is_day(w[at + 3]);
}

/* The line ends with a date; "remote from HOST" (UUCP) may follow it. */
static bool
ends_with_date(struct span line)
{
	struct span words[WORDS_MAX], *w = words;
	size_t n = last_words(line, words);

	if (n > 3 && span_eq(w[1], SPAN("from")) &&
	    span_eq(w[2], SPAN("remote"))) {
		w += 3;
		n -= 3;
	}
	for (size_t i = 0; i < n; i++)
		if (is_time(w[i]))
			return is_date_around(w, n, i);
	return false;
}

/* What some programs write without a date: Netscape's "-", and Google
 * Takeout's number. */
static bool
stands_alone(struct span sender)
{
	const struct span tail = SPAN("@xxx");

	while (sender.n > 0 && ascii_wsp(sender.p[sender.n - 1]))
		sender.n--;
	if (sender.n == 0 || span_eq(sender, SPAN("-")))
		return true;
	return sender.n > tail.n && all_digits((struct span){ sender.p,
	    sender.n - tail.n }) && memcmp(sender.p + sender.n - tail.n,
	    tail.p, tail.n) == 0;
}

enum from_is
from_judge(struct span s, uint8_t last)
{
	struct span line, rest, sender;

	if (!span_starts(s, SPAN("From ")))
		return FROM_NO;
	if (s.n > FROM_AHEAD)
		s.n = FROM_AHEAD;	/* more must not change the answer */
	if (!first_line(s, last, &line, &rest) || line.n > FROM_LINE_MAX ||
	    !span_begins_field(rest))
		return FROM_TEXT;
	sender = (struct span){ line.p + 5, line.n - 5 };
	while (sender.n > 0 && ascii_wsp(sender.p[0]))
		sender = (struct span){ sender.p + 1, sender.n - 1 };
	if (stands_alone(sender) || ends_with_date(sender))
		return FROM_SEPARATOR;
	return FROM_TEXT;
}

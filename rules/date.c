/*
 * See date.h.  By hand: strftime speaks the language of the locale.
 */
#include "date.h"

#include <string.h>

static char *
put_text(char *p, const char *s)
{
	const size_t n = strlen(s);

	memcpy(p, s, n + 1);
	return p + n;
}

/* At least width digits. */
static char *
put_number(char *p, int value, int width)
{
	char digits[12];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0 || n < width);
	while (n > 0)
		*p++ = digits[--n];
	*p = '\0';
	return p;
}

bool
date_rfc5322(time_t t, char out[DATE_SIZE])
{
	static const char days[7][6] = { "Sun, ", "Mon, ", "Tue, ", "Wed, ",
	    "Thu, ", "Fri, ", "Sat, " };
	static const char months[12][6] = { " Jan ", " Feb ", " Mar ",
	    " Apr ", " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ",
	    " Nov ", " Dec " };
	struct tm tm;
	char *p = out;

	out[0] = '\0';
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 0 ||
	    tm.tm_year > 9999 - 1900)
		return false;
	p = put_text(p, days[tm.tm_wday]);
	p = put_number(p, tm.tm_mday, 1);
	p = put_text(p, months[tm.tm_mon]);
	p = put_number(p, tm.tm_year + 1900, 4);
	p = put_text(p, " ");
	p = put_number(p, tm.tm_hour, 2);
	p = put_text(p, ":");
	p = put_number(p, tm.tm_min, 2);
	p = put_text(p, ":");
	p = put_number(p, tm.tm_sec, 2);
	(void)put_text(p, " +0000");
	return true;
}

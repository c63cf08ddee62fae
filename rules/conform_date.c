/*
 * See conform_value.h: Date, as KumoMTA's library chrono 0.4 reads it
 * (src/format/parse.rs, scan.rs), and once more, without comments and with
 * any word for a zone, as its own datetime.rs does.
 */
#include "conform_value.h"

#define DATE_MAX 1000u		/* bytes that are read with comments removed */
#define YEAR_MAX 262142

struct date {
	struct span s;		/* what is left */
	int weekday;		/* from Sunday; -1: none is said */
	uint64_t day, month, year;	/* month: from 0 */
	uint64_t hour, minute, second;
	int64_t zone;		/* seconds east of UTC */
};

static bool
is_alpha(uint8_t c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* Bytes of the white space character at the start: Unicode's White_Space. */
static size_t
space_length(struct span s)
{
	static const char *const wide[] = { "\xc2\x85", "\xc2\xa0",
	    "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
	    "\xe2\x81\x9f", "\xe3\x80\x80" };

	if (s.n == 0)
		return 0;
	if (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r'))
		return 1;
	if (s.n >= 3 && s.p[0] == 0xe2 && s.p[1] == 0x80 &&
	    s.p[2] >= 0x80 && s.p[2] <= 0x8a)
		return 3;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (span_starts(s, (struct span){ (const uint8_t *)wide[i],
		    strlen(wide[i]) }))
			return strlen(wide[i]);
	return 0;
}

static void
skip(struct span *s, size_t n)
{
	*s = (struct span){ s->p + n, s->n - n };
}

/* False: there was none. */
static bool
skip_space(struct span *s)
{
	const size_t n = s->n;

	for (size_t k; (k = space_length(*s)) > 0; )
		skip(s, k);
	return s->n < n;
}

/* At least min digits, no more than max; 0 to UINT32_MAX. */
static bool
take_number(struct span *s, size_t min, size_t max, uint64_t *out)
{
	size_t n = 0;

	for (*out = 0; n < s->n && n < max && ascii_digit(s->p[n]); n++) {
		*out = *out * 10 + (uint64_t)(s->p[n] - '0');
		if (*out > UINT32_MAX)
			return false;
	}
	if (n < min)
		return false;
	skip(s, n);
	return true;
}

/* One of the names of three letters; false: nothing is taken. */
static bool
take_name(struct span *s, const char *names, uint64_t *out)
{
	for (*out = 0; *names != '\0'; names += 3, ++*out)
		if (span_starts_nocase(*s,
		    (struct span){ (const uint8_t *)names, 3 })) {
			skip(s, 3);
			return true;
		}
	return false;
}

static bool
take_byte(struct span *s, uint8_t c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	skip(s, 1);
	return true;
}

/* RFC 5322 4.3: two digits are of 1950 to 2049, three of 1900 on. */
static bool
take_year(struct date *d)
{
	const size_t n = d->s.n;
	size_t digits;

	if (!take_number(&d->s, 2, SIZE_MAX, &d->year))
		return false;
	digits = n - d->s.n;
	if (digits == 2 && d->year < 50)
		d->year += 2000;
	else if (digits <= 3)
		d->year += 1900;
	return d->year <= YEAR_MAX;
}

static bool
take_date(struct date *d)
{
	uint64_t weekday;

	(void)skip_space(&d->s);
	d->weekday = -1;
	if (take_name(&d->s, "sunmontuewedthufrisat", &weekday)) {
		if (!take_byte(&d->s, ','))
			return false;
		d->weekday = (int)weekday;	/* 0 to 6 */
	}
	(void)skip_space(&d->s);
	return take_number(&d->s, 1, 2, &d->day) && skip_space(&d->s) &&
	    take_name(&d->s, "janfebmaraprmayjunjulaugsepoctnovdec",
	    &d->month) && skip_space(&d->s) && take_year(d);
}

static bool
take_time(struct date *d)
{
	struct span *s = &d->s;
	struct span after;

	if (!take_number(s, 2, 2, &d->hour))
		return false;
	(void)skip_space(s);
	if (!take_byte(s, ':'))
		return false;
	(void)skip_space(s);
	if (!take_number(s, 2, 2, &d->minute))
		return false;
	after = *s;
	(void)skip_space(&after);
	if (take_byte(&after, ':')) {
		if (!take_number(&after, 2, 2, &d->second))
			return false;
		*s = after;
	}
	return d->hour < 24 && d->minute < 60 && d->second <= 60;
}

/* Of less than a day. */
static bool
take_zone(struct date *d)
{
	static const char names[] = "gmtestcstmstpstedtcdtmdtpdt";
	static const int8_t east[] = { 0, -5, -6, -7, -8, -4, -5, -6, -7 };
	struct span *s = &d->s;
	uint64_t hours, minutes, which;
	bool west;
	size_t n = 0;

	while (n < s->n && is_alpha(s->p[n]))
		n++;
	if (n == 3) {
		if (!take_name(s, names, &which))
			return false;
		d->zone = east[which] * 3600;
		return true;
	}
	if (n == 1 && ascii_lower(s->p[0]) == 'j')
		return false;
	if (n == 1 || (n == 2 && span_starts_nocase(*s, SPAN("ut")))) {
		skip(s, n);
		return true;
	}
	west = n == 0 && take_byte(s, '-');
	if (n > 0 || (!west && !take_byte(s, '+')) ||
	    !take_number(s, 2, 2, &hours) ||
	    !take_number(s, 2, 2, &minutes) || minutes >= 60 || hours >= 24)
		return false;
	d->zone = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

static bool
take_comment(struct span *s)
{
	struct span rest = *s;
	size_t depth = 0;

	(void)skip_space(&rest);
	for (size_t i = 0; i < rest.n; i++) {
		if (rest.p[i] == '(') {
			depth++;
		} else if (depth == 0) {
			return false;
		} else if (rest.p[i] == '\\') {
			i++;
		} else if (rest.p[i] == ')' && --depth == 0) {
			skip(&rest, i + 1);
			*s = rest;
			return true;
		}
	}
	return false;
}

/* That day exists, and is the weekday it is said to be. */
static bool
is_day(const struct date *d)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	static const uint8_t shift[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
	const bool leap = d->year % 4 == 0 &&
	    (d->year % 100 != 0 || d->year % 400 == 0);
	const uint64_t y = d->year + 400 - (d->month < 2);

	if (d->day == 0 || d->day > days[d->month] +
	    (leap && d->month == 1 ? 1u : 0u))
		return false;
	return d->weekday < 0 || (y + y / 4 - y / 100 + y / 400 +
	    shift[d->month] + d->day) % 7 == (uint64_t)d->weekday;
}

/* Seconds since 1970; days are counted from March of the year 0, so that the
 * leap day is the last of a year. */
static int64_t
moment(const struct date *d)
{
	const int64_t y = (int64_t)d->year - (d->month < 2);
	const int64_t m = (int64_t)(d->month + 10) % 12;
	const int64_t days = 365 * y + y / 4 - y / 100 + y / 400 +
	    (153 * m + 2) / 5 + (int64_t)d->day - 1 - 719468;

	return ((days * 24 + (int64_t)d->hour) * 60 + (int64_t)d->minute) *
	    60 + (int64_t)d->second - d->zone;
}

static bool
is_date(struct span s, int64_t *at)
{
	struct date d = { .s = s };

	if (!take_date(&d) || !skip_space(&d.s) || !take_time(&d) ||
	    !skip_space(&d.s) || !take_zone(&d))
		return false;
	while (take_comment(&d.s))
		;
	if (d.s.n > 0 || !is_day(&d))
		return false;
	*at = moment(&d);
	return true;
}

static bool
is_token(uint8_t c)
{
	return !byte_is_one_of(c, " \t\r\n(");
}

/* The value's words with one space between them. */
static bool
strip_comments(struct span value, uint8_t *out, size_t *n)
{
	struct cursor c = { .s = value };
	struct span token;

	*n = 0;
	while (!cursor_at_end(&c)) {
		if (cursor_cfws(&c))
			continue;
		if (!cursor_run(&c, is_token, &token) ||
		    token.n >= DATE_MAX - *n)
			return false;
		if (*n > 0)
			out[(*n)++] = ' ';
		memcpy(out + *n, token.p, token.n);
		*n += token.n;
	}
	return true;
}

static bool
is_utf8(struct span s)
{
	size_t n;

	for (; s.n > 0; skip(&s, n))
		if ((n = utf8_length(s)) == 0)
			return false;
	return true;
}

bool
conform_date_at(struct span value, int64_t *at)
{
	uint8_t plain[DATE_MAX + 1];
	size_t n, zone;

	if (!is_utf8(value))
		return false;
	if (is_date(value, at))
		return true;
	if (!strip_comments(value, plain, &n))
		return false;
	for (zone = n; zone > 0 && is_alpha(plain[zone - 1]); )
		zone--;
	if (zone == n || zone == 0 || plain[zone - 1] != ' ')
		return false;
	plain[zone] = 'Z';	/* any zone will do */
	return is_date((struct span){ plain, zone + 1 }, at);
}

bool
conform_date(struct span value)
{
	int64_t at;

	return conform_date_at(value, &at);
}

bool
conform_date_of(const struct fields *all, int64_t *at)
{
	size_t i = 0;
	const struct field *f = fields_find(all, "date", &i);

	return f != NULL && conform_date_at(f->value, at);
}

/*
 * See split.h.  Nothing of formats/ is used but the form of its answers.
 */
#include "split.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_SEEN (64u << 10)	/* bytes in which Content-Length is sought */
#define LINE_SEEN 1024u
#define LINES_SEEN 2048u

#define W "[ \t]+"
#define TIME "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?"
#define YEAR "([0-9]{2}|[0-9]{4})"
#define ZONE "([a-z]{1,5}|[+-][0-9]{4})"
#define MONTH "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
#define DAY "[0-9]{1,2}"
#define UUCP "(" W "remote" W "from" W "[^ \t]+)?[ \t]*$"

void
splitter_open(struct splitter *s)
{
	if (regcomp(&s->date, "^From [ \t]*(-|[0-9]+@xxx)?[ \t]*$|"
	    "^From (.*[ \t])?(" MONTH W DAY W TIME "(" W ZONE "){0,2}" W YEAR
	    "(" W ZONE "){0,2}|" DAY W MONTH W YEAR W TIME
	    "(" W ZONE "){0,2})" UUCP,
	    REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0 ||
	    regcomp(&s->field, "^[!-9;-~]+[ \t]*:",
	    REG_EXTENDED | REG_NOSUB) != 0)
		abort();
}

void
splitter_close(struct splitter *s)
{
	regfree(&s->date);
	regfree(&s->field);
}

uint8_t
split_last(struct span f)
{
	for (size_t i = 0; i < f.n; i++)
		if (f.p[i] == '\n' || (f.p[i] == '\r' &&
		    (i + 1 == f.n || f.p[i + 1] != '\n')))
			return f.p[i];
	return '\n';
}

/* Where the line that starts at i ends, its break included. */
static size_t
line_end(struct span f, size_t i)
{
	const uint8_t last = split_last(f);

	while (i < f.n && f.p[i] != last)
		i++;
	return i < f.n ? i + 1 : i;
}

/* The line at i as text, as much of it as fits; its break is cut. */
static void
line_text(struct span f, size_t i, char text[LINES_SEEN + 1])
{
	size_t n = line_end(f, i) - i;

	if (n > 0 && f.p[i + n - 1] == split_last(f))
		n--;
	if (split_last(f) == '\n' && n > 0 && f.p[i + n - 1] == '\r')
		n--;
	if (n > LINES_SEEN)
		n = LINES_SEEN;
	memcpy(text, f.p + i, n);
	text[n] = '\0';
	for (size_t k = 0; k < n; k++)
		if (text[k] == '\0')
			text[k] = '\1';
}

static bool
begins_from(struct span f, size_t at)
{
	return f.n - at >= 5 && memcmp(f.p + at, "From ", 5) == 0;
}

bool
split_separates(const struct splitter *s, struct span f, size_t at)
{
	char text[LINES_SEEN + 1];
	const size_t next = line_end(f, at);

	if (!begins_from(f, at) || f.p[next - 1] != split_last(f))
		return false;
	line_text(f, at, text);
	if (strlen(text) > LINE_SEEN ||
	    regexec(&s->date, text, 0, NULL, 0) != 0)
		return false;
	line_text(f, next, text);
	if (next - at < LINES_SEEN)
		text[LINES_SEEN - (next - at)] = '\0';
	return regexec(&s->field, text, 0, NULL, 0) == 0;
}

/* Bytes of the empty line before the line that starts at i; 0: none. */
static size_t
empty_before(struct span f, size_t i)
{
	const uint8_t last = split_last(f);

	if (i < 2 || f.p[i - 1] != last)
		return 0;
	if (f.p[i - 2] == last)
		return 1;
	return last == '\n' && i > 2 && f.p[i - 2] == '\r' &&
	    f.p[i - 3] == '\n' ? 2 : 0;
}

struct header {
	size_t body;		/* 0: not seen */
	uint64_t length;	/* UINT64_MAX: none */
	bool internal;
};

static uint64_t
length_of(const char *v)
{
	const size_t skip = strspn(v, " \t");
	const size_t n = strspn(v + skip, "0123456789");

	if (n == 0 || n > 18 ||
	    v[skip + n + strspn(v + skip + n, " \t\r")] != '\0')
		return UINT64_MAX;
	return strtoull(v + skip, NULL, 10);
}

static struct header
header_at(const struct splitter *s, struct span f, size_t off)
{
	struct header h = { .length = UINT64_MAX };
	char text[LINES_SEEN + 1];

	for (size_t i = off, next; i < f.n; i = next) {
		next = line_end(f, i);
		if (next - off > HEADER_SEEN || f.p[next - 1] != split_last(f))
			break;
		if (i > off && split_separates(s, f, i))
			break;
		line_text(f, i, text);
		if (text[0] == '\0') {
			h.body = next;
			break;
		}
		if (strncasecmp(text, "content-length:", 15) == 0 &&
		    h.length == UINT64_MAX)
			h.length = length_of(text + 15);
		if (strncasecmp(text, "x-imap:", 7) == 0)
			h.internal = true;
	}
	return h;
}

/* Where the separator (or the end) is that a length which ends at e meets;
 * SIZE_MAX: there is none. */
static size_t
met_by_length(const struct splitter *s, struct span f, size_t e)
{
	const uint8_t last = split_last(f);
	size_t at = e;

	if (at < f.n && f.p[at] == last)
		at++;
	else if (f.n - at >= 2 && last == '\n' &&
	    memcmp(f.p + at, "\r\n", 2) == 0)
		at += 2;
	if (at == f.n)
		return at;
	return f.p[at - 1] == last && split_separates(s, f, at) ? at :
	    SIZE_MAX;
}

/* The next separator behind a place inside a message, or the end. */
static size_t
next_separator(const struct splitter *s, struct span f, size_t i)
{
	for (i = line_end(f, i); i < f.n; i = line_end(f, i))
		if (split_separates(s, f, i))
			return i;
	return f.n;
}

/* Count the "From " lines in [from, to), which separate nothing. */
static void
count_text(const struct splitter *s, struct span f, size_t from, size_t to,
    struct dialects *d)
{
	for (size_t i = from; i < to; i = line_end(f, i)) {
		const bool is = split_separates(s, f, i);

		if (!begins_from(f, i))
			continue;
		d->any_from++;
		d->blank_from += empty_before(f, i) > 0;
		d->no_length += is;
		dialects_dispute(d, i, is ? DISPUTE_IN_LENGTH : DISPUTE_TEXT);
	}
}

/* The message whose separator is at *at; then *at is the next one's. */
static bool
split_one(const struct splitter *s, struct span f, size_t *at, bool lengths,
    struct split *out)
{
	const size_t sep = *at, off = line_end(f, sep);
	const struct header h = header_at(s, f, off);
	struct split_message *m = &out->m[out->n];
	size_t met = SIZE_MAX, gap;

	out->seen.any_from++;
	out->seen.no_length++;
	out->seen.blank_from += sep == 0 || empty_before(f, sep) > 0;
	if (sep > 0 && empty_before(f, sep) == 0)
		dialects_dispute(&out->seen, sep, DISPUTE_NO_BLANK);
	*m = (struct split_message){ .separator = sep, .off = off };
	if (lengths && h.body > 0 && h.length <= f.n - h.body)
		met = met_by_length(s, f, h.body + (size_t)h.length);
	*at = met != SIZE_MAX ? met : next_separator(s, f, off);
	gap = empty_before(f, *at);
	if (*at - gap < h.body || *at - gap < off)
		gap = 0;
	if (met != SIZE_MAX)
		gap = *at - h.body - (size_t)h.length;
	m->len = *at - gap - off;
	out->end = *at - gap;
	out->seen.by_length += met != SIZE_MAX;
	if (off < f.n)
		count_text(s, f, line_end(f, off), *at, &out->seen);
	return !(h.internal && sep == 0);
}

void
split_file(const struct splitter *s, struct span f, bool lengths,
    struct split *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t at = 0; at < f.n && out->n < SPLIT_MAX; ) {
		if (split_one(s, f, &at, lengths, out))
			out->n++;
		else
			out->seen.internal++;
	}
	out->seen.messages = out->n;
}

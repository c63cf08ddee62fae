/*
 * See edit.h: whether the text of a graft is what its kind may put.
 */
#include "edit.h"

#define FIELD_MAX 998u		/* RFC 5322 2.1.1 */
#define CODED_MAX 78u
#define DIGITS_MAX 20u		/* of 2^64 */

static bool
is_printable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 32 || s.p[i] > 126)
			return false;
	return true;
}

static bool
is_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	return s.n > 0 && s.n <= DIGITS_MAX;
}

static bool
is_encoding(struct span s)
{
	return span_eq(s, SPAN("base64")) || span_eq(s,
	    SPAN("quoted-printable"));
}

/* "<" and ">", and between them an "@", no white space, no brackets. */
static bool
is_message_id(struct span s)
{
	bool at = false;

	if (s.n < 5 || s.p[0] != '<' || s.p[s.n - 1] != '>')
		return false;
	for (size_t i = 1; i < s.n - 1; i++) {
		if (s.p[i] == ' ' || s.p[i] == '<' || s.p[i] == '>')
			return false;
		at = at || s.p[i] == '@';
	}
	return at;
}

static bool
is_date(struct span s)
{
	return s.n > 0 && s.p[0] != ' ' && s.p[s.n - 1] != ' ';
}

static bool
is_version(struct span s)
{
	return span_eq(s, SPAN("1.0"));
}

/* s begins with what is name and ": ", and value is the rest. */
static bool
is_field(struct span s, struct span name, bool (*is_value)(struct span))
{
	return span_starts_nocase(s, name) && is_value((struct span){
	    s.p + name.n, s.n - name.n });
}

/* The break at p[i], of n bytes; 0: there is none. */
static size_t
break_at(struct span s, size_t i)
{
	return s.p[i] == '\n' ? 1 : s.p[i] == '\r' && i + 1 < s.n &&
	    s.p[i + 1] == '\n' ? 2 : 0;
}

/* The bytes before the first break. */
static size_t
line_length(struct span s)
{
	size_t i = 0;

	while (i < s.n && break_at(s, i) == 0)
		i++;
	return i;
}

static bool
is_field_line(struct span s)
{
	const size_t n = line_length(s);

	if (n == s.n || n + break_at(s, n) != s.n || n > FIELD_MAX)
		return false;
	s.n = n;
	return is_printable(s) &&
	    (is_field(s, SPAN("date: "), is_date) ||
	    is_field(s, SPAN("message-id: "), is_message_id) ||
	    is_field(s, SPAN("mime-version: "), is_version) ||
	    is_field(s, SPAN("content-transfer-encoding: "), is_encoding));
}

static bool
is_coded_line(struct span s)
{
	if (s.n > CODED_MAX || span_starts(s, SPAN(".")) ||
	    span_starts(s, SPAN("--")) || span_starts(s, SPAN("From ")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && (s.p[i] < 32 || s.p[i] > 126))
			return false;
	return true;
}

static bool
is_coded(struct span s)
{
	size_t n, width, first = 0;

	while (s.n > 0) {
		n = line_length(s);
		width = n < s.n ? break_at(s, n) : 0;
		if (!is_coded_line((struct span){ s.p, n }))
			return false;
		if (first == 0)
			first = width;
		if (width != first && width > 0)
			return false;
		s = (struct span){ s.p + n + width, s.n - n - width };
	}
	return true;
}

unsigned
graft_kind(const struct graft *g)
{
	bool is = false;

	switch (g->kind) {
	case EDIT_FIELD:
		is = g->del == 0 && is_field_line(g->ins);
		break;
	case EDIT_LENGTH:
		is = g->del > 0 && g->del <= DIGITS_MAX && is_digits(g->ins);
		break;
	case EDIT_ENCODE:
		is = g->del > 0 && g->ins.n > 0 && is_coded(g->ins);
		break;
	case EDIT_ENCODING:
		is = g->del > 0 && g->del <= FIELD_MAX && is_encoding(g->ins);
		break;
	default:
		break;
	}
	return is ? g->kind : 0;
}

enum brk
graft_break(const struct graft *g)
{
	const size_t n = line_length(g->ins);

	return n == g->ins.n ? BRK_NONE : g->ins.p[n] == '\n' ? BRK_LF :
	    BRK_CRLF;
}

bool
graft_is_base64(const struct graft *g)
{
	const size_t n = line_length(g->ins), tail = sizeof("base64") - 1;

	return n >= tail && memcmp(g->ins.p + n - tail, "base64", tail) == 0;
}

/*
 * mbox in all its dialects: mboxo, mboxrd, mboxcl, mboxcl2, Thunderbird's;
 * lines that end in LF, CRLF or CR.
 *
 * The file is From_ line, message, perhaps an empty line, From_ line, ...
 * The From_ line and that empty line are the store's, not the message's.
 * Content-Length is followed only when a From_ line or the end stands where
 * it points (as Dovecot does); a message can lie, so what it hides is counted
 * as a dispute.
 */
#include "format.h"
#include "from.h"
#include "mbox_header.h"

#define STEP (128u << 10)	/* bytes shown at once, for the cache */
#define LENGTH_AHEAD (2 + FROM_AHEAD)	/* looked at where one points */
#define KEEP 8u			/* bytes before an undecided line start: the
				 * empty line that may belong to it */

struct mbox {
	const struct kernel *kernel;
	uint8_t last;		/* byte that ends a line */
	uint64_t index;		/* of the message at hand */
	uint64_t first;		/* where the first separator starts */
	uint64_t to;		/* separators from here on are another's */
	uint64_t decided;	/* line ends before this byte were looked at */
	uint64_t body;		/* where the message's body starts */
	uint64_t length_end;	/* where its Content-Length ends; NO_LENGTH */
	size_t gap;		/* bytes between message and separator */
	bool blank;		/* an empty line is before the separator */
	bool over;		/* the message was read to its end */
	struct dialects seen;
};

static uint8_t
line_ending_byte(struct span head)
{
	for (size_t i = 0; i < head.n; i++) {
		if (head.p[i] == '\n')
			return '\n';
		if (head.p[i] == '\r')
			return i + 1 < head.n && head.p[i + 1] == '\n' ?
			    '\n' : '\r';
	}
	return '\n';
}

static unsigned
mbox_bid(struct span head, enum store_place place)
{
	(void)place;
	return from_judge(head, line_ending_byte(head)) == FROM_SEPARATOR ?
	    100 : 0;
}

/* Bytes of the empty line that ends right before s.p[n]; 0: there is none. */
static size_t
empty_line_before(const struct mbox *s, struct span a, size_t n)
{
	if (n < 1 || a.p[n - 1] != s->last)
		return 0;
	if (s->last == '\n' && n > 2 && a.p[n - 2] == '\r' &&
	    a.p[n - 3] == '\n')
		return 2;
	return n > 1 && a.p[n - 2] == s->last ? 1 : 0;
}

/* What to do with the bytes at hand. */
struct cut {
	size_t n;		/* bytes that are the message's for sure */
	bool over;		/* and no more are */
	size_t gap;		/* then: bytes up to the separator */
	bool blank;		/* ... which an empty line is before */
};

/* A line that begins with "From " starts at a.p[at]: count what it is to
 * each kind of reader.  True: the message ends before it. */
static bool
see_from_line(struct mbox *s, struct span a, size_t at, uint64_t off)
{
	const bool blank = empty_line_before(s, a, at) > 0;
	const bool in_length = s->length_end != NO_LENGTH &&
	    off + at < s->length_end;
	const enum from_is is = from_judge((struct span){
	    a.p + at, a.n - at }, s->last);

	if (is == FROM_SEPARATOR && !in_length)
		return true;		/* counted as a message begins */
	s->seen.any_from++;
	s->seen.blank_from += blank;
	s->seen.no_length += is == FROM_SEPARATOR;
	dialects_dispute(&s->seen, off + at, is == FROM_SEPARATOR ?
	    DISPUTE_IN_LENGTH : DISPUTE_TEXT);
	return false;
}

/* The message ends before the line at a.p[at], or with a. */
static struct cut
cut_at(const struct mbox *s, struct span a, size_t at, uint64_t off)
{
	struct cut c = { .over = true };

	c.gap = empty_line_before(s, a, at);
	c.blank = c.gap > 0;
	if (off + at - c.gap < s->body)
		c.gap = 0;	/* it is the one that ends the header block */
	if (s->length_end != NO_LENGTH)
		c.gap = (size_t)(off + at - s->length_end);
	c.n = at - c.gap;
	return c;
}

/* How far to a line end before limit that an F follows, or further. */
static size_t
next_line_with_f(const struct mbox *s, struct span a, size_t i, size_t limit)
{
	const size_t n = limit < a.n ? limit + 1 : a.n;

	return s->kernel->pair(a.p + i, n - i, s->last, 'F');
}

/*
 * Find the message's end in a, which starts at off; whole: nothing follows a.
 * Looks at each line once, however often a is shown again.
 */
static struct cut
find_end(struct mbox *s, struct span a, bool whole, uint64_t off)
{
	size_t limit = whole ? a.n : a.n - FROM_AHEAD, i;

	if (limit > STEP) {
		limit = STEP;
		whole = false;
	}
	i = s->decided > off ? (size_t)(s->decided - off) : 0;
	while (i < limit) {
		i += next_line_with_f(s, a, i, limit);
		if (i >= limit)
			break;
		if (span_starts((struct span){ a.p + i + 1, a.n - i - 1 },
		    SPAN("From ")) && see_from_line(s, a, i + 1, off))
			return cut_at(s, a, i + 1, off);
		i++;
	}
	s->decided = off + limit;
	if (whole)
		return cut_at(s, a, a.n, off);
	return (struct cut){ .n = limit - KEEP };
}

static int
mbox_read(void *state, struct input *in, struct span *out, struct err *e)
{
	struct mbox *s = state;
	const uint64_t off = input_offset(in);
	struct cut c;
	struct span a;
	int rc;

	if (s->over)
		return ST_END;
	rc = input_peek(in, 2 * FROM_AHEAD, &a, e);
	if (rc == ST_END)
		s->over = true;
	if (rc != ST_OK)
		return rc;
	c = find_end(s, a, a.n < 2 * FROM_AHEAD, off);
	s->over = c.over;
	s->gap = c.gap;
	s->blank = c.blank;
	*out = (struct span){ a.p, c.n };
	input_consume(in, c.n);
	return c.n == 0 && c.over ? ST_END : ST_OK;
}

static int
mbox_skip(struct mbox *s, struct input *in, struct err *e)
{
	struct span a;
	int rc;

	while ((rc = mbox_read(s, in, &a, e)) == ST_OK)
		;
	return rc == ST_END ? ST_OK : rc;
}

/* Skip one empty line at the start of a. */
static struct span
skip_empty_line(const struct mbox *s, struct span a)
{
	size_t n = 0;

	if (a.n > 1 && s->last == '\n' && a.p[0] == '\r' && a.p[1] == '\n')
		n = 2;
	else if (a.n > 0 && a.p[0] == s->last)
		n = 1;
	return (struct span){ a.p + n, a.n - n };
}

/*
 * A separator or the end of the file stands at off (behind byte 0), perhaps
 * behind an empty line.  A From_ line in the middle of a line is none.  *yes
 * is set on ST_OK.
 */
static int
separator_at(const struct mbox *s, struct input *in, uint64_t off, bool *yes,
    struct err *e)
{
	struct span a, rest;
	int rc;

	*yes = false;
	rc = input_look(in, off - 1, 1 + LENGTH_AHEAD, &a, e);
	if (rc != ST_OK)
		return rc == ST_END ? ST_OK : rc;
	rest = skip_empty_line(s, (struct span){ a.p + 1, a.n - 1 });
	*yes = rest.n == 0 || (rest.p[-1] == s->last &&
	    from_judge(rest, s->last) == FROM_SEPARATOR);
	return ST_OK;
}

/* The header block of a message whose separator was just taken. */
static int
begin_message(struct mbox *s, struct input *in, bool *internal,
    struct err *e)
{
	const uint64_t off = input_offset(in);
	struct mbox_header h;
	struct span a;
	bool trusted = false;
	int rc;

	s->length_end = NO_LENGTH;
	s->body = 0;
	s->over = false;
	s->decided = off;
	if ((rc = input_peek(in, INPUT_PEEK_MAX, &a, e)) != ST_OK)
		return rc == ST_END ? ST_OK : rc;
	if (a.n > INPUT_PEEK_MAX)
		a.n = INPUT_PEEK_MAX;
	h = mbox_header_read(s->kernel, s->last, a);
	*internal = h.internal;
	if (h.body == 0)
		return ST_OK;
	s->body = off + h.body;
	if (h.length == NO_LENGTH || h.length > INT64_MAX - s->body)
		return ST_OK;
	if (s->body + h.length + LENGTH_AHEAD > input_size(in))
		s->seen.at_end = true;
	if (!input_can_look(in, s->body + h.length, 0))
		return ST_OK;
	if ((rc = separator_at(s, in, s->body + h.length, &trusted, e)) !=
	    ST_OK)
		return rc;
	if (trusted) {
		s->length_end = s->body + h.length;
		s->seen.by_length++;
	}
	return ST_OK;
}

/*
 * Take the From_ line at hand, and count it.  Where the user said mbox and
 * the file begins with none, its first message begins with the file.
 */
static void
take_separator(struct mbox *s, struct input *in, struct span a)
{
	const size_t n = a.n < FROM_AHEAD ? a.n : FROM_AHEAD;
	const uint8_t *end = memchr(a.p, s->last, n);
	const uint64_t off = input_offset(in);

	if (!span_starts(a, SPAN("From ")))
		return;
	s->seen.any_from++;
	s->seen.no_length++;
	s->seen.blank_from += s->blank || off == 0;
	if (!s->blank && off > 0)
		dialects_dispute(&s->seen, off, DISPUTE_NO_BLANK);
	input_consume(in, end == NULL ? n : (size_t)(end - a.p) + 1);
}

/* Go to the separator of the next message.  ST_END: it is not ours. */
static int
to_separator(struct mbox *s, struct input *in, struct span *a, struct err *e)
{
	int rc;

	if (!s->over && (rc = mbox_skip(s, in, e)) != ST_OK)
		return rc;
	if ((rc = input_peek(in, FROM_AHEAD, a, e)) != ST_OK)
		return rc;
	input_consume(in, s->gap);
	s->gap = 0;
	if ((rc = input_peek(in, FROM_AHEAD, a, e)) != ST_OK)
		return rc;
	return input_offset(in) >= s->to ? ST_END : ST_OK;
}

static int
mbox_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct mbox *s = state;
	bool first, internal = false;
	struct span a;
	int rc;

	do {
		s->seen.internal += internal;
		internal = false;
		if ((rc = to_separator(s, in, &a, e)) != ST_OK)
			return rc;
		m->from = input_offset(in);
		first = m->from == 0;
		take_separator(s, in, a);
		if ((rc = begin_message(s, in, &internal, e)) != ST_OK)
			return rc;
	} while (first && internal);
	s->seen.messages++;
	m->format = "mbox";
	m->native = BRK_LF;
	m->index = ++s->index;
	m->off = input_offset(in);
	return ST_OK;
}

/* Go to the first separator at or behind the input's place, or to s->to. */
static int
find_first(struct mbox *s, struct input *in, struct err *e)
{
	struct span a;
	size_t i, limit;
	int rc;

	while (input_offset(in) + 1 < s->to) {
		rc = input_peek(in, 2 * FROM_AHEAD, &a, e);
		if (rc != ST_OK)
			return rc == ST_END ? ST_OK : rc;
		limit = a.n < 2 * FROM_AHEAD ? a.n : a.n - FROM_AHEAD;
		if (limit > STEP)
			limit = STEP;
		i = next_line_with_f(s, a, 0, limit);
		input_consume(in, i < limit ? i + 1 : limit);
		if (i >= limit)
			continue;
		a = (struct span){ a.p + i + 1, a.n - i - 1 };
		if (from_judge(a, s->last) != FROM_SEPARATOR)
			continue;
		if (input_offset(in) < s->to)
			s->first = input_offset(in);
		return ST_OK;
	}
	input_seek(in, s->to);
	return ST_OK;
}

/* A separator has to be at off; is an empty line before it? */
static int
begin_at(struct mbox *s, struct input *in, uint64_t off, struct err *e)
{
	const size_t back = off < KEEP ? (size_t)off : KEEP;
	struct span a;
	int rc;

	s->first = off;
	input_seek(in, off - back);
	rc = input_peek(in, FROM_AHEAD + back, &a, e);
	if (rc == ST_END || (rc == ST_OK && a.n <= back))
		return err_set(e, ST_DEAD, 0,
		    "the file became shorter while it was scanned");
	if (rc != ST_OK)
		return rc;
	s->blank = empty_line_before(s, a, back) > 0;
	input_consume(in, back);
	if (from_judge((struct span){ a.p + back, a.n - back }, s->last) !=
	    FROM_SEPARATOR)
		return err_set(e, ST_DEAD, 0,
		    "the file was changed while it was scanned");
	return ST_OK;
}

static int
mbox_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct mbox *s = state;
	struct span a;
	int rc;

	s->kernel = k;
	s->to = how->to > 0 ? how->to : UINT64_MAX;
	s->over = true;
	s->last = '\n';
	rc = input_peek(in, INPUT_PEEK_MAX, &a, e);
	if (rc == ST_DEAD)
		return rc;
	if (rc == ST_OK)
		s->last = line_ending_byte((struct span){ a.p,
		    a.n < INPUT_PEEK_MAX ? a.n : INPUT_PEEK_MAX });
	if (how->from == 0)
		return ST_OK;
	if (!input_can_seek(in))
		return err_set(e, ST_DEAD, 0, "cannot seek");
	if (how->exact)
		return begin_at(s, in, how->from, e);
	s->first = s->to;
	input_seek(in, how->from - 1);
	if ((rc = find_first(s, in, e)) != ST_OK || s->first == s->to)
		return rc;
	return begin_at(s, in, s->first, e);
}

static uint64_t
mbox_first(const void *state)
{
	return ((const struct mbox *)state)->first;
}

static size_t
mbox_gap(const void *state)
{
	return ((const struct mbox *)state)->gap;
}

static struct dialects *
mbox_dialects(void *state)
{
	return &((struct mbox *)state)->seen;
}

const struct format format_mbox = {
	.name = "mbox", .state_size = sizeof(struct mbox), .many = true,
	.splits = true,
	.bid = mbox_bid, .begin = mbox_begin, .next = mbox_next,
	.read = mbox_read, .first = mbox_first, .gap = mbox_gap,
	.dialects = mbox_dialects,
};

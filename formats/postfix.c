/*
 * A queue file of Postfix: records, a letter, a length in groups of seven bits
 * (the lowest first, the eighth says that more follow) and so many bytes.
 *
 *	C? envelope M content X extracted E heap
 *
 * The content is N (a line, without its end) and L (a piece of one).  w is
 * padding.  p holds a decimal offset at which reading goes on: edits of headers
 * stand in the heap behind E, with a p back behind them; 0 leads nowhere.  All
 * by Postfix's global/rec_type.h and record.c; what delivery agents call
 * corrupt is called damaged here.
 */
#include <inttypes.h>

#include "postfix_records.h"
#include "single.h"

#define NUMBER 15u		/* columns, in C and p */

enum part { PART_ENVELOPE, PART_CONTENT, PART_EXTRACTED, PART_OVER };

struct postfix {
	struct envelope envelope;
	struct records records;
	enum part part;
	bool given;
	uint64_t left;		/* bytes of the content record at hand */
	bool line_end;		/* an LF is due behind those */
	bool sized;		/* C is there and says: */
	uint64_t data_size, data_off;
	struct pieces pieces;
};

/* --- is it one? */

/* Columns of digits, as %15ld: four to seven of them. */
static bool
is_numbers(struct span s)
{
	if (s.n % (NUMBER + 1) != NUMBER || s.n < 4 * NUMBER + 3 ||
	    s.n > 7 * NUMBER + 6)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const size_t column = i % (NUMBER + 1);

		if (column == NUMBER ? s.p[i] != ' ' :
		    column == NUMBER - 1 ? !ascii_digit(s.p[i]) :
		    s.p[i] != ' ' && !ascii_digit(s.p[i]))
			return false;
	}
	return true;
}

static bool
is_time(struct span s)
{
	size_t i = 0;

	while (i < s.n && (ascii_digit(s.p[i]) || (i > 0 && s.p[i] == ' ')))
		i++;
	return i == s.n && i > 0;
}

/* What postdrop wrote has no C; T is first, and S follows before M. */
static unsigned
postfix_bid(struct span head, enum store_place place)
{
	static const char kinds[] = "TcFILSDRO/WVA>K<ionfd";
	struct span text;
	struct record r;

	(void)place;
	if (head.n == 0 || !records_take(&head, &r, &text))
		return 0;
	if (r.type == 'C')
		return is_numbers(text) ? 400 : 0;
	if (r.type != 'T' || !is_time(text))
		return 0;
	while (records_take(&head, &r, &text) && r.type != 0 &&
	    strchr(kinds, r.type) != NULL)
		if (r.type == 'S')
			return 200;
	return 0;
}

/* --- what the records say */

static void
set_part(struct postfix *s, enum part part)
{
	static const char *const where[] = {
		[PART_ENVELOPE] = "before its message",
		[PART_CONTENT] = "in its message",
		[PART_EXTRACTED] = "behind its message",
		[PART_OVER] = "behind its message",
	};

	s->part = part;
	s->records.where = where[part];
}

static int
take_sizes(struct postfix *s, const struct record *r, struct span text)
{
	if (!is_numbers(text))		/* of who knows whom */
		return ST_OK;
	s->sized = records_number(&text, &s->data_size) &&
	    records_number(&text, &s->data_off);
	if (s->sized && s->data_off == 0)
		return err_set(&s->records.e, ST_DEAD, 0,
		    "a Postfix queue file that was not finished");
	return s->sized ? ST_OK : records_damaged(&s->records, r->off,
	    "sizes without meaning");
}

/* A record of the envelope, before or behind the message. */
static int
take_fact(struct postfix *s, const struct record *r)
{
	struct span text;
	int rc;

	if (r->type <= ' ' || r->type > '~')
		return records_damaged(&s->records, r->off,
		    "an unknown record");
	if ((rc = records_text(&s->records, r, &text)) != ST_OK)
		return rc;
	switch (r->type) {
	case 'C':
		return s->part == PART_ENVELOPE ? take_sizes(s, r, text) :
		    ST_OK;
	case 'T':
		envelope_arrived(&s->envelope, text);
		break;
	case 'S':
		if (!s->envelope.has_sender)
			envelope_sender(&s->envelope, text);
		break;
	case 'R':
		envelope_recipient(&s->envelope, text);
		break;
	default:
		break;
	}
	return ST_OK;
}

static int
begin_content(struct postfix *s, const struct record *r)
{
	int rc;

	if ((rc = records_skip(&s->records, r->len)) != ST_OK)
		return rc;
	set_part(s, PART_CONTENT);
	if (s->sized && input_offset(s->records.in) != s->data_off)
		return records_damaged(&s->records, r->off, "a message that "
		    "should be at byte %" PRIu64, s->data_off);
	return ST_OK;
}

static int
end_content(struct postfix *s, const struct record *r)
{
	int rc;

	if (s->sized && r->off - s->data_off != s->data_size)
		return records_damaged(&s->records, r->off, "a message that "
		    "should be %" PRIu64 " bytes of records", s->data_size);
	if ((rc = records_skip(&s->records, r->len)) == ST_OK)
		set_part(s, PART_EXTRACTED);
	return rc;
}

static int
take_content(struct postfix *s, const struct record *r)
{
	switch (r->type) {
	case 'N':
	case 'L':
		s->left = r->len;
		s->line_end = r->type == 'N';
		return ST_OK;
	case 'X':
		return end_content(s, r);
	default:
		return records_damaged(&s->records, r->off, r->type == 'E' ?
		    "no end of the message" : "an unknown record");
	}
}

/* The next record, whichever it is; none of its bytes is left but content. */
static int
step(struct postfix *s)
{
	struct record r;
	int rc;

	if ((rc = records_head(&s->records, &r)) != ST_OK)
		return rc;
	if (r.type == 'p')
		return records_follow(&s->records, &r);
	if (r.type == 'w')
		return records_skip(&s->records, r.len);
	if (s->part == PART_CONTENT)
		return take_content(s, &r);
	if (s->part == PART_ENVELOPE && r.type == 'M')
		return begin_content(s, &r);
	if (s->part == PART_EXTRACTED && r.type == 'E') {
		set_part(s, PART_OVER);
		return records_skip(&s->records, r.len);
	}
	return take_fact(s, &r);
}

/* The heap was read as far as pointers led there, but can it be read? */
static int
drain(struct postfix *s)
{
	struct span a;
	int rc;

	while ((rc = input_peek(s->records.in, 1, &a, &s->records.e)) == ST_OK)
		input_consume(s->records.in, a.n);
	return rc;
}

/* Some of the content.  ST_END: that was all. */
static int
copy(void *ctx, uint8_t *p, size_t n, size_t *got)
{
	struct postfix *s = ctx;
	struct span a;
	int rc;

	while (s->left == 0 && !s->line_end) {
		if (s->part == PART_OVER)
			return drain(s);
		if ((rc = step(s)) != ST_OK)
			return rc;
	}
	*got = 1;
	if (s->left == 0) {
		p[0] = '\n';
		s->line_end = false;
		return ST_OK;
	}
	if ((rc = records_some(&s->records, s->left < n ? s->left : n,
	    &a)) != ST_OK)
		return rc;
	memcpy(p, a.p, a.n);
	s->left -= a.n;
	*got = a.n;
	return ST_OK;
}

/* --- the format */

/* A file in the queue is called by its ID; a copy perhaps is not. */
static void
take_name(struct postfix *s, struct span name)
{
	size_t i = 0;

	while (i < name.n && (ascii_digit(name.p[i]) ||
	    (ascii_lower(name.p[i]) >= 'a' && ascii_lower(name.p[i]) <= 'z')))
		i++;
	if (i == name.n && i >= 6 && i <= 64)
		envelope_queue_id(&s->envelope, name);
}

static int
postfix_decode(void *state, struct input *in, const struct store_how *how,
    struct byte_source *out, struct err *e)
{
	struct postfix *s = state;
	int rc = ST_OK;

	records_begin(&s->records, in);
	set_part(s, PART_ENVELOPE);
	take_name(s, single_base(how->name));
	while (rc == ST_OK && s->part == PART_ENVELOPE)
		rc = step(s);
	s->pieces = (struct pieces){ .some = copy, .ctx = s,
	    .said = &s->records.e };
	return single_begun(&s->pieces, rc, out, e);
}

static int
postfix_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct postfix *s = state;

	(void)e;
	return single_next(&s->given, "postfix", BRK_LF, in, m);
}

static const struct envelope *
postfix_envelope(const void *state)
{
	return &((const struct postfix *)state)->envelope;
}

const struct format format_postfix = {
	.name = "postfix", .state_size = sizeof(struct postfix),
	.bid = postfix_bid, .decode = postfix_decode,
	.why_not = "it is made of records, in a Postfix queue file",
	.next = postfix_next, .read = single_read,
	.envelope = postfix_envelope,
};

/*
 * A message in the spool of Exim, which is two files: ID-H is the envelope, a
 * line each, and the header fields, each behind its length and a flag (* is
 * one that is not sent); ID-D the body, behind a line with its own name.
 *
 * The message is read out of ID-H, which opens ID-D; ID-D alone is none.  By
 * Exim's spool_in.c.  With -spool_file_wireformat the body is what came in by
 * BDAT, byte for byte and without dots doubled; the header is then shown with
 * the CRLF that it is sent with.
 */
#include <inttypes.h>
#include <stdio.h>

#include "exim_lines.h"
#include "single.h"

#define LINE_MAX_BYTES (60u << 10)	/* in the envelope */

enum part { PART_FIELDS, PART_FIELD, PART_BODY };

struct exim {
	struct envelope envelope;
	struct input *in, *body;
	bool given, wire, counted;
	char id[EXIM_ID_MAX];
	enum part part;
	uint64_t left;		/* bytes of the field at hand */
	uint64_t lines, lines_want;	/* LFs in the body */
	uint8_t last;		/* byte that was shown */
	bool lf_due;		/* a CR was shown for it */
	struct pieces pieces;
	struct err e;
};

/* --- is it one? */

static unsigned
exim_bid(struct span head, enum store_place place)
{
	char which;

	(void)place;
	return exim_id(head, &which) > 0 ? 120 : 0;
}

/* --- the envelope */

#define DAMAGED "a damaged spool file of Exim"
#define HALF "half of a message of Exim"
#define BODY "the body of a message of Exim"

static int
damaged(struct exim *s, const char *what)
{
	(void)err_set(&s->e, ST_DEAD, 0, DAMAGED ": %s, before byte %" PRIu64
	    " of %s-H", what, input_offset(s->in), s->id);
	return err_plain(&s->e, ST_DEAD, DAMAGED);
}

/* Without its end; valid until the next one. */
static int
take_line(struct exim *s, struct span *out)
{
	const int rc = input_until(s->in, '\n', LINE_MAX_BYTES - 1, out, &s->e);

	return rc == ST_OK || rc == ST_DEAD ? rc : damaged(s, rc == ST_BAD &&
	    out->n >= LINE_MAX_BYTES ? "a line without end" : "cut off");
}

static int
skip(struct exim *s, uint64_t n)
{
	struct span a;
	int rc;

	while (n > 0) {
		if ((rc = input_peek(s->in, 1, &a, &s->e)) != ST_OK)
			return rc == ST_END ? damaged(s, "cut off") : rc;
		a.n = a.n < n ? a.n : (size_t)n;
		input_consume(s->in, a.n);
		n -= a.n;
	}
	return ST_OK;
}

/* The value of an ACL variable stands behind its line, with a line end. */
static int
take_option(struct exim *s, struct span line)
{
	const struct span name = exim_option(line);
	struct span value = name;
	uint64_t n;

	if (span_starts(name, SPAN("acl"))) {
		while (value.n > 0 && ascii_digit(value.p[value.n - 1]))
			value.n--;
		value = (struct span){ name.p + value.n, name.n - value.n };
		if (!exim_number(&value, &n) || value.n > 0)
			return damaged(s, "an ACL variable without length");
		return skip(s, n + 1);
	}
	if (span_eq(name, SPAN("spool_file_wireformat")))
		s->wire = true;
	if (span_starts(name, SPAN("body_linecount "))) {
		value = (struct span){ name.p + 15, name.n - 15 };
		s->counted = exim_number(&value, &s->lines_want);
	}
	return ST_OK;
}

/* Who was served: a tree, each node a line that says whether it has children
 * on its left and right.  *line is the first, and then the one behind it. */
static int
skip_served(struct exim *s, struct span *line)
{
	uint64_t due = 1;
	int rc;

	while (due > 0) {
		if (line->n < 2)
			return damaged(s, "who was served");
		due -= 1;
		due += line->p[0] == 'Y';
		due += line->p[1] == 'Y';
		if ((rc = take_line(s, line)) != ST_OK)
			return rc;
	}
	return ST_OK;
}

static int
take_recipients(struct exim *s, struct span line)
{
	uint64_t n;
	int rc;

	if (!exim_number(&line, &n) || line.n > 0)
		return damaged(s, "no number of recipients");
	for (; n > 0; n--) {
		if ((rc = take_line(s, &line)) != ST_OK)
			return rc;
		envelope_recipient(&s->envelope, exim_address(line));
	}
	if ((rc = take_line(s, &line)) != ST_OK)
		return rc;
	return line.n == 0 ? ST_OK : damaged(s, "no end of the recipients");
}

static int
take_envelope(struct exim *s)
{
	struct span line;
	int rc;

	envelope_queue_id(&s->envelope, (struct span){
	    (const uint8_t *)s->id, strlen(s->id) });
	if ((rc = take_line(s, &line)) != ST_OK ||	/* its name */
	    (rc = take_line(s, &line)) != ST_OK ||	/* login */
	    (rc = take_line(s, &line)) != ST_OK)
		return rc;
	if (line.n < 2 || line.p[0] != '<' || line.p[line.n - 1] != '>')
		return damaged(s, "no sender");
	envelope_sender(&s->envelope, (struct span){ line.p + 1, line.n - 2 });
	if ((rc = take_line(s, &line)) != ST_OK)
		return rc;
	envelope_arrived(&s->envelope, line);
	while ((rc = take_line(s, &line)) == ST_OK && line.n > 0 &&
	    line.p[0] == '-')
		if ((rc = take_option(s, line)) != ST_OK)
			return rc;
	if (rc != ST_OK || (rc = skip_served(s, &line)) != ST_OK)
		return rc;
	return take_recipients(s, line);
}

/* --- the message */

/* The next field's length and flag.  ST_END: there is none. */
static int
take_field(struct exim *s)
{
	uint64_t n;
	struct span a;
	size_t digits;
	int rc;

	if ((rc = input_peek(s->in, 18, &a, &s->e)) != ST_OK)
		return rc;
	digits = a.n;
	if (!exim_number(&a, &n) || n == 0)
		return damaged(s, "a field without length");
	digits -= a.n;
	if (a.n < 3)
		return damaged(s, "cut off");
	if (a.p[1] != ' ')
		return damaged(s, "a field without flag");
	rc = a.p[0] == '*';
	input_consume(s->in, digits + 2);
	if (rc)
		return skip(s, n);
	s->left = n;
	s->part = PART_FIELD;
	return ST_OK;
}

/* Some of the header; in the wire format each LF gets a CR. */
static int
copy_field(struct exim *s, uint8_t *p, size_t n, size_t *got)
{
	struct span a;
	int rc;

	if ((rc = input_peek(s->in, 1, &a, &s->e)) != ST_OK)
		return rc == ST_END ? damaged(s, "cut off") : rc;
	if (s->wire && a.p[0] == '\n' && s->last != '\r') {
		p[0] = s->last = '\r';
		*got = 1;
		return ST_OK;
	}
	a.n = a.n < s->left ? a.n : (size_t)s->left;
	a.n = a.n < n ? a.n : n;
	for (*got = 0; *got < a.n; ++*got) {
		if (s->wire && a.p[*got] == '\n' && s->last != '\r')
			break;
		p[*got] = s->last = a.p[*got];
	}
	input_consume(s->in, *got);
	if ((s->left -= *got) > 0)
		return ST_OK;
	s->part = PART_FIELDS;
	return s->last == '\n' ? ST_OK : damaged(s, "a field without end");
}

/* The body's first line is its name. */
static int
begin_body(struct exim *s)
{
	const size_t n = strlen(s->id);
	struct span a;
	int rc;

	s->part = PART_BODY;
	if ((rc = input_peek(s->body, n + 3, &a, &s->e)) == ST_DEAD)
		return rc;
	if (rc == ST_END || a.n < n + 3 || memcmp(a.p, s->id, n) != 0 ||
	    memcmp(a.p + n, "-D\n", 3) != 0) {
		(void)err_set(&s->e, ST_DEAD, 0, DAMAGED ": %s-D does not "
		    "begin with its name", s->id);
		return err_plain(&s->e, ST_DEAD, DAMAGED);
	}
	input_consume(s->body, n + 3);
	return ST_OK;
}

static int
end_body(struct exim *s)
{
	if (!s->counted || (s->lines == s->lines_want && s->last == '\n'))
		return ST_END;
	(void)err_set(&s->e, ST_DEAD, 0, DAMAGED ": %s-D has %" PRIu64
	    " lines, %s-H says %" PRIu64, s->id, s->lines, s->id,
	    s->lines_want);
	return err_plain(&s->e, ST_DEAD, DAMAGED);
}

static int
copy_body(struct exim *s, uint8_t *p, size_t n, size_t *got)
{
	struct span a;
	int rc;

	if ((rc = input_peek(s->body, 1, &a, &s->e)) != ST_OK)
		return rc == ST_END ? end_body(s) : rc;
	*got = a.n < n ? a.n : n;
	memcpy(p, a.p, *got);
	for (size_t i = 0; i < *got; i++)
		s->lines += p[i] == '\n';
	s->last = p[*got - 1];
	input_consume(s->body, *got);
	return ST_OK;
}

static int
copy(void *ctx, uint8_t *p, size_t n, size_t *got)
{
	struct exim *s = ctx;
	int rc;

	while (s->part == PART_FIELDS && !s->lf_due) {
		if ((rc = take_field(s)) == ST_END) {
			s->lf_due = true;	/* the empty line */
			if (!s->wire)
				break;
			p[0] = '\r';
			*got = 1;
			return ST_OK;
		}
		if (rc != ST_OK)
			return rc;
	}
	if (s->lf_due) {
		s->lf_due = false;
		p[0] = s->last = '\n';
		*got = 1;
		return begin_body(s);
	}
	return s->part == PART_FIELD ? copy_field(s, p, n, got) :
	    copy_body(s, p, n, got);
}

static void
message_close(void *ctx)
{
	struct exim *s = ctx;

	input_free(s->body);
	s->body = NULL;
}

/* --- the format */

/* The other file of the two, into s->body. */
static int
open_other(struct exim *s, char which, const struct store_how *how)
{
	char name[EXIM_ID_MAX + 4];
	int rc;

	(void)snprintf(name, sizeof(name), "%s-%c", s->id, which);
	rc = how->sibling == NULL ? ST_BAD : how->sibling(how->sibling_ctx,
	    name, s->body, &s->e);
	if (how->sibling != NULL && rc != ST_END)
		return rc;
	(void)err_set(&s->e, ST_DEAD, 0, rc == ST_END ?
	    HALF ": there is no %s" : HALF ": %s is not at hand here", name);
	return err_plain(&s->e, ST_DEAD, HALF);
}

static int
begin(struct exim *s, const struct store_how *how)
{
	struct span a;
	char which;
	size_t n;
	int rc;

	if ((rc = input_peek(s->in, EXIM_ID_MAX, &a, &s->e)) == ST_DEAD)
		return rc;
	n = rc == ST_OK ? exim_id(a, &which) : 0;
	if (n == 0)
		return damaged(s, "it does not begin with its name");
	memcpy(s->id, a.p, n);
	if ((s->body = input_new()) == NULL)
		return err_set(&s->e, ST_DEAD, 0, "no memory");
	rc = open_other(s, which == 'H' ? 'D' : 'H', how);
	if (rc != ST_OK)
		return rc;
	if (which == 'H')
		return take_envelope(s);
	(void)err_set(&s->e, ST_BAD, 0, BODY ": see %s-H", s->id);
	return err_plain(&s->e, ST_BAD, BODY);
}

static int
exim_decode(void *state, struct input *in, const struct store_how *how,
    struct byte_source *out, struct err *e)
{
	struct exim *s = state;

	s->in = in;
	s->pieces = (struct pieces){ .some = copy, .close = message_close,
	    .ctx = s, .said = &s->e };
	return single_begun(&s->pieces, begin(s, how), out, e);
}

static int
exim_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct exim *s = state;

	(void)e;
	return single_next(&s->given, "exim", s->wire ? BRK_CRLF : BRK_LF, in,
	    m);
}

static const struct envelope *
exim_envelope(const void *state)
{
	return &((const struct exim *)state)->envelope;
}

const struct format format_exim = {
	.name = "exim", .state_size = sizeof(struct exim),
	.bid = exim_bid, .decode = exim_decode,
	.why_not = "it is two files in the spool of Exim",
	.next = exim_next, .read = single_read, .envelope = exim_envelope,
};

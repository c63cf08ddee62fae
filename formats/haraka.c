/*
 * A queue file of Haraka: the length of what follows in four bytes, the highest
 * first; the envelope, as JSON; the message as it is sent, its lines ended by
 * CRLF, with a dot doubled that begins one.  By Haraka's outbound/index.js and
 * hmail.js.
 *
 * Of two dots behind a CRLF one is taken away.  A line of a lone dot has no
 * business there: Haraka would send it, and it would end the data.
 */
#include <inttypes.h>

#include "json_scan.h"
#include "single.h"

#define LENGTH 4u		/* bytes */

struct haraka {
	struct envelope envelope;
	struct input *in;
	bool given;
	uint8_t last[2];	/* shown before; CRLF at the start */
	struct pieces pieces;
	struct err e;
};

/* --- is it one? */

static uint32_t
length_of(struct span s)
{
	return (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
	    (uint32_t)s.p[2] << 8 | s.p[3];
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Some time it was written without spaces, and then without the first LF. */
static unsigned
haraka_bid(struct span head, enum store_place place)
{
	static const char first[] = "\"queue_time\"";
	size_t i = LENGTH, n;

	(void)place;
	if (head.n < LENGTH + 2 || length_of(head) > INT32_MAX)
		return 0;
	n = length_of(head);
	i += head.p[i] == '\n';
	if (head.p[i++] != '{')
		return 0;
	while (i < head.n && is_space(head.p[i]))
		i++;
	if (!span_starts((struct span){ head.p + i, head.n - i },
	    SPAN(first)))
		return 0;
	if (n > head.n - LENGTH)
		return 150;
	for (i = LENGTH + n; i > LENGTH && is_space(head.p[i - 1]); i--)
		;
	return head.p[i - 1] == '}' ? 150 : 100;
}

/* --- the envelope */

/* <a@b>, or without. */
static struct span
bare(struct span s)
{
	return s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>' ?
	    (struct span){ s.p + 1, s.n - 2 } : s;
}

static void
take_fact(void *ctx, const struct json_value *v)
{
	struct envelope *out = ctx;

	if (span_eq(v->path, SPAN(".queue_time")) && v->text.n > 3)
		envelope_arrived(out, (struct span){ v->text.p,
		    v->text.n - 3 });		/* of milliseconds */
	else if (!v->is_text)
		return;
	else if (span_eq(v->path, SPAN(".rcpt_to[].original")) && !v->cut)
		envelope_recipient(out, bare(v->text));
	else if (span_eq(v->path, SPAN(".rcpt_to[].original")))
		out->recipients_more++;
	else if (v->cut)
		return;
	else if (span_eq(v->path, SPAN(".uuid")))
		envelope_queue_id(out, v->text);
	else if (span_eq(v->path, SPAN(".mail_from.original")))
		envelope_sender(out, bare(v->text));
}

static int
damaged(struct haraka *s, const char *what)
{
	return err_set(&s->e, ST_DEAD, 0, "a damaged queue file of Haraka: %s, "
	    "at byte %" PRIu64, what, input_offset(s->in));
}

static int
take_envelope(struct haraka *s)
{
	struct span a;
	uint32_t n;
	int rc;

	if ((rc = input_peek(s->in, LENGTH, &a, &s->e)) == ST_DEAD)
		return rc;
	if (rc != ST_OK || a.n < LENGTH)
		return damaged(s, "cut off");
	n = length_of(a);
	input_consume(s->in, LENGTH);
	if ((rc = json_scan(s->in, n, take_fact, &s->envelope, &s->e)) ==
	    ST_DEAD)
		return rc;
	if (input_peek(s->in, 1, &a, &s->e) == ST_END)
		return damaged(s, "cut off");
	return rc == ST_OK ? rc : damaged(s, "an envelope that is no JSON");
}

/* --- the message */

/* What stands next, at the start of a line, without a dot too many. */
static int
take_dot(struct haraka *s, struct span *a)
{
	int rc;

	if ((rc = input_peek(s->in, 3, a, &s->e)) != ST_OK || a->p[0] != '.')
		return rc;
	if (a->n > 2 && a->p[1] == '\r' && a->p[2] == '\n')
		return damaged(s, "a lone dot that is not doubled, and ends "
		    "the data when it is sent");
	if (a->n > 1 && a->p[1] == '.') {
		input_consume(s->in, 1);
		*a = (struct span){ a->p + 1, a->n - 1 };
	}
	return ST_OK;
}

/* Up to the end of a line. */
static int
copy(void *ctx, uint8_t *p, size_t n, size_t *got)
{
	struct haraka *s = ctx;
	struct span a;
	const uint8_t *lf;
	int rc;

	rc = s->last[0] == '\r' && s->last[1] == '\n' ? take_dot(s, &a) :
	    input_peek(s->in, 1, &a, &s->e);
	if (rc != ST_OK)
		return rc;
	a.n = a.n < n ? a.n : n;
	lf = memchr(a.p, '\n', a.n);
	*got = lf != NULL ? (size_t)(lf - a.p) + 1 : a.n;
	memcpy(p, a.p, *got);
	s->last[0] = *got > 1 ? p[*got - 2] : s->last[1];
	s->last[1] = p[*got - 1];
	input_consume(s->in, *got);
	return ST_OK;
}

/* --- the format */

static int
haraka_decode(void *state, struct input *in, const struct store_how *how,
    struct byte_source *out, struct err *e)
{
	struct haraka *s = state;

	(void)how;
	s->in = in;
	s->last[0] = '\r';
	s->last[1] = '\n';
	s->pieces = (struct pieces){ .some = copy, .ctx = s, .said = &s->e };
	return single_begun(&s->pieces, take_envelope(s), out, e);
}

static int
haraka_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct haraka *s = state;

	(void)e;
	return single_next(&s->given, "haraka", BRK_CRLF, in, m);
}

static const struct envelope *
haraka_envelope(const void *state)
{
	return &((const struct haraka *)state)->envelope;
}

const struct format format_haraka = {
	.name = "haraka", .state_size = sizeof(struct haraka),
	.bid = haraka_bid, .decode = haraka_decode,
	.why_not = "it is in a queue file of Haraka, its dots doubled",
	.next = haraka_next, .read = single_read,
	.envelope = haraka_envelope,
};

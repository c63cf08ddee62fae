/*
 * MMDF: each message between two lines of four bytes 01 (mmdf(5) of mutt).
 *
 * A From_ line at a message's start is the store's.  The line end before the
 * closing line is the message's.
 */
#include "format.h"
#include "from.h"

#define STEP (128u << 10)	/* bytes shown at once, for the cache */
#define LINE 6u			/* bytes of the longest separator */

enum mmdf_at { MMDF_BETWEEN, MMDF_MESSAGE, MMDF_CLOSING, MMDF_LOST, MMDF_DONE };

struct mmdf {
	const struct kernel *kernel;
	enum mmdf_at at;
	bool line_start;	/* the next byte is the first of a line */
	uint64_t index;
};

/* Bytes of the separator that s begins with; 0: it does not. */
static size_t
separator(struct span s)
{
	if (span_starts(s, SPAN("\1\1\1\1\n")))
		return 5;
	return span_starts(s, SPAN("\1\1\1\1\r\n")) ? 6 : 0;
}

static unsigned
mmdf_bid(struct span head, enum store_place place)
{
	(void)place;
	return separator(head) > 0 ? 100 : 0;
}

static int
mmdf_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct mmdf *s = state;

	(void)in;
	(void)how;
	(void)e;
	s->kernel = k;
	return ST_OK;
}

/* How many bytes of a come before a separator, or one that may be cut off by
 * the end of a; whole: nothing follows a. */
static size_t
before_separator(const struct mmdf *s, struct span a, bool whole)
{
	size_t i = 0;

	if (s->line_start && separator(a) > 0)
		return 0;
	while ((i += s->kernel->pair(a.p + i, a.n - i, '\n', 1)) < a.n) {
		const struct span rest = { a.p + i + 1, a.n - i - 1 };

		if (separator(rest) > 0 || (!whole && rest.n < LINE))
			return i + 1;
		i++;
	}
	return a.n;
}

/* Show what comes before the next separator.  ST_END: it is at hand, or
 * (MMDF_DONE) there is none. */
static int
show(struct mmdf *s, struct input *in, struct span *out, struct err *e)
{
	struct span a;
	const int rc = input_peek(in, LINE, &a, e);

	if (rc == ST_END)
		s->at = MMDF_DONE;
	if (rc != ST_OK)
		return rc;
	if (a.n > STEP)
		a.n = STEP;
	*out = (struct span){ a.p, before_separator(s, a, a.n < LINE) };
	if (out->n == 0)
		return ST_END;
	s->line_start = out->p[out->n - 1] == '\n';
	input_consume(in, out->n);
	return ST_OK;
}

static int
mmdf_read(void *state, struct input *in, struct span *out, struct err *e)
{
	struct mmdf *s = state;
	int rc;

	if (s->at != MMDF_MESSAGE)
		return ST_END;
	rc = show(s, in, out, e);
	if (rc != ST_END)
		return rc;
	if (s->at == MMDF_DONE)
		return err_set(e, ST_BAD, 0, "cut off: no line of four bytes "
		    "01 ends its last message");
	s->at = MMDF_CLOSING;
	return ST_END;
}

static int
take_separator(struct mmdf *s, struct input *in, struct err *e)
{
	struct span a;
	int rc;

	if ((rc = input_peek(in, LINE, &a, e)) != ST_OK)
		return rc;
	if (separator(a) == 0) {
		s->at = MMDF_LOST;
		s->line_start = false;
		return err_set(e, ST_BAD, 0, "between its messages stands "
		    "what belongs to none");
	}
	input_consume(in, separator(a));
	return ST_OK;
}

static int
begin_message(struct mmdf *s, struct input *in, struct msg *m, struct err *e)
{
	struct span a;
	const int rc = input_peek(in, FROM_AHEAD, &a, e);

	if (rc == ST_DEAD)
		return rc;
	if (rc == ST_OK && from_judge(a, '\n') == FROM_SEPARATOR)
		input_consume(in, (size_t)((const uint8_t *)memchr(a.p, '\n',
		    a.n) - a.p) + 1);
	s->at = MMDF_MESSAGE;
	s->line_start = true;
	m->format = "mmdf";
	m->native = BRK_LF;
	m->index = ++s->index;
	m->off = input_offset(in);
	m->kept = "an MMDF mailbox is not changed: convert it to an mbox";
	return ST_OK;
}

static int
mmdf_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct mmdf *s = state;
	struct span a;
	int rc = ST_OK;

	if (s->at == MMDF_CLOSING) {
		if ((rc = take_separator(s, in, e)) != ST_OK)
			return rc;
		s->at = MMDF_BETWEEN;
	}
	while (s->at == MMDF_LOST && rc == ST_OK)
		rc = show(s, in, &a, e);
	if (rc == ST_DEAD)
		return rc;
	if (s->at == MMDF_DONE)
		return ST_END;
	m->from = m->off = input_offset(in);
	if ((rc = take_separator(s, in, e)) != ST_OK)
		return rc;
	return begin_message(s, in, m, e);
}

const struct format format_mmdf = {
	.name = "mmdf", .state_size = sizeof(struct mmdf), .many = true,
	.bid = mmdf_bid, .begin = mmdf_begin, .next = mmdf_next,
	.read = mmdf_read,
};

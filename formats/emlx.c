/*
 * Apple Mail's emlx: a line with a count of bytes, so many bytes of message,
 * an XML property list (flags and dates).  Apple does not describe it.
 *
 * The message is what the count says, and only if the list begins right
 * there: else it is not known which bytes are the message.
 */
#include "header_look.h"

#include <inttypes.h>

#include "format.h"

#define COUNT_LINE 32u		/* bytes, at most */
#define COUNT_WIDTH 10u		/* the count is padded with spaces to that */
#define LIST_END 10u		/* bytes of "</plist>" and a line end */

enum emlx_at { EMLX_COUNT, EMLX_MESSAGE, EMLX_LIST, EMLX_DONE };

struct emlx {
	enum emlx_at at;
	bool partial;
	uint64_t count, left;	/* bytes of the message, not shown yet */
};

/* The length of the first line; 0: it is no count. */
static size_t
read_count(struct span s, uint64_t *count)
{
	size_t i = 0;

	if (s.n > COUNT_LINE)
		s.n = COUNT_LINE;
	for (*count = 0; i < s.n && ascii_digit(s.p[i]); i++)
		if (i < 18)
			*count = 10 * *count + (uint64_t)(s.p[i] - '0');
	if (i == 0 || i > 18)
		return 0;
	while (i < s.n && s.p[i] == ' ')
		i++;
	return i < s.n && s.p[i] == '\n' ? i + 1 : 0;
}

static bool
is_list(struct span s)
{
	return span_starts(s, SPAN("<?xml"));
}

static unsigned
emlx_bid(struct span head, enum store_place place)
{
	const bool named = place == PLACE_EMLX || place == PLACE_EMLX_PARTIAL;
	uint64_t count;
	const size_t line = read_count(head, &count);
	const struct span rest = { head.p + line, head.n - line };

	if (line == 0)
		return named ? 8 : 0;
	if (count <= rest.n && is_list((struct span){ rest.p + count,
	    rest.n - (size_t)count }))
		return 200;
	if (named)
		return 100;
	return line > COUNT_WIDTH &&
	    header_look(rest).of_mail >= HEADER_OF_MAIL ? 50 : 0;
}

static int
emlx_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct emlx *s = state;

	(void)in;
	(void)k;
	(void)e;
	s->partial = how->place == PLACE_EMLX_PARTIAL;
	return ST_OK;
}

static int
begin_message(struct emlx *s, struct input *in, struct msg *m, struct err *e)
{
	struct span a = { NULL, 0 };
	size_t line;
	int rc;

	s->at = EMLX_DONE;
	if ((rc = input_peek(in, COUNT_LINE, &a, e)) == ST_DEAD)
		return rc;
	line = rc == ST_OK ? read_count(a, &s->count) : 0;
	if (line == 0)
		return err_set(e, ST_BAD, 0, "its first line is no count of "
		    "bytes, as an emlx file has it");
	input_consume(in, line);
	s->at = EMLX_MESSAGE;
	s->left = s->count;
	m->format = s->partial ? "emlx-partial" : "emlx";
	m->native = BRK_LF;
	m->index = 1;
	m->off = input_offset(in);
	m->kept = "the file says how long it is, and Apple Mail's index may "
	    "too: save it from Mail";
	return ST_OK;
}

/* Its end is kept over: it may come in pieces. */
static int
pass_list(struct emlx *s, struct input *in, struct msg *m, struct err *e)
{
	uint8_t tail[LIST_END] = { 0 };
	struct span a;
	size_t n;
	int rc;

	m->from = m->off = input_offset(in);
	while ((rc = input_peek(in, 1, &a, e)) == ST_OK) {
		n = a.n < LIST_END ? a.n : LIST_END;
		memmove(tail, tail + n, LIST_END - n);
		memcpy(tail + LIST_END - n, a.p + a.n - n, n);
		input_consume(in, a.n);
	}
	if (rc != ST_END)
		return rc;
	s->at = EMLX_DONE;
	for (n = LIST_END; n > 0 && (tail[n - 1] == '\n' ||
	    tail[n - 1] == '\r'); n--)
		;
	return n >= 8 && memcmp(tail + n - 8, "</plist>", 8) == 0 ? ST_END :
	    err_set(e, ST_BAD, 0, "the property list behind its message is "
	    "cut off");
}

static int
emlx_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct emlx *s = state;

	switch (s->at) {
	case EMLX_COUNT:
		return begin_message(s, in, m, e);
	case EMLX_LIST:
		return pass_list(s, in, m, e);
	default:
		return ST_END;
	}
}

/* Is it the message's end where the count says? */
static int
end_message(struct emlx *s, struct input *in, struct err *e)
{
	struct span a;
	const int rc = input_peek(in, 16, &a, e);

	if (rc == ST_DEAD)
		return rc;
	s->at = rc == ST_OK && is_list(a) ? EMLX_LIST : EMLX_DONE;
	if (s->at == EMLX_LIST)
		return ST_END;
	return err_set(e, ST_BAD, 0, rc == ST_END ? "cut off: no property list "
	    "is behind its message" : "its first line says %" PRIu64 " bytes, "
	    "and the message does not end there", s->count);
}

static int
emlx_read(void *state, struct input *in, struct span *out, struct err *e)
{
	struct emlx *s = state;
	int rc;

	if (s->at != EMLX_MESSAGE)
		return ST_END;
	if (s->left == 0)
		return end_message(s, in, e);
	if ((rc = input_some(in, s->left, out, e)) == ST_END) {
		s->at = EMLX_DONE;
		return err_set(e, ST_BAD, 0, "its first line says %" PRIu64
		    " bytes, and there are %" PRIu64, s->count,
		    s->count - s->left);
	}
	if (rc == ST_OK)
		s->left -= out->n;
	return rc;
}

const struct format format_emlx = {
	.name = "emlx", .state_size = sizeof(struct emlx),
	.bid = emlx_bid, .begin = emlx_begin, .next = emlx_next,
	.read = emlx_read,
};

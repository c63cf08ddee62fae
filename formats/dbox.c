/*
 * Dovecot's dbox: u.N of sdbox with one message, m.N of mdbox with many
 * (lib-storage/index/dbox-common/dbox-file.h).
 *
 * A header line says how long the header before each message is; that says
 * how long the message is, and behind it are a mark and lines of metadata.
 * The message is what the header says, and only if the mark stands right
 * behind it.  Behind what is damaged it goes on with the next header; where the
 * input cannot go back that is behind all that the damaged header says is its.
 * Messages that were expunged, and not purged yet, look like all others.
 */
#include <inttypes.h>

#include "foreign.h"
#include "format.h"

#define HEAD_LINE 128u		/* bytes of the header line, at most */
#define HEADER_MIN 30u		/* bytes of a message's header */
#define HEADER_MAX 1024u
#define SIZE_AT 13u		/* its size, in so many digits */
#define SIZE_DIGITS 16u
#define MARK SPAN("\n\1\3\n")
#define PACKED_HEAD 32u
#define STEP (128u << 10)

enum dbox_at {
	DBOX_FILE, DBOX_HEADER, DBOX_MESSAGE, DBOX_METADATA, DBOX_LOST,
	DBOX_DONE
};

struct dbox {
	const struct kernel *kernel;
	enum dbox_at at;
	size_t header;		/* bytes of a message's */
	uint64_t index;
	enum filter filter;	/* of the message at hand */
	uint64_t size, left;	/* bytes of the message, not shown yet */
};

static bool
hex_digit(uint8_t c, uint64_t *n)
{
	const uint8_t low = ascii_lower(c);

	if (!ascii_digit(c) && (low < 'a' || low > 'f'))
		return false;
	*n = *n << 4 | (uint64_t)(ascii_digit(c) ? c - '0' : low - 'a' + 10);
	return true;
}

/* The length of the header line, "2 M1e C65539a00"; 0: it is none. */
static size_t
read_head(struct span s, size_t *header)
{
	const uint8_t *end;
	uint64_t n = 0;
	size_t i = 3;

	if (s.n > HEAD_LINE)
		s.n = HEAD_LINE;
	if (!span_starts(s, SPAN("2 M")) ||
	    (end = memchr(s.p, '\n', s.n)) == NULL)
		return 0;
	while (i < 6 && hex_digit(s.p[i], &n))
		i++;
	if (n < HEADER_MIN || n > HEADER_MAX || !span_starts((struct span){
	    s.p + i, s.n - i }, SPAN(" C")))
		return 0;
	*header = (size_t)n;
	return (size_t)(end - s.p) + 1;
}

/* A message's header begins s, which holds all of it. */
static bool
read_header(const struct dbox *s, struct span a, uint64_t *size)
{
	*size = 0;
	if (a.n < s->header || !span_starts(a, SPAN("\1\2N")) ||
	    a.p[s->header - 1] != '\n')
		return false;
	for (size_t i = 0; i < SIZE_DIGITS; i++)
		if (!hex_digit(a.p[SIZE_AT + i], size))
			return false;
	return true;
}

static unsigned
dbox_bid(struct span head, enum store_place place)
{
	size_t header;

	(void)place;
	return read_head(head, &header) > 0 ? 100 : 0;
}

static int
dbox_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct dbox *s = state;

	(void)in;
	(void)how;
	(void)e;
	s->kernel = k;
	s->header = HEADER_MIN;
	return ST_OK;
}

/* The header line. */
static int
take_head(struct dbox *s, struct input *in, struct err *e)
{
	struct span a = { NULL, 0 };
	size_t n = 0;
	const int rc = input_peek(in, HEAD_LINE, &a, e);

	if (rc == ST_DEAD)
		return rc;
	if (rc == ST_OK)
		n = read_head(a, &s->header);
	s->at = n > 0 ? DBOX_HEADER : DBOX_LOST;
	if (n == 0)
		return err_set(e, ST_BAD, 0, "it has no header of a dbox "
		    "file");
	input_consume(in, n);
	return ST_OK;
}

/* Go to the next header of a message, or the end. */
static int
find_header(struct dbox *s, struct input *in, struct err *e)
{
	struct span a;
	uint64_t size;
	size_t i, limit;
	int rc;

	while ((rc = input_peek(in, 2 * HEADER_MAX, &a, e)) == ST_OK) {
		limit = a.n < 2 * HEADER_MAX ? a.n : a.n - HEADER_MAX;
		if (limit > STEP)
			limit = STEP;
		i = s->kernel->pair(a.p, limit < a.n ? limit + 1 : a.n, 1, 2);
		if (i < limit && read_header(s, (struct span){ a.p + i,
		    a.n - i }, &size)) {
			input_consume(in, i);
			s->at = DBOX_HEADER;
			return ST_OK;
		}
		input_consume(in, i < limit ? i + 1 : limit);
	}
	return rc;
}

/* Lines up to an empty one. */
static int
pass_metadata(struct dbox *s, struct input *in, struct msg *m, struct err *e)
{
	bool start = true;	/* of a line */
	const uint8_t *end;
	struct span a;
	size_t n, i;
	int rc;

	m->from = m->off = input_offset(in);
	/* The mark was there before; what was read once more may not be. */
	if ((rc = input_peek(in, MARK.n, &a, e)) == ST_DEAD)
		return rc;
	input_consume(in, rc == ST_END ? 0 : a.n < MARK.n ? a.n : MARK.n);
	while ((rc = input_peek(in, 2, &a, e)) == ST_OK) {
		if (start && a.p[0] == '\n') {
			s->at = DBOX_HEADER;
			input_consume(in, 1);
			return ST_OK;
		}
		end = memchr(a.p, '\n', a.n);
		n = end != NULL ? (size_t)(end - a.p) + 1 : a.n;
		if ((i = s->kernel->pair(a.p, n, 1, 2)) < n) {
			input_consume(in, i);
			s->at = DBOX_LOST;	/* a header, perhaps */
			return err_set(e, ST_BAD, 0, "the metadata behind a "
			    "message are damaged");
		}
		start = end != NULL;
		input_consume(in, start || n == 1 ? n : n - 1);
	}
	s->at = DBOX_DONE;
	return rc != ST_END ? rc : err_set(e, ST_BAD, 0, "cut off in the "
	    "metadata behind a message");
}

/*
 * Whether the mark is where the header says, if one can look so far.  ST_BAD:
 * it is not.
 */
static int
check_size(struct dbox *s, struct input *in, struct err *e)
{
	const uint64_t off = input_offset(in);
	struct span a;
	int rc;

	if (s->size > INT64_MAX - off)
		return err_set(e, ST_BAD, 0, "the header of a message says a "
		    "size that cannot be");
	if (!input_can_seek(in) &&
	    !input_can_look(in, off + s->size, MARK.n))
		return ST_OK;
	rc = input_look(in, off + s->size, MARK.n, &a, e);
	if (rc == ST_DEAD || (rc == ST_OK && span_starts(a, MARK)))
		return rc;
	return err_set(e, ST_BAD, 0, rc == ST_END || a.n < MARK.n ?
	    "cut off: the header of a message says %" PRIu64 " bytes, and "
	    "they are not there" : "the header of a message says %" PRIu64
	    " bytes, and it does not end there", s->size);
}

/* The header of the next message, which is at hand or damaged. */
static int
take_header(struct dbox *s, struct input *in, struct err *e)
{
	struct span a;
	int rc;

	if ((rc = input_peek(in, HEADER_MAX, &a, e)) != ST_OK) {
		if (rc != ST_END || s->index > 0)
			return rc;
		s->index = 1;
		return err_set(e, ST_BAD, 0, "cut off: no message is in it");
	}
	if (!read_header(s, a, &s->size)) {
		s->at = DBOX_LOST;
		return err_set(e, ST_BAD, 0, a.n < s->header ? "cut off in "
		    "the header of a message" : "no header of a message is "
		    "where one has to be");
	}
	s->index++;
	input_consume(in, s->header);
	if ((rc = check_size(s, in, e)) == ST_BAD)
		s->at = DBOX_LOST;
	return rc;
}

static int
pass_message(struct dbox *s, struct input *in, struct err *e);

/* Whether it is stored otherwise than as mail: compressed, encrypted. */
static int
check_packed(struct dbox *s, struct input *in, struct err *e)
{
	const struct foreign *f;
	struct span a;
	int rc;

	s->filter = FILTER_NONE;
	if ((rc = input_peek(in, PACKED_HEAD, &a, e)) != ST_OK)
		return rc == ST_END ? ST_OK : rc;
	if (a.n > s->size)
		a.n = (size_t)s->size;
	if (a.n > PACKED_HEAD)
		a.n = PACKED_HEAD;
	s->filter = packing_filter(a);
	f = foreign_of(a, PLACE_OTHER);
	if (f == NULL || !f->anywhere)
		return ST_OK;
	rc = pass_message(s, in, e);
	return rc != ST_OK ? rc : err_set(e, ST_BAD, 0, "a message that is "
	    "%s", f->what);
}

static int
dbox_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct dbox *s = state;
	int rc = ST_OK;

	if (s->at == DBOX_METADATA)
		rc = pass_metadata(s, in, m, e);
	if (rc != ST_OK)
		return rc;
	m->from = m->off = input_offset(in);
	if (s->at == DBOX_FILE)
		rc = take_head(s, in, e);
	else if (s->at == DBOX_LOST)
		rc = find_header(s, in, e);
	if (rc != ST_OK || s->at == DBOX_DONE)
		return rc == ST_OK ? ST_END : rc;
	m->from = m->off = input_offset(in);
	if ((rc = take_header(s, in, e)) != ST_OK)
		return rc;
	s->at = DBOX_MESSAGE;
	s->left = s->size;
	m->format = "dbox";
	m->native = BRK_LF;
	m->index = s->index;
	m->off = input_offset(in);
	m->kept = "a dbox file says how long each message in it is: Dovecot "
	    "alone changes it (doveadm save, then doveadm expunge)";
	return check_packed(s, in, e);
}

/* Is it the message's end where the header says? */
static int
end_message(struct dbox *s, struct input *in, struct err *e)
{
	struct span a;
	const int rc = input_peek(in, MARK.n, &a, e);

	if (rc == ST_DEAD)
		return rc;
	s->at = DBOX_METADATA;
	if (rc == ST_OK && span_starts(a, MARK))
		return ST_END;
	s->at = DBOX_LOST;
	return err_set(e, ST_BAD, 0, rc == ST_END || a.n < MARK.n ?
	    "cut off behind a message" : "the header of a message says %"
	    PRIu64 " bytes, and it does not end there", s->size);
}

static int
dbox_read(void *state, struct input *in, struct span *out, struct err *e)
{
	struct dbox *s = state;
	int rc;

	if (s->at != DBOX_MESSAGE)
		return ST_END;
	if (s->left == 0)
		return end_message(s, in, e);
	if ((rc = input_some(in, s->left, out, e)) == ST_END) {
		s->at = DBOX_DONE;
		return err_set(e, ST_BAD, 0, "cut off: the header of a "
		    "message says %" PRIu64 " bytes, and they are not there",
		    s->size);
	}
	if (rc == ST_OK)
		s->left -= out->n;
	return rc;
}

static int
pass_message(struct dbox *s, struct input *in, struct err *e)
{
	struct span a;
	int rc;

	while ((rc = dbox_read(s, in, &a, e)) == ST_OK)
		;
	return rc == ST_END ? ST_OK : rc;
}

static enum filter
dbox_packed(const void *state)
{
	return ((const struct dbox *)state)->filter;
}

const struct format format_dbox = {
	.name = "dbox", .state_size = sizeof(struct dbox), .many = true,
	.bid = dbox_bid, .begin = dbox_begin, .next = dbox_next,
	.read = dbox_read, .packed = dbox_packed,
};

/*
 * See store.h.  Formats cut messages out; what is the same for all of them
 * (probing, compression, reading once more) is here.
 */
#include "store.h"

#include <errno.h>
#include <stdlib.h>

#include "foreign.h"
#include "inner.h"
#include "known.h"
#include "packed.h"

enum reading {
	READING_NONE, READING_ONCE, READING_DONE, READING_AGAIN,
	READING_UPTO		/* again, to where READING_ONCE had come */
};

struct store {
	const struct kernel *kernel;
	struct input *file;		/* the bytes on disk */
	struct input *plain[FILTERS_MAX];	/* what is in them,
					 * compression by compression */
	size_t plain_n;			/* of those that are open */
	struct input *decoded;		/* what the format makes of that; made
					 * when it is needed */
	struct input *in;		/* the last one */
	enum packed_as archive;
	bool member;
	bool foreign;
	struct inner inner;
	bool is_inner;			/* the message is read from that */
	struct budget *budget;		/* or NULL */
	const struct format *format;	/* NULL: closed, or an archive */
	struct msg *msg;		/* the caller's, of the last next */
	enum reading reading;
	uint64_t left;			/* bytes, when reading again */
	void *state[FORMATS_N];
	void *now;			/* that of format */
};

struct store *
store_new(const struct kernel *k)
{
	struct store *s = calloc(1, sizeof(*s));
	bool ok;

	if (s == NULL)
		return NULL;
	s->kernel = k != NULL ? k : kernel_pick(NULL);
	s->file = input_new();
	ok = s->file != NULL;
	for (size_t i = 0; i < FORMATS_N; i++) {
		s->state[i] = calloc(1, format_at(i)->state_size);
		ok = ok && s->state[i] != NULL;
	}
	if (ok)
		return s;
	store_free(s);
	return NULL;
}

void
store_close(struct store *s)
{
	inner_close(&s->inner);
	s->is_inner = false;
	if (s->decoded != NULL)
		input_close(s->decoded);
	while (s->plain_n > 0)		/* each reads from the one before */
		input_close(s->plain[--s->plain_n]);
	if (s->file != NULL)
		input_close(s->file);
	s->archive = PACKED_NOT;
	s->foreign = false;
	s->format = NULL;
	s->msg = NULL;
	s->reading = READING_NONE;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	store_close(s);
	inner_free(&s->inner);
	input_free(s->decoded);
	for (size_t i = 0; i < FILTERS_MAX; i++)
		input_free(s->plain[i]);
	input_free(s->file);
	for (size_t i = 0; i < FORMATS_N; i++)
		free(s->state[i]);
	free(s);
}

/* The first INPUT_PEEK_MAX bytes of s->in, or all; none is fine. */
static int
store_head(struct store *s, struct span *head, struct err *e)
{
	const int rc = input_peek(s->in, INPUT_PEEK_MAX, head, e);

	if (rc == ST_OK && head->n > INPUT_PEEK_MAX)
		head->n = INPUT_PEEK_MAX;
	if (rc != ST_END)
		return rc;
	*head = (struct span){ (const uint8_t *)"", 0 };
	return ST_OK;
}

/* One compression less. */
static int
store_unpack(struct store *s, enum filter filter, struct budget *budget,
    struct err *e)
{
	struct input **in = &s->plain[s->plain_n];
	struct byte_source source;
	int rc;

	if (budget != NULL && (rc = budget_filters(budget,
	    (unsigned)s->plain_n + 1, e)) != ST_OK)
		return rc;
	if (s->plain_n == FILTERS_MAX)
		return err_set(e, ST_DEAD, 0, "compressed too many times");
	if (*in == NULL && (*in = input_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot unpack");
	if ((rc = packed_source(filter, s->in, budget, &source, e)) != ST_OK)
		return rc;
	input_open_source(*in, source);
	s->plain_n++;
	s->in = *in;
	return ST_OK;
}

/* What it seems to be, for people; foreign: or NULL. */
static int
not_mail(struct store *s, const struct foreign *foreign, struct span head,
    struct err *e)
{
	s->foreign = foreign != NULL && foreign->told;
	return err_set(e, ST_BAD, 0, "%s%s", s->plain_n > 0 ?
	    "compressed: " : "", foreign != NULL ? foreign->what :
	    head.n == 0 ? "empty" : "not mail");
}

static int
store_probe(struct store *s, const struct store_how *how, struct err *e)
{
	const struct foreign *foreign;
	enum filter filter;
	struct span head;
	int rc;

	while ((rc = store_head(s, &head, e)) == ST_OK &&
	    (filter = packing_filter(head)) != FILTER_NONE)
		if ((rc = store_unpack(s, filter, how->budget, e)) != ST_OK)
			return rc;
	if (rc != ST_OK)
		return rc;
	foreign = foreign_of(head, how->place);
	if (how->format == NULL && foreign != NULL && foreign->anywhere)
		return not_mail(s, foreign, head, e);
	if ((s->archive = format_archive(head, how)) != PACKED_NOT)
		return ST_OK;
	s->format = how->format != NULL ? format_named(how->format) :
	    format_bid(head, how->place);
	return s->format != NULL ? ST_OK : not_mail(s, foreign, head, e);
}

/* What the format reads its messages out of. */
static int
store_decode(struct store *s, void *state, const struct store_how *how,
    struct err *e)
{
	struct byte_source source;
	int rc;

	if (s->decoded == NULL && (s->decoded = input_new()) == NULL)
		return err_set(e, ST_DEAD, ENOMEM, "cannot read");
	if ((rc = s->format->decode(state, s->in, how, &source, e)) != ST_OK)
		return rc;
	input_open_source(s->decoded, source);
	s->in = s->decoded;
	return ST_OK;
}

static int
store_begin(struct store *s, const struct store_how *how, struct err *e)
{
	int rc;

	s->in = s->file;
	s->member = how->member;
	s->budget = how->budget;
	if (how->budget != NULL && !how->member)
		how->budget->file = s->file;
	if ((rc = store_probe(s, how, e)) != ST_OK)
		return rc;
	if (s->archive != PACKED_NOT)
		return ST_OK;
	for (size_t i = 0; i < FORMATS_N; i++)
		if (format_at(i) == s->format)
			s->now = s->state[i];
	memset(s->now, 0, s->format->state_size);
	if (s->format->decode != NULL &&
	    (rc = store_decode(s, s->now, how, e)) != ST_OK)
		return rc;
	return s->format->begin == NULL ? ST_OK :
	    s->format->begin(s->now, s->in, how, s->kernel, e);
}

int
store_open(struct store *s, int fd, uint64_t size,
    const struct store_how *how, struct err *e)
{
	store_close(s);
	input_open_fd(s->file, fd, size);
	if (how->waits)
		input_wait(s->file);
	return store_begin(s, how, e);
}

int
store_open_source(struct store *s, struct byte_source source,
    const struct store_how *how, struct err *e)
{
	store_close(s);
	input_open_source(s->file, source);
	return store_begin(s, how, e);
}

/* Read on to the end of a message that the caller left. */
static int
store_drain(struct store *s, struct err *e)
{
	struct span ignored;
	int rc;

	do
		rc = store_read(s, &ignored, e);
	while (rc == ST_OK || (rc == ST_END && s->reading == READING_ONCE));
	return rc == ST_END || rc == ST_BAD ? ST_OK : rc;
}

/* What the message at hand is read from, and where in it that begins. */
static struct input *
message_input(const struct store *s)
{
	return s->is_inner ? s->inner.plain : s->in;
}

static uint64_t
message_start(const struct store *s)
{
	return s->is_inner ? 0 : s->msg->off;
}

/* The message is compressed where it stands: read it through that. */
static int
open_inner(struct store *s, struct err *e)
{
	const enum filter filter = s->format->packed != NULL ?
	    s->format->packed(s->now) : FILTER_NONE;
	int rc;

	if (filter == FILTER_NONE)
		return ST_OK;
	rc = inner_open(&s->inner, s->format, s->now, s->in, filter,
	    s->budget, e);
	s->is_inner = rc == ST_OK;
	return rc;
}

int
store_next(struct store *s, struct msg *m, struct err *e)
{
	int rc;

	if ((s->reading == READING_ONCE || s->reading == READING_AGAIN ||
	    s->reading == READING_UPTO) && (rc = store_drain(s, e)) != ST_OK)
		return rc;
	s->reading = READING_NONE;
	inner_close(&s->inner);
	s->is_inner = false;
	memset(m, 0, sizeof(*m));
	input_keep(s->in, input_offset(s->in));	/* no more of the last one */
	if ((rc = s->format->next(s->now, s->in, m, e)) != ST_OK)
		return rc;
	if ((rc = open_inner(s, e)) != ST_OK)
		return rc;
	m->raw_off = s->in == s->file && !s->member && !s->is_inner ?
	    m->off : MSG_NOT_RAW;
	if (m->raw_off == MSG_NOT_RAW)
		m->why_not = s->member ? "it is in an archive" :
		    s->is_inner ? "it is compressed" :
		    s->plain_n > 0 ? "the file is compressed" :
		    s->format->why_not;
	s->msg = m;
	s->reading = READING_ONCE;
	if (!s->is_inner)
		input_keep(s->in, m->off);
	return ST_OK;
}

/* Show the bytes of a message that was read to its end before. */
static int
read_again(struct store *s, struct span *out, struct err *e)
{
	int rc;

	if (s->left == 0)
		return ST_END;
	rc = input_some(message_input(s), s->left, out, e);
	if (rc == ST_END)
		return err_set(e, ST_DEAD, 0,
		    "the file became shorter while it was read");
	if (rc == ST_OK)
		s->left -= out->n;
	return rc;
}

int
store_read(struct store *s, struct span *out, struct err *e)
{
	int rc;

	switch (s->reading) {
	case READING_ONCE:
		rc = s->is_inner ? inner_read(&s->inner, out, e) :
		    s->format->read(s->now, s->in, out, e);
		break;
	case READING_AGAIN:
		rc = read_again(s, out, e);
		break;
	case READING_UPTO:
		rc = read_again(s, out, e);
		if (rc == ST_END)
			s->reading = READING_ONCE;
		return rc;
	default:
		return ST_END;
	}
	if (rc == ST_END && s->reading == READING_ONCE)
		s->msg->len = input_offset(message_input(s)) -
		    message_start(s);
	if (rc == ST_END || rc == ST_BAD)
		s->reading = READING_DONE;
	return rc;
}

bool
store_can_again(const struct store *s)
{
	return input_can_seek(message_input(s)) || (s->msg != NULL &&
	    input_at_hand(message_input(s), message_start(s)));
}

bool
store_will_again(const struct store *s)
{
	return input_keeps(message_input(s));
}

void
store_again(struct store *s)
{
	const bool midst = s->reading == READING_ONCE;

	s->left = midst ? input_offset(message_input(s)) - message_start(s) :
	    s->msg->len;
	s->reading = midst ? READING_UPTO : READING_AGAIN;
	input_seek(message_input(s), message_start(s));
}

int
store_look(struct store *s, uint64_t off, uint8_t *p, size_t n,
    struct err *e)
{
	struct span a;
	size_t got = 0;
	int rc;

	for (; got < n; got += a.n) {
		const size_t left = n - got;

		rc = input_look(s->in, off + got, left < INPUT_LOOK_MAX ?
		    left : INPUT_LOOK_MAX, &a, e);
		if (rc != ST_OK)
			return rc;
		if (a.n > left)
			a.n = left;
		memcpy(p + got, a.p, a.n);
	}
	return ST_OK;
}

uint64_t
store_position(const struct store *s)
{
	return input_offset(s->in) + (s->format->gap != NULL ?
	    s->format->gap(s->now) : 0);
}

uint64_t
store_first(const struct store *s)
{
	return s->format->first != NULL ?
	    s->format->first(s->now) : 0;
}

enum packed_as
store_archive(const struct store *s)
{
	return s->archive;
}

struct input *
store_input(struct store *s)
{
	return s->in;
}

const char *
store_format(const struct store *s)
{
	return s->format->name;
}

bool
store_splits(const struct store *s)
{
	return s->format->splits && s->in == s->file;
}

bool
store_is_container(const struct store *s)
{
	return s->format->many;
}

bool
store_foreign(const struct store *s)
{
	return s->foreign;
}

bool
store_compressed(const struct store *s)
{
	return s->plain_n > 0;
}

const struct envelope *
store_envelope(const struct store *s)
{
	return s->format != NULL && s->format->envelope != NULL ?
	    s->format->envelope(s->now) : NULL;
}

bool
store_take_dialects(struct store *s, struct dialects *out)
{
	struct dialects *d;

	if (s->format == NULL || s->format->dialects == NULL)
		return false;
	d = s->format->dialects(s->now);
	*out = *d;
	memset(d, 0, sizeof(*d));
	return true;
}

/*
 * See store.h.  Formats cut messages out; what is the same for all of them
 * (probing, compression, reading once more) is here.
 */
#include "store.h"

#include <errno.h>
#include <stdlib.h>

#include "format.h"
#include "packed.h"

#define FORMAT_POINTER(name) &format_##name,
static const struct format *const formats[] = { FORMATS(FORMAT_POINTER) };
#define FORMATS_N (sizeof(formats) / sizeof(formats[0]))

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
	const struct format *format;	/* NULL: closed, or an archive */
	struct msg *msg;		/* the caller's, of the last next */
	enum reading reading;
	uint64_t left;			/* bytes, when reading again */
	void *state[FORMATS_N];
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
		s->state[i] = calloc(1, formats[i]->state_size);
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
	if (s->decoded != NULL)
		input_close(s->decoded);
	while (s->plain_n > 0)		/* each reads from the one before */
		input_close(s->plain[--s->plain_n]);
	if (s->file != NULL)
		input_close(s->file);
	s->archive = PACKED_NOT;
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
	input_free(s->decoded);
	for (size_t i = 0; i < FILTERS_MAX; i++)
		input_free(s->plain[i]);
	input_free(s->file);
	for (size_t i = 0; i < FORMATS_N; i++)
		free(s->state[i]);
	free(s);
}

static void *
store_state(const struct store *s)
{
	for (size_t i = 0; i < FORMATS_N; i++)
		if (formats[i] == s->format)
			return s->state[i];
	return NULL;
}

static const struct format *
format_named(const char *name)
{
	for (size_t i = 0; i < FORMATS_N; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

bool
store_format_known(const char *name)
{
	return format_named(name) != NULL;
}

const char *
store_format_name(size_t i)
{
	return i < FORMATS_N ? formats[i]->name : NULL;
}

static const struct format *
best_bid(struct span head, enum store_place place)
{
	const struct format *best = NULL;
	unsigned most = 0;

	for (size_t i = 0; i < FORMATS_N; i++) {
		const unsigned bid = formats[i]->bid(head, place);

		if (bid > most) {
			most = bid;
			best = formats[i];
		}
	}
	return best;
}

/* What a file that is no mail seems to be, for people. */
static const char *
guess(struct span s)
{
	static const struct {
		struct span magic;
		const char *what;
	} known[] = {
		{ { (const uint8_t *)"Dovecot-LZ4", 11 }, "Dovecot lz4 data" },
		{ { (const uint8_t *)"CRYPTED\003\007", 9 },
		    "encrypted by Dovecot's mail-crypt" },
		{ { (const uint8_t *)"PK\003\004", 4 }, "a zip archive" },
		{ { (const uint8_t *)"2 M1e C", 7 }, "a Dovecot dbox file" },
		{ { (const uint8_t *)"!BDN", 4 }, "an Outlook pst file" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_starts(s, known[i].magic))
			return known[i].what;
	return s.n == 0 ? "empty" : "not mail";
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

static bool
is_mail(struct span head)
{
	return span_begins_field(head) || span_starts(head, SPAN("From "));
}

/* An archive that is asked for; tar has a sum, others may look like mail. */
static enum packed_as
archive_of(struct span head, const struct store_how *how)
{
	const enum packed_as as = how->archives == 0 ||
	    how->place == PLACE_MAILDIR || how->format != NULL ? PACKED_NOT :
	    packing_archive(head);

	return (how->archives >> as & 1) != 0 &&
	    (as == PACKED_TAR || !is_mail(head)) ? as : PACKED_NOT;
}

static int
store_probe(struct store *s, const struct store_how *how, struct err *e)
{
	enum filter filter;
	struct span head;
	int rc;

	while ((rc = store_head(s, &head, e)) == ST_OK &&
	    (filter = packing_filter(head)) != FILTER_NONE)
		if ((rc = store_unpack(s, filter, how->budget, e)) != ST_OK)
			return rc;
	if (rc != ST_OK)
		return rc;
	if ((s->archive = archive_of(head, how)) != PACKED_NOT)
		return ST_OK;
	s->format = how->format != NULL ? format_named(how->format) :
	    best_bid(head, how->place);
	if (s->format == NULL)
		return err_set(e, ST_BAD, 0, "%s%s", s->plain_n > 0 ?
		    "compressed: " : "", guess(head));
	return ST_OK;
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
	void *state;
	int rc;

	s->in = s->file;
	s->member = how->member;
	if (how->budget != NULL && !how->member)
		how->budget->file = s->file;
	if ((rc = store_probe(s, how, e)) != ST_OK)
		return rc;
	if (s->archive != PACKED_NOT)
		return ST_OK;
	state = store_state(s);
	memset(state, 0, s->format->state_size);
	if (s->format->decode != NULL &&
	    (rc = store_decode(s, state, how, e)) != ST_OK)
		return rc;
	return s->format->begin == NULL ? ST_OK :
	    s->format->begin(state, s->in, how, s->kernel, e);
}

int
store_open(struct store *s, int fd, uint64_t size,
    const struct store_how *how, struct err *e)
{
	store_close(s);
	input_open_fd(s->file, fd, size);
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
	return rc == ST_END ? ST_OK : rc;
}

int
store_next(struct store *s, struct msg *m, struct err *e)
{
	int rc;

	if ((s->reading == READING_ONCE || s->reading == READING_AGAIN ||
	    s->reading == READING_UPTO) && (rc = store_drain(s, e)) != ST_OK)
		return rc;
	s->reading = READING_NONE;
	memset(m, 0, sizeof(*m));
	if ((rc = s->format->next(store_state(s), s->in, m, e)) != ST_OK)
		return rc;
	m->raw_off = s->in == s->file && !s->member ? m->off : MSG_NOT_RAW;
	if (m->raw_off == MSG_NOT_RAW)
		m->why_not = s->member ? "it is in an archive" :
		    s->plain_n > 0 ? "the file is compressed" :
		    s->format->why_not;
	s->msg = m;
	s->reading = READING_ONCE;
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
	rc = input_peek(s->in, 1, out, e);
	if (rc == ST_END)
		return err_set(e, ST_DEAD, 0,
		    "the file became shorter while it was read");
	if (rc != ST_OK)
		return rc;
	if (out->n > s->left)
		out->n = (size_t)s->left;
	input_consume(s->in, out->n);
	s->left -= out->n;
	return ST_OK;
}

int
store_read(struct store *s, struct span *out, struct err *e)
{
	int rc;

	switch (s->reading) {
	case READING_ONCE:
		rc = s->format->read(store_state(s), s->in, out, e);
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
	if (rc == ST_END) {
		if (s->reading == READING_ONCE)
			s->msg->len = input_offset(s->in) - s->msg->off;
		s->reading = READING_DONE;
	}
	return rc;
}

bool
store_can_again(const struct store *s)
{
	return input_can_seek(s->in) ||
	    (s->msg != NULL && input_at_hand(s->in, s->msg->off));
}

bool
store_will_again(const struct store *s)
{
	return input_keeps(s->in);
}

void
store_again(struct store *s)
{
	const bool midst = s->reading == READING_ONCE;

	s->left = midst ? input_offset(s->in) - s->msg->off : s->msg->len;
	s->reading = midst ? READING_UPTO : READING_AGAIN;
	input_seek(s->in, s->msg->off);
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
	    s->format->gap(store_state(s)) : 0);
}

uint64_t
store_first(const struct store *s)
{
	return s->format->first != NULL ?
	    s->format->first(store_state(s)) : 0;
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
	return s->format->splits;
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
	    s->format->envelope(store_state(s)) : NULL;
}

bool
store_take_dialects(struct store *s, struct dialects *out)
{
	struct dialects *d;

	if (s->format == NULL || s->format->dialects == NULL)
		return false;
	d = s->format->dialects(store_state(s));
	*out = *d;
	memset(d, 0, sizeof(*d));
	return true;
}

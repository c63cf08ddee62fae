/*
 * A message in the queue of OpenSMTPD: queue/AB/ABxxxxxx/message, its lines
 * ended by LF, and beside it a file for each recipient, called by the message's
 * ID and eight more digits: lines of "name: value".  Any of them may be
 * compressed.  By its queue_fs.c and envelope.c; what is encrypted is
 * foreign.c's.
 */
#include "beside.h"
#include "queue_names.h"
#include "single.h"

#define ID 8u			/* digits of a message's */
#define NAME 16u		/* and of an envelope's */
#define ENVELOPE_MAX (32u << 10)	/* bytes: OpenSMTPD takes fewer */

struct opensmtpd {
	struct envelope envelope;
	bool given;
	struct span id;
	size_t names_n;		/* of envelopes that are read */
	char names[ENVELOPE_RECIPIENTS][NAME + 1];
};

static unsigned
opensmtpd_bid(struct span head, enum store_place place)
{
	return place == PLACE_OPENSMTPD && head.n > 0 ? 1000 : 0;
}

/* --- the envelopes */

/* The rest are counted: each is one recipient. */
static bool
see_name(void *ctx, const char *name)
{
	struct opensmtpd *s = ctx;

	if (strlen(name) != NAME || !span_starts(span_text(name), s->id) ||
	    strspn(name, "0123456789abcdef") != NAME)
		return true;
	if (s->names_n < ENVELOPE_RECIPIENTS)
		memcpy(s->names[s->names_n++], name, NAME + 1);
	else
		s->envelope.recipients_more++;
	return true;
}

/* "name : value", of this name; the line is in lower case up to there. */
static bool
is_field(struct span line, struct span name, struct span *value)
{
	size_t i = name.n;

	if (!span_starts_nocase(line, name))
		return false;
	while (i < line.n && ascii_wsp(line.p[i]))
		i++;
	if (i == line.n || line.p[i++] != ':')
		return false;
	while (i < line.n && ascii_wsp(line.p[i]))
		i++;
	*value = (struct span){ line.p + i, line.n - i };
	return true;
}

/* user@domain, or @ alone: the null sender. */
static void
take_sender(struct envelope *e, struct span value)
{
	envelope_sender(e, span_eq(value, SPAN("@")) ?
	    (struct span){ value.p, 0 } : value);
}

/* Who it goes to is dest: aliases were followed already. */
static void
take_envelope(struct envelope *e, struct span text)
{
	struct span line, value, dest = { NULL, 0 };
	bool has_dest = false;

	while (text.n > 0) {
		const uint8_t *lf = memchr(text.p, '\n', text.n);

		line = (struct span){ text.p, lf != NULL ?
		    (size_t)(lf - text.p) : text.n };
		text = (struct span){ text.p + line.n + (lf != NULL),
		    text.n - line.n - (lf != NULL) };
		if (is_field(line, SPAN("dest"), &value)) {
			dest = value;
			has_dest = true;
		} else if (is_field(line, SPAN("sender"), &value)) {
			if (!e->has_sender)
				take_sender(e, value);
		} else if (is_field(line, SPAN("ctime"), &value) &&
		    !e->has_arrived) {
			envelope_arrived(e, value);
		}
	}
	if (has_dest)
		envelope_recipient(e, dest);
	else
		e->recipients_more++;
}

/* One that is gone was served meanwhile. */
static int
read_envelope(struct opensmtpd *s, struct beside *b,
    const struct store_how *how, const char *name, struct err *e)
{
	struct span text = { NULL, 0 };
	int rc;

	if ((rc = beside_open(b, how, name, e)) == ST_OK)
		rc = input_peek(b->in, ENVELOPE_MAX, &text, e);
	if (rc == ST_OK)
		take_envelope(&s->envelope, text);
	return rc == ST_END ? ST_OK : rc;
}

static int
read_envelopes(struct opensmtpd *s, const struct store_how *how,
    struct err *e)
{
	struct beside b = { NULL, NULL, NULL };
	int rc;

	if (how->siblings == NULL)
		return ST_OK;
	rc = how->siblings(how->sibling_ctx, see_name, s, e);
	for (size_t i = 0; i < s->names_n && rc == ST_OK; i++)
		rc = read_envelope(s, &b, how, s->names[i], e);
	beside_free(&b);
	return rc;
}

/* --- the format */

static int
opensmtpd_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct opensmtpd *s = state;
	struct span folder = how->name;

	(void)in;
	(void)k;
	(void)path_part(&folder);
	s->id = path_part(&folder);
	if (s->id.n == ID)
		envelope_queue_id(&s->envelope, s->id);
	return s->id.n == ID ? read_envelopes(s, how, e) : ST_OK;
}

static int
opensmtpd_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct opensmtpd *s = state;

	(void)e;
	m->kept = "it is in the queue of OpenSMTPD: smtpctl pause envelope "
	    "MESSAGE_ID";
	return single_next(&s->given, "opensmtpd", BRK_LF, in, m);
}

static const struct envelope *
opensmtpd_envelope(const void *state)
{
	return &((const struct opensmtpd *)state)->envelope;
}

const struct format format_opensmtpd = {
	.name = "opensmtpd", .state_size = sizeof(struct opensmtpd),
	.bid = opensmtpd_bid, .begin = opensmtpd_begin,
	.next = opensmtpd_next, .read = single_read,
	.envelope = opensmtpd_envelope,
};

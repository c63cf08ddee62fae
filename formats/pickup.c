/*
 * A message as it is put into a folder for Exchange or IIS to send, or as IIS
 * drops it: X-Sender and X-Receiver fields before its header say who gets it,
 * and X- fields of the server's may follow them (Replay, badmail).
 *
 * To the scan these fields are a part of the message, as they are for whoever
 * reads the file otherwise.
 */
#include "header_look.h"

#include "single.h"

struct pickup {
	struct envelope envelope;
	bool given;
};

static struct span
take_line(struct span *s)
{
	const uint8_t *lf = s->n > 0 ? memchr(s->p, '\n', s->n) : NULL;
	const struct span line = { s->p, lf != NULL ? (size_t)(lf - s->p) + 1 :
	    s->n };

	*s = (struct span){ s->p + line.n, s->n - line.n };
	return line;
}

/* What the line says, up to a space: an address, without < and >. */
static bool
is_field(struct span line, struct span name, struct span *address)
{
	size_t i = name.n, n = 0;

	if (!span_starts_nocase(line, name))
		return false;
	while (i < line.n && ascii_wsp(line.p[i]))
		i++;
	while (i + n < line.n && line.p[i + n] > ' ')
		n++;
	if (n > 1 && line.p[i] == '<' && line.p[i + n - 1] == '>') {
		i++;
		n -= 2;
	}
	*address = (struct span){ line.p + i, n };
	return true;
}

/*
 * The envelope in the first lines, into *out unless it is NULL.  False: there
 * is none, of a sender and at least one receiver, or its end is not in sight.
 */
static bool
take_envelope(struct span s, struct envelope *out)
{
	bool sender = false, receiver = false;
	struct span line, address;

	while ((line = take_line(&s)).n > 0 &&
	    line.p[line.n - 1] == '\n') {
		if (is_field(line, SPAN("x-sender:"), &address)) {
			if (out != NULL && !sender)
				envelope_sender(out, address);
			sender = true;
		} else if (is_field(line, SPAN("x-receiver:"), &address)) {
			if (out != NULL)
				envelope_recipient(out, address);
			receiver = true;
		} else {
			return sender && receiver;
		}
	}
	return false;
}

/* Where a message is, whatever is in it, only the message is meant. */
static unsigned
pickup_bid(struct span head, enum store_place place)
{
	return (place == PLACE_OTHER || place == PLACE_EML ||
	    place == PLACE_NAMED) && take_envelope(head, NULL) &&
	    header_look(head).fields > 2 ? 48 : 0;
}

static int
pickup_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct pickup *s = state;
	struct span head;
	int rc;

	(void)how;
	(void)k;
	if ((rc = input_peek(in, INPUT_PEEK_MAX, &head, e)) == ST_DEAD)
		return rc;
	if (rc == ST_OK && !take_envelope(head, &s->envelope))
		memset(&s->envelope, 0, sizeof(s->envelope));
	return ST_OK;
}

static int
pickup_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct pickup *s = state;

	(void)e;
	return single_next(&s->given, "pickup", BRK_CRLF, in, m);
}

static const struct envelope *
pickup_envelope(const void *state)
{
	return &((const struct pickup *)state)->envelope;
}

const struct format format_pickup = {
	.name = "pickup", .state_size = sizeof(struct pickup),
	.bid = pickup_bid, .begin = pickup_begin, .next = pickup_next,
	.read = single_read, .envelope = pickup_envelope,
};

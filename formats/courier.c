/*
 * A message in the queue of Courier: DID holds it, as it is, CID beside it the
 * envelope, a line each:
 *
 *	s sender   M message ID   r recipient   S or F number ...   and more
 *
 * ID is the inode of CID.  S and F say that the number-th recipient, from 0, is
 * done.  Courier's message ID is hexadecimal: inode, time, process.  By its
 * comctlfile.h, comctlfile.c and submit2.C.
 */
#include <stdio.h>

#include "single.h"

#define LINE_MAX_BYTES (60u << 10)
#define DONE_MAX 4096u		/* recipients of which that is known */
#define ID_MAX 24u		/* digits */
#define CONTROL "the envelope of a message of Courier"

struct courier {
	struct envelope envelope;
	bool given;
	uint64_t recipients;
	uint8_t done[DONE_MAX / 8];	/* a bit each */
};

static unsigned
courier_bid(struct span head, enum store_place place)
{
	(void)head;
	return place == PLACE_COURIER ? 500 : 0;
}

/* "17 ..." */
static void
take_done(struct courier *s, struct span text)
{
	size_t n = 0, i = 0;

	for (; i < text.n && ascii_digit(text.p[i]) && n < DONE_MAX; i++)
		n = 10 * n + (size_t)(text.p[i] - '0');
	if (i > 0 && n < DONE_MAX)
		s->done[n / 8] |= (uint8_t)(1u << n % 8);
}

static void
take_recipient(struct courier *s, struct span address)
{
	const uint64_t n = s->recipients++;

	if (n >= DONE_MAX || (s->done[n / 8] >> n % 8 & 1) == 0)
		envelope_recipient(&s->envelope, address);
}

/* INODE.TIME.PROCESS, as Courier's programs want it. */
static void
take_id(struct courier *s, struct span id)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *dot = memchr(id.p, '.', id.n);
	const size_t from = dot != NULL ? (size_t)(dot - id.p) + 1 : id.n;
	const char *at;
	char text[24];
	uint64_t t = 0;
	int n;

	envelope_queue_id(&s->envelope, id);
	for (size_t i = from; i < id.n && t >> 56 == 0 && id.p[i] != '\0' &&
	    (at = strchr(digits, ascii_lower(id.p[i]))) != NULL; i++)
		t = 16 * t + (uint64_t)(at - digits);
	n = snprintf(text, sizeof(text), "%llu", (unsigned long long)t);
	if (t > 0)
		envelope_arrived(&s->envelope, (struct span){
		    (const uint8_t *)text, (size_t)n });
}

static void
take_line(struct courier *s, struct span line, bool first)
{
	const struct span text = { line.p + 1, line.n - 1 };

	switch (line.p[0]) {
	case 'S':
	case 'F':
		if (first)
			take_done(s, text);
		break;
	case 's':
		if (!first && !s->envelope.has_sender)
			envelope_sender(&s->envelope, text);
		break;
	case 'r':
		if (!first)
			take_recipient(s, text);
		break;
	case 'M':
		if (!first && !s->envelope.has_queue_id)
			take_id(s, text);
		break;
	default:
		break;
	}
}

/* Twice: who is done stands behind who there is. */
static int
take_control(struct courier *s, const struct store_how *how,
    const char *name, struct input *in, struct err *e)
{
	struct span line;
	int rc = ST_OK;

	for (unsigned first = 2; first-- > 0 && rc == ST_OK; ) {
		if ((rc = how->sibling(how->sibling_ctx, name, in, e)) !=
		    ST_OK)
			break;
		while ((rc = input_until(in, '\n', LINE_MAX_BYTES, &line,
		    e)) == ST_OK)
			if (line.n > 0)
				take_line(s, line, first != 0);
		input_close(in);
		rc = rc == ST_DEAD ? rc : ST_OK;
	}
	return rc == ST_DEAD ? rc : ST_OK;
}

static int
courier_begin(void *state, struct input *data, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	const struct span base = single_base(how->name);
	char name[ID_MAX + 2];
	struct input *in;
	int rc;

	(void)data;
	(void)k;
	if (base.n < 2 || base.n > ID_MAX || how->sibling == NULL)
		return ST_OK;
	memcpy(name, base.p, base.n);
	name[base.n] = '\0';
	if (base.p[0] == 'C') {
		(void)err_set(e, ST_BAD, 0, CONTROL ": see D%s", name + 1);
		return err_plain(e, ST_BAD, CONTROL);
	}
	name[0] = 'C';
	if ((in = input_new()) == NULL)
		return err_set(e, ST_DEAD, 0, "no memory");
	rc = take_control(state, how, name, in, e);
	input_free(in);
	return rc;
}

static int
courier_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct courier *s = state;

	(void)e;
	m->kept = "it is in a queue of Courier";
	return single_next(&s->given, "courier", BRK_LF, in, m);
}

static const struct envelope *
courier_envelope(const void *state)
{
	return &((const struct courier *)state)->envelope;
}

const struct format format_courier = {
	.name = "courier", .state_size = sizeof(struct courier),
	.bid = courier_bid, .begin = courier_begin, .next = courier_next,
	.read = single_read, .envelope = courier_envelope,
};

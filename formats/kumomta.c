/*
 * A message in a spool of KumoMTA on a local disk: two trees, data and meta, in
 * which a message and its envelope, JSON, are AA/BB/CC/DD/REST of its ID, a
 * UUID that has the time in it.  The message stands there as it came, with
 * CRLF.  By KumoMTA's crates/spool and crates/message.
 *
 * The two may be anywhere; they are looked for as KumoMTA's manual calls them,
 * data/data/AA/... and meta/data/AA/...
 */
#include <stdio.h>

#include "beside.h"
#include "json_scan.h"
#include "queue_names.h"
#include "single.h"

/* From 1582, in units of 100 ns, to 1970: RFC 9562 6.1 */
#define GREGORIAN 122192928000000000u
#define PER_SECOND 10000000u

struct kumomta {
	struct envelope envelope;
	bool given;
	uint8_t id[KUMOMTA_ID];
};

static unsigned
kumomta_bid(struct span head, enum store_place place)
{
	return place == PLACE_KUMOMTA && head.n > 0 ? 1000 : 0;
}

/* --- the ID */

static uint64_t
hex(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 4 | (uint64_t)(ascii_digit(p[i]) ? p[i] - '0' :
		    p[i] - 'a' + 10);
	return v;
}

/* When the ID was made, in seconds; before 1970 it was not. */
static void
take_time(struct envelope *e, const uint8_t *id)
{
	uint64_t t;

	if (id[12] == '7') {
		t = hex(id, 12) / 1000;
	} else {
		t = id[12] == '6' ? hex(id, 12) << 12 | hex(id + 13, 3) :
		    hex(id + 13, 3) << 48 | hex(id + 8, 4) << 32 | hex(id, 8);
		if (t < GREGORIAN)
			return;
		t = (t - GREGORIAN) / PER_SECOND;
	}
	e->has_arrived = true;
	e->arrived = (int64_t)t;
}

/* --- the envelope */

static void
take_fact(void *ctx, const struct json_value *v)
{
	struct envelope *out = ctx;

	if (!v->is_text)
		return;
	if (span_eq(v->path, SPAN(".sender")) && !v->cut)
		envelope_sender(out, v->text);
	else if (!span_eq(v->path, SPAN(".recipient")) &&
	    !span_eq(v->path, SPAN(".recipient[]")))
		return;
	else if (v->cut)
		out->recipients_more++;
	else
		envelope_recipient(out, v->text);
}

/* What the ID says, and no more. */
static void
begin_envelope(struct kumomta *s)
{
	memset(&s->envelope, 0, sizeof(s->envelope));
	envelope_queue_id(&s->envelope, (struct span){ s->id, KUMOMTA_ID });
	take_time(&s->envelope, s->id);
}

/* What is wrong in it does not matter to the message. */
static int
read_envelope(struct kumomta *s, const struct store_how *how, struct err *e)
{
	const char *id = (const char *)s->id;
	struct beside b = { NULL, NULL, NULL };
	char name[80];
	int rc;

	(void)snprintf(name, sizeof(name), "../../../../../../meta/data/"
	    "%.2s/%.2s/%.2s/%.2s/%.24s", id, id + 2, id + 4, id + 6, id + 8);
	if ((rc = beside_open(&b, how, name, e)) == ST_OK &&
	    (rc = json_scan(b.in, UINT64_MAX, take_fact, &s->envelope, e)) ==
	    ST_BAD)
		begin_envelope(s);
	beside_free(&b);
	return rc == ST_DEAD ? rc : ST_OK;
}

static void
ignore(void *ctx, const struct json_value *v)
{
	(void)ctx;
	(void)v;
}

/*
 * An envelope whose tree is called in another way: JSON from its first byte to
 * the last, which no message is.  ST_BAD: it is one.
 */
static int
look_whether_envelope(struct input *in, struct err *e)
{
	struct span head;
	int rc = input_peek(in, 10, &head, e);

	if (rc != ST_OK || !span_starts(head, SPAN("{\"sender\":")))
		return rc == ST_DEAD ? rc : ST_OK;
	input_keep(in, 0);
	if ((rc = json_scan(in, UINT64_MAX, ignore, NULL, e)) == ST_DEAD)
		return rc;
	if (rc == ST_OK)
		return err_set(e, ST_BAD, 0, "the envelope of a message of "
		    "KumoMTA");
	if (!input_can_seek(in) && !input_at_hand(in, 0))
		return err_set(e, ST_DEAD, 0, "it begins as an envelope of "
		    "KumoMTA, and cannot be read twice");
	input_seek(in, 0);
	return ST_OK;
}

/* --- the format */

static int
kumomta_begin(void *state, struct input *in, const struct store_how *how,
    const struct kernel *k, struct err *e)
{
	struct kumomta *s = state;
	int rc;

	(void)k;
	if (!queue_kumomta_id(how->name, s->id))
		return ST_OK;
	if ((rc = look_whether_envelope(in, e)) != ST_OK)
		return rc;
	begin_envelope(s);
	return read_envelope(s, how, e);
}

static int
kumomta_next(void *state, struct input *in, struct msg *m, struct err *e)
{
	struct kumomta *s = state;

	(void)e;
	m->kept = "it is in the spool of KumoMTA: kcli suspend --domain DOMAIN "
	    "--reason TEXT";
	return single_next(&s->given, "kumomta", BRK_CRLF, in, m);
}

static const struct envelope *
kumomta_envelope(const void *state)
{
	return &((const struct kumomta *)state)->envelope;
}

const struct format format_kumomta = {
	.name = "kumomta", .state_size = sizeof(struct kumomta),
	.bid = kumomta_bid, .begin = kumomta_begin, .next = kumomta_next,
	.read = single_read, .envelope = kumomta_envelope,
};

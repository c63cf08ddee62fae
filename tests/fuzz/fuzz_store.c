/*
 * Any bytes, wherever they are found: an answer, and no more than was there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

#include "../drip.c"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "%s\n", what);
	abort();
}

/* Read the message at hand; its status. */
static int
read_message(struct store *s, const struct msg *m, struct span data)
{
	uint64_t sum = 0;
	struct span part;
	int rc;

	while ((rc = store_read(s, &part, NULL)) == ST_OK) {
		check(part.n > 0, "empty");
		check(m->raw_off == MSG_NOT_RAW || m->raw_off + sum + part.n <=
		    data.n, "more than there is");
		check(m->raw_off == MSG_NOT_RAW || memcmp(part.p, data.p +
		    m->raw_off + sum, part.n) == 0, "not what stands there");
		sum += part.n;
	}
	if (rc == ST_END)
		check(sum == m->len, "sum");
	return rc;
}

/* No more than there is room for, and none of it elsewhere. */
static void
check_envelope(const struct envelope *v)
{
	uint64_t sum = 0;

	if (v == NULL)
		return;
	check(v->recipients_n <= ENVELOPE_RECIPIENTS, "recipients");
	for (size_t i = 0; i < v->recipients_n; i++)
		for (size_t k = 0; k < v->recipients[i].n; k++)
			sum += v->recipients[i].p[k];
	for (size_t k = 0; v->has_sender && k < v->sender.n; k++)
		sum += v->sender.p[k];
	(void)sum;	/* a sanitizer has looked at each byte */
}

/* One damaged message does not end it. */
static bool
goes_on(const struct store *s)
{
	static const char *const formats[] = { "emlx", "dbox", "mmdf" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(store_format(s), formats[i]) == 0)
			return true;
	return false;
}

static void
read_all(struct store *s, struct span data, const struct budget *b,
    bool failing)
{
	size_t bad = 0;
	struct msg m;
	int rc;

	while ((rc = store_next(s, &m, NULL)) == ST_OK || rc == ST_BAD) {
		/* What is damaged takes some bytes, or is the last. */
		if (rc == ST_BAD && goes_on(s) &&
		    ++bad <= data.n + b->out + 2)
			continue;
		check(rc == ST_OK, "damaged without end");
		check(m.format != NULL && (m.raw_off == m.off) !=
		    (m.why_not != NULL), "message");
		rc = read_message(s, &m, data);
		if (rc == ST_BAD && goes_on(s))
			continue;
		if (rc != ST_END)
			break;
		check_envelope(store_envelope(s));
		if (!store_can_again(s) || m.index % 2 == 0)
			continue;
		store_again(s);
		if ((rc = read_message(s, &m, data)) != ST_END)
			break;
	}
	check(rc == ST_END || rc == ST_DEAD, "status");
	/* A pointer may lead past the bad byte. */
	if (failing && strcmp(store_format(s), "postfix") != 0)
		check(rc == ST_DEAD, "an error was lost");
}

/* mbox, eml, any of them, or none: then it is probed. */
static const char *
format_of(uint8_t how, size_t which)
{
	size_t n = 0;

	while (store_format_name(n) != NULL)
		n++;
	switch (how >> 6) {
	case 1:
		return "mbox";
	case 2:
		return "eml";
	case 3:
		return store_format_name(which % n);
	default:
		return NULL;
	}
}

/* The other file is behind such a text, which stays or goes. */
static void
split_at(struct drip *a, struct drip *b, struct span end, bool stays)
{
	for (size_t i = 0; i + end.n <= a->bytes.n; i++)
		if (memcmp(a->bytes.p + i, end.p, end.n) == 0) {
			const size_t at = i + end.n;

			b->bytes = (struct span){ a->bytes.p + at,
			    a->bytes.n - at };
			a->bytes.n = stays ? at : i;
			return;
		}
}

/* Of Exim the second begins with its name. */
static void
split_by_name(struct drip *a, struct drip *b)
{
	for (size_t i = 17; i + 2 < a->bytes.n; i++)
		if (memcmp(a->bytes.p + i, "-D\n", 3) == 0) {
			const size_t at = i - (a->bytes.p[i - 17] == '\n' ?
			    16 : i > 23 ? 23 : 16);

			b->bytes = (struct span){ a->bytes.p + at,
			    a->bytes.n - at };
			a->bytes.n = at;
			return;
		}
}

/* Of a message in two files. */
static void
split(struct drip *a, struct drip *b, enum store_place place)
{
	if (place == PLACE_OPENSMTPD || place == PLACE_KUMOMTA)
		split_at(a, b, SPAN("\0\0"), false);
	else if (place == PLACE_QMAIL || place == PLACE_COURIER)
		split_at(a, b, SPAN("\n--\n"), true);
	else if (a->bytes.n > 0 && a->bytes.p[0] == 'V')
		split_at(a, b, SPAN("\n.\n"), true);
	else
		split_by_name(a, b);
}

static int
open_sibling(void *ctx, const char *name, struct input *into, struct err *e)
{
	struct drip *d = ctx;

	(void)name;
	(void)e;
	if (d->bytes.n == 0)
		return ST_END;
	d->at = 0;
	d->dead = false;
	input_open_source(into, drip_source(d));
	return ST_OK;
}

/* Two names of envelopes, and one that is none. */
static int
list_siblings(void *ctx, bool (*each)(void *, const char *), void *each_ctx,
    struct err *e)
{
	(void)ctx;
	(void)e;
	(void)(each(each_ctx, "c232ab0000000001") &&
	    each(each_ctx, "c232ab0000000002") && each(each_ctx, "message"));
	return ST_OK;
}

/* A place in a queue, with a path that there is; or any other. */
static void
set_place(struct store_how *how, uint8_t where)
{
	static const struct {
		enum store_place place;
		struct span name;
	} queues[] = {
#define IN(path) { (const uint8_t *)(path), sizeof(path) - 1 }
		{ PLACE_KUMOMTA,
		    IN("data/data/c2/32/ab/00/941411ecb3c89f6bdeced846") },
		{ PLACE_OPENSMTPD, IN("queue/c2/c232ab00/message") },
		{ PLACE_SENDMAIL_BODY, IN("df17") },
		{ PLACE_QMAIL, IN("mess/3/17") },
		{ PLACE_QMAIL_OTHER, IN("info/3/17") },
		{ PLACE_COURIER, IN("msgs/17/D17") },
		{ PLACE_COURIER, IN("msgs/17/C17") },
		{ PLACE_OTHER, IN("mqueue/tf17") },
	};

	where &= 0x1f;
	how->place = (enum store_place)(where & 7);
	how->name = SPAN("qf17");
	if (where < 0x10)
		return;
	how->place = queues[where & 7].place;
	how->name = queues[where & 7].name;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct limits limits = { .ratio_free = 1u << 24,
	    .bytes = 1u << 24 };
	struct budget b = { .limits = &limits };
	struct store_how how = { .budget = &b };
	struct drip d = { .seed = 1, .fail_at = DRIP_NEVER };
	struct drip other = { .step = 5, .fail_at = DRIP_NEVER };
	struct store *s;
	bool failing;
	int rc;

	if (n < 3)
		return 0;
	set_place(&how, p[0]);
	how.format = format_of(p[0], p[2] >> 2);
	d.step = p[1];
	d.seekable = p[2] & 1;
	d.bytes = (struct span){ p + 3, n - 3 };
	if (p[0] & 0x20)
		split(&d, &other, how.place);
	how.sibling = open_sibling;
	how.siblings = list_siblings;
	how.sibling_ctx = &other;
	failing = p[2] & 2;
	if (failing)
		d.fail_at = p[2] < d.bytes.n ? p[2] : d.bytes.n;
	s = store_new(NULL);
	rc = store_open_source(s, drip_source(&d), &how, NULL);
	if (rc == ST_OK)
		read_all(s, d.bytes, &b, failing);
	else
		check(rc == ST_DEAD || (rc == ST_BAD && !failing), "open");
	store_close(s);
	store_free(s);
	return 0;
}

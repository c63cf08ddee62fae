/*
 * See found.h.  A number of zeros, a number that is none, and so on, each in
 * groups of seven bits, the lowest first.
 */
#include "found.h"

#include <string.h>

#include "wire.h"

struct coder {
	struct buf *out;	/* NULL: it reads */
	struct span in;
	uint64_t zeros;		/* to come, or passed */
	bool begun, bad;
};

static void
put_number(struct buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		buf_byte(b, (uint8_t)(v | 128));
	buf_byte(b, (uint8_t)v);
}

static uint64_t
take_number(struct coder *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && c->in.n > 0; shift += 7) {
		const uint8_t b = *c->in.p++;

		c->in.n--;
		v |= (uint64_t)(b & 127) << shift;
		if (b < 128)
			return v;
	}
	c->bad = true;
	return 0;
}

static void
number(struct coder *c, uint64_t *v)
{
	if (c->out != NULL && *v != 0) {
		put_number(c->out, c->zeros);
		put_number(c->out, *v);
		c->zeros = 0;
	} else if (c->out != NULL) {
		c->zeros++;
	} else {
		if (!c->begun && c->in.n > 0) {
			c->zeros = take_number(c);
			c->begun = true;
		}
		*v = 0;
		if (!c->begun || c->zeros-- > 0)
			return;
		*v = take_number(c);
		c->begun = false;
	}
}

static void
numbers(struct coder *c, uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		number(c, &v[i]);
}

/* One that is to be below `limit`. */
static uint64_t
small(struct coder *c, uint64_t v, uint64_t limit)
{
	number(c, &v);
	if (v < limit)
		return v;
	c->bad = true;
	return 0;
}

static void
code_totals(struct coder *c, struct totals *t)
{
	numbers(c, &t->messages, 1);
	numbers(c, &t->bytes, 1);
	numbers(c, &t->flagged, 1);
	numbers(c, t->by_severity, SEVERITIES);
	numbers(c, t->code_messages, CODE_COUNT);
	numbers(c, t->code_count, CODE_COUNT);
	for (size_t i = 0; i < CODE_COUNT; i++)
		t->code_worst[i] = (enum severity)small(c, t->code_worst[i],
		    SEVERITIES);
	numbers(c, t->rule_messages, USER_RULES_MAX);
	numbers(c, t->rule_count, USER_RULES_MAX);
	numbers(c, t->conventions, CONVENTIONS);
	numbers(c, &t->files, 1);
	numbers(c, &t->stores, 1);
	numbers(c, &t->not_mail, 1);
	numbers(c, &t->gone, 1);
	numbers(c, &t->unreadable, 1);
	numbers(c, &t->records, 1);
}

static void
code_dialects(struct coder *c, struct dialects *d)
{
	numbers(c, &d->messages, 1);
	numbers(c, &d->any_from, 1);
	numbers(c, &d->blank_from, 1);
	numbers(c, &d->no_length, 1);
	numbers(c, &d->by_length, 1);
	numbers(c, &d->internal, 1);
	numbers(c, &d->disputes, 1);
	for (size_t i = 0; i < DIALECTS_KEPT; i++) {
		number(c, &d->dispute[i].off);
		d->dispute[i].kind = (enum dispute_kind)small(c,
		    d->dispute[i].kind, DISPUTE_IN_LENGTH + 1);
	}
	d->at_end = small(c, d->at_end, 2);
}

static void
code_facts(struct coder *c, struct store_facts *f)
{
	uint64_t format = wire_format_index(f->format);

	number(c, &format);
	if (format > UINT32_MAX ||
	    !wire_format_name((uint32_t)format, &f->format))
		c->bad = true;
	numbers(c, &f->messages, 1);
	numbers(c, &f->bytes, 1);
	numbers(c, &f->members, 1);
	numbers(c, f->conventions, CONVENTIONS);
	f->has_dialects = small(c, f->has_dialects, 2);
	f->unsettled = small(c, f->unsettled, 2);
	if (f->has_dialects)
		code_dialects(c, &f->dialects);
}

void
found_put(struct buf *out, const struct delta *d)
{
	struct coder c = { .out = out };
	struct delta copy = *d;

	code_totals(&c, &copy.totals);
	code_facts(&c, &copy.folder);
}

bool
found_take(struct span s, struct delta *out)
{
	struct coder c = { .in = s };

	memset(out, 0, sizeof(*out));
	code_totals(&c, &out->totals);
	code_facts(&c, &out->folder);
	return !c.bad && c.in.n == 0;
}

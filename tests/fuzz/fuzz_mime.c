/*
 * Any bytes as a message with parts: in pieces or whole, the same parts are
 * found, they lie within each other, and no break is counted twice.  The first
 * byte chooses the pieces.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "mime.h"

#define PIECES 256u		/* no more, so that long messages are quick */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct looks {
	struct engine *first, *again;
};

static void
feed(struct engine *g, struct span m, size_t step)
{
	for (size_t at = 0; at < m.n; ) {
		const size_t size = m.n - at < step ? m.n - at : step;
		uint8_t *p = malloc(size);

		if (p == NULL)
			abort();
		memcpy(p, m.p + at, size);
		engine_feed(g, (struct span){ p, size });
		free(p);
		at += size;
	}
}

static const struct verdict *
look_twice(struct looks *k, struct span m, size_t step)
{
	struct engine_options o = { .codes = code_set_default() };
	struct verdict *v;

	k->first = engine_new(&o);
	o.topics = TOPIC_MIME;
	k->again = engine_new(&o);
	if (k->first == NULL || k->again == NULL)
		abort();
	engine_begin(k->first, BRK_LF);
	feed(k->first, m, step);
	v = engine_end(k->first);
	engine_begin_again(k->again, BRK_LF, v);
	feed(k->again, m, step);
	engine_end_again(k->again, v);
	return v;
}

static void
want(bool what, const char *why)
{
	if (what)
		return;
	(void)fprintf(stderr, "%s\n", why);
	abort();
}

/* a ends before b begins, or b lies within its body. */
static void
check_pair(const struct mime_part *a, const struct mime_part *b)
{
	if (b->depth > a->depth && b->offset < a->end)
		want(b->offset >= a->body && b->end <= a->end, "not within");
	else
		want(b->offset >= a->end, "not behind");
}

static void
check_parts(const struct mime_facts *m, const struct tally *t)
{
	want(m->n > 0 && m->n <= m->parts, "number");
	want(m->list[0].depth == 0 && m->list[0].end == t->size, "the message");
	for (size_t i = 0; i < m->n; i++) {
		const struct mime_part *p = &m->list[i];
		const uint64_t *ends = p->ends.n;

		want(p->offset <= p->body && p->body <= p->end, "order");
		want(p->depth <= m->depth && p->type[0] != '\0' &&
		    p->encoding[0] != '\0', "what it is");
		want(ends[MIME_LF] + ends[MIME_CR] + ends[MIME_CRCRLF] +
		    2 * ends[MIME_CRLF] <= p->end - p->body, "line ends");
		want(i == 0 || p->depth <= m->list[i - 1].depth + 1, "depth");
		for (size_t k = 0; k < i; k++)
			check_pair(&m->list[k], p);
	}
}

static void
check_same(const struct verdict *a, const struct verdict *b)
{
	want(a->n == b->n && a->unclosed_maybe == b->unclosed_maybe &&
	    (a->mime == NULL) == (b->mime == NULL), "pieces matter");
	for (size_t i = 0; i < a->n; i++) {
		const struct spots *s = a->list[i].where;
		const struct spots *t = b->list[i].where;

		want(a->list[i].code == b->list[i].code &&
		    a->list[i].severity == b->list[i].severity &&
		    s->count == t->count && memcmp(s->off, t->off,
		    spots_kept(s) * sizeof(s->off[0])) == 0, "findings");
	}
	if (a->mime == NULL)
		return;
	want(a->mime->parts == b->mime->parts, "parts");
	for (size_t i = 0; i < a->mime->n; i++) {
		const struct mime_part *p = &a->mime->list[i];
		const struct mime_part *q = &b->mime->list[i];

		want(strcmp(p->type, q->type) == 0 &&
		    strcmp(p->encoding, q->encoding) == 0 &&
		    p->depth == q->depth && p->offset == q->offset &&
		    p->body == q->body && p->end == q->end &&
		    memcmp(&p->ends, &q->ends, sizeof(p->ends)) == 0,
		    "a part");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct verdict *a, *b;
	struct looks k, l;
	struct span m;

	if (n < 1)
		return 0;
	m = (struct span){ data + 1, n - 1 };
	a = look_twice(&k, m, SIZE_MAX);
	b = look_twice(&l, m, 1 + data[0] + n / PIECES);
	check_same(a, b);
	if (a->mime != NULL)
		check_parts(a->mime, a->tally);
	engine_free(k.first);
	engine_free(k.again);
	engine_free(l.first);
	engine_free(l.again);
	return 0;
}

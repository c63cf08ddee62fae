/*
 * DKIM signatures of any bytes: however the message is cut, and whether the
 * first look was over or not, the same is said.  The first byte chooses the
 * cuts; the rest is the message, behind a signature that can be used and its
 * body hash, so that mutations start where it is interesting.
 */
#include <stdlib.h>

#include "dkim.h"
#include "engine.h"

#define PIECES 256u		/* no more, so that long messages are quick */
#define FIELD "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;" \
	" d=example.com; s=s; h=from; b=YQ==; l=4;\r\n" \
	" bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct engine *
engine_of(unsigned topics)
{
	struct engine *g = engine_new(&(struct engine_options){
	    .codes = code_set_default(), .topics = topics });

	if (g == NULL)
		abort();
	return g;
}

/* Each piece in memory that is gone at once. */
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

/* Only what does not point into the engine. */
struct said {
	code_set codes;
	size_t n;
	uint64_t more;
	struct {
		uint64_t off, uncovered;
		enum dkim_body_is body;
		bool matches[DKIM_FORMS];
	} list[DKIM_SIGNATURES];
};

static struct said
said_of(struct engine *again, struct verdict *v)
{
	struct said out = { 0 };

	engine_end_again(again, v);
	for (size_t i = 0; i < v->n; i++)
		out.codes |= 1ull << v->list[i].code;
	out.n = v->dkim->n;
	out.more = v->dkim->more;
	for (size_t i = 0; i < out.n; i++) {
		const struct dkim_signature *s = &v->dkim->list[i];

		out.list[i].off = s->off;
		out.list[i].uncovered = s->uncovered;
		out.list[i].body = s->body;
		memcpy(out.list[i].matches, s->matches, sizeof(s->matches));
		if ((s->body == DKIM_UNUSABLE) != (s->tags.why != NULL))
			abort();
	}
	return out;
}

static bool
same(const struct said *a, const struct said *b)
{
	if (a->codes != b->codes || a->n != b->n || a->more != b->more)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].off != b->list[i].off ||
		    a->list[i].uncovered != b->list[i].uncovered ||
		    a->list[i].body != b->list[i].body ||
		    memcmp(a->list[i].matches, b->list[i].matches,
		    sizeof(a->list[i].matches)) != 0)
			return false;
	return true;
}

static void
check(struct span m, size_t step)
{
	struct engine *first = engine_of(0), *again = engine_of(TOPIC_DKIM);
	struct said whole, cut;
	struct verdict *v;

	engine_begin(first, BRK_LF);
	feed(first, m, SIZE_MAX);
	v = engine_end(first);
	engine_begin_again(again, BRK_LF, v);
	feed(again, m, SIZE_MAX);
	whole = said_of(again, v);
	engine_begin(first, BRK_LF);
	engine_begin_again(again, BRK_LF, NULL);
	feed(first, m, step);
	feed(again, m, step);
	cut = said_of(again, engine_end(first));
	if (!same(&whole, &cut))
		abort();
	engine_free(first);
	engine_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span head = SPAN(FIELD);
	uint8_t *m;

	if (n < 1)
		return 0;
	if ((m = malloc(head.n + n)) == NULL)
		abort();
	memcpy(m, head.p, head.n);
	memcpy(m + head.n, data + 1, n - 1);
	check((struct span){ m, head.n + n - 1 },
	    data[0] == 0 ? SIZE_MAX : data[0] + n / PIECES);
	free(m);
	return 0;
}

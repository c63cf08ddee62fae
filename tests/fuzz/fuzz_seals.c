/*
 * What a repair does to the signatures of any bytes: however both messages
 * are cut the same is said; what is not changed is not broken; nor does LF
 * that becomes CRLF break anything but data that is not text.  The first byte
 * chooses the cuts, the second the conventions.
 */
#include <stdlib.h>

#include "seals.h"

#define PIECES 256u		/* no more, so that long messages are quick */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Each piece in memory that is gone at once. */
static void
feed(struct seals *s, enum seal_side side, enum convention c, struct span m,
    size_t step)
{
	seals_begin(s, side, c);
	for (size_t at = 0; at < m.n; ) {
		const size_t size = m.n - at < step ? m.n - at : step;
		uint8_t *p = malloc(size);

		if (p == NULL)
			abort();
		memcpy(p, m.p + at, size);
		seals_feed(s, (struct span){ p, size });
		free(p);
		at += size;
	}
	seals_end(s);
}

struct pair {
	struct span old, new;
	enum convention from, to;
};

static struct seals_effect
effect(struct seals *s, const struct pair *p, size_t step)
{
	struct seals_effect e;

	feed(s, SEAL_OLD, p->from, p->old, step);
	feed(s, SEAL_NEW, p->to, p->new, step);
	seals_effect(s, &e);
	return e;
}

static bool
says(const struct seals_effect *e, const char *word)
{
	return strstr(e->text, word) != NULL;
}

static struct seals_effect
check(struct seals *s, const struct pair *p, size_t step)
{
	const struct seals_effect a = effect(s, p, SIZE_MAX);
	const struct seals_effect b = effect(s, p, step);

	if (a.is != b.is || strcmp(a.text, b.text) != 0)
		abort();
	return a;
}

/* What becomes of each byte. */
enum change { NOTHING, CR_TO_SPACE, CR_TO_LF, ADD_CR };

static size_t
repair(enum change how, struct span m, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < m.n; i++) {
		const bool bare_cr = m.p[i] == '\r' && (i + 1 == m.n ||
		    m.p[i + 1] != '\n');

		if (how == ADD_CR && m.p[i] == '\n' &&
		    (i == 0 || m.p[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = !bare_cr || how == ADD_CR || how == NOTHING ?
		    m.p[i] : how == CR_TO_LF ? '\n' : ' ';
	}
	return n;
}

static void
check_changes(struct seals *s, struct span m, size_t step,
    enum convention from)
{
	uint8_t *p = malloc(2 * m.n + 1);

	if (p == NULL)
		abort();
	for (enum change how = NOTHING; how <= ADD_CR; how++) {
		const struct pair pair = { .old = m,
		    .new = { p, repair(how, m, p) }, .from = from,
		    .to = how == ADD_CR && from == CONV_LF ? CONV_CRLF :
		    from };
		const struct seals_effect e = check(s, &pair, step);

		if (how == NOTHING && (e.is == SEALS_RESTORED ||
		    (e.is == SEALS_BROKEN && !says(&e, "followed"))))
			abort();
		if (how == ADD_CR && from == CONV_LF &&
		    e.is == SEALS_BROKEN && !says(&e, "followed") &&
		    !says(&e, "S/MIME") && !says(&e, "the signature of"))
			abort();
	}
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct seals *s;		/* one for all: it is large */

	if (n < 2)
		return 0;
	if (s == NULL && (s = seals_new(NULL)) == NULL)
		abort();
	check_changes(s, (struct span){ data + 2, n - 2 },
	    data[0] == 0 ? SIZE_MAX : data[0] + n / PIECES,
	    (enum convention)(data[1] % CONVENTIONS));
	return 0;
}

/*
 * See searcher.h.
 */
#include "searcher.h"

/* Looking at the clock takes as long as many a search, so it is done when so
 * many bytes were searched; each search counts for some more. */
#define LOOK_AT_CLOCK 2048u
#define SETTING_OUT 128u

bool
searcher_open(struct searcher *s, const struct pattern_rules *rules)
{
	s->rules = rules;
	s->matcher = matcher_new();
	return s->matcher != NULL;
}

void
searcher_close(struct searcher *s)
{
	matcher_free(s->matcher);
}

void
searcher_begin(struct searcher *s)
{
	stopwatch_begin(&s->watch);
	s->late = false;
	s->unwatched = 0;
	for (size_t i = 0; i < s->rules->n; i++) {
		s->found[i].off = false;
		s->found[i].match.count = 0;
		s->found[i].gave_up.count = 0;
	}
}

void
searcher_start(struct searcher *s, size_t bytes)
{
	stopwatch_start(&s->watch, bytes);
}

/* around.p[at] is off in the message. */
static void
note(struct spots *s, uint64_t off, struct span around, size_t at)
{
	struct context *c = &s->context;
	const size_t before = at < CONTEXT_BEFORE ? at : CONTEXT_BEFORE;
	const size_t there = around.n - (at - before);

	if (s->count < SPOTS_KEPT)
		s->off[s->count] = off;
	if (s->count++ > 0)
		return;
	c->off = off - before;
	c->at = (uint8_t)before;
	c->want = (uint8_t)(before + CONTEXT_AFTER);
	c->n = (uint8_t)(there < c->want ? there : c->want);
	if (c->n > 0)
		memcpy(c->bytes, around.p + (at - before), c->n);
}

void
searcher_note(struct searcher *s, size_t rule, uint64_t off,
    struct span around, size_t at)
{
	note(&s->found[rule].match, off, around, at);
}

void
searcher_gave_up(struct searcher *s, size_t rule, uint64_t off,
    struct span around, size_t at)
{
	if (s->found[rule].off)
		return;
	s->found[rule].off = true;
	note(&s->found[rule].gave_up, off, around, at);
}

bool
searcher_try(struct searcher *s, size_t rule, const struct search *in,
    uint64_t off, size_t *at, size_t *end)
{
	enum match m = MATCH_GAVE_UP;
	struct search watched = *in;

	watched.watch = &s->watch;
	if (s->found[rule].off)
		return false;
	if (!s->late) {
		m = pattern_search(s->rules->rule[rule]->pattern, s->matcher,
		    &watched, at, end);
		s->unwatched += in->subject.n + SETTING_OUT;
		if (m == MATCH_GAVE_UP || s->unwatched > LOOK_AT_CLOCK) {
			s->unwatched = 0;
			s->late = stopwatch_late(&s->watch);
		}
	}
	if (m == MATCH_GAVE_UP)
		searcher_gave_up(s, rule, off + in->from, in->subject,
		    in->from);
	return m == MATCH_YES;
}

/* A window does not start within a CRLF, which PCRE2 steps over whole. */
static size_t
window_end(struct span text, size_t at)
{
	return span_in_crlf(text, at) ? at - 1 : at;
}

/* Search the text from `from` on; a match may start before *end.  Returns
 * where the one that was found ends, or the end of what was searched. */
static size_t
window(struct searcher *s, size_t rule, struct span text, uint64_t off,
    bool goes_on, size_t from)
{
	const size_t base = from > LOOK_BEHIND_MAX ? from - LOOK_BEHIND_MAX :
	    0;
	const bool last = text.n - base <= SUBJECT_MAX;
	const size_t n = last ? text.n - base : SUBJECT_MAX;
	const size_t upto = last ? text.n + 1 : window_end(text,
	    base + n - WINDOW_OVERLAP);
	const struct search in = { .subject = { text.p + base, n },
	    .from = from - base, .goes_on = goes_on || !last };
	size_t at, end;

	if (!searcher_try(s, rule, &in, off + base, &at, &end) ||
	    base + at >= upto)
		return upto;
	searcher_note(s, rule, off + base + at, text, base + at);
	return base + (end > at ? end : at + 1);
}

void
searcher_windows(struct searcher *s, size_t rule, struct span text,
    uint64_t off, bool goes_on)
{
	static const uint8_t none[1];
	size_t from = 0;

	if (text.n == 0)
		text.p = none;
	while (from <= text.n && !s->found[rule].off)
		from = window(s, rule, text, off, goes_on, from);
}

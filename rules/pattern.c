/*
 * See pattern.h.
 *
 * No pattern can be trusted to end: the steps from each start and the memory
 * are limited here, and the subject is short, because the limit of steps
 * starts anew at each byte of it.  Who searches watches the clock beside.
 */
#include "pattern.h"

#include <assert.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MAX 200000u
#define DEPTH_MAX 20000u
#define HEAP_MAX (2u << 20)	/* bytes, without machine code */
#define STACK_FIRST (32u << 10)
#define STACK_MAX (512u << 10)	/* bytes, with machine code */
#define NESTING_MAX 100u	/* of parentheses */
#define STARTS_FIRST 16u	/* bytes, without machine code: see below */

struct pattern {
	pcre2_code *code;
	bool machine;		/* there is machine code */
};

/*
 * PCRE2 takes memory while it searches, two blocks of HEAP_MAX at most.  It
 * gets them from here: both are there before the first search.
 */
struct matcher {
	pcre2_general_context *general;
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	bool ready;
	bool used[2];
	void *block[2];
};

/* How PCRE2 is to read a pattern; NULL: no memory. */
static pcre2_compile_context *
compile_context(void)
{
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);

	if (c == NULL)
		return NULL;
	/* Never leave the meaning of "line" to how PCRE2 was built. */
	(void)pcre2_set_newline(c, PCRE2_NEWLINE_ANYCRLF);
	(void)pcre2_set_bsr(c, PCRE2_BSR_ANYCRLF);
	(void)pcre2_set_parens_nest_limit(c, NESTING_MAX);
	return c;
}

static struct pattern *
pattern_fail(struct pattern *p, struct pattern_error *e, size_t at,
    const char *why)
{
	const size_t n = strlen(why) < sizeof(e->text) - 1 ? strlen(why) :
	    sizeof(e->text) - 1;

	e->at = at;
	memcpy(e->text, why, n);
	e->text[n] = '\0';
	pattern_free(p);
	return NULL;
}

/* NULL: num and at say why. */
static pcre2_code *
compile(struct span text, uint32_t options, int *num, PCRE2_SIZE *at)
{
	pcre2_compile_context *c = compile_context();
	pcre2_code *code;

	*num = PCRE2_ERROR_NOMEMORY;
	*at = 0;
	if (c == NULL)
		return NULL;
	code = pcre2_compile(text.p, text.n, PCRE2_MULTILINE |
	    PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | options, num, at, c);
	pcre2_compile_context_free(c);
	return code;
}

/* True: there is machine code for it. */
static bool
to_machine_code(struct pattern *p)
{
	if (pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0)
		p->machine = true;
	return p->machine;
}

struct pattern *
pattern_new(struct span text, bool jit, struct pattern_error *e)
{
	struct pattern *p = calloc(1, sizeof(*p));
	uint32_t behind = 0;
	PCRE2_SIZE at;
	int num;

	if (p == NULL)
		return pattern_fail(p, e, 0, "no memory");
	if (text.n > PATTERN_MAX)
		return pattern_fail(p, e, PATTERN_MAX,
		    "it is longer than 4096 bytes");
	p->code = compile(text, 0, &num, &at);
	if (p->code != NULL && (!jit || !to_machine_code(p))) {
		pcre2_code_free(p->code);
		p->code = compile(text, PCRE2_USE_OFFSET_LIMIT, &num, &at);
	}
	if (p->code == NULL) {
		char why[sizeof(e->text)];

		(void)pcre2_get_error_message(num, (PCRE2_UCHAR *)why,
		    sizeof(why));
		return pattern_fail(p, e, at, why);
	}
	(void)pcre2_pattern_info(p->code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
	if (behind > LOOK_BEHIND_MAX)
		return pattern_fail(p, e, 0,
		    "it looks more than 255 bytes behind");
	return p;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	pcre2_code_free(p->code);
	free(p);
}

static void *
take_block(size_t n, void *ctx)
{
	struct matcher *m = ctx;

	if (!m->ready)
		return malloc(n);
	for (size_t i = 0; i < 2; i++)
		if (!m->used[i] && n <= HEAP_MAX) {
			m->used[i] = true;
			return m->block[i];
		}
	return NULL;
}

static void
give_block(void *p, void *ctx)
{
	struct matcher *m = ctx;

	for (size_t i = 0; i < 2; i++)
		if (p != NULL && p == m->block[i]) {
			m->used[i] = false;
			return;
		}
	free(p);
}

struct matcher *
matcher_new(void)
{
	struct matcher *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	for (size_t i = 0; i < 2; i++)
		m->block[i] = malloc(HEAP_MAX);
	m->general = pcre2_general_context_create(take_block, give_block, m);
	m->context = pcre2_match_context_create(m->general);
	/* Where the match is, no groups. */
	m->data = pcre2_match_data_create(1, m->general);
	if (m->block[0] == NULL || m->block[1] == NULL ||
	    m->general == NULL || m->context == NULL || m->data == NULL) {
		matcher_free(m);
		return NULL;
	}
	(void)pcre2_set_match_limit(m->context, STEPS_MAX);
	(void)pcre2_set_depth_limit(m->context, DEPTH_MAX);
	(void)pcre2_set_heap_limit(m->context, HEAP_MAX >> 10);
	/* NULL where there is no machine code. */
	m->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MAX, m->general);
	if (m->stack != NULL)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	m->ready = true;
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (m == NULL)
		return;
	pcre2_jit_stack_free(m->stack);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	pcre2_general_context_free(m->general);
	free(m->block[0]);
	free(m->block[1]);
	free(m);
}

/*
 * Without machine code one search can take minutes within all limits.  So it
 * is made in parts, by where a match may start, and each part has twice as
 * many starts as the one before: the clock is looked at often enough, and not
 * too often.  No part starts within a CRLF, which PCRE2 steps over whole.
 */
static int
search_in_parts(const struct pattern *p, struct matcher *m,
    const struct search *s, const uint8_t *text, uint32_t options)
{
	size_t from = s->from, to, starts = STARTS_FIRST;
	int rc;

	for (;; from = to, starts *= 2) {
		to = from + starts;
		if (to < s->subject.n && span_in_crlf(s->subject, to))
			to++;
		(void)pcre2_set_offset_limit(m->context, to - 1);
		rc = pcre2_match(p->code, text, s->subject.n, from, options,
		    m->data, m->context);
		if (rc != PCRE2_ERROR_NOMATCH || to > s->subject.n)
			return rc;
		if (s->watch != NULL && stopwatch_late(s->watch))
			return PCRE2_ERROR_MATCHLIMIT;
	}
}

enum match
pattern_search(const struct pattern *p, struct matcher *m,
    const struct search *s, size_t *at, size_t *end)
{
	static const uint8_t none[1];
	const uint8_t *text = s->subject.n > 0 ? s->subject.p : none;
	const uint32_t options = s->goes_on ? PCRE2_NOTEOL : 0;
	const PCRE2_SIZE *found;
	int rc;

	assert(s->subject.n <= SUBJECT_MAX && s->from <= s->subject.n);
	rc = p->machine ?
	    pcre2_jit_match(p->code, text, s->subject.n, s->from, options,
	    m->data, m->context) :
	    search_in_parts(p, m, s, text, options);
	if (rc == PCRE2_ERROR_NOMATCH)
		return MATCH_NO;
	if (rc < 0)
		return MATCH_GAVE_UP;
	found = pcre2_get_ovector_pointer(m->data);
	*at = found[0];
	*end = found[1] > found[0] ? found[1] : found[0];
	return MATCH_YES;
}

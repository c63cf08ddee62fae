/*
 * See engine.h.  Glue: lines to rules, the header block, the convention.
 */
#include "engine.h"

#include <stdlib.h>

#include "rule.h"

#define RULE_POINTER(name) &rule_##name,
static const struct rule *const rules[] = { RULES(RULE_POINTER) };
#define RULES_N (sizeof(rules) / sizeof(rules[0]))

struct emit {
	struct verdict *verdict;
	code_set codes;
};

struct engine {
	struct engine_options options;
	struct lines lines;
	struct header header;
	unsigned wants;			/* of all rules together */
	enum brk native;
	struct verdict verdict;
	void *state[RULES_N];		/* of each rule, or NULL */
};

void
emit(struct emit *out, enum code code, enum severity severity,
    const struct spots *where)
{
	struct verdict *v = out->verdict;

	if ((out->codes >> code & 1) == 0 || v->n == CODE_COUNT)
		return;
	v->list[v->n++] = (struct finding){
		.code = code, .severity = severity, .where = where,
	};
}

static void
see_header(struct engine *g, const struct line *ln)
{
	const enum header_is is = header_line(&g->header, ln);
	unsigned wants = g->wants;

	if (is == HEADER_FIELD)
		wants |= g->header.in_message_id ? WANT_HEADER :
		    WANT_ODD_FIELDS;
	if (is == HEADER_NOT_ONE)
		lines_not_header(&g->lines);
	lines_want(&g->lines, wants);
}

static void
engine_line(void *ctx, const struct line *ln)
{
	struct engine *g = ctx;

	if (!g->header.over)
		see_header(g, ln);
	if ((g->wants & WANT_ALL) == 0)
		return;
	for (size_t i = 0; i < RULES_N; i++)
		if ((rules[i]->wants & WANT_ALL) != 0)
			rules[i]->line(g->state[i], ln, &g->lines.look);
}

struct engine *
engine_new(const struct engine_options *o)
{
	struct engine *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->options = *o;
	lines_init(&g->lines, o->kernel != NULL ? o->kernel :
	    kernel_pick(NULL), !o->no_census);
	g->lines.wide = o->codes >> CODE_LIMIT_LINE_78 & 1;
	g->lines.fn = engine_line;
	g->lines.ctx = g;
	for (size_t i = 0; i < RULES_N; i++) {
		g->wants |= rules[i]->wants;
		if (rules[i]->state_size == 0)
			continue;
		if ((g->state[i] = calloc(1, rules[i]->state_size)) == NULL) {
			engine_free(g);
			return NULL;
		}
	}
	return g;
}

void
engine_free(struct engine *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < RULES_N; i++)
		free(g->state[i]);
	free(g);
}

void
engine_begin(struct engine *g, enum brk native)
{
	g->native = native;
	lines_begin(&g->lines, g->wants | WANT_HEADER);
	header_begin(&g->header);
	for (size_t i = 0; i < RULES_N; i++)
		if (rules[i]->state_size > 0)
			memset(g->state[i], 0, rules[i]->state_size);
}

void
engine_feed(struct engine *g, struct span s)
{
	lines_feed(&g->lines, s);
}

/* CRCRLF's own CR is a defect of a CRLF line, not a vote for CR. */
static enum convention
majority(const struct tally *t, enum brk native)
{
	const uint64_t lf = t->breaks[BRK_LF].count;
	const uint64_t crlf = t->breaks[BRK_CRLF].count;
	const uint64_t cr = t->breaks[BRK_CR].count;

	if (cr > lf + crlf)
		return CONV_CR;
	if (lf != crlf)
		return lf > crlf ? CONV_LF : CONV_CRLF;
	return native == BRK_CRLF ? CONV_CRLF : CONV_LF;
}

static enum convention
judged_by(const struct engine *g)
{
	switch (g->options.eol) {
	case EOL_LF:
		return CONV_LF;
	case EOL_CRLF:
		return CONV_CRLF;
	case EOL_WIRE:
		return CONV_WIRE;
	default:
		return majority(&g->lines.tally, g->native);
	}
}

const struct verdict *
engine_end(struct engine *g)
{
	struct verdict *v = &g->verdict;
	struct emit out = { .verdict = v, .codes = g->options.codes };
	struct facts f;

	lines_end(&g->lines);
	header_end(&g->header, g->lines.tally.size);
	f = (struct facts){ .convention = judged_by(g),
	    .tally = &g->lines.tally, .header = &g->header };
	v->convention = f.convention;
	v->tally = f.tally;
	v->n = 0;
	v->message_id = (struct span){ g->header.message_id,
	    g->header.message_id_n };
	v->message_id_cut = g->header.message_id_cut;
	for (size_t i = 0; i < RULES_N; i++)
		rules[i]->end(g->state[i], &f, &out);
	return v;
}

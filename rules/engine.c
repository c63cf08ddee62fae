/*
 * See engine.h.  Glue: lines to rules, the header block, the convention, and
 * the second look.
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

/* What the second look needs beside: the header block, as it stands. */
struct again {
	bool header_seen;		/* the rules have */
	unsigned show[RULES_N];		/* of the body, to each rule */
	unsigned all;			/* those together */
	size_t kept;			/* bytes of block */
	uint8_t block[FIELDS_BYTES];	/* of a block that came in parts */
	struct fields fields;
};

struct engine {
	struct engine_options options;
	struct lines lines;
	struct header header;
	struct again *again;		/* NULL: this is for the first look */
	struct span now;		/* the span that is being fed */
	enum brk native;
	struct verdict verdict;
	void *state[RULES_N];		/* of each rule, or NULL */
};

static void
add_finding(struct emit *out, struct finding f)
{
	struct verdict *v = out->verdict;

	v->seen |= 1ull << f.code;
	if ((out->codes >> f.code & 1) != 0 &&
	    v->n < sizeof(v->list) / sizeof(v->list[0]))
		v->list[v->n++] = f;
}

void
emit(struct emit *out, enum code code, enum severity severity,
    const struct spots *where)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = severity, .where = where });
}

void
emit_rule(struct emit *out, enum code code, enum severity severity,
    const struct spots *where, const struct rule_name *rule)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = severity, .where = where, .rule = rule });
}

void
emit_target(struct emit *out, enum code code, const struct finding *because,
    const struct target_row *row)
{
	add_finding(out, (struct finding){ .code = code,
	    .severity = code_info(code)->severity, .where = because->where,
	    .target = row, .because = because->code });
}

/* The rule works in this engine. */
static bool
is_mine(const struct engine *g, size_t i)
{
	return rules[i]->topic == 0 ? g->options.topics == 0 :
	    (g->options.topics & rules[i]->topic) != 0;
}

/* --- the second look */

/*
 * The header block ends at end.  It is in the span at hand, or what came
 * before was kept.  It may have ended before that span: whether a line is a
 * field shows when it is whole.
 */
static struct span
header_block(struct engine *g, uint64_t end)
{
	struct again *a = g->again;
	const uint64_t off = g->lines.off;
	size_t n;

	if (off == 0)
		return (struct span){ g->now.p, (size_t)end };
	if (a->kept < off || end < off)
		return (struct span){ a->block, a->kept < end ? a->kept :
		    (size_t)end };
	n = (size_t)(end - off);
	if (n > FIELDS_BYTES - a->kept)
		n = FIELDS_BYTES - a->kept;
	if (n > 0)
		memcpy(a->block + a->kept, g->now.p, n);
	return (struct span){ a->block, a->kept + n };
}

/* The body starts at `body`: show the header block to the rules. */
static void
show_header(struct engine *g, uint64_t body)
{
	struct again *a = g->again;
	struct span block = header_block(g, body);

	a->header_seen = true;
	a->fields.body = body;
	if (block.n > FIELDS_BYTES)
		block.n = FIELDS_BYTES;
	a->fields.cut = block.n < body;
	fields_read(&a->fields, block);
	a->all = 0;
	for (size_t i = 0; i < RULES_N; i++) {
		a->show[i] = is_mine(g, i) && rules[i]->header != NULL ?
		    rules[i]->header(g->state[i], &a->fields) : 0;
		a->all |= a->show[i];
	}
}

static void
show_line(struct engine *g, const struct line *ln)
{
	for (size_t i = 0; i < RULES_N; i++)
		if (g->again->show[i] & SHOW_LINES)
			rules[i]->line(g->state[i], ln, &g->lines.look);
}

/* The bytes of the body in the span that ends before the next one at off. */
static void
show_bytes(const struct engine *g, struct span s, uint64_t off)
{
	const uint64_t body = g->again->fields.body;
	size_t skip = 0;

	if (body > off)
		skip = body - off < s.n ? (size_t)(body - off) : s.n;
	if (skip == s.n)
		return;
	for (size_t i = 0; i < RULES_N; i++)
		if (g->again->show[i] & SHOW_BYTES)
			rules[i]->bytes(g->state[i], (struct span){
			    s.p + skip, s.n - skip });
}

/* Those of the body that came before off, with what was a header till then:
 * as much as was kept. */
static void
show_kept_bytes(const struct engine *g, uint64_t off)
{
	const struct again *a = g->again;

	if (off > a->kept)
		off = a->kept;
	if (a->fields.body < off)
		show_bytes(g, (struct span){ a->block, (size_t)off }, 0);
}

static void
show_message(const struct engine *g, struct span s)
{
	for (size_t i = 0; i < RULES_N; i++)
		if (is_mine(g, i) && rules[i]->message != NULL)
			rules[i]->message(g->state[i], s);
}

static void
keep_block(struct again *a, struct span s)
{
	const size_t room = FIELDS_BYTES - a->kept;
	const size_t n = s.n < room ? s.n : room;

	memcpy(a->block + a->kept, s.p, n);
	a->kept += n;
}

static void
feed_again(struct engine *g, struct span s)
{
	struct again *a = g->again;
	const uint64_t off = g->lines.off;
	const bool before = !a->header_seen;

	show_message(g, s);
	if (a->header_seen && a->all == 0)
		return;
	if (before || (a->all & SHOW_LINES) != 0)
		lines_feed(&g->lines, s);
	else
		g->lines.off += s.n;
	if (!a->header_seen) {
		keep_block(a, s);
		return;
	}
	if (before)
		show_kept_bytes(g, off);
	show_bytes(g, s, off);
}

/* --- both */

static unsigned
break_width(enum brk b)
{
	return b == BRK_NONE ? 0 : b == BRK_CRLF ? 2 : 1;
}

static void
see_header(struct engine *g, const struct line *ln)
{
	const enum header_is is = header_line(&g->header, ln);
	unsigned wants = g->again != NULL ? WANT_ALL : 0;

	if (is == HEADER_FIELD)
		wants |= header_in_field(&g->header) || g->again != NULL ?
		    WANT_HEADER : WANT_ODD_FIELDS;
	if (is == HEADER_NOT_ONE)
		lines_not_header(&g->lines);
	if (is != HEADER_FIELD && g->again != NULL)
		show_header(g, is == HEADER_NOT_ONE ? ln->off :
		    ln->off + ln->len + break_width(ln->after));
	lines_want(&g->lines, wants);
}

static void
engine_line(void *ctx, const struct line *ln)
{
	struct engine *g = ctx;

	if (!g->header.over) {
		see_header(g, ln);
		if (!g->header.over || ln->len == 0)
			return;
	}
	if (g->again != NULL)
		show_line(g, ln);
}

static bool
open_rules(struct engine *g)
{
	for (size_t i = 0; i < RULES_N; i++) {
		if (!is_mine(g, i) || rules[i]->state_size == 0)
			continue;
		if ((g->state[i] = calloc(1, rules[i]->state_size)) == NULL)
			return false;
		if (rules[i]->open != NULL &&
		    !rules[i]->open(g->state[i], &g->options))
			return false;
	}
	return true;
}

struct engine *
engine_new(const struct engine_options *o)
{
	struct engine *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->options = *o;
	lines_init(&g->lines, o->kernel != NULL ? o->kernel :
	    kernel_pick(NULL), !o->no_census && o->topics == 0);
	g->lines.wide = o->codes >> CODE_LIMIT_LINE_78 & 1;
	g->lines.fn = engine_line;
	g->lines.ctx = g;
	if ((o->topics == 0 || (g->again = calloc(1,
	    sizeof(*g->again))) != NULL) && open_rules(g))
		return g;
	engine_free(g);
	return NULL;
}

void
engine_free(struct engine *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < RULES_N; i++) {
		if (g->state[i] != NULL && rules[i]->close != NULL)
			rules[i]->close(g->state[i]);
		free(g->state[i]);
	}
	free(g->again);
	free(g);
}

static void
begin(struct engine *g, enum brk native, unsigned wants)
{
	g->native = native;
	lines_begin(&g->lines, wants);
	header_begin(&g->header);
	for (size_t i = 0; i < RULES_N; i++)
		if (g->state[i] != NULL && rules[i]->open == NULL)
			memset(g->state[i], 0, rules[i]->state_size);
}

void
engine_begin(struct engine *g, enum brk native)
{
	begin(g, native, WANT_HEADER);
}

void
engine_begin_again(struct engine *g, enum brk native,
    const struct verdict *first)
{
	begin(g, native, WANT_ALL);
	g->again->header_seen = false;
	g->again->kept = 0;
	g->again->all = 0;
	for (size_t i = 0; i < RULES_N; i++)
		if (is_mine(g, i) && rules[i]->begin != NULL)
			rules[i]->begin(g->state[i], native, first);
}

void
engine_feed(struct engine *g, struct span s)
{
	g->now = s;
	if (g->again != NULL)
		feed_again(g, s);
	else
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

static void
end_rules(struct engine *g, const struct facts *f, struct verdict *v)
{
	struct emit out = { .verdict = v, .codes = g->options.codes };

	for (size_t i = 0; i < RULES_N; i++)
		if (is_mine(g, i))
			rules[i]->end(g->state[i], f, &out);
}

static bool
unclosed_maybe(const struct engine *g)
{
	static const code_set codes = 1ull << CODE_MIME_UNCLOSED |
	    1ull << CODE_MIME_NO_BOUNDARY;
	const struct look *k = &g->lines.look;

	return (g->options.codes & codes) != 0 &&
	    header_unclosed(&g->header, (struct span){ k->back, k->back_n });
}

struct verdict *
engine_end(struct engine *g)
{
	struct verdict *v = &g->verdict;
	struct facts f;

	lines_end(&g->lines);
	header_end(&g->header, g->lines.tally.size);
	f = (struct facts){ .convention = judged_by(g),
	    .tally = &g->lines.tally, .header = &g->header };
	v->convention = f.convention;
	v->tally = f.tally;
	v->n = 0;
	v->seen = 0;
	v->message_id = (struct span){ g->header.message_id,
	    g->header.message_id_n };
	v->message_id_cut = g->header.message_id_cut;
	v->unclosed_maybe = unclosed_maybe(g);
	v->dkim = NULL;
	v->mime = NULL;
	v->would_reject = NULL;
	end_rules(g, &f, v);
	return v;
}

void
engine_end_again(struct engine *g, struct verdict *first)
{
	const struct facts f = { .convention = first->convention,
	    .tally = first->tally, .header = &g->header, .first = first };

	const bool before = !g->again->header_seen;

	g->now = (struct span){ NULL, 0 };
	if (before || (g->again->all & SHOW_LINES) != 0)
		lines_end(&g->lines);
	header_end(&g->header, g->lines.off);
	if (!g->again->header_seen)
		show_header(g, g->lines.off);
	if (before)
		show_kept_bytes(g, g->lines.off);
	end_rules(g, &f, first);
}

bool
engine_is_suspect(const struct verdict *v)
{
	static const code_set calm = 1ull << CODE_EOL_NO_FINAL |
	    1ull << CODE_LIMIT_LINE_998 | 1ull << CODE_LIMIT_LINE_78 |
	    1ull << CODE_LIMIT_8BIT_HEADER | 1ull << CODE_LIMIT_NO_HEADER_END;

	return v->tally->rcpt.count > 0 || v->unclosed_maybe ||
	    (v->seen & ~calm) != 0;
}

/*
 * See engine.h.  Glue: lines to rules, the header block, the convention, and
 * the second look.
 */
#include "engine.h"

#include <stdlib.h>

#include "convention.h"
#include "conform_value.h"
#include "emit.h"
#include "rule.h"

#define RULE_POINTER(name) &rule_##name,
static const struct rule *const rules[] = { RULES(RULE_POINTER) };
#define RULES_N (sizeof(rules) / sizeof(rules[0]))

/* The header block is looked for in pieces: what is behind it may need no
 * look at its lines.  Bytes, no more than LINE_HEAD. */
#define PIECE LINE_HEAD

/* What the second look needs beside: the header block, as it stands. */
struct again {
	bool header_seen;		/* the rules have */
	uint64_t piece;			/* where the piece at hand begins */
	size_t early_n;
	uint8_t early[LINE_HEAD + 1];	/* of the body, before that piece */
	unsigned show[RULES_N];		/* of the body, to each rule */
	size_t liners[RULES_N];		/* the rules that want lines */
	size_t liners_n;
	unsigned want;			/* which lines those are: enum want */
	unsigned all;			/* those together */
	size_t kept;			/* bytes of block */
	uint8_t block[FIELDS_BYTES];	/* of a block that came in parts */
	struct fields fields;
	bool dated;			/* by its fields, while they are */
	int64_t date;
};

struct engine {
	struct engine_options options;
	struct lines lines;
	struct header header;
	uint64_t body;			/* where it starts, if header.over */
	struct again *again;		/* NULL: this is for the first look */
	const struct engine *first;	/* engine_follow; or NULL */
	struct span now;		/* the span that is being fed */
	enum brk native;
	struct verdict verdict;
	void *state[RULES_N];		/* of each rule, or NULL */
};

/* The rule works in this engine. */
static bool
is_mine(const struct engine *g, size_t i)
{
	return rules[i]->topic == 0 ? g->options.topics == 0 :
	    (g->options.topics & rules[i]->topic) != 0;
}

/* --- the second look */

/* The header block ends at end, in the piece at hand or before it. */
static struct span
header_block(struct engine *g, uint64_t end)
{
	struct again *a = g->again;
	size_t n;

	if (end < a->kept)
		return (struct span){ a->block, (size_t)end };
	if (a->kept < a->piece)
		return (struct span){ a->block, a->kept };
	n = (size_t)(end - a->piece);
	if (n > FIELDS_BYTES - a->kept)
		n = FIELDS_BYTES - a->kept;
	if (a->kept == 0)
		return (struct span){ g->now.p, n };
	if (n > 0)
		memcpy(a->block + a->kept, g->now.p, n);
	return (struct span){ a->block, a->kept + n };
}

/* The body starts at `body`: show the header block to the rules. */
static void
show_header(struct engine *g, uint64_t body)
{
	struct again *a = g->again;
	const struct span block = header_block(g, body);

	a->header_seen = true;
	a->fields.body = body;
	a->fields.cut = block.n < body;
	fields_read(&a->fields, block);
	a->dated = conform_date_of(&a->fields, &a->date);
	a->all = 0;
	a->liners_n = 0;
	a->want = WANT_NEEDED;
	for (size_t i = 0; i < RULES_N; i++) {
		a->show[i] = is_mine(g, i) && rules[i]->header != NULL ?
		    rules[i]->header(g->state[i], &a->fields) : 0;
		a->all |= a->show[i];
		if (a->show[i] & SHOW_LINES) {
			a->liners[a->liners_n++] = i;
			if (rules[i]->pass == NULL)
				a->want = WANT_ALL;
		}
	}
}

static void
show_line(struct engine *g, const struct line *ln)
{
	const struct again *a = g->again;

	for (size_t k = 0; k < a->liners_n; k++)
		rules[a->liners[k]]->line(g->state[a->liners[k]], ln,
		    &g->lines.look);
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

static void
show_message(const struct engine *g, struct span s)
{
	for (size_t i = 0; i < RULES_N; i++)
		if (is_mine(g, i) && rules[i]->message != NULL)
			rules[i]->message(g->state[i], s);
}

/* What of the body came before the piece in which the header block ended. */
static void
show_early(const struct engine *g)
{
	const struct again *a = g->again;

	if (a->early_n > 0 && (a->all & SHOW_BYTES) != 0)
		show_bytes(g, (struct span){ a->early, a->early_n },
		    a->fields.body);
}

static void
keep_block(struct again *a, struct span s)
{
	const size_t room = FIELDS_BYTES - a->kept;
	const size_t n = s.n < room ? s.n : room;

	memcpy(a->block + a->kept, s.p, n);
	a->kept += n;
}

static void see_header(struct engine *, const struct line *);

/* The current line is so long that its end need not be waited for to say that
 * it is no field: then the body began with it. */
static void
see_long_line(struct engine *g)
{
	const struct line ln = {
		.off = g->lines.line_off,
		.len = g->lines.off - g->lines.line_off,
		.head = { g->lines.head, LINE_HEAD },
		.before = g->lines.before, .after = BRK_NONE,
	};

	if (ln.len > LINE_HEAD && !span_begins_field(ln.head) &&
	    (ln.before == BRK_NONE || !ascii_wsp(ln.head.p[0])))
		see_header(g, &ln);
}

/* A piece in which the header block may end. */
static void
feed_header(struct engine *g, struct span s)
{
	struct again *a = g->again;

	g->now = s;
	a->piece = g->lines.off;
	lines_feed(&g->lines, s);
	if (!a->header_seen)
		see_long_line(g);
	if (!a->header_seen) {
		keep_block(a, s);
		return;
	}
	show_early(g);
	if ((a->all & SHOW_BYTES) != 0)
		show_bytes(g, s, a->piece);
}

/* The header block is in this span, which is the message's first one. */
static bool
knows_header(const struct engine *g, struct span s)
{
	return g->first != NULL && g->lines.off == 0 &&
	    g->first->header.over && g->first->body <= s.n;
}

static void
feed_again(struct engine *g, struct span s)
{
	struct again *a = g->again;
	uint64_t off;

	show_message(g, s);
	if (!a->header_seen && knows_header(g, s))
		show_header(g, g->first->body);
	while (!a->header_seen && s.n > 0) {
		const size_t n = s.n < PIECE ? s.n : PIECE;

		feed_header(g, (struct span){ s.p, n });
		s = (struct span){ s.p + n, s.n - n };
	}
	if (s.n == 0 || a->all == 0)
		return;
	off = g->lines.off;
	if ((a->all & SHOW_LINES) != 0)
		lines_feed(&g->lines, s);
	else
		g->lines.off += s.n;
	if ((a->all & SHOW_BYTES) != 0)
		show_bytes(g, s, off);
}

/* --- both */

static unsigned
break_width(enum brk b)
{
	return b == BRK_NONE ? 0 : b == BRK_CRLF ? 2 : 1;
}

/* The body starts with this line or behind it.  Where that is before the piece
 * at hand, there are no more than LINE_HEAD bytes of it, and perhaps a CR that
 * turned out to be its end. */
static void
begin_body(struct engine *g, enum header_is is, const struct line *ln)
{
	struct again *a = g->again;

	g->body = is == HEADER_NOT_ONE ? ln->off :
	    ln->off + ln->len + break_width(ln->after);
	if (a == NULL || a->header_seen)
		return;
	if (g->body < a->piece) {
		a->early_n = (size_t)(a->piece - g->body);
		memcpy(a->early, ln->head.p, a->early_n <= ln->head.n ?
		    a->early_n : ln->head.n);
		if (a->early_n > ln->head.n)
			a->early[ln->head.n] = '\r';
	}
	show_header(g, g->body);
}

static void
see_header(struct engine *g, const struct line *ln)
{
	const enum header_is is = header_line(&g->header, ln);
	unsigned wants = 0;

	if (is == HEADER_FIELD)
		wants = header_in_field(&g->header) && g->again == NULL ?
		    WANT_HEADER : WANT_ODD_FIELDS;
	if (is == HEADER_NOT_ONE)
		lines_not_header(&g->lines);
	if (is != HEADER_FIELD)
		begin_body(g, is, ln);
	if (g->header.over && g->again != NULL &&
	    (g->again->all & SHOW_LINES) != 0)
		wants = g->again->want;
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

/* Lines of the body that no rule needs: see lines.h. */
static size_t
engine_pass(void *ctx, struct span lines)
{
	const struct engine *g = ctx;
	const struct again *a = g->again;

	for (size_t k = 0; k < a->liners_n && lines.n > 0; k++)
		lines.n = rules[a->liners[k]]->pass(g->state[a->liners[k]],
		    lines);
	return lines.n;
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
	    kernel_pick(NULL), !o->no_census);
	g->lines.wide = o->codes >> CODE_LIMIT_LINE_78 & 1;
	g->lines.fn = engine_line;
	g->lines.pass = o->topics == 0 || o->no_census ? NULL : engine_pass;
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
	g->again->piece = 0;
	g->again->early_n = 0;
	g->again->kept = 0;
	g->again->all = 0;
	g->again->liners_n = 0;
	for (size_t i = 0; i < RULES_N; i++)
		if (is_mine(g, i) && rules[i]->begin != NULL)
			rules[i]->begin(g->state[i], native, first);
}

void
engine_follow(struct engine *g, const struct engine *first)
{
	g->first = first;
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

	return (g->options.codes & codes) != 0 && header_unclosed(&g->header,
	    (struct span){ g->lines.look.back, g->lines.look.back_n });
}

struct verdict *
engine_end(struct engine *g)
{
	struct verdict *v = &g->verdict;
	struct facts f;

	lines_end(&g->lines);
	if (!g->header.over)
		g->body = g->lines.off;
	header_end(&g->header, g->lines.tally.size);
	f = (struct facts){ .convention = convention_of(&g->lines.tally,
	    g->options.eol, g->native),
	    .tally = &g->lines.tally, .header = &g->header };
	v->convention = f.convention;
	v->tally = f.tally;
	verdict_clear(v);
	v->message_id = (struct span){ g->header.message_id,
	    g->header.message_id_n };
	v->message_id_cut = g->header.message_id_cut;
	v->unclosed_maybe = unclosed_maybe(g);
	end_rules(g, &f, v);
	return v;
}

void
engine_end_again(struct engine *g, struct verdict *first)
{
	const struct facts f = { .convention = first->convention,
	    .tally = first->tally, .first = first,
	    .header = g->first != NULL ? &g->first->header : &g->header };
	const bool waiting = !g->again->header_seen;

	g->now = (struct span){ NULL, 0 };
	g->again->piece = g->lines.off;
	if (waiting || (g->again->all & SHOW_LINES) != 0)
		lines_end(&g->lines);
	header_end(&g->header, g->lines.off);
	if (!g->again->header_seen)
		show_header(g, g->lines.off);
	if (waiting)
		show_early(g);
	if (g->again->fields.cut) {
		first->head_size = g->again->fields.body;
		first->head_seen = g->again->fields.seen;
	}
	first->dated = g->again->dated;
	first->date = g->again->date;
	end_rules(g, &f, first);
}

code_set
engine_suspicious(void)
{
	static const code_set calm = 1ull << CODE_EOL_NO_FINAL |
	    1ull << CODE_LIMIT_LINE_998 | 1ull << CODE_LIMIT_LINE_78 |
	    1ull << CODE_LIMIT_8BIT_HEADER | 1ull << CODE_LIMIT_NO_HEADER_END;

	return ~calm;
}

bool
engine_is_suspect(const struct verdict *v)
{
	return v->tally->rcpt.count > 0 || v->unclosed_maybe ||
	    (v->seen & engine_suspicious()) != 0;
}

/*
 * See patterns.h: the rule that runs the user's rules.
 *
 * Header blocks are searched when they are over, lines of the body as they
 * pass; what follows a dot and the raw message are kept and searched at the
 * end.
 */
#include "patterns.h"

#include "body_lines.h"
#include "dots.h"
#include "rule.h"

#define FIELD_HASHES 64u

/* What follows a look-alike. */
struct behind {
	uint64_t off;		/* of p[0], in the message */
	size_t n;
	uint8_t p[SUBJECT_MAX];
};

struct patterns {
	struct searcher searcher;
	struct body_lines lines;
	uint64_t named[FIELD_HASHES];	/* header-field: bit i is rule i */
	unsigned live;		/* bits: some of them may find something */
	uint64_t off;		/* of the next byte of the body */

	size_t raw_max;		/* bytes that are kept */
	size_t raw_n;
	uint8_t raw[RAW_MAX];
	bool raw_more;		/* the message goes on */

	struct dots dots;
	struct behind behind[DOTS_MAX];
	struct needles needles;	/* of the rules for what is there */

	uint8_t value[SUBJECT_MAX];	/* of a field, unfolded */
	struct spots nowhere;	/* for a rule that finds what is not there */
};

/* --- when */

/* Counts that the first look has; the others come from the second. */
#define FIRST_LOOK ((1ull << (CODE_LIMIT_NO_HEADER_END + 1)) - 1)

/* now: all findings are known that can be. */
static bool
applies(const struct pattern_rule *r, const struct verdict *v, bool now)
{
	for (size_t i = 0; i < r->n; i++)
		if ((now || (r->conditions[i].codes & ~FIRST_LOOK) == 0) &&
		    !condition_holds(&r->conditions[i], v))
			return false;
	return true;
}

/* There is a line that a server may take for the end of the data. */
static bool
has_dots(const struct tally *t)
{
	uint64_t n = t->dot_crcrlf.count + t->dot_nul.count +
	    t->nul_dot.count + t->dot_space.count + t->space_dot.count;

	for (enum brk b = BRK_NONE; b < BRK_KINDS; b++) {
		n += t->stuffed[b].count;
		for (enum brk a = BRK_NONE; a < BRK_KINDS; a++)
			n += t->lone[b][a].count;
	}
	return n > 0;
}

/* --- the rule */

static unsigned
field_hash(uint8_t first, size_t n)
{
	return ((unsigned)n * 5 + ascii_lower(first)) % FIELD_HASHES;
}

/* Most fields are of no rule: that shows at once. */
static void
note_field(struct patterns *s, size_t rule, const char *name)
{
	const uint64_t bit = 1ull << rule;

	if (name[0] != '*' || name[1] != '\0')
		s->named[field_hash((uint8_t)name[0], strlen(name))] |= bit;
	else
		for (size_t i = 0; i < FIELD_HASHES; i++)
			s->named[i] |= bit;
}

static bool
patterns_open(void *state, const struct engine_options *o)
{
	struct patterns *s = state;
	const struct kernel *kernel = o->kernel != NULL ? o->kernel :
	    kernel_pick(NULL);

	if (o->rules == NULL || !searcher_open(&s->searcher, o->rules))
		return false;
	for (unsigned i = 0; i < o->rules->n; i++) {
		const struct pattern_rule *r = o->rules->rule[i];

		if (r->scope == SCOPE_AFTER_DOT)
			(void)needles_add(&s->needles, &r->literals, i);
		if (r->scope == SCOPE_HEADER_FIELD)
			note_field(s, i, r->field);
		if (r->scope == SCOPE_RAW && r->limit > s->raw_max)
			s->raw_max = r->limit;
	}
	needles_ready(&s->needles, kernel);
	(void)body_lines_open(&s->lines, &s->searcher, kernel);
	return true;
}

static void
patterns_close(void *state)
{
	struct patterns *s = state;

	searcher_close(&s->searcher);
}

static void
patterns_begin(void *state, enum brk native, const struct verdict *first)
{
	struct patterns *s = state;
	const struct pattern_rules *rules = s->searcher.rules;

	(void)native;
	searcher_begin(&s->searcher);
	s->live = 0;
	s->raw_n = 0;
	s->raw_more = false;
	for (size_t i = 0; i < rules->n; i++) {
		const struct pattern_rule *r = rules->rule[i];

		if (first != NULL && (!applies(r, first, false) ||
		    (r->scope == SCOPE_AFTER_DOT && !has_dots(first->tally))))
			s->searcher.found[i].off = true;
		else
			s->live |= 1u << r->scope;
	}
}

/* --- the header block */

/* All of the name, in any case; or *. */
static bool
field_is(const struct field *f, const char *name)
{
	return (name[0] == '*' && name[1] == '\0') ||
	    (strlen(name) == f->name.n && span_starts_nocase(f->name,
	    (struct span){ (const uint8_t *)name, f->name.n }));
}

/* The value on one line, and whether there is more of it. */
static struct span
unfolded(struct patterns *s, const struct field *f, bool *more)
{
	const size_t n = field_unfold(f, s->value, sizeof(s->value));

	*more = n == sizeof(s->value);
	return (struct span){ s->value, n };
}

/* A field, for the rules whose bits are set. */
static void
search_field(struct patterns *s, const struct field *f, uint64_t rules)
{
	struct search in = { .subject = { NULL, 0 } };
	size_t at, end;

	for (; rules != 0; rules &= rules - 1) {
		const size_t i = (size_t)__builtin_ctzll(rules);

		if (!field_is(f, s->searcher.rules->rule[i]->field))
			continue;
		if (in.subject.p == NULL)
			in.subject = unfolded(s, f, &in.goes_on);
		if (searcher_try(&s->searcher, i, &in, f->off, &at, &end))
			searcher_note(&s->searcher, i, f->off, f->raw, 0);
	}
}

static void
search_fields(struct patterns *s, const struct fields *fs)
{
	for (size_t k = 0; k < fs->n; k++) {
		const struct field *f = &fs->list[k];
		const uint64_t rules = f->colon && f->name.n > 0 ?
		    s->named[field_hash(f->name.p[0], f->name.n)] : 0;

		if (rules != 0)
			search_field(s, f, rules);
	}
}

/* Search this text for all rules of the scope. */
static void
search_text(struct patterns *s, enum scope scope, struct span text,
    bool goes_on)
{
	const struct pattern_rules *rules = s->searcher.rules;

	for (size_t i = 0; i < rules->n; i++) {
		const struct pattern_rule *r = rules->rule[i];
		struct span part = text;

		if (r->scope != scope)
			continue;
		if (scope == SCOPE_RAW && r->limit < text.n)
			part.n = r->limit;
		searcher_windows(&s->searcher, i, part, 0,
		    goes_on || part.n < text.n);
	}
}

static void
keep_raw(struct patterns *s, struct span a)
{
	const size_t room = s->raw_max - s->raw_n;
	const size_t n = a.n < room ? a.n : room;

	if (n > 0)
		memcpy(s->raw + s->raw_n, a.p, n);
	s->raw_n += n;
	s->raw_more = s->raw_more || n < a.n;
}

static unsigned
patterns_header(void *state, const struct fields *fs)
{
	struct patterns *s = state;
	unsigned show = 0;

	searcher_start(&s->searcher, fs->block.n);
	if (s->live & 1u << SCOPE_HEADER_FIELD)
		search_fields(s, fs);
	if (s->live & 1u << SCOPE_HEADER_BLOCK)
		search_text(s, SCOPE_HEADER_BLOCK, fs->block, fs->cut);
	if (s->live & 1u << SCOPE_RAW) {
		keep_raw(s, fs->block);
		show |= SHOW_BYTES;
	}
	if (s->live & 1u << SCOPE_BODY_LINE) {
		body_lines_begin(&s->lines, fs->body);
		show |= SHOW_BYTES;
	}
	if (s->live & 1u << SCOPE_AFTER_DOT) {
		dots_begin(&s->dots, fs->body);
		show |= SHOW_BYTES;
	}
	s->off = fs->body;
	return show;
}

/* --- the body */

/* The bytes of a that are behind this look-alike; a is at off. */
static void
keep_behind(struct behind *b, struct span a, uint64_t off)
{
	const uint64_t next = b->off + b->n;
	const size_t room = sizeof(b->p) - b->n;
	size_t skip, n;

	if (next < off || next - off >= a.n)
		return;
	skip = (size_t)(next - off);
	n = a.n - skip < room ? a.n - skip : room;
	memcpy(b->p + b->n, a.p + skip, n);
	b->n += n;
}

static size_t
dots_noted(const struct patterns *s)
{
	return s->dots.n < DOTS_MAX ? s->dots.n : DOTS_MAX;
}

/* Every look-alike begins a piece of text of its own. */
static void
keep_all_behind(struct patterns *s, struct span a)
{
	const size_t before = dots_noted(s);

	dots_feed(&s->dots, a);
	for (size_t i = 0; i < dots_noted(s); i++) {
		if (i >= before) {
			s->behind[i].off = s->dots.behind[i];
			s->behind[i].n = 0;
		}
		keep_behind(&s->behind[i], a, s->off);
	}
}

static void
patterns_bytes(void *state, struct span a)
{
	struct patterns *s = state;

	if (s->live & 1u << SCOPE_RAW)
		keep_raw(s, a);
	if (s->live & 1u << SCOPE_BODY_LINE)
		body_lines_feed(&s->lines, a);
	if (s->live & 1u << SCOPE_AFTER_DOT)
		keep_all_behind(s, a);
	s->off += a.n;
}

/* --- the end */

static bool
is_noted(const struct spots *w, uint64_t off)
{
	for (size_t i = 0; i < spots_kept(w); i++)
		if (w->off[i] == off)
			return true;
	return false;
}

static bool
see_needle(void *ctx, size_t at, unsigned rule)
{
	(void)at;
	*(uint64_t *)ctx |= 1ull << rule;
	return true;
}

/* The rules that may match there, by the text that they need. */
static uint64_t
likely(const struct patterns *s, struct span text)
{
	const struct pattern_rules *rules = s->searcher.rules;
	uint64_t set = 0;

	needles_find(&s->needles, text, see_needle, &set);
	for (size_t i = 0; i < rules->n; i++)
		if (rules->rule[i]->scope == SCOPE_AFTER_DOT &&
		    !needles_has(&s->needles, i))
			set |= 1ull << i;
	return set;
}

/* One match behind a look-alike; the same one behind several is one. */
static void
search_behind(struct patterns *s, const struct behind *b)
{
	const struct search in = { .subject = { b->p, b->n },
	    .goes_on = b->off + b->n < s->off };
	uint64_t rules = likely(s, in.subject);
	size_t at, end;

	for (; rules != 0; rules &= rules - 1) {
		const size_t i = (size_t)__builtin_ctzll(rules);

		if (searcher_try(&s->searcher, i, &in, b->off, &at, &end) &&
		    !is_noted(&s->searcher.found[i].match, b->off + at))
			searcher_note(&s->searcher, i, b->off + at,
			    in.subject, at);
	}
}

static void
search_all_behind(struct patterns *s)
{
	const struct pattern_rules *rules = s->searcher.rules;
	const struct behind *last = &s->behind[DOTS_MAX - 1];
	const size_t before = dots_noted(s);

	dots_end(&s->dots);
	if (dots_noted(s) > before) {
		s->behind[before].off = s->off;
		s->behind[before].n = 0;
	}
	for (size_t i = 0; i < dots_noted(s); i++)
		search_behind(s, &s->behind[i]);
	for (size_t i = 0; s->dots.n > DOTS_MAX && i < rules->n; i++)
		if (rules->rule[i]->scope == SCOPE_AFTER_DOT)
			searcher_gave_up(&s->searcher, i, last->off,
			    (struct span){ last->p, last->n }, 0);
}

static void
search_kept(struct patterns *s)
{
	if (s->live & 1u << SCOPE_BODY_LINE)
		body_lines_end(&s->lines);
	searcher_start(&s->searcher, s->raw_n);
	if (s->live & 1u << SCOPE_RAW)
		search_text(s, SCOPE_RAW, (struct span){ s->raw, s->raw_n },
		    s->raw_more);
	if (s->live & 1u << SCOPE_AFTER_DOT)
		search_all_behind(s);
}

/* Where a rule without a pattern points: what it was told to wait for. */
static const struct spots *
place_of(struct patterns *s, const struct pattern_rule *r,
    const struct verdict *v)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < v->n; k++)
			if (r->conditions[i].codes >> v->list[k].code & 1)
				return v->list[k].where;
	s->nowhere = (struct spots){ .count = 1 };
	return &s->nowhere;
}

static void
patterns_end(void *state, const struct facts *f, struct emit *out)
{
	struct patterns *s = state;
	const struct pattern_rules *rules = s->searcher.rules;

	search_kept(s);
	for (size_t i = 0; i < rules->n; i++) {
		const struct pattern_rule *r = rules->rule[i];
		const struct found *got = &s->searcher.found[i];

		if (!applies(r, f->first, true))
			continue;
		if (r->scope == SCOPE_NONE)
			emit_rule(out, CODE_RULE_MATCH, r->severity,
			    place_of(s, r, f->first), &r->name);
		if (got->match.count > 0)
			emit_rule(out, CODE_RULE_MATCH, r->severity,
			    &got->match, &r->name);
		if (got->gave_up.count > 0)
			emit_rule(out, CODE_RULE_GAVE_UP, SEV_LOW,
			    &got->gave_up, &r->name);
	}
}

const struct rule rule_patterns = {
	.name = "patterns", .topic = TOPIC_PATTERNS,
	.state_size = sizeof(struct patterns), .open = patterns_open,
	.close = patterns_close, .begin = patterns_begin,
	.header = patterns_header,
	.bytes = patterns_bytes, .end = patterns_end,
};

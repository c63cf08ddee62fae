/*
 * SMTP dialogues in the text of a message: what is left of an attempt to have
 * a second message taken for a new one (SMTP smuggling).
 *
 * The attempt ends the data with something that is no end of data, goes on
 * with MAIL, RCPT and DATA, then with a header block of its own.  A receiver
 * that was not fooled keeps all of that in one message, but perhaps not the
 * dot: Postfix drops the line, or makes spaces of the breaks that are not
 * CRLF, Exim makes LFs of CRs and spaces of LFs (smtpd.c, cleanup_init.c,
 * receive.c).  So the dialogue is looked for, with whatever stands before it.
 *
 * Mail about SMTP holds dialogues too.  Those that are quoted line by line
 * could not work; those that are indented, fenced or with a server's replies
 * between them could, so before them a dot that is no text of such a mail
 * counts for more.
 *
 * Not seen: what is encoded, and a dialogue that was joined into one line.
 */
#include <stdlib.h>

#include "rule.h"
#include "smuggle_line.h"
#include "smuggle_pass.h"

#define FIELDS_OF_BLOCK 2u	/* fields of mail that make a header block */
#define GAP_MAX 3u		/* lines of other text between two commands:
				 * servers answer 500 and go on */

/* What stands before the dialogue. */
enum opening {
	OPEN_BARE,		/* no dot */
	OPEN_PAIR,		/* a dot between two breaks of one kind */
	OPEN_ODD		/* one that is no text, or was repaired */
};

/* Places by what is said about them at the end. */
enum bucket {
	FOUND_ATTEMPT, FOUND_VERBS, FOUND_QUOTED,
	FOUND_PART,		/* too little, unless a test tool left a mark */
	FOUND_PAIR,		/* quoted, or if the dot's breaks are not the
				 * message's, not: [brk][attempt] from here */
	BUCKETS = FOUND_PAIR + 2 * (BRK_KINDS - 1)
};
#define NEAR (LOOK_BACK - CONTEXT_BEFORE - 3u)	/* bytes up to the line's end
				 * and its break that look_note can go back */
#define NOTES (BUCKETS + 2u)	/* each bucket's first, and those at hand */

struct dialogue {
	bool open;
	enum opening opening;
	enum brk pair;		/* OPEN_PAIR: the breaks around the dot */
	bool quoted;		/* line by line */
	bool in_quotation;	/* by what is around it */
	uint64_t off;
	size_t note;
	unsigned verbs;		/* a bit for each */
	enum verb last;
	bool adjacent;		/* two of them in lines one behind the other */
	unsigned stage;		/* 1: MAIL, 2: then RCPT, 3: then DATA */
	unsigned gap;		/* lines since the last command */
	unsigned fields;	/* behind DATA */
};

struct smuggle {
	struct needles *words;
	bool look;		/* there is a reason to */
	bool batch;		/* the message begins with its dialogue */
	uint64_t body;
	bool in_fence;
	bool marked;		/* a test tool's mark was seen */
	enum kind last;		/* line that was not empty */
	unsigned last_mark;
	size_t text_n;		/* that line, if it may start a session */
	uint8_t text[SESSION_LINE];
	bool dot;		/* it is a dot: */
	bool dot_marked;	/* behind a mark */
	enum opening dot_opening;
	enum brk dot_pair;
	uint64_t dot_off;
	size_t dot_note;
	struct dialogue now;
	struct spots found[BUCKETS];
	size_t found_note[BUCKETS];
	struct spots notes[NOTES];	/* hold the contexts while they grow */
	bool note_used[NOTES];
};

/* --- places */

static size_t
note_new(struct smuggle *s)
{
	size_t i = 0;

	while (s->note_used[i])
		i++;
	s->note_used[i] = true;
	s->notes[i].count = 0;
	return i;
}

/* The place that is at bytes into the line. */
static size_t
note_place(struct smuggle *s, const struct line *ln, size_t at,
    struct look *look)
{
	const size_t i = note_new(s);

	if (ln->len - at <= NEAR)
		look_note(look, &s->notes[i], ln->off + at);
	else
		look_note_line(&s->notes[i], ln->off + at, (struct span){
		    ln->head.p + at, ln->head.n - at });
	return i;
}

/* The note is the bucket's, or nobody's. */
static void
found_add(struct smuggle *s, enum bucket b, uint64_t off, size_t note)
{
	struct spots *to = &s->found[b];

	if (to->count < SPOTS_KEPT)
		to->off[to->count] = off;
	if (to->count++ == 0)
		s->found_note[b] = note;
	else
		s->note_used[note] = false;
}

/* --- dialogues */

static void
dialogue_close(struct smuggle *s, bool complete)
{
	const struct dialogue *d = &s->now;
	const unsigned with_argument = 1u << VERB_HELLO | 1u << VERB_MAIL |
	    1u << VERB_RCPT | 1u << VERB_BDAT;
	const bool attempt = complete && d->stage == 3;
	const bool verbs = d->adjacent && (d->verbs & with_argument) != 0;
	const bool quoted = d->quoted || d->in_quotation;
	enum bucket b;

	if (!d->open)
		return;
	if (!attempt && !verbs)
		b = quoted ? BUCKETS : FOUND_PART;
	else if (d->quoted || (quoted && d->opening == OPEN_BARE))
		b = FOUND_QUOTED;
	else if (quoted && d->opening == OPEN_PAIR)
		b = FOUND_PAIR + 2 * (d->pair - 1) + attempt;
	else
		b = attempt ? FOUND_ATTEMPT : FOUND_VERBS;
	if (b == BUCKETS)
		s->note_used[d->note] = false;
	else
		found_add(s, b, d->off, d->note);
	s->now.open = false;
}

static void
dialogue_open(struct smuggle *s, const struct line *ln, const struct seen *v,
    struct look *look)
{
	const size_t at = v->dot == NO_DOT ? 0 :
	    ln->head.n - v->text.n + v->dot;
	struct dialogue d = { .open = true, .off = ln->off + at,
	    .quoted = v->quoted };

	d.in_quotation = v->indented || s->in_fence || smuggle_session(
	    (struct span){ s->text, s->text_n }) || s->last == KIND_REPLY ||
	    (s->batch && ln->off == s->body);
	if (s->dot && v->dot == NO_DOT && !v->quoted) {
		d.off = s->dot_off;
		d.note = s->dot_note;
		d.opening = s->dot_opening;
		d.pair = s->dot_pair;
		s->dot = false;
	} else {
		d.opening = v->dot != NO_DOT ? OPEN_ODD : OPEN_BARE;
		d.note = note_place(s, ln, at, look);
	}
	s->now = d;
}

static void
dialogue_add(struct dialogue *d, enum verb verb)
{
	if (d->verbs != 0 && d->gap == 0 && verb != d->last)
		d->adjacent = true;
	d->verbs |= 1u << verb;
	d->last = verb;
	d->gap = 0;
	if (verb == VERB_MAIL)
		d->stage = 1;
	else if (verb == VERB_RCPT && d->stage > 0)
		d->stage = 2;
	else if ((verb == VERB_DATA || verb == VERB_BDAT) && d->stage > 1)
		d->stage = 3;
	else if (verb == VERB_HELLO || verb == VERB_RSET)
		d->stage = 0;
}

static bool
in_header_block(const struct dialogue *d)
{
	return d->last == VERB_DATA || d->last == VERB_BDAT;
}

static void
see_verb(struct smuggle *s, const struct line *ln, const struct seen *v,
    struct look *look)
{
	const struct dialogue *d = &s->now;

	if (d->open && (d->quoted != v->quoted || d->fields > 0 ||
	    v->dot != NO_DOT))
		dialogue_close(s, false);
	if (!d->open)
		dialogue_open(s, ln, v, look);
	dialogue_add(&s->now, v->verb);
}

/* Another line: of the header block, or the end of it. */
static void
see_other(struct smuggle *s, const struct seen *v)
{
	struct dialogue *d = &s->now;

	if (!d->open)
		return;
	if (!in_header_block(d)) {
		if (++d->gap > GAP_MAX)
			dialogue_close(s, false);
	} else if (d->quoted != v->quoted || (v->kind != KIND_FIELD &&
	    v->kind != KIND_MORE)) {
		dialogue_close(s, false);
	} else if (v->kind == KIND_FIELD && ++d->fields == FIELDS_OF_BLOCK) {
		dialogue_close(s, true);
	}
}

/* The line before was a dot, and no command follows it. */
static void
dot_forget(struct smuggle *s, bool marked)
{
	if (!s->dot)
		return;
	s->dot = false;
	if (s->dot_marked || marked)
		found_add(s, FOUND_PART, s->dot_off, s->dot_note);
	else
		s->note_used[s->dot_note] = false;
}

static void
see_dot(struct smuggle *s, const struct line *ln, struct look *look)
{
	dialogue_close(s, false);
	dot_forget(s, false);
	s->dot = true;
	s->dot_marked = s->last == KIND_MARK && s->last_mark != MARK_END;
	s->dot_opening = ln->head.p[0] == '.' && ln->before == ln->after &&
	    (ln->len == 1 || ln->head.p[1] == '.') ? OPEN_PAIR : OPEN_ODD;
	s->dot_pair = ln->before;
	s->dot_off = ln->off;
	s->dot_note = note_place(s, ln, 0, look);
}

/* What a test tool sent, and the dot that it tried is gone. */
static void
see_mark(struct smuggle *s, const struct line *ln, unsigned mark,
    struct look *look)
{
	s->marked = true;
	if (mark == MARK_END && s->last == KIND_MARK &&
	    s->last_mark == MARK_START)
		found_add(s, FOUND_PART, ln->off,
		    note_place(s, ln, 0, look));
	s->last_mark = mark;
}

static void
see_blank(struct smuggle *s, const struct line *ln)
{
	const bool crcrlf = ln->len == 0 && ln->before == BRK_CR &&
	    ln->after == BRK_CRLF;	/* one break */

	if (s->now.open && s->now.fields > 0 && !crcrlf)
		dialogue_close(s, false);
}

/* --- the rule */

/* There is a dot, or the line that no dialogue is without. */
static bool
is_reason(const struct tally *t)
{
	for (unsigned b = 0; b < BRK_KINDS; b++) {
		if (t->stuffed[b].count > 0)
			return true;
		for (unsigned a = 0; a < BRK_KINDS; a++)
			if (t->lone[b][a].count > 0)
				return true;
	}
	return t->rcpt.count > 0 || t->dot_crcrlf.count > 0 ||
	    t->dot_nul.count > 0 || t->nul_dot.count > 0 ||
	    t->dot_space.count > 0 || t->space_dot.count > 0;
}

static bool
smuggle_open(void *state, const struct engine_options *o)
{
	struct smuggle *s = state;

	s->words = smuggle_words(o->kernel != NULL ? o->kernel :
	    kernel_pick(NULL));
	return s->words != NULL;
}

static void
smuggle_close(void *state)
{
	struct smuggle *s = state;

	free(s->words);
}

static void
smuggle_begin(void *state, enum brk native, const struct verdict *first)
{
	struct smuggle *s = state;

	(void)native;
	*s = (struct smuggle){ .words = s->words,
	    .look = first == NULL || is_reason(first->tally) };
}

static unsigned
smuggle_header(void *state, const struct fields *fields)
{
	struct smuggle *s = state;
	const struct field *f;
	size_t i = 0;
	unsigned mark;

	s->batch = fields->n == 0;
	s->body = fields->body;
	if ((f = fields_find(fields, "subject", &i)) != NULL)
		s->marked = smuggle_mark(f->value, &mark);
	return s->look ? SHOW_LINES : 0;
}

static void
keep_text(struct smuggle *s, const struct seen *v)
{
	s->text_n = 0;
	if (v->kind != KIND_TEXT || v->text.n > SESSION_LINE)
		return;
	s->text_n = v->text.n;
	memcpy(s->text, v->text.p, v->text.n);
}

/* An empty line, or a dot behind another: most of what is made to be slow. */
static bool
see_quickly(struct smuggle *s, const struct line *ln, struct look *look)
{
	if (ln->len == 0) {
		see_blank(s, ln);
		return true;
	}
	if (ln->len != 1 || ln->head.p[0] != '.' || s->last != KIND_DOT)
		return false;
	see_dot(s, ln, look);
	return true;
}

static void
smuggle_line(void *state, const struct line *ln, struct look *look)
{
	struct smuggle *s = state;
	struct seen v;

	if (see_quickly(s, ln, look))
		return;
	v = smuggle_see(ln, s->now.open);
	if (v.kind == KIND_BLANK) {
		see_blank(s, ln);
		return;
	}
	if (v.kind == KIND_VERB)
		see_verb(s, ln, &v, look);
	dot_forget(s, v.kind == KIND_MARK);
	if (v.kind == KIND_DOT)
		see_dot(s, ln, look);
	else if (v.kind == KIND_REPLY)
		s->now.in_quotation = true;
	else if (v.kind != KIND_VERB)
		see_other(s, &v);
	if (v.kind == KIND_MARK)
		see_mark(s, ln, v.mark, look);
	if (v.kind == KIND_FENCE)
		s->in_fence = !s->in_fence;
	keep_text(s, &v);
	s->last = v.kind;
}

/*
 * Where no dialogue is open and no mark was the last, a line without any of
 * the words changes nothing but what the next one makes up for, if it is not
 * blank.  A blank line matters only behind fields.
 */
static size_t
smuggle_pass(const void *state, struct span lines)
{
	const struct smuggle *s = state;

	if (s->now.open && s->now.fields > 0)
		return 0;
	if (s->now.open || s->last == KIND_MARK)
		return smuggle_pass_blank(lines);
	return smuggle_pass_text(s->words, lines);
}

/* Now the contexts are whole, and the message's own breaks are known. */
static void
settle(struct smuggle *s, enum brk native)
{
	struct spots *found = s->found;

	for (unsigned b = 0; b < BUCKETS; b++)
		if (found[b].count > 0)
			found[b].context = s->notes[s->found_note[b]].context;
	for (enum brk b = BRK_CRLF; b < BRK_KINDS; b++)
		for (unsigned attempt = 0; attempt < 2; attempt++) {
			const struct spots *from = &found[FOUND_PAIR +
			    2 * (b - 1) + attempt];

			if (from->count > 0)
				look_merge(&found[b == native ? FOUND_QUOTED :
				    attempt ? FOUND_ATTEMPT : FOUND_VERBS],
				    from);
		}
}

/* A tool's mail: all that it left is a probe. */
static void
make_probe(struct smuggle *s)
{
	struct spots *found = s->found;

	if (found[FOUND_VERBS].count > 0)
		look_merge(&found[FOUND_ATTEMPT], &found[FOUND_VERBS]);
	found[FOUND_VERBS].count = 0;
	if (found[FOUND_ATTEMPT].count == 0)
		found[FOUND_ATTEMPT] = found[FOUND_PART];
}

static void
smuggle_end(void *state, const struct facts *f, struct emit *out)
{
	struct smuggle *s = state;
	const struct {
		enum code code;
		const struct spots *where;
	} list[] = {
		{ s->marked ? CODE_SMUGGLE_PROBE : CODE_SMUGGLE_ATTEMPT,
		    &s->found[FOUND_ATTEMPT] },
		{ CODE_SMUGGLE_VERBS, &s->found[FOUND_VERBS] },
		{ CODE_SMUGGLE_QUOTED, &s->found[FOUND_QUOTED] },
	};

	if (!is_reason(f->tally))
		return;
	dialogue_close(s, in_header_block(&s->now));
	dot_forget(s, false);
	settle(s, convention_break(f->convention));
	if (s->marked)
		make_probe(s);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i].where->count > 0)
			emit(out, list[i].code,
			    code_info(list[i].code)->severity, list[i].where);
}

const struct rule rule_smuggle = {
	.name = "smuggle", .topic = TOPIC_SMUGGLE,
	.state_size = sizeof(struct smuggle), .open = smuggle_open,
	.close = smuggle_close, .begin = smuggle_begin,
	.header = smuggle_header, .line = smuggle_line, .pass = smuggle_pass,
	.end = smuggle_end,
};

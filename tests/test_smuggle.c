/*
 * SMTP dialogues in messages: generated ones against an oracle that knows
 * what was generated, then what receivers are known to leave behind, and mail
 * about SMTP, case by case.
 */
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "gen.h"
#include "lines.h"
#include "t.h"
#include "verbs.h"

#define ROUNDS 40000u
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HEADER "From: a@example.org\nSubject: test\n\n"
#define MAIL "MAIL FROM:<a@example.com>"
#define RCPT "RCPT TO:<b@example.net>"
#define BLOCK "From: <c@example.com>\nSubject: second\n\nsmuggled\n"
#define DIALOGUE MAIL "\n" RCPT "\nDATA\n" BLOCK

struct pair {
	struct engine *first, *again;
};

static int
open_pair(void **state)
{
	struct engine_options o = { .codes = code_set_default() };
	struct pair *p = malloc(sizeof(*p));

	if (p == NULL)
		return -1;
	p->first = engine_new(&o);
	o.topics = TOPIC_SMUGGLE;
	p->again = engine_new(&o);
	*state = p;
	return p->first == NULL || p->again == NULL ? -1 : 0;
}

static int
close_pair(void **state)
{
	struct pair *p = *state;

	engine_free(p->first);
	engine_free(p->again);
	free(p);
	return 0;
}

/* In pieces of so many bytes, each in memory of its own. */
static void
feed(struct engine *g, struct engine *beside, struct span m, size_t piece)
{
	while (m.n > 0) {
		const size_t n = m.n < piece ? m.n : piece;
		uint8_t *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, m.p, n);
		engine_feed(g, (struct span){ copy, n });
		if (beside != NULL)
			engine_feed(beside, (struct span){ copy, n });
		free(copy);
		m = (struct span){ m.p + n, m.n - n };
	}
}

/* As scanner/judge.c does it: a second look at what the first suspects. */
static const struct verdict *
look_at(struct pair *p, struct span m, size_t piece, bool at_once)
{
	struct verdict *v;

	engine_begin(p->first, BRK_LF);
	if (at_once)
		engine_begin_again(p->again, BRK_LF, NULL);
	feed(p->first, at_once ? p->again : NULL, m, piece);
	v = engine_end(p->first);
	if (!engine_is_suspect(v))
		return v;
	if (!at_once) {
		engine_begin_again(p->again, BRK_LF, v);
		feed(p->again, NULL, m, piece);
	}
	engine_end_again(p->again, v);
	return v;
}

static const struct finding *
find(const struct verdict *v, enum code code)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == code)
			return &v->list[i];
	return NULL;
}

/* Around the first place stand the bytes that are there in the message. */
static void
shows_the_place(const struct finding *f, struct span m)
{
	const struct context *c = &f->where->context;

	assert_int_equal(c->off + c->at, f->where->off[0]);
	assert_true(c->n > c->at && c->off + c->n <= m.n);
	assert_memory_equal(c->bytes, m.p + c->off, c->n);
	assert_true(c->at == 16 || c->at == c->off + c->at);
	assert_true(c->n == c->at + 24u || c->off + c->n == m.n);
}

/* --- the law */

enum token {
	TEXT, BLANK, DOT, REPLY, FIELD, OTHER_FIELD, HELLO, MAIL_FROM,
	RCPT_TO, DATA, BDAT, RSET, QUIT, TOKENS
};

static const char *const words[TOKENS][8] = {
	[TEXT] = { "some text", "MAIL FROM: Bob about his mail", "data.",
	    "RCPT TO:", "quit it", "Mail from bob@example.com", "BDAT x",
	    "rcpt to be told" },
	[BLANK] = { "", "", "", " ", "\t", "", "  ", "" },
	[DOT] = { " .", ". ", " . ", ".\t", "\t.", " .", ". ", " .\t" },
	[REPLY] = { "250 ok", "250-example.com", "354", "220 mx ESMTP",
	    "550 5.1.1 unknown", "503-bad", "250 2.1.0 Ok", "221 bye" },
	[FIELD] = { "From: <c@example.com>", "to: b@example.net", "SUBJECT:x",
	    "Date: now", "Received: by mx", "Message-ID: <1@example.com>",
	    "Cc : d@example.net", "MIME-Version: 1.0" },
	[OTHER_FIELD] = { "X-Mailer: test", "X:", "List-Id: <x.example.com>",
	    "A: b", "Fromm: x", "Keywords: y", "Sub: z", "Xfrom: w" },
	[HELLO] = { "EHLO example.com", "HELO a", "LHLO x_y", "ehlo [::1]",
	    "EHLO  b.example.com ", "HELO [192.0.2.1]", "eHLO c-d", "HELO 1" },
	[MAIL_FROM] = { MAIL, "MAIL FROM:<>", "MAIL FROM: <a@example.com>",
	    "MAIL  FROM : a@example.com", "MAIL\tFROM:<a> SIZE=1",
	    "MAIL FROM:<\"a b\"@example.com> BODY=8BITMIME RET=HDRS",
	    "MAIL FROM:<@x,@y:a@example.com>", "MAIL FROM:<a@[192.0.2.1]> " },
	[RCPT_TO] = { RCPT, "RCPT TO:<postmaster>", "RCPT TO : b@example.net",
	    "RCPT TO:<b@example.net> NOTIFY=NEVER", "RCPT\tTO:<\"<\"@x.net>",
	    "RCPT TO:\t<b@example.net>\t", "RCPT TO:<b>", "RCPT  TO:b@c" },
	[DATA] = { "DATA", "DATA", "DATA ", "DATA", "DATA", "DATA\t", "DATA",
	    "DATA" },
	[BDAT] = { "BDAT 1", "BDAT 86 LAST", "BDAT 0  last ", "BDAT 123",
	    "BDAT\t9", "BDAT 7 LAST", "BDAT 10", "BDAT 99999" },
	[RSET] = { "RSET", "RSET", "RSET ", "RSET", "RSET", "RSET", "RSET",
	    "RSET" },
	[QUIT] = { "QUIT", "QUIT", "QUIT ", "QUIT", "QUIT", "QUIT", "QUIT",
	    "QUIT" },
};

#define LENGTH 24u

struct item {
	enum token token;
	uint64_t off;
};

struct story {
	size_t n;
	struct item list[LENGTH];
	bool reason;		/* what the first look goes by is there */
	struct gen gen;
};

static bool
is_verb(enum token t)
{
	return t >= HELLO;
}

/* Any case for commands, and any break; no blank line may join a CR before
 * it to be one break with it. */
static void
add_item(struct story *s, enum token t, bool one_break)
{
	static const struct span breaks[] = { { (const uint8_t *)"\r", 1 },
	    { (const uint8_t *)"\r\n", 2 }, { (const uint8_t *)"\n", 1 } };
	struct gen *g = &s->gen;
	const char *word = words[t][gen_below(g, 8)];
	const size_t at = g->n;
	const bool behind_cr = g->p[at - 1] == '\r';

	s->list[s->n].token = t;
	s->list[s->n++].off = at;
	gen_add(g, (struct span){ (const uint8_t *)word, strlen(word) });
	if (is_verb(t))
		for (size_t i = at; i < g->n; i++)
			if (gen_below(g, 2) > 0)
				g->p[i] = ascii_lower(g->p[i]);
	s->reason |= t == DOT || t == RCPT_TO || strncmp(word, "RCPT ", 5) ==
	    0 || strncmp(word, "rcpt ", 5) == 0;
	if (one_break || behind_cr)
		gen_add(g, one_break ? g->native : breaks[0]);
	else
		gen_add(g, breaks[gen_below(g, 3)]);
}

/* Mostly what a dialogue is made of, in its order. */
static void
make_story(struct story *s)
{
	static const enum token order[] = { HELLO, MAIL_FROM, RCPT_TO, DATA,
	    FIELD, FIELD, BLANK, TEXT };
	const bool one_break = gen_below(&s->gen, 2) > 0;
	size_t next = 0, length;

	s->n = 0;
	s->gen.n = 0;
	s->gen.native = one_break && gen_below(&s->gen, 2) > 0 ?
	    SPAN("\r\n") : SPAN("\n");
	s->reason = false;
	gen_add(&s->gen, SPAN("Subject: x\n\n"));
	length = gen_below(&s->gen, LENGTH + 1);
	while (s->n < length) {
		if (gen_below(&s->gen, 5) > 0)
			add_item(s, order[next++ % N(order)], one_break);
		else if (gen_below(&s->gen, 2) > 0)
			add_item(s, (enum token)gen_below(&s->gen, TOKENS),
			    one_break);
		else
			next += gen_below(&s->gen, N(order));
	}
}

enum grade { NOTHING, QUOTED, VERBS, ATTEMPT, GRADES };

struct expected {
	struct spots of[GRADES];
};

static void
expect(struct expected *e, enum grade grade, uint64_t off)
{
	struct spots *s = &e->of[grade];

	if (s->count < SPOTS_KEPT)
		s->off[s->count] = off;
	s->count++;
}

/* MAIL, RCPT, DATA: what was said before a HELLO, RSET or MAIL is void. */
static bool
in_order(const enum token *said, size_t n)
{
	size_t mail = SIZE_MAX;

	for (size_t i = 0; i < n; i++)
		if (said[i] == MAIL_FROM)
			mail = i;
		else if (said[i] == HELLO || said[i] == RSET)
			mail = SIZE_MAX;
	if (mail == SIZE_MAX)
		return false;
	while (mail < n && said[mail] != RCPT_TO)
		mail++;
	return mail < n && (said[n - 1] == DATA || said[n - 1] == BDAT);
}

/* Is a different command in the very next line, and has one an argument? */
static bool
some_in_a_row(const enum token *said, const bool *next, size_t n)
{
	bool row = false, argument = false;

	for (size_t i = 0; i < n; i++) {
		row |= i > 0 && next[i] && said[i] != said[i - 1];
		argument |= said[i] == HELLO || said[i] == MAIL_FROM ||
		    said[i] == RCPT_TO || said[i] == BDAT;
	}
	return row && argument;
}

/* The dialogue that begins with item i; returns the item behind it. */
static size_t
expect_dialogue(const struct story *s, size_t i, bool after_reply,
    const struct item *dot, struct expected *e)
{
	const uint64_t off = dot != NULL ? dot->off : s->list[i].off;
	enum token said[LENGTH];
	bool next[LENGTH], reply = after_reply, over = false, block = true;
	size_t n = 0, fields = 0, others = 0;
	enum grade grade;

	for (; i < s->n && !over; i++) {
		const enum token t = s->list[i].token;
		const bool data = n > 0 && (said[n - 1] == DATA ||
		    said[n - 1] == BDAT);

		if (is_verb(t) && fields == 0) {
			next[n] = others == 0;
			said[n++] = t;
			others = 0;
		} else if (t == REPLY) {
			reply = true;
		} else if (t == BLANK ? fields > 0 : is_verb(t) || t == DOT ||
		    (data ? t != FIELD && t != OTHER_FIELD :
		    ++others > 3)) {
			over = true;
			block = false;
		} else if (data && t == FIELD) {
			over = ++fields == 2;
		}
	}
	if (!block)
		i--;
	grade = block && in_order(said, n) ? ATTEMPT :
	    some_in_a_row(said, next, n) ? VERBS : NOTHING;
	if (grade != NOTHING && reply && dot == NULL)
		grade = QUOTED;
	expect(e, grade, off);
	return i;
}

static void
expect_all(const struct story *s, struct expected *e)
{
	const struct item *dot = NULL;
	bool reply = false;
	size_t i = 0;

	memset(e, 0, sizeof(*e));
	while (i < s->n && s->reason) {
		const enum token t = s->list[i].token;

		if (is_verb(t)) {
			i = expect_dialogue(s, i, reply, dot, e);
			reply = s->list[i - 1].token == REPLY;
			for (size_t k = i; k > 0 && s->list[k - 1].token ==
			    BLANK; k--)
				reply = k > 1 && s->list[k - 2].token ==
				    REPLY;
			dot = NULL;
			continue;
		}
		if (t != BLANK) {
			dot = t == DOT ? &s->list[i] : NULL;
			reply = t == REPLY;
		}
		i++;
	}
}

static void
check_grade(const struct verdict *v, const struct story *s,
    const struct spots *want, enum code code, enum severity severity)
{
	const struct finding *f = find(v, code);

	if ((f == NULL ? 0 : f->where->count) != want->count)
		fail_msg("%s: %zu, should be %zu, in:\n%.*s",
		    code_info(code)->name, f == NULL ? 0 :
		    (size_t)f->where->count, (size_t)want->count,
		    (int)s->gen.n, (const char *)s->gen.p);
	if (f == NULL)
		return;
	assert_int_equal(f->severity, severity);
	for (size_t i = 0; i < spots_kept(want); i++)
		assert_int_equal(f->where->off[i], want->off[i]);
	shows_the_place(f, (struct span){ s->gen.p, s->gen.n });
}

static void
dialogues_are_graded_as_the_oracle_says(void **state)
{
	struct story s = { .gen = { .seed = 0x9e3779b97f4a7c15 } };
	uint64_t seen[GRADES] = { 0 };

	for (unsigned round = 0; round < ROUNDS; round++) {
		const struct verdict *v;
		struct expected e;

		make_story(&s);
		expect_all(&s, &e);
		v = look_at(*state, (struct span){ s.gen.p, s.gen.n },
		    round % 3 > 0 ? 1 + gen_below(&s.gen, 97) : SIZE_MAX,
		    round % 2 > 0);
		check_grade(v, &s, &e.of[ATTEMPT], CODE_SMUGGLE_ATTEMPT,
		    SEV_HIGH);
		check_grade(v, &s, &e.of[VERBS], CODE_SMUGGLE_VERBS, SEV_LOW);
		check_grade(v, &s, &e.of[QUOTED], CODE_SMUGGLE_QUOTED,
		    SEV_INFO);
		assert_null(find(v, CODE_SMUGGLE_PROBE));
		for (unsigned i = 0; i < GRADES; i++)
			seen[i] += e.of[i].count;
	}
	for (unsigned i = 0; i < GRADES; i++)
		assert_true(seen[i] > ROUNDS / 50);
}

/* --- commands */

static void
commands_are_told_from_prose(void **state)
{
	static const char *const no[] = { "", "MAIL", "MAIL FROM", "RCPT TO:",
	    "MAIL FROM:", "MAIL FROM: Bob about Alice", "Mail from: Bob",
	    "MAIL FROM <a@example.com>", "MAILFROM:<a@example.com>",
	    "MAIL FROM:<a@example.com> and so on.", "RCPT TO:<>",
	    "MAIL FROM:<a@example.com", "MAIL FROM:a@example.com>",
	    "MAIL FROM:<a b@example.com>", "MAIL FROM:<<a@example.com>>",
	    "MAIL FROM:@example.com", "MAIL FROM:a@", "MAIL TO:<a@b>",
	    "RCPT FROM:<a@b>", "MAIL FROM:<a>, RCPT TO:<b>", "RCPT TO:a@b, c",
	    "MAIL FROM:<\"a>", "DATA is", "Data.", "DAT", "DATAA", "xDATA",
	    "BDAT", "BDAT x", "BDAT 1 LASTS", "BDAT 1LAST", "BDAT 1 2",
	    "EHLO", "HELO there you", "EHLO [::1", "HELOa", "HELO a,b",
	    "quit it", "RSET 1", "MAIL FROM:<a@b>SIZE=1", "NOOP",
	    "MAIL FROM:<a@b> -x", "MAIL FROM:<a\x7f@b>", "RCPT TO:< >",
	    "MAIL FROM:<a<b@example.com>" };

	(void)state;
	for (unsigned t = HELLO; t < TOKENS; t++)
		for (size_t i = 0; i < 8; i++) {
			const char *w = words[t][i];

			if (verb_of((struct span){ (const uint8_t *)w,
			    strlen(w) }) != VERB_HELLO + (t - HELLO))
				fail_msg("%s", w);
		}
	for (size_t i = 0; i < N(no); i++)
		if (verb_of((struct span){ (const uint8_t *)no[i],
		    strlen(no[i]) }) != VERB_NONE)
			fail_msg("%s", no[i]);
	assert_int_equal(verb_of(SPAN("\0DATA \0")), VERB_DATA);
	assert_true(verb_is_reply(SPAN("250-x")));
	assert_false(verb_is_reply(SPAN("250x")));
	assert_false(verb_is_reply(SPAN("150 ")));
	assert_false(verb_is_reply(SPAN("25 0")));
}

/* --- cases by name */

struct named {
	const char *name;
	struct span body;	/* behind HEADER */
	enum code code;		/* CODE_COUNT: nothing of smuggle.* */
	uint64_t count;
	size_t at;		/* in body, of the first */
};
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct named residue[] = {
	/* (a) look-alikes that were kept */
	{ "LF.CRLF", S("x\n.\r\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "CRLF.LF", S("x\r\n.\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 3 },
	{ "CR.CR", S("x\r.\r" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "CR.LF", S("x\r.\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "CR.CRLF", S("x\r.\r\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "LF.CR", S("x\n.\r" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "CRLF.CR", S("x\r\n.\r" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 3 },
	{ "CRLF.CRCRLF", S("x\r\n.\r\r\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1,
	    3 },
	{ "LF.LF.LF, empty lines", S("x\n.\n\n \n" DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "NUL before", S("x\n\0.\r\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "NUL behind", S("x\n.\0\r\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "still doubled", S("x\n..\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	/* (b) a store that made all breaks one */
	{ "LF.LF in an LF store", S("x\n.\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT,
	    1, 2 },
	/* (c) Postfix with smtpd_forbid_bare_newline: the line is gone */
	{ "no dot", S("x\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "no dot, first line", S(DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 0 },
	/* (d) Postfix with cleanup_replace_stray_cr_lf, Exim: spaces */
	{ "spaces around the dot", S("x\n . \n" DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "a space behind the dot", S("x\n. \n" DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "dot and command in one line", S("x\n. " DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "text, dot and command in one line", S("text . " DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 5 },
	{ "a space before the command", S("x .\n " DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 4 },
	/* (e) Exim: CR became LF */
	{ "CR made LF", S("x\n.\n" MAIL "\n\n" RCPT "\n\nDATA\n\n" BLOCK),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	/* other shapes */
	{ "BDAT", S("x\n" MAIL "\n" RCPT "\nBDAT 86 LAST\n" BLOCK),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "any case", S("x\nmail FROM:<a@b>\nrcpt TO:<c@d>\ndata\n" BLOCK),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "all of it", S("x\nRSET\nEHLO x\n" MAIL "\n" RCPT "\n" RCPT
	    "\nDATA\nX: y\nReceived: x\n\ty\nDate: z\n"),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "other lines between", S(MAIL "\n1\n2\n3\n" RCPT "\n1\n2\n3\nDATA\n"
	    BLOCK), CODE_SMUGGLE_ATTEMPT, 1, 0 },
	{ "twice", S("x\n" DIALOGUE ".\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT, 2,
	    2 },
	{ "the end behind DATA", S("x\n" MAIL "\n" RCPT "\nDATA\n"),
	    CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "the end behind a field", S(MAIL "\n" RCPT "\nDATA\nFrom: x"),
	    CODE_SMUGGLE_ATTEMPT, 1, 0 },
	{ "CRCRLF everywhere", S("x\r\r\n.\r\r\n" MAIL "\r\r\n" RCPT
	    "\r\r\nDATA\r\r\nFrom: x\r\r\nTo: y\r\r\n\r\r\nz\r\r\n"),
	    CODE_SMUGGLE_ATTEMPT, 1, 4 },
	/* what looks like a quotation, but for the dot */
	{ "LF.CRLF in a fence", S("```\n.\r\n" DIALOGUE "```\n"),
	    CODE_SMUGGLE_ATTEMPT, 1, 4 },
	{ "LF.CRLF and replies", S("x\n.\r\n" MAIL "\n250 ok\n" RCPT
	    "\n250 ok\nDATA\n" BLOCK), CODE_SMUGGLE_ATTEMPT, 1, 2 },
	{ "CRLF.CRLF among LFs, indented", S("x\r\n.\r\n\t" DIALOGUE),
	    CODE_SMUGGLE_ATTEMPT, 1, 3 },
	{ "CR.CR among LFs and replies", S("x\r.\r250 ok\n"
	    "x\r.\r" MAIL "\n250 ok\n" RCPT "\n250 ok\nDATA\n" BLOCK),
	    CODE_SMUGGLE_ATTEMPT, 1, 13 },
	{ "spaces around the dot, a session before", S("telnet x\n . \n"
	    DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 9 },
};

static const struct named probes[] = {
	{ "SMTP-Smuggling-Tools, inbound", S("TESTING '\\n.\\r\\n' as \"fake\" "
	    "end-of-data sequence!\n\n.\r\n\nmail FROM:<a@example.com>\n"
	    "rcpt TO:<b@example.net>\ndata\nFrom: a@example.com\nTo: b\n"),
	    CODE_SMUGGLE_PROBE, 1, 51 },
	{ "the same, known by its subject", S("x\n" MAIL "\n" RCPT "\nDATA\n"
	    "From: x\nTo: y\nSubject: SMUGGLED EMAIL ('\\n.\\n')\n"),
	    CODE_SMUGGLE_PROBE, 1, 2 },
	{ "outbound", S("SMUGGLINGSTART\n\n.\r\n\nSMUGGLINGEND\n"),
	    CODE_SMUGGLE_PROBE, 1, 16 },
	{ "outbound, text behind the dot", S("SMUGGLINGSTART\n.\r\nx\n"),
	    CODE_SMUGGLE_PROBE, 1, 15 },
	{ "outbound, made spaces", S("SMUGGLINGSTART\n . \nSMUGGLINGEND\n"),
	    CODE_SMUGGLE_PROBE, 1, 15 },
	{ "outbound, no dot", S("SMUGGLINGSTART\n\nSMUGGLINGEND\n\n\n.\n\nx"),
	    CODE_SMUGGLE_PROBE, 1, 16 },
	{ "smtpsmug", S("x\n.\r\nThis is after a bad mail '\\n.\\r\\n' ending."
	    "\n"), CODE_SMUGGLE_PROBE, 1, 2 },
	{ "part of a dialogue", S("SMUGGLINGSTART\n.\r\n" MAIL "\nx\n"),
	    CODE_SMUGGLE_PROBE, 1, 15 },
	{ "verbs", S("SMUGGLINGSTART\n" MAIL "\n" RCPT "\nx\n"),
	    CODE_SMUGGLE_PROBE, 1, 15 },
	{ "other marks", S("SMUGGLINGSTART\nSMUGGLINGSTART\nrcpt \n"),
	    CODE_COUNT, 0, 0 },
	{ "the words alone", S("what SMUGGLINGSTART is\n.\nfor\n"),
	    CODE_COUNT, 0, 0 },
	{ "about the tool", S("> SMUGGLINGSTART\n.\n> SMUGGLINGEND\n"),
	    CODE_COUNT, 0, 0 },
};

static const struct named verbs[] = {
	{ "MAIL and RCPT", S("x\n" MAIL "\n" RCPT "\ntext\n"),
	    CODE_SMUGGLE_VERBS, 1, 2 },
	{ "no second header block", S("x\n" MAIL "\n" RCPT "\nDATA\ntext\n"),
	    CODE_SMUGGLE_VERBS, 1, 2 },
	{ "a header block of one field", S(MAIL "\n" RCPT "\nDATA\nFrom: x\n\n"
	    "To: y\n"), CODE_SMUGGLE_VERBS, 1, 0 },
	{ "not in order", S(RCPT "\n" MAIL "\nDATA\n" BLOCK),
	    CODE_SMUGGLE_VERBS, 1, 0 },
	{ "no MAIL", S(RCPT "\nDATA\n" BLOCK), CODE_SMUGGLE_VERBS, 1, 0 },
	{ "a lone dot and a greeting", S(".\nEHLO x\nQUIT\n"),
	    CODE_SMUGGLE_VERBS, 1, 0 },
	{ "a dot ends it", S(MAIL "\n" RCPT "\n.\nDATA\n" BLOCK),
	    CODE_SMUGGLE_VERBS, 1, 0 },
	{ "one command", S(".\n" MAIL "\ntext\n"), CODE_COUNT, 0, 0 },
	{ "the same twice", S(RCPT "\n" RCPT "\nx\n"), CODE_COUNT, 0, 0 },
	{ "words of a list", S(".\nData\nQuit\nRset\n"), CODE_COUNT, 0, 0 },
	{ "far apart", S(MAIL "\n1\n2\n3\n4\n" RCPT "\n1\n2\n3\n4\nDATA\n"
	    BLOCK), CODE_COUNT, 0, 0 },
	{ "not one behind the other", S(MAIL "\n1\n" RCPT "\n1\n"),
	    CODE_COUNT, 0, 0 },
	{ "no reason to look", S(MAIL "\nDATA\n"), CODE_COUNT, 0, 0 },
	{ "prose", S("Mail from: Bob about this\nrcpt to be named\nData:\n"),
	    CODE_COUNT, 0, 0 },
};

/* Each has a lone dot or a line of RCPT, or nobody would look. */
static const struct named quoted[] = {
	{ "a quotation", S("> x\n> .\n> " MAIL "\n> " RCPT "\n> DATA\n> From: "
	    "x\n> To: y\n.\n"), CODE_SMUGGLE_QUOTED, 1, 8 },
	{ "of a quotation", S(">>> " MAIL "\n> > >" RCPT "\n.\n"),
	    CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "behind a bar", S("| " MAIL "\n| " RCPT "\n.\n"),
	    CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "a diff", S("+" MAIL "\n+" RCPT "\n+DATA\n+From: x\n+To: y\n.\n"),
	    CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "a diff, taken out", S("-" MAIL "\n-" RCPT "\n.\n"),
	    CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "RFC 5321 D.1", S("C: " MAIL "\nS: 250 OK\nC: " RCPT "\nS: 250 OK\n"
	    "C: DATA\nS: 354 go\nC: From: x\nC: To: y\n.\n"),
	    CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "the same, indented", S("      C: " MAIL "\n      S: 250 OK\n"
	    "      C: " RCPT "\n\n.\n"), CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "spoken by names", S("Client: " MAIL "\nServer: 250 ok\nClient: "
	    RCPT "\n.\n"), CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "a bounce", S(">>> " MAIL "\n<<< 250 ok\n>>> " RCPT "\n<<< 550 no"
	    "\n.\n"), CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "indented by spaces", S("x\n    " MAIL "\n    " RCPT "\n    DATA\n"
	    "    From: x\n    To: y\n.\n"), CODE_SMUGGLE_QUOTED, 1, 2 },
	{ "indented by a tab", S("\t" MAIL "\n\t" RCPT "\n\tDATA\n\tFrom: x\n"
	    "\tTo: y\n.\n"), CODE_SMUGGLE_QUOTED, 1, 0 },
	{ "in a fence", S("```\n" DIALOGUE "```\n"), CODE_SMUGGLE_QUOTED, 1,
	    4 },
	{ "in a fence, behind a lone dot", S("```smtp\n.\n" DIALOGUE "```\n"),
	    CODE_SMUGGLE_QUOTED, 1, 8 },
	{ "telnet", S("$ telnet mx.example.net 25\n220 mx ESMTP\nEHLO x\n"
	    "250-mx\n250 SIZE\n" MAIL "\n250 ok\n" RCPT "\n250 ok\nDATA\n"
	    "354 go ahead\nFrom: x\nTo: y\n\nz\n.\n250 queued\nQUIT\n221 bye\n"
	    ), CODE_SMUGGLE_QUOTED, 1, 40 },
	{ "two mails by telnet", S("220 x\n" MAIL "\n250 ok\n" RCPT "\n250 ok"
	    "\nDATA\n354 go\n\n.\n250 ok\n" MAIL "\n250 ok\n" RCPT
	    "\n550 no\n"), CODE_SMUGGLE_QUOTED, 2, 6 },
	{ "a here document", S("nc mx 25 <<END\n" DIALOGUE "END\n"),
	    CODE_SMUGGLE_QUOTED, 1, 15 },
	{ "typed into telnet", S("Escape character is '^]'.\n" DIALOGUE),
	    CODE_SMUGGLE_QUOTED, 1, 26 },
	{ "behind the fence", S("```\n```\n" DIALOGUE), CODE_SMUGGLE_ATTEMPT,
	    1, 8 },
	{ "less of an indent", S("   " DIALOGUE), CODE_SMUGGLE_ATTEMPT, 1, 0 },
	{ "a quotation behind a dot", S("x\n.\n> " MAIL "\n> " RCPT "\n"),
	    CODE_SMUGGLE_QUOTED, 1, 4 },
	{ "one quoted command", S("> " MAIL "\n.\n"), CODE_COUNT, 0, 0 },
	{ "quoted text in it", S(MAIL "\n" RCPT "\nDATA\n> From: x\n> To: y\n"
	    ), CODE_SMUGGLE_VERBS, 1, 0 },
};

static void
check_named(const struct verdict *v, const struct named *c, struct span m)
{
	const struct finding *f = NULL;

	for (size_t i = 0; i < v->n; i++)
		if (strncmp(code_info(v->list[i].code)->name, "smuggle.",
		    8) == 0) {
			if (f != NULL)
				fail_msg("%s: two findings", c->name);
			f = &v->list[i];
		}
	if ((f != NULL ? f->code : CODE_COUNT) != c->code)
		fail_msg("%s: %s", c->name, f != NULL ?
		    code_info(f->code)->name : "nothing");
	if (f == NULL)
		return;
	assert_int_equal(f->severity, code_info(c->code)->severity);
	if (f->where->count != c->count ||
	    f->where->off[0] != sizeof(HEADER) - 1 + c->at)
		fail_msg("%s: count %zu, first at %zu", c->name,
		    (size_t)f->where->count, (size_t)f->where->off[0] -
		    (sizeof(HEADER) - 1));
	shows_the_place(f, m);
}

/* At any size of piece, in a second look and beside the first. */
static void
each_named(void **state, const struct named *list, size_t n)
{
	uint8_t bytes[1024];

	for (size_t i = 0; i < n; i++) {
		const struct named *c = &list[i];
		const struct span m = { bytes, sizeof(HEADER) - 1 +
		    c->body.n };

		assert_true(m.n <= sizeof(bytes));
		memcpy(bytes, HEADER, sizeof(HEADER) - 1);
		memcpy(bytes + sizeof(HEADER) - 1, c->body.p, c->body.n);
		for (size_t piece = 1; piece <= m.n; piece++) {
			check_named(look_at(*state, m, piece, false), c, m);
			check_named(look_at(*state, m, piece, true), c, m);
		}
	}
}

static void
what_receivers_leave_of_an_attempt_is_found(void **state)
{
	each_named(state, residue, N(residue));
}

static void
the_mail_of_test_tools_is_a_probe(void **state)
{
	each_named(state, probes, N(probes));
}

static void
less_than_a_dialogue_is_less(void **state)
{
	each_named(state, verbs, N(verbs));
}

static void
mail_about_smtp_is_a_quotation(void **state)
{
	each_named(state, quoted, N(quoted));
}

/* Batch SMTP is no attempt: there is no message before the dialogue. */
static void
a_message_that_begins_with_its_dialogue_is_a_batch(void **state)
{
	const struct span m = SPAN("HELO x\n" DIALOGUE);
	const struct verdict *v = look_at(*state, m, SIZE_MAX, false);

	assert_null(find(v, CODE_SMUGGLE_ATTEMPT));
	assert_non_null(find(v, CODE_SMUGGLE_QUOTED));
	v = look_at(*state, SPAN("no header\n" DIALOGUE), SIZE_MAX, false);
	assert_non_null(find(v, CODE_SMUGGLE_ATTEMPT));
}

static void
a_subject_can_be_a_mark(void **state)
{
	const struct span m = SPAN("Subject: Trying EOD ('\\n.\\n')\n\n"
	    "x\n.\nDATA\n");
	const struct verdict *v = look_at(*state, m, SIZE_MAX, false);

	assert_non_null(find(v, CODE_SMUGGLE_PROBE));
	v = look_at(*state, SPAN("Subject: EOD ('\\n.\\n')\n\nx\n.\nDATA\n"),
	    SIZE_MAX, false);
	assert_null(find(v, CODE_SMUGGLE_PROBE));
}

/* Then what came before it may be gone. */
static void
a_long_command_is_shown_from_its_start(void **state)
{
	struct gen g = { .n = 0 };

	for (size_t len = 1; len < 1100; len += len < 140 ? 1 : 60)
		for (size_t piece = 1; piece < 300; piece += 1 + len % 9) {
			const struct finding *f;
			struct span m;

			g.n = 0;
			gen_add(&g, SPAN(HEADER "x\n. MAIL FROM:<"));
			gen_fill(&g, 'a', len);
			gen_add(&g, SPAN("@example.com>\r" RCPT "\n"));
			m = (struct span){ g.p, g.n };
			f = find(look_at(*state, m, piece, piece % 2 > 0),
			    CODE_SMUGGLE_VERBS);
			if (len > 996) {	/* more than is looked at */
				assert_null(f);
				continue;
			}
			assert_non_null(f);
			assert_int_equal(f->where->off[0],
			    sizeof(HEADER) - 1 + 2);
			assert_memory_equal(f->where->context.bytes +
			    f->where->context.at, ". MAIL FROM:<a", 14);
		}
}

static void
what_cannot_be_seen_whole_is_no_command(void **state)
{
	struct gen g = { .n = 0 };

	gen_add(&g, SPAN(HEADER MAIL "\n" RCPT));
	gen_fill(&g, ' ', LINE_HEAD);
	gen_add(&g, SPAN("x\n"));
	assert_null(find(look_at(*state, (struct span){ g.p, g.n }, 50, true),
	    CODE_SMUGGLE_VERBS));
}

/* Each kind of finding at once, and more than the places that are kept. */
static void
many_dialogues_are_counted(void **state)
{
	static const struct span parts[] = { S("x\n.\r\n" DIALOGUE),
	    S("x\n" MAIL "\n" RCPT "\nx\n\n\n\n"), S("> EHLO x\n> DATA\nx\n"),
	    S("x\n```\n.\n" DIALOGUE "```\n"), S("```\n" MAIL "\n" RCPT
	    "\n```\n"), S(".\n" MAIL "\nx\n"), S("```\n.\n" RCPT "\n" MAIL
	    "\n```\n") };
	static const uint64_t per[GRADES] = { [ATTEMPT] = 1, [VERBS] = 1,
	    [QUOTED] = 4 };
	static const enum code codes[GRADES] = { CODE_COUNT,
	    CODE_SMUGGLE_QUOTED, CODE_SMUGGLE_VERBS, CODE_SMUGGLE_ATTEMPT };
	struct gen g = { .n = 0 };
	const struct verdict *v;

	gen_add(&g, SPAN(HEADER));
	for (unsigned i = 0; i < 9; i++)
		for (size_t k = 0; k < N(parts); k++)
			gen_add(&g, parts[k]);
	assert_true(g.n < GEN_MAX);
	v = look_at(*state, (struct span){ g.p, g.n }, SIZE_MAX, false);
	for (unsigned i = QUOTED; i < GRADES; i++) {
		const struct finding *f = find(v, codes[i]);

		assert_non_null(f);
		assert_int_equal(f->where->count, 9 * per[i]);
		shows_the_place(f, (struct span){ g.p, g.n });
		for (size_t k = 1; k < SPOTS_KEPT; k++)
			assert_true(f->where->off[k] > f->where->off[k - 1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dialogues_are_graded_as_the_oracle_says),
		cmocka_unit_test(commands_are_told_from_prose),
		cmocka_unit_test(what_receivers_leave_of_an_attempt_is_found),
		cmocka_unit_test(the_mail_of_test_tools_is_a_probe),
		cmocka_unit_test(less_than_a_dialogue_is_less),
		cmocka_unit_test(mail_about_smtp_is_a_quotation),
		cmocka_unit_test(
		    a_message_that_begins_with_its_dialogue_is_a_batch),
		cmocka_unit_test(a_subject_can_be_a_mark),
		cmocka_unit_test(a_long_command_is_shown_from_its_start),
		cmocka_unit_test(what_cannot_be_seen_whole_is_no_command),
		cmocka_unit_test(many_dialogues_are_counted),
	};

	return cmocka_run_group_tests(tests, open_pair, close_pair);
}

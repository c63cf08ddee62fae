/*
 * Text in header blocks, and encoded bodies: where splice lets them be put,
 * against a reader of whole messages and by name.
 */
#include <stdlib.h>

#include "edit.h"
#include "gen.h"
#include "t.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ANY 65535u
#define EDITS 4u
#define ROOM 2048u

/* --- the text of a graft */

struct graft_case {
	unsigned kind;
	uint64_t del;
	const char *text;
	bool ok;
};

#define T60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define T78 T60 "xxxxxxxxxxxxxxxxxx"

static const struct graft_case graft_cases[] = {
	{ EDIT_FIELD, 0, "Date: x\n", true },
	{ EDIT_FIELD, 0, "Date: x\r\n", true },
	{ EDIT_FIELD, 0, "date: Tue, 5 Aug 2025 09:03:07 +0000\n", true },
	{ EDIT_FIELD, 0, "Message-ID: <a@b>\n", true },
	{ EDIT_FIELD, 0, "MIME-Version: 1.0\n", true },
	{ EDIT_FIELD, 0, "Content-Transfer-Encoding: base64\n", true },
	{ EDIT_FIELD, 0, "Content-Transfer-Encoding: quoted-printable\n",
	    true },
	{ EDIT_FIELD, 1, "Date: x\n", false },
	{ EDIT_FIELD, 0, "", false },
	{ EDIT_FIELD, 0, "\n", false },
	{ EDIT_FIELD, 0, "Date: x", false },
	{ EDIT_FIELD, 0, "Date: x\r", false },
	{ EDIT_FIELD, 0, "Date: x\n\n", false },
	{ EDIT_FIELD, 0, "Date: x\nA: b\n", false },
	{ EDIT_FIELD, 0, "Date: x\n y\n", false },
	{ EDIT_FIELD, 0, "Date: x\ry\n", false },
	{ EDIT_FIELD, 0, "Date: \n", false },
	{ EDIT_FIELD, 0, "Date:x\n", false },
	{ EDIT_FIELD, 0, "Date:  x\n", false },
	{ EDIT_FIELD, 0, "Date: x \n", false },
	{ EDIT_FIELD, 0, "Date: \xe9\n", false },
	{ EDIT_FIELD, 0, "Date: a\tb\n", false },
	{ EDIT_FIELD, 0, "Dates: x\n", false },
	{ EDIT_FIELD, 0, "Subject: x\n", false },
	{ EDIT_FIELD, 0, "From x\n", false },
	{ EDIT_FIELD, 0, ".\n", false },
	{ EDIT_FIELD, 0, "Message-ID: a@b\n", false },
	{ EDIT_FIELD, 0, "Message-ID: <ab>\n", false },
	{ EDIT_FIELD, 0, "Message-ID: <a@b> <c@d>\n", false },
	{ EDIT_FIELD, 0, "MIME-Version: 1.1\n", false },
	{ EDIT_FIELD, 0, "Content-Transfer-Encoding: 8bit\n", false },
	{ EDIT_LENGTH, 1, "0", true },
	{ EDIT_LENGTH, 20, "18446744073709551615", true },
	{ EDIT_LENGTH, 0, "0", false },
	{ EDIT_LENGTH, 21, "0", false },
	{ EDIT_LENGTH, 1, "", false },
	{ EDIT_LENGTH, 1, "-1", false },
	{ EDIT_LENGTH, 1, "1 ", false },
	{ EDIT_LENGTH, 1, "000000000000000000001", false },
	{ EDIT_ENCODING, 4, "base64", true },
	{ EDIT_ENCODING, 4, "quoted-printable", true },
	{ EDIT_ENCODING, 998, "base64", true },
	{ EDIT_ENCODING, 999, "base64", false },
	{ EDIT_ENCODING, 0, "base64", false },
	{ EDIT_ENCODING, 4, "8bit", false },
	{ EDIT_ENCODING, 4, "base64\n", false },
	{ EDIT_ENCODING, 4, "", false },
	{ EDIT_ENCODE, 1, "x", true },
	{ EDIT_ENCODE, 1, "x\n", true },
	{ EDIT_ENCODE, 1, "\n\nx", true },
	{ EDIT_ENCODE, 1, "x\r\n\r\ny=\r\n", true },
	{ EDIT_ENCODE, 1, T78 "\n" T78, true },
	{ EDIT_ENCODE, 1, "a\t.\nb From \nc--\n", true },
	{ EDIT_ENCODE, 0, "x", false },
	{ EDIT_ENCODE, 1, "", false },
	{ EDIT_ENCODE, 1, T78 "x", false },
	{ EDIT_ENCODE, 1, "a\n" T78 "x\n", false },
	{ EDIT_ENCODE, 1, "a\nb\r\n", false },
	{ EDIT_ENCODE, 1, "a\r\nb\n", false },
	{ EDIT_ENCODE, 1, "a\rb\n", false },
	{ EDIT_ENCODE, 1, "a\r", false },
	{ EDIT_ENCODE, 1, ".", false },
	{ EDIT_ENCODE, 1, "a\n.\n", false },
	{ EDIT_ENCODE, 1, "a\n..\n", false },
	{ EDIT_ENCODE, 1, "a\nFrom b\n", false },
	{ EDIT_ENCODE, 1, "--b", false },
	{ EDIT_ENCODE, 1, "a\n--\n", false },
	{ EDIT_ENCODE, 1, "\xe9", false },
	{ EDIT_ENCODE, 1, "\x7f", false },
	{ EDIT_FOLD, 0, "\n", false },
	{ EDIT_CUT_SPACE, 1, "", false },
	{ EDIT_ADD_CR, 0, "\r", false },
	{ EDIT_FIELD | EDIT_LENGTH, 0, "Date: x\n", false },
	{ 0, 0, "", false },
};

static struct span
span_of(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static void
the_text_of_a_graft_is_what_its_kind_may_put(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(graft_cases); i++) {
		const struct graft_case *t = &graft_cases[i];
		const struct graft g = { .off = 3, .del = t->del,
		    .ins = span_of(t->text), .kind = t->kind };
		struct edit e = { .off = 3, .graft = &g };

		if (edit_kind(&e) != (t->ok ? t->kind : 0))
			fail_msg("case %zu: %s", i, t->text);
		for (unsigned k = 1; k < ANY; k <<= 1)
			assert_int_equal(edits_are_allowed(&e, 1, k, 9999),
			    t->ok && t->kind == k);
		assert_false(edits_are_allowed(&e, 1, ANY, 3));
		assert_false(t->del > 0 && edits_are_allowed(&e, 1, ANY,
		    2 + t->del));
		e.off = 4;
		assert_int_equal(edit_kind(&e), 0);
	}
}

static void
a_field_is_no_longer_than_a_line(void **state)
{
	char text[1001] = "Date: ";
	const struct graft g = { .ins = { (const uint8_t *)text, 999 },
	    .kind = EDIT_FIELD };
	struct graft more = g;

	(void)state;
	memset(text + 6, 'x', 994);
	text[998] = '\n';
	assert_int_equal(graft_kind(&g), EDIT_FIELD);
	text[998] = 'x';
	text[999] = '\n';
	more.ins.n++;
	assert_int_equal(graft_kind(&more), 0);
}

/* NULs cannot be written above. */
static void
no_graft_puts_a_nul(void **state)
{
	static const unsigned kinds[] = { EDIT_FIELD, EDIT_LENGTH, EDIT_ENCODE,
	    EDIT_ENCODING };

	(void)state;
	for (size_t i = 0; i < N(kinds); i++) {
		struct graft g = { .del = kinds[i] != EDIT_FIELD,
		    .ins = SPAN("Date: \0\n"), .kind = kinds[i] };

		assert_int_equal(graft_kind(&g), 0);
		g.ins = SPAN("1\0");
		assert_int_equal(graft_kind(&g), 0);
	}
}

/* --- splice */

struct run {
	struct splice splice;
	struct splice_check check;
	size_t n;
	uint8_t p[ROOM];
	struct span text;
	bool base64;
	size_t old_n;
	uint8_t old[ROOM];
};

static void
take(void *ctx, struct span s)
{
	struct run *r = ctx;

	assert_true(s.n <= sizeof(r->p) - r->n);
	memcpy(r->p + r->n, s.p, s.n);
	r->n += s.n;
}

/* Encodings of ours: base64 is the body as it is, the other one backwards. */
static bool
check_begin(void *ctx, struct span text, bool base64)
{
	struct run *r = ctx;

	r->text = text;
	r->base64 = base64;
	r->old_n = 0;
	return text.p[0] != '!';
}

static bool
check_old(void *ctx, struct span s)
{
	struct run *r = ctx;

	memcpy(r->old + r->old_n, s.p, s.n);
	r->old_n += s.n;
	return r->old_n <= r->text.n;
}

static bool
check_end(void *ctx)
{
	struct run *r = ctx;

	if (r->old_n != r->text.n)
		return false;
	for (size_t i = 0; i < r->old_n; i++)
		if (r->text.p[i] != r->old[r->base64 ? i : r->old_n - 1 - i])
			return false;
	return true;
}

static const char *
splice(struct run *r, struct span m, size_t cut, const struct edit *e,
    size_t n, unsigned kinds, enum brk to)
{
	size_t used;

	r->n = 0;
	r->check = (struct splice_check){ r, check_begin, check_old,
	    check_end };
	splice_begin(&r->splice, kinds, take, r);
	if (to != BRK_NONE)
		splice_text(&r->splice, to, &r->check);
	used = splice_feed(&r->splice, (struct span){ m.p, cut }, e, n);
	used += splice_feed(&r->splice, (struct span){ m.p + cut, m.n - cut },
	    e + used, n - used);
	return used < n ? "edits are left" : splice_end(&r->splice);
}

/* --- named lists of edits: in the message {} are the bytes that go */

struct list_case {
	const char *message;
	struct {
		unsigned kind;
		const char *text;
	} e[EDITS];
	bool ok;
};

#define FOLD { EDIT_FOLD, "\n" }
#define CUT { EDIT_CUT_SPACE, "" }
#define DATE { EDIT_FIELD, "Date: x\n" }
#define ID { EDIT_FIELD, "Message-ID: <a@b>\n" }
#define MIME { EDIT_FIELD, "MIME-Version: 1.0\n" }
#define B64 { EDIT_FIELD, "Content-Transfer-Encoding: base64\n" }
#define TO_B64 { EDIT_ENCODING, "base64" }
#define TO_QP { EDIT_ENCODING, "quoted-printable" }
#define LEN(s) { EDIT_LENGTH, s }
#define BODY(s) { EDIT_ENCODE, s }
#define CTE "Content-Transfer-Encoding: "
#define ADD { EDIT_ADD_CR, "\r" }
#define CUT_CR { EDIT_CUT_CR, "" }

static const struct list_case list_cases[] = {
	{ "A: b{} c\n\n", { FOLD }, true },
	{ "A: b{}\tc\n\n", { FOLD }, true },
	{ "A: b\n c{} d\n\n", { FOLD }, true },
	{ "A: b{} c{} d\n\n", { FOLD, FOLD }, true },
	{ "A: b{}  c", { FOLD }, true },
	{ "A: b {} c\n", { FOLD }, true },
	{ "A: b{} .c\n", { FOLD }, true },
	{ "A: b{}c d\n", { FOLD }, false },
	{ "A: bc{}\n d\n", { FOLD }, false },
	{ "A: b{} \n", { FOLD }, false },
	{ "A: b{} ", { FOLD }, false },
	{ "A: b{} .\n", { FOLD }, false },
	{ "A: b{} ..\r\n", { FOLD }, false },
	{ "A: b{} \rc\n", { FOLD }, false },
	{ "A: b\r{} c\n", { FOLD }, false },
	{ "A:{} b\n", { FOLD }, false },
	{ "A: {} b\n", { FOLD }, false },
	{ "A: .{} b\n", { FOLD }, false },
	{ "A{} : b\n", { FOLD }, false },
	{ "A: b{} .{} c\n", { FOLD, FOLD }, false },
	{ "{} A: b\n", { FOLD }, false },
	{ "A: b\n{} c\n", { FOLD }, false },
	{ "A: b\n {} c\n", { FOLD }, false },
	{ "ab{} cd\n", { FOLD }, false },
	{ "ab\n c{} d\n", { FOLD }, false },
	{ "A: b\ncd\n e{} f\n", { FOLD }, false },
	{ "A: b\n\nc: d{} e\n", { FOLD }, false },
	{ "A: b\r\n\r\nc: d{} e\n", { FOLD }, false },
	{ "\nc: d{} e\n", { FOLD }, false },
	{ "\n" CTE "d{} e\n", { FOLD }, false },
	{ "X-UID: 1{} 2\n\n", { FOLD }, false },
	{ "status: 1{} 2\n\n", { FOLD }, false },
	{ "X-Mozilla-Keys-And-Other-Things: 1{} 2\n\n", { FOLD }, false },
	{ "X-Mozill: 1{} 2\n\n", { FOLD }, true },
	{ "Statuses: 1{} 2\n\n", { FOLD }, true },
	{ "Content-Length: 1{} 2\n\n", { FOLD }, false },
	{ "X-UID: 1\n 2{} 3\n\n", { FOLD }, false },
	{ "A: b{} c\n\n", { { EDIT_FOLD, "\r\n" } }, false },
	{ "A{ }: b\n", { CUT }, true },
	{ "A{\t }: b\n", { CUT }, true },
	{ "A{    }{    }{ }: b\n", { CUT, CUT, CUT }, true },
	{ "A{    }{    } : b\n", { CUT, CUT }, false },
	{ "A {  }: b\n", { CUT }, false },
	{ "A{ }b: c\n", { CUT }, false },
	{ "A{ }\n", { CUT }, false },
	{ "A{ }", { CUT }, false },
	{ "A b{ }: c\n", { CUT }, false },
	{ "{ }: b\n", { CUT }, false },
	{ "A: b{ }: c\n", { CUT }, false },
	{ "A: b\n B{ }: c\n", { CUT }, false },
	{ "\nc{ }: b\n", { CUT }, false },
	{ "Status{ }: b\n", { CUT }, false },
	{ "A: b\n{}\n", { DATE }, true },
	{ "A: b\n{}\r\n", { DATE }, true },
	{ "A: b\n{}\r\r\n", { DATE }, true },
	{ "{}\nb", { DATE }, true },
	{ "A: b\n{}{}{}\n", { DATE, ID, MIME }, true },
	{ "A: b\n{}{}\nx", { DATE, ADD }, true },
	{ "A: b\n{}{\r}\nx", { DATE, CUT_CR }, true },
	{ "A: b\n{}{}\nx", { ADD, DATE }, false },
	{ "A: b\n{}{}\n", { DATE, DATE }, false },
	{ "Date: y\n{}\n", { DATE }, false },
	{ "date : y\n{}\n", { DATE }, false },
	{ "A: b\n Date: y\n{}\n", { DATE }, true },
	{ "A: b\n{}B: c\n\n", { DATE }, false },
	{ "A: b\n{} c\n\n", { DATE }, false },
	{ "A: b{}\n\n", { DATE }, false },
	{ "A: b\n{}\rx\n\n", { DATE }, false },
	{ "A: b\n\n{}\n", { DATE }, false },
	{ "A: b\n{}\n", { { EDIT_FIELD, "Date: x\r\n" } }, false },
	{ "Content-Length: {12}\n\n", { LEN("3") }, true },
	{ "content-length : {12}  \r\n\n", { LEN("3") }, true },
	{ "Lines:{1}", { LEN("33") }, true },
	{ "Content-Length: {1}\nA: b{} c\nLines: {2}\n{}\n", { LEN("3"), FOLD,
	    LEN("4"), DATE }, true },
	{ "Content-Length: {1}2\n\n", { LEN("3") }, false },
	{ "Content-Length: 1{2}\n\n", { LEN("3") }, false },
	{ "Content-Length: {1} 2\n\n", { LEN("3") }, false },
	{ "Content-Length: {1x}\n\n", { LEN("3") }, false },
	{ "Content-Length: {1\n}2", { LEN("3") }, false },
	{ "Content-Length: {1}\n 2\n\n", { LEN("3") }, false },
	{ "Content-Length:\n {1}\n\n", { LEN("3") }, false },
	{ "Content-Lengths: {1}\n\n", { LEN("3") }, false },
	{ "X: {1}\n\n", { LEN("3") }, false },
	{ "\nContent-Length: {1}\n\n", { LEN("3") }, false },
	{ CTE "{8bit}\n\n{ab}", { TO_B64, BODY("ab") }, true },
	{ CTE "{8bit}\n\n{ab}", { TO_QP, BODY("ba") }, true },
	{ CTE "{8bit}\n\n{ab}", { TO_QP, BODY("ab") }, false },
	{ CTE "{8bit}\n\n{ab}", { TO_B64, BODY("ba") }, false },
	{ CTE "{8bit}\n\n{ab}", { TO_B64, BODY("!b") }, false },
	{ CTE "\n {8bit} \n\n{ab}", { TO_B64, BODY("ab") }, true },
	{ CTE "{8bit (a b)}\n\n{ab\n}", { TO_B64, BODY("ab\n") }, true },
	{ "A: b\n{}\n{ab}", { B64, BODY("ab") }, true },
	{ "A: b\n{}{}\n{ab}", { DATE, B64, BODY("ab") }, true },
	{ "A: b\n{}{}\n{ab}", { B64, DATE, BODY("ab") }, true },
	{ CTE "8bit\n{}\n{ab}", { B64, BODY("ab") }, false },
	{ "A: b\n{}{}\n{ab}", { B64, B64, BODY("ab") }, false },
	{ CTE "{8bit}\n" CTE "8bit\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "8bit\n" CTE "{8bit}\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "{8bit}\nB: c\n\n{ab}", { TO_B64, BODY("ab") }, true },
	{ CTE "{8bit}x\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "x{8bit}\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "{8\nbit}\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "{8bit}\n (c)\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ "X: {8bit}\n\n{ab}", { TO_B64, BODY("ab") }, false },
	{ CTE "{8bit}\n\nab", { TO_B64 }, false },
	{ CTE "{8bit}\n\n", { TO_B64 }, false },
	{ CTE "{8bit}\n", { TO_B64 }, false },
	{ CTE "8bit\n\n{ab}", { BODY("ab") }, false },
	{ CTE "{8bit}\n\na{b}", { TO_B64, BODY("b") }, false },
	{ CTE "{8bit}\n\n{a}b", { TO_B64, BODY("a") }, false },
	{ CTE "{8bit}\n\n{a}\n--b", { TO_B64, BODY("a") }, true },
	{ CTE "{8bit}\n\n{a\n}\r\n--b", { TO_B64, BODY("a\n") }, true },
	{ CTE "{8bit}\n\n{a\n}--b", { TO_B64, BODY("a\n") }, false },
	{ CTE "{8bit}\n\n{a}\n-b", { TO_B64, BODY("a") }, false },
	{ CTE "{8bit}\n\n{a}\nb", { TO_B64, BODY("a") }, false },
	{ CTE "{8bit}\n\n{a}\n", { TO_B64, BODY("a") }, false },
	{ CTE "{8bit}\n\n{a}\n--b\n{}\n{c}\n--b--", { TO_B64, BODY("a"), B64,
	    BODY("c") }, true },
	{ "A: b\n\n--b\n" CTE "{8bit}\n\n{a}\n--b\n", { TO_B64, BODY("a") },
	    true },
	{ "A: b\n\n--b\nx: y\n" CTE "{8bit}\n\n{a}\n--b\n", { TO_B64,
	    BODY("a") }, true },
	{ "A: b\n\n--b\n" CTE "7bit\n" CTE "{8bit}\n\n{a}\n--b\n", { TO_B64,
	    BODY("a") }, false },
	{ "A: b\n\n--b\n" CTE "7bit\n\n" CTE "{8bit}\n\n{a}\n--b\n", { TO_B64,
	    BODY("a") }, true },
	{ "A: b\n\n--b\nC: d\n{}\n{a}\n--b\n", { B64, BODY("a") }, true },
};

static bool
is_small(unsigned kind)
{
	return kind != 0 && kind < EDIT_FIELD;
}

struct made_case {
	size_t n, message_n;
	uint8_t message[ROOM];
	struct edit e[EDITS];
	struct graft g[EDITS];
	uint8_t want[ROOM];
	size_t want_n;
};

static void
make_edit(struct made_case *m, const struct list_case *t, size_t i,
    const char *old, size_t del)
{
	const struct span text = span_of(t->e[i].text);
	struct edit *e = &m->e[i];

	*e = (struct edit){ .off = m->message_n };
	if (is_small(t->e[i].kind)) {
		assert_true(del <= EDIT_MAX && text.n <= EDIT_MAX);
		e->del = (uint8_t)del;
		e->ins = (uint8_t)text.n;
		memcpy(e->old, old, del);
		memcpy(e->put, text.p, text.n);
	} else {
		m->g[i] = (struct graft){ .off = e->off, .del = del,
		    .ins = text, .kind = t->e[i].kind };
		e->graft = &m->g[i];
	}
	memcpy(m->message + m->message_n, old, del);
	m->message_n += del;
	memcpy(m->want + m->want_n, text.p, text.n);
	m->want_n += text.n;
}

static void
make_case(struct made_case *m, const struct list_case *t)
{
	const char *s = t->message;

	m->n = m->message_n = m->want_n = 0;
	for (; *s != '\0'; s++) {
		const size_t del = strcspn(s, "}") - 1;

		if (*s == '{') {
			make_edit(m, t, m->n++, s + 1, del);
			s += del + 1;
		} else {
			m->message[m->message_n++] = (uint8_t)*s;
			m->want[m->want_n++] = (uint8_t)*s;
		}
	}
}

static void
check_inverse(const struct made_case *m)
{
	const struct span old = { m->message, m->message_n };
	struct edit back[EDITS];
	struct graft room[EDITS];
	size_t at = 0, n = 0;
	uint8_t made[ROOM];

	edits_invert_all(m->e, m->n, old, back, room);
	for (size_t i = 0; i < m->n; i++) {
		const struct edit *e = &back[i];
		const struct graft *g = e->graft;
		const struct span ins = g != NULL ? g->ins :
		    (struct span){ e->put, e->ins };

		memcpy(made + n, m->want + at, e->off - at);
		n += e->off - at;
		memcpy(made + n, ins.p, ins.n);
		n += ins.n;
		at = e->off + (g != NULL ? g->del : e->del);
	}
	memcpy(made + n, m->want + at, m->want_n - at);
	assert_int_equal(n + m->want_n - at, m->message_n);
	assert_memory_equal(made, m->message, m->message_n);
}

static void
text_is_put_only_where_it_may_be(void **state)
{
	static struct made_case m;
	static struct run r;

	(void)state;
	for (size_t i = 0; i < N(list_cases); i++) {
		const struct list_case *t = &list_cases[i];
		unsigned kinds = 0;

		make_case(&m, t);
		check_inverse(&m);
		for (size_t k = 0; k < m.n; k++)
			kinds |= edit_kind(&m.e[k]);
		for (size_t c = 0; c <= 2 * m.message_n + 1; c++) {
			const size_t cut = c / 2;
			const char *bad = splice(&r, (struct span){ m.message,
			    m.message_n }, cut, m.e, m.n, c % 2 == 0 ? kinds :
			    ANY, BRK_LF);

			if ((bad == NULL) != t->ok)
				fail_msg("%s, cut at %zu: %s", t->message,
				    cut, bad);
			if (!t->ok)
				continue;
			assert_int_equal(r.n, m.want_n);
			assert_memory_equal(r.p, m.want, r.n);
		}
	}
}

/* Each kind that is asked for in vain. */
static void
what_was_not_allowed_is_not_put(void **state)
{
	static struct made_case m;
	static struct run r;

	(void)state;
	for (size_t i = 0; i < N(list_cases); i++) {
		struct span old;

		if (!list_cases[i].ok)
			continue;
		make_case(&m, &list_cases[i]);
		old = (struct span){ m.message, m.message_n };
		for (size_t k = 0; k < m.n; k++)
			assert_non_null(splice(&r, old, 0, m.e, m.n, ANY &
			    ~(edit_kind(&m.e[k]) | EDIT_DROP_CR), BRK_LF));
		for (size_t k = 0; k < m.n; k++)
			if ((edit_kind(&m.e[k]) & (EDIT_FOLD | EDIT_FIELD |
			    EDIT_ENCODE)) != 0) {
				assert_non_null(splice(&r, old, 0, m.e, m.n,
				    ANY, BRK_NONE));
				break;
			}
		splice_begin(&r.splice, ANY, take, &r);
		splice_text(&r.splice, BRK_LF, NULL);
		(void)splice_feed(&r.splice, old, m.e, m.n);
		for (size_t k = 0; k < m.n; k++)
			if (edit_kind(&m.e[k]) == EDIT_ENCODE) {
				assert_non_null(splice_end(&r.splice));
				break;
			}
	}
}

/* --- folds, spaces and fields, against a reader of the whole */

struct place {
	struct span m;		/* the new message */
	size_t at, line, colon;	/* where; its line; a field's colon there, or
				 * SIZE_MAX */
	bool header, note;
	bool field;		/* the line is of a field */
};

static size_t
colon_of(struct span m, size_t line)
{
	size_t i = line;

	while (i < m.n && ascii_ftext(m.p[i]))
		i++;
	if (i == line)
		return SIZE_MAX;
	while (i < m.n && ascii_wsp(m.p[i]))
		i++;
	return i < m.n && m.p[i] == ':' ? i : SIZE_MAX;
}

static bool
is_note(struct span m, size_t line)
{
	size_t n = line;

	while (n < m.n && ascii_ftext(m.p[n]))
		n++;
	return colon_of(m, line) != SIZE_MAX && n - line == 6 &&
	    span_starts_nocase((struct span){ m.p + line, 6 },
	    SPAN("status"));
}

static struct place
find_place(struct span m, size_t at)
{
	struct place p = { .m = m, .at = at, .header = true };

	for (size_t i = 0; i < at; i++) {
		size_t k = p.line;

		if (m.p[i] != '\n')
			continue;
		while (k < i && m.p[k] == '\r')
			k++;
		p.header = p.header && k < i;
		p.line = i + 1;
	}
	for (size_t first = p.line; ; first--) {
		if ((first > 0 && m.p[first - 1] != '\n') ||
		    (first < m.n && ascii_wsp(m.p[first]) && first > 0))
			continue;
		p.field = colon_of(m, first) != SIZE_MAX;
		p.note = is_note(m, first);
		break;
	}
	p.colon = colon_of(m, p.line);
	return p;
}

static bool
has_text(struct span s)
{
	bool solid = false;

	for (size_t i = 0; i < s.n; i++)
		solid = s.p[i] != '\r' && (solid || (!ascii_wsp(s.p[i]) &&
		    s.p[i] != '.' && s.p[i] != 0));
	return solid;
}

/* behind: of the break. */
static bool
may_fold(struct place p, size_t behind)
{
	const bool more = p.line < p.m.n && ascii_wsp(p.m.p[p.line]);
	const size_t from = more ? p.line : p.colon + 1;
	size_t i = behind;

	if (!p.header || !p.field || p.note || (!more && from > p.at) ||
	    !has_text((struct span){ p.m.p + from, p.at - from }) ||
	    i == p.m.n || !ascii_wsp(p.m.p[i]))
		return false;
	while (i < p.m.n && (ascii_wsp(p.m.p[i]) || p.m.p[i] == '.'))
		i++;
	return i < p.m.n && p.m.p[i] != '\r' && p.m.p[i] != '\n' &&
	    p.m.p[i] != 0;
}

static bool
may_cut(struct place p)
{
	return p.header && !p.note && p.colon == p.at && p.line < p.at &&
	    !ascii_wsp(p.m.p[p.at - 1]);
}

static bool
may_put_date(struct place p, size_t behind)
{
	size_t i = behind;

	for (size_t k = 0; k < p.at; k++)
		if ((k == 0 || p.m.p[k - 1] == '\n') && span_starts_nocase(
		    (struct span){ p.m.p + k, p.at - k }, SPAN("date")) &&
		    colon_of(p.m, k) < p.at) {
			const size_t c = colon_of(p.m, k);

			for (i = k + 4; i < c && ascii_wsp(p.m.p[i]); i++)
				;
			if (i == c)
				return false;
		}
	for (i = behind; i < p.m.n && p.m.p[i] == '\r'; i++)
		;
	return p.header && p.line == p.at && i < p.m.n && p.m.p[i] == '\n';
}

static void
check_one(struct span m, size_t at, unsigned kind)
{
	static const struct graft date = { .ins = { (const uint8_t *)
	    "Date: x\n", 8 }, .kind = EDIT_FIELD };
	static struct run r;
	struct graft g = date;
	struct edit e = { .off = at };
	uint8_t new[ROOM];
	struct span ins = SPAN("\n"), made;
	size_t del = 0;
	bool ok;

	if (kind == EDIT_CUT_SPACE) {
		ins.n = 0;
		while (del < EDIT_MAX && at + del < m.n &&
		    ascii_wsp(m.p[at + del]))
			del++;
		if (del == 0)
			return;
		memcpy(e.old, m.p + at, del);
		e.del = (uint8_t)del;
	} else if (kind == EDIT_FOLD) {
		e.ins = 1;
		e.put[0] = '\n';
	} else {
		ins = g.ins;
		g.off = at;
		e.graft = &g;
	}
	memcpy(new, m.p, at);
	memcpy(new + at, ins.p, ins.n);
	memcpy(new + at + ins.n, m.p + at + del, m.n - at - del);
	made = (struct span){ new, m.n + ins.n - del };
	ok = at < m.n && (kind == EDIT_FOLD ? may_fold(find_place(made, at),
	    at + 1) : kind == EDIT_CUT_SPACE ? may_cut(find_place(made, at)) :
	    may_put_date(find_place(made, at), at + ins.n));
	for (size_t cut = 0; cut <= m.n; cut += 1 + m.n / 3) {
		const char *bad = splice(&r, m, cut, &e, 1, EDIT_TEXT,
		    BRK_LF);

		if ((bad == NULL) != ok)
			fail_msg("[%.*s] at %zu, kind %u: %s", (int)m.n,
			    (const char *)m.p, at, kind, bad);
		if (ok)
			assert_memory_equal(r.p, new, made.n);
	}
}

static void
one_edit_at_every_place_of_every_short_message(void **state)
{
	static const char *const words[] = { "a", ":", " ", "\n", "\r", ".",
	    "Status", "date", "b: c", "\t", "@" };	/* a NUL */
	const size_t all = N(words);

	(void)state;
	for (size_t n = 0, count = 1; n <= 5; n++, count *= all)
		for (size_t i = 0; i < count; i += n == 5 ? 3 : 1) {
			uint8_t m[64];
			size_t size = 0;

			for (size_t k = 0, rest = i; k < n; k++) {
				const struct span w = span_of(
				    words[rest % all]);

				memcpy(m + size, w.p, w.n);
				size += w.n;
				rest /= all;
			}
			for (size_t k = 0; k < size; k++)
				m[k] = m[k] == '@' ? 0 : m[k];
			for (size_t at = 0; at <= size; at++) {
				const struct span s = { m, size };

				check_one(s, at, EDIT_FOLD);
				check_one(s, at, EDIT_CUT_SPACE);
				check_one(s, at, EDIT_FIELD);
			}
		}
}

/* --- whatever is asked: no crash, and the same however it is cut */

static void
random_graft(struct gen *g, struct span m, struct graft *out)
{
	const size_t k = gen_below(g, N(graft_cases));

	*out = (struct graft){ .off = gen_below(g, m.n + 1),
	    .del = graft_cases[k].del > 4 ? gen_below(g, 5) :
	    graft_cases[k].del, .ins = span_of(graft_cases[k].text),
	    .kind = graft_cases[k].kind };
}

static void
hostile_lists_do_no_harm(void **state)
{
	static const char *const words[] = { "A: b", " ", "\n", "\n\n", "1",
	    CTE, "8bit", "Content-Length: ", "\r\n", "x", "--", "Date:" };
	struct gen *g = malloc(sizeof(*g));
	static struct run r;

	(void)state;
	assert_non_null(g);
	g->seed = 0x7e47;
	for (size_t i = 0; i < 100000; i++) {
		struct edit e[EDITS];
		struct graft grafts[EDITS];
		const char *bad[2];
		struct span m;

		g->n = 0;
		for (size_t k = gen_below(g, 9) + 1; k > 0; k--)
			gen_add(g, span_of(words[gen_below(g, N(words))]));
		m = (struct span){ g->p, g->n };
		for (size_t k = 0; k < EDITS; k++) {
			random_graft(g, m, &grafts[k]);
			e[k] = (struct edit){ .off = grafts[k].off,
			    .graft = &grafts[k] };
			if (gen_below(g, 4) == 0)
				e[k] = (struct edit){ .off = e[k].off,
				    .ins = 1, .put = "\n" };
		}
		for (size_t k = 0; k < 2; k++)
			bad[k] = splice(&r, m, k * gen_below(g, m.n + 1), e,
			    1 + i % EDITS, ANY, BRK_LF);
		assert_int_equal(bad[0] == NULL, bad[1] == NULL);
		if (bad[0] == NULL)
			assert_true(edits_are_allowed(e, 1 + i % EDITS, ANY,
			    m.n));
	}
	free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_of_a_graft_is_what_its_kind_may_put),
		cmocka_unit_test(a_field_is_no_longer_than_a_line),
		cmocka_unit_test(no_graft_puts_a_nul),
		cmocka_unit_test(text_is_put_only_where_it_may_be),
		cmocka_unit_test(what_was_not_allowed_is_not_put),
		cmocka_unit_test(
		    one_edit_at_every_place_of_every_short_message),
		cmocka_unit_test(hostile_lists_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Body hashes against a canonicalizer that has the whole body in memory, the
 * examples of RFC 6376, and what tag lists may look like.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "dkim.h"
#include "fields.h"
#include "rig.h"
#include "t.h"

#define ABC SPAN("\r\n \tx")
#define ABC_BREAKS SPAN("\r\nx")
#define SHORT 6u		/* bytes of the longest body */
#define LONGER 8u
#define LONG_RUN 7u		/* the same for check-long */
#define OCTETS (2u * LONGER + 2)

/* --- the oracle: RFC 6376 3.4.3 and 3.4.4, whole strings, step by step */

struct text {
	size_t n;
	uint8_t p[OCTETS];
};

static void
add(struct text *t, uint8_t c)
{
	assert_true(t->n < sizeof(t->p));
	t->p[t->n++] = c;
}

static bool
at(struct span s, size_t i, uint8_t c)
{
	return i < s.n && s.p[i] == c;
}

/* Line ends as the form says. */
static struct text
with_line_ends(struct span s, enum dkim_form f)
{
	struct text t = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		const bool all = f == DKIM_WITH_ALL;
		bool end = false;

		if (at(s, i, '\r') && at(s, i + 1, '\n')) {
			end = true;
			i++;
		} else if (all && at(s, i, '\r') && at(s, i + 1, '\r') &&
		    at(s, i + 2, '\n')) {
			end = true;
			i += 2;
		} else if (at(s, i, '\n')) {
			end = f != DKIM_AS_STORED;
		} else if (at(s, i, '\r')) {
			end = all;
		}
		if (end)
			add(&t, '\r');
		add(&t, end ? '\n' : s.p[i]);
	}
	return t;
}

static bool
ends_in(const struct text *t, const char *tail)
{
	const size_t n = strlen(tail);

	return t->n >= n && memcmp(t->p + t->n - n, tail, n) == 0;
}

static bool
is_wsp(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* 3.4.4 (a): no white space at the end of a line, one space inside. */
static struct text
without_space(const struct text *from)
{
	struct text t = { 0 };

	for (size_t i = 0; i < from->n; i++) {
		const struct span s = { from->p, from->n };
		size_t next = i;

		while (next < s.n && is_wsp(s.p[next]))
			next++;
		if (next == i)
			add(&t, s.p[i]);
		else if (next < s.n &&
		    !(at(s, next, '\r') && at(s, next + 1, '\n')))
			add(&t, ' ');
		if (next > i)
			i = next - 1;
	}
	return t;
}

static struct text
canonical(struct span body, enum dkim_form f, enum dkim_canon c)
{
	struct text t = with_line_ends(body, f);

	if (c == DKIM_RELAXED)
		t = without_space(&t);
	if (t.n > 0 && !ends_in(&t, "\r\n")) {
		add(&t, '\r');
		add(&t, '\n');
	}
	while (ends_in(&t, "\r\n\r\n"))
		t.n -= 2;
	if (t.n == 2 && ends_in(&t, "\r\n"))
		t.n = 0;
	if (t.n == 0 && c == DKIM_SIMPLE) {
		add(&t, '\r');
		add(&t, '\n');
	}
	return t;
}

static void
sha256(struct span s, uint8_t out[HASH_SIZE])
{
	unsigned n = 0;

	assert_int_equal(EVP_Digest(s.p, s.n, out, &n, EVP_sha256(), NULL),
	    1);
	assert_int_equal(n, HASH_SIZE);
}

/* --- the law */

/* What is to be asked of one body, and the right answers. */
struct asked {
	struct span body;
	size_t n;
	struct {
		enum dkim_canon canon;
		uint64_t length;
		bool there[DKIM_FORMS];	/* that many octets are there */
		uint64_t uncovered[DKIM_FORMS];
		uint8_t sum[DKIM_FORMS][HASH_SIZE];
	} q[2 * (OCTETS + 3)];
};

static void
ask(struct asked *a, enum dkim_canon c, uint64_t length)
{
	a->q[a->n].canon = c;
	a->q[a->n].length = length;
	for (unsigned f = 0; f < DKIM_FORMS; f++) {
		const struct text t = canonical(a->body, f, c);

		a->q[a->n].there[f] = length <= t.n || length == UINT64_MAX;
		a->q[a->n].uncovered[f] = length < t.n ? t.n - length : 0;
		sha256((struct span){ t.p, length < t.n ? (size_t)length :
		    t.n }, a->q[a->n].sum[f]);
	}
	a->n++;
}

/* Every l= up to one too many, and none. */
static void
ask_all(struct asked *a, struct span body)
{
	a->body = body;
	a->n = 0;
	for (unsigned c = 0; c < DKIM_CANONS; c++) {
		size_t longest = 0;

		for (unsigned f = 0; f < DKIM_FORMS; f++) {
			const size_t n = canonical(body, f, c).n;

			longest = n > longest ? n : longest;
		}
		for (size_t l = 0; l <= longest + 1; l++)
			ask(a, c, l);
		ask(a, c, UINT64_MAX);
	}
}

/* Feed a copy that is gone at once. */
static void
feed_copy(struct dkim_body *b, struct span s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	dkim_body_feed(b, (struct span){ p, s.n });
	free(p);
}

static void
check_answer(const struct asked *a, size_t i, const struct dkim_body *b,
    size_t want, size_t cut)
{
	for (unsigned f = 0; f < DKIM_FORMS; f++) {
		if (dkim_body_matches(b, want, f, a->q[i].sum[f]) ==
		    a->q[i].there[f] && dkim_body_uncovered(b, want, f) ==
		    a->q[i].uncovered[f])
			continue;
		for (size_t k = 0; k < a->body.n; k++)
			print_error("%02x ", a->body.p[k]);
		fail_msg("form %u, canon %d, l %llu, cut %zu", f,
		    (int)a->q[i].canon, (unsigned long long)a->q[i].length,
		    cut);
	}
}

/* So many questions at a time as there are hashes. */
static void
check_cut(const struct asked *a, struct dkim_body *b, bool behind_cr,
    size_t cut)
{
	for (size_t i = 0; i < a->n; i += DKIM_SIGNATURES) {
		size_t want[DKIM_SIGNATURES], n = 0;

		dkim_body_begin(b, behind_cr);
		for (; n < DKIM_SIGNATURES && i + n < a->n; n++)
			want[n] = dkim_body_want(b, a->q[i + n].canon,
			    a->q[i + n].length);
		feed_copy(b, (struct span){ a->body.p, cut });
		feed_copy(b, (struct span){ a->body.p + cut,
		    a->body.n - cut });
		assert_true(dkim_body_end(b));
		while (n-- > 0)
			check_answer(a, i + n, b, want[n], cut);
	}
}

static void
check_bodies(struct span abc, size_t max, bool only_longest)
{
	struct dkim_body *b = dkim_body_new();
	const size_t from = only_longest ? rig_strings(abc, max - 1) : 0;
	uint8_t body[LONGER];

	assert_non_null(b);
	for (size_t i = from; i < rig_strings(abc, max); i++) {
		struct asked a;

		ask_all(&a, (struct span){ body, rig_string(abc, i, body) });
		for (size_t cut = 0; cut <= a.body.n; cut++)
			check_cut(&a, b, false, cut);
	}
	dkim_body_free(b);
}

static void
every_short_body_is_what_the_oracle_says_at_every_cut(void **state)
{
	(void)state;
	check_bodies(ABC, SHORT, false);
	if (getenv("CHECK_LONG") != NULL)
		check_bodies(ABC, LONG_RUN, true);
}

static void
so_is_every_longer_body_of_breaks(void **state)
{
	(void)state;
	check_bodies(ABC_BREAKS, getenv("CHECK_LONG") != NULL ? LONGER :
	    LONG_RUN, true);
}

/* "A: b CR CR CR LF": the second CR and the LF are one break with the CR
 * that ended the header block. */
static void
a_crcrlf_may_end_the_header_block(void **state)
{
	struct dkim_body *b = dkim_body_new();
	uint8_t body[SHORT];

	(void)state;
	assert_non_null(b);
	for (size_t i = 0; i < rig_strings(ABC_BREAKS, SHORT); i++) {
		const size_t n = rig_string(ABC_BREAKS, i, body);
		const size_t skip = n >= 2 && memcmp(body, "\r\n", 2) == 0 ?
		    2 : 0;

		for (size_t cut = 0; cut <= n; cut++) {
			struct asked a;

			ask_all(&a, (struct span){ body + skip, n - skip });
			a.body = (struct span){ body, n };
			check_cut(&a, b, true, cut);
		}
	}
	dkim_body_free(b);
}

/* Far behind what is collected before it is hashed, in odd pieces. */
static void
long_bodies_are_hashed_as_a_whole(void **state)
{
	enum { LINES = 3000 };
	struct dkim_body *b = dkim_body_new();
	uint8_t *got = malloc(LINES * 8), *want = malloc(LINES * 8);
	uint8_t sum[HASH_SIZE];
	size_t n = 0, m = 0, w;

	(void)state;
	assert_true(b != NULL && got != NULL && want != NULL);
	for (size_t i = 0; i < LINES; i++) {
		const struct span from = i % 7 > 0 ? SPAN("a \t b \n") :
		    SPAN("\t\n");
		const struct span to = i % 7 > 0 ? SPAN("a b\r\n") :
		    SPAN("\r\n");

		memcpy(got + n, from.p, from.n);
		n += from.n;
		memcpy(want + m, to.p, to.n);
		m += to.n;
	}
	for (size_t step = 1; step < 20000; step += step / 2 + 1) {
		dkim_body_begin(b, false);
		w = dkim_body_want(b, DKIM_RELAXED, m);
		for (size_t i = 0; i < n; i += step)
			feed_copy(b, (struct span){ got + i,
			    n - i < step ? n - i : step });
		assert_true(dkim_body_end(b));
		sha256((struct span){ want, m }, sum);
		assert_true(dkim_body_matches(b, w, DKIM_WITH_CRLF, sum));
		assert_true(dkim_body_matches(b, w, DKIM_WITH_ALL, sum));
		assert_false(dkim_body_matches(b, w, DKIM_AS_STORED, sum));
	}
	free(got);
	free(want);
	dkim_body_free(b);
}

static void
equal_wants_share_a_hash(void **state)
{
	struct dkim_body *b = dkim_body_new();

	(void)state;
	assert_non_null(b);
	dkim_body_begin(b, false);
	assert_int_equal(dkim_body_want(b, DKIM_SIMPLE, 5), 0);
	assert_int_equal(dkim_body_want(b, DKIM_RELAXED, 5), 1);
	assert_int_equal(dkim_body_want(b, DKIM_SIMPLE, UINT64_MAX), 2);
	assert_int_equal(dkim_body_want(b, DKIM_SIMPLE, 5), 0);
	dkim_body_free(b);
	dkim_body_free(NULL);
}

/* --- whole messages */

#define EMPTY_SIMPLE "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
#define EMPTY_RELAXED "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
/* printf ' C \r\nD \t E\r\n' and ' C\r\nD E\r\n' | openssl dgst -sha256 */
#define EXAMPLE_SIMPLE "NOeivbQlDH9TmNKJUw7D53wZfsk8YMZ/hTuVVwTgi8s="
#define EXAMPLE_RELAXED "unak6JHq0wL+Q1HP7dW1tjBx9FLA6DffoZ0qrLwbbpo="

/* RFC 6376 3.4.5: "<SP>C<SP><CRLF>D<SP><HTAB><SP>E<CRLF><CRLF><CRLF>" */
#define EXAMPLE " C \r\nD \t E\r\n\r\n\r\n"

static struct verdict *
look(struct engine *first, struct engine *again, bool beside, struct span m)
{
	struct verdict *v;

	engine_begin(first, BRK_CRLF);
	if (beside)
		engine_begin_again(again, BRK_CRLF, NULL);
	engine_feed(first, m);
	if (beside)
		engine_feed(again, m);
	v = engine_end(first);
	if (!beside) {
		engine_begin_again(again, BRK_CRLF, v);
		engine_feed(again, m);
	}
	engine_end_again(again, v);
	return v;
}

struct message_case {
	const char *name;
	const char *fields, *body;	/* the end of the block is before */
	size_t body_n;			/* bytes */
	const char *found;	/* codes, a space behind each */
	const char *is;		/* of each signature, in the same way */
};

#define DKIM "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=sel;" \
	" h=From; b=YQ==; "
#define BODY(s) (s), sizeof(s) - 1
#define S(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

static const struct message_case messages[] = {
	{ "empty, simple", DKIM "bh=" EMPTY_SIMPLE "\r\n\r\n", BODY(""),
	    "", "as-stored " },
	{ "empty, relaxed", DKIM "c=relaxed/relaxed; bh=" EMPTY_RELAXED
	    "\r\n\r\n", BODY(""), "", "as-stored " },
	{ "empty lines alone, simple", DKIM "bh=" EMPTY_SIMPLE "\r\n\r\n",
	    BODY("\r\n\r\n"), "", "as-stored " },
	{ "empty lines alone, relaxed", DKIM "c=simple/relaxed; bh="
	    EMPTY_RELAXED "\r\n\r\n", BODY("\r\n \t\r\n"), "", "as-stored " },
	{ "the header block is all", DKIM "bh=" EMPTY_SIMPLE "\r\n",
	    BODY(""), "", "as-stored " },
	{ "3.4.5, simple", DKIM "c=simple; bh=" EXAMPLE_SIMPLE "\r\n\r\n",
	    BODY(EXAMPLE), "", "as-stored " },
	{ "3.4.5, relaxed", DKIM "c=simple/relaxed; bh=" EXAMPLE_RELAXED
	    "\r\n\r\n", BODY(EXAMPLE), "", "as-stored " },
	{ "one word of c= is the header's", DKIM "c=relaxed; bh="
	    EXAMPLE_SIMPLE "\r\n\r\n", BODY(EXAMPLE), "", "as-stored " },
	{ "both, and no final break", DKIM "bh=" EXAMPLE_SIMPLE "\r\n"
	    DKIM "c=simple/relaxed; bh=" EXAMPLE_RELAXED "\r\n\r\n",
	    BODY(" C \r\nD \t E"), "", "as-stored as-stored " },
	{ "kept with LF", DKIM "bh=" EXAMPLE_SIMPLE "\n\n",
	    BODY(" C \nD \t E\n\n\n"), "", "with-crlf " },
	{ "an LF among CRLFs", DKIM "bh=" EXAMPLE_SIMPLE "\r\n\r\n",
	    BODY(" C \nD \t E\r\n\r\n"), "dkim.fix-restores ",
	    "with-crlf " },
	{ "a CR among CRLFs", DKIM "bh=" EXAMPLE_SIMPLE "\r\n\r\n",
	    BODY(" C \rD \t E\r\n\r\n"), "dkim.fix-restores ",
	    "with-all " },
	{ "a CRCRLF", DKIM "bh=" EXAMPLE_SIMPLE "\r\n\r\n",
	    BODY(" C \r\r\nD \t E\r\n\r\n"), "dkim.fix-restores ",
	    "with-all " },
	{ "a CRCRLF everywhere", DKIM "bh=" EXAMPLE_SIMPLE "\r\r\n\r\r\n",
	    BODY(" C \r\r\nD \t E\r\r\n"), "dkim.fix-restores ",
	    "with-all " },
	{ "CR alone", DKIM "bh=" EXAMPLE_SIMPLE "\r\r",
	    BODY(" C \rD \t E\r"), "dkim.fix-restores ", "with-all " },
	{ "CRLF kept with LF", DKIM "bh=" EXAMPLE_SIMPLE "\n\n",
	    BODY(" C \r\nD \t E\n"), "", "with-crlf " },
	{ "CRCRLF kept with LF", DKIM "bh=" EXAMPLE_SIMPLE "\n\n",
	    BODY(" C \r\r\nD \t E\n"), "dkim.fix-restores ", "with-all " },
	/* printf 'a\nb\r\n', 'a\rb\r\n' | openssl dgst -sha256 -binary */
	{ "a bare LF was signed", DKIM
	    "bh=CZCOWXbvVqHUlpngJvaSXBQ16goH5zAC0PHlq+eOhjQ=\r\n\r\n",
	    BODY("a\nb\r\n"), "dkim.fix-breaks ", "as-stored " },
	{ "a bare CR was signed", DKIM
	    "bh=LyKRrVaOri6zT8fJNyWWbX0dJvvNQVCly5aCYrYNasE=\r\n\r\n",
	    BODY("a\rb\r\n"), "dkim.fix-breaks ", "as-stored " },
	{ "a bare CR was signed, kept with LF", DKIM
	    "bh=LyKRrVaOri6zT8fJNyWWbX0dJvvNQVCly5aCYrYNasE=\n\n",
	    BODY("a\rb\n"), "dkim.fix-breaks ", "with-crlf " },
	{ "changed", DKIM "bh=" EXAMPLE_SIMPLE "\r\n\r\n", BODY(" C\r\n"),
	    "dkim.body-mismatch ", "mismatch " },
	{ "l= covers all", DKIM "l=12; bh=" EXAMPLE_SIMPLE "\r\n\r\n",
	    BODY(EXAMPLE), "", "as-stored " },
	{ "l= leaves out a footer", DKIM "l=12; bh=" EXAMPLE_SIMPLE
	    "\r\n\r\n", BODY(" C \r\nD \t E\r\nfoot\r\n"), "dkim.length ",
	    "as-stored " },
	{ "l= is more than there is", DKIM "l=13; bh=" EXAMPLE_SIMPLE
	    "\r\n\r\n", BODY(EXAMPLE), "dkim.body-mismatch ", "mismatch " },
	{ "l= is more than any body", DKIM "l=99999999999999999999; bh="
	    EXAMPLE_SIMPLE "\r\n\r\n", BODY(EXAMPLE), "dkim.body-mismatch ",
	    "mismatch " },
	{ "l=0", DKIM "l=0; c=simple/relaxed; bh=" EMPTY_RELAXED "\r\n\r\n",
	    BODY("x\r\n"), "dkim.length ", "as-stored " },
	{ "rsa-sha1", "DKIM-Signature: v=1; a=rsa-sha1; d=example.com;"
	    " s=sel; h=From; b=YQ==; bh=uoq1oCgLlTqpdDX/iUbLy7J1Wic=\r\n\r\n",
	    BODY("\r\n"), "dkim.rsa-sha1 ", "unusable " },
	{ "no bh=", DKIM "\r\n\r\n", BODY("x\r\n"), "dkim.unusable ",
	    "unusable " },
	{ "folded, and a second one that is not usable",
	    "DKIM-Signature:\r\n\tv=1; a=rsa-sha256; d=example.com;\r\n s=sel;"
	    "\r\n h=To:\r\n From; b=YQ==; bh=frcCV1k9oG9oKj3dpU\r\n\t"
	    "qdJg1PxRT2RSN/XKdLCPjaYaY=\r\nTo: x\r\nDKIM-Signature: x\r\n"
	    "\r\n", BODY(""), "dkim.unusable ", "as-stored unusable " },
	{ "no empty line", DKIM
	    "bh=nQdBabJI3rIdAYkeHUiNOzaLgeYMCb2wU2uFqOtpopw=\r\n",
	    BODY("no field\r\n"), "", "as-stored " },
	{ "no empty line, and no break at the end", DKIM
	    "bh=nQdBabJI3rIdAYkeHUiNOzaLgeYMCb2wU2uFqOtpopw=\n",
	    BODY("no field"), "", "as-stored " },
	{ "no signature", "From: a@example.com\r\n\r\n", BODY("x\r\n"), "",
	    "" },
};

/* Append a word and a space. */
static void
add_word(char *to, size_t max, const char *word)
{
	const size_t n = strlen(to);

	(void)snprintf(to + n, max - n, "%s ", word);
}

static void
check_message(const struct message_case *c, const struct verdict *v)
{
	char found[256] = "", is[256] = "";

	for (size_t i = 0; i < v->n; i++) {
		const char *name = code_info(v->list[i].code)->name;

		if (strncmp(name, "dkim.", 5) == 0)
			add_word(found, sizeof(found), name);
	}
	assert_non_null(v->dkim);
	for (size_t i = 0; i < v->dkim->n; i++)
		add_word(is, sizeof(is),
		    dkim_body_name(v->dkim->list[i].body));
	if (strcmp(found, c->found) != 0 || strcmp(is, c->is) != 0)
		fail_msg("%s: %s(%s)", c->name, found, is);
}

static void
messages_are_judged_as_the_rfc_says(void **state)
{
	const struct engine_options o = { .codes = code_set_default() };
	const struct engine_options again = { .codes = code_set_default(),
	    .topics = TOPIC_DKIM };
	struct engine *a = engine_new(&o), *b = engine_new(&again);

	(void)state;
	assert_true(a != NULL && b != NULL);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct message_case *c = &messages[i];
		const size_t n = strlen(c->fields);
		uint8_t m[2048];

		memcpy(m, c->fields, n);
		memcpy(m + n, c->body, c->body_n);
		check_message(c, look(a, b, false, (struct span){ m,
		    n + c->body_n }));
		check_message(c, look(a, b, true, (struct span){ m,
		    n + c->body_n }));
	}
	engine_free(a);
	engine_free(b);
}

static void
no_cut_matters_to_a_message(void **state)
{
	const struct engine_options o = { .codes = code_set_default() };
	const struct engine_options again = { .codes = code_set_default(),
	    .topics = TOPIC_DKIM };
	struct engine *a = engine_new(&o), *b = engine_new(&again);

	(void)state;
	assert_true(a != NULL && b != NULL);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct message_case *c = &messages[i];
		const size_t n = strlen(c->fields) + c->body_n;
		uint8_t m[2048];
		struct verdict *v;

		memcpy(m, c->fields, n - c->body_n);
		memcpy(m + n - c->body_n, c->body, c->body_n);
		for (size_t cut = 0; cut <= n; cut++) {
			const size_t cuts[] = { 0, cut, cut < n ? cut + 1 : n,
			    n };

			v = look(a, b, false, (struct span){ m, n });
			v->n = 0;
			engine_begin_again(b, BRK_CRLF, v);
			for (size_t k = 1; k < 4; k++)
				engine_feed(b, (struct span){ m + cuts[k - 1],
				    cuts[k] - cuts[k - 1] });
			engine_end_again(b, v);
			check_message(c, v);
		}
	}
	engine_free(a);
	engine_free(b);
}

/* A line that begins where a field could, and turns out to be the body long
 * before it ends. */
static void
a_first_line_of_any_length_is_not_misjudged(void **state)
{
	static const struct span head = S(DKIM "bh=" EMPTY_SIMPLE "\r\n");
	const struct engine_options o = { .codes = code_set_default() };
	const struct engine_options again = { .codes = code_set_default(),
	    .topics = TOPIC_DKIM };
	struct engine *a = engine_new(&o), *b = engine_new(&again);
	const size_t n = 3 * FIELDS_BYTES;
	uint8_t *m = malloc(n);

	(void)state;
	assert_true(a != NULL && b != NULL && m != NULL);
	memset(m, ' ' + 1, n);
	memcpy(m, head.p, head.n);
	for (size_t step = n; step > 1000; step /= 2) {
		struct verdict *v;

		engine_begin(a, BRK_LF);
		engine_feed(a, (struct span){ m, n });
		v = engine_end(a);
		engine_begin_again(b, BRK_LF, v);
		for (size_t i = 0; i < n; i += step)
			engine_feed(b, (struct span){ m + i,
			    n - i < step ? n - i : step });
		engine_end_again(b, v);
		assert_int_equal(v->dkim->n, 1);
		assert_int_equal(v->dkim->list[0].body, DKIM_MATCHES_NOT);
	}
	free(m);
	engine_free(a);
	engine_free(b);
}

static void
eight_signatures_are_compared_and_the_rest_counted(void **state)
{
	static const char field[] = DKIM "bh=" EMPTY_SIMPLE "\r\n";
	const struct engine_options o = { .codes = code_set_default() };
	const struct engine_options again = { .codes = code_set_default(),
	    .topics = TOPIC_DKIM };
	struct engine *a = engine_new(&o), *b = engine_new(&again);
	const struct dkim_facts *f;
	uint8_t m[20 * sizeof(field)];
	size_t n = 0;

	(void)state;
	assert_true(a != NULL && b != NULL);
	for (; n < 11 * (sizeof(field) - 1); n += sizeof(field) - 1)
		memcpy(m + n, field, sizeof(field) - 1);
	memcpy(m + n, "\r\nx", 3);
	f = look(a, b, false, (struct span){ m, n + 3 })->dkim;
	assert_int_equal(f->n, DKIM_SIGNATURES);
	assert_int_equal(f->more, 3);
	assert_int_equal(f->list[7].off, 7 * (sizeof(field) - 1));
	assert_int_equal(f->list[7].body, DKIM_MATCHES_NOT);
	f = look(a, b, false, SPAN("A: b\r\n\r\n"))->dkim;
	assert_int_equal(f->n, 0);
	assert_int_equal(f->more, 0);
	engine_free(a);
	engine_free(b);
}

static void
each_signature_has_its_own_spot(void **state)
{
	static const char m[] = "DKIM-Signature: v=2\r\nA: b\r\n"
	    "dkim-signature:\r\n v=3\r\n\r\nx\r\n";
	const struct engine_options o = { .codes = code_set_default() };
	const struct engine_options again = { .codes = code_set_default(),
	    .topics = TOPIC_DKIM };
	struct engine *a = engine_new(&o), *b = engine_new(&again);
	const struct finding *f;
	const struct verdict *v;

	(void)state;
	assert_true(a != NULL && b != NULL);
	v = look(a, b, false, (struct span){ (const uint8_t *)m,
	    sizeof(m) - 1 });
	assert_int_equal(v->n, 1);
	f = &v->list[0];
	assert_int_equal(f->code, CODE_DKIM_UNUSABLE);
	assert_int_equal(f->severity, SEV_LOW);
	assert_int_equal(f->where->count, 2);
	assert_int_equal(f->where->off[0], 0);
	assert_int_equal(f->where->off[1], 27);
	assert_int_equal(f->where->context.n, 19);
	assert_memory_equal(f->where->context.bytes, "DKIM-Signature: v=2",
	    19);
	engine_free(a);
	engine_free(b);
}

/* --- tag lists */

#define V "v=1;"
#define A "a=rsa-sha256;"
#define D "d=example.com;"
#define SEL "s=sel;"
#define H "h=From;"
#define B "b=YQ==;"
#define BH "bh=" EMPTY_SIMPLE ";"

struct tags_case {
	const char *value;
	const char *why;	/* NULL: it can be used */
};

static const struct tags_case tag_lists[] = {
	{ V A D SEL H B BH, NULL },
	{ B BH H SEL D A V, NULL },
	{ " v = 1 ; a = rsa-sha256 ;\r\n d\t=\n example.com\n ;" SEL H B BH
	    "\r\n ", NULL },
	{ V A D SEL H B "bh=\r\n frc CV1k9oG9oKj3\r\n\tdpUqdJg1PxRT2RSN/"
	    "XKdLCPjaYa Y = ;", NULL },
	{ V A D SEL H B BH "zz=what;x_1=;q=dns/txt;z=From:a", NULL },
	{ V A D SEL H B BH "q=nonsense", NULL },
	{ V "a=RSA-SHA256;c=Relaxed/SIMPLE;" D SEL H B BH, NULL },
	{ V "a=ed25519-sha256;" D SEL H B BH, NULL },
	{ V A D SEL B BH "h=to :\r\n fRom : subject", NULL },
	{ V A D SEL H B BH "i=@example.com", NULL },
	{ V A D SEL H B BH "i=joe@News.EXAMPLE.com", NULL },
	{ V A D SEL H B BH "t=5;x=6", NULL },
	{ V A SEL H B BH "d=\xc3\xbc.example", NULL },
	{ "", "a tag without =" },
	{ ";", "a tag without =" },
	{ V A D SEL H B BH ";", "a tag without =" },
	{ V A D ";" SEL H B BH, "a tag without =" },
	{ V A D SEL H B BH "x", "a tag without =" },
	{ V A D SEL H B BH "=x", "a tag with no proper name" },
	{ V A D SEL H B BH "1x=y", "a tag with no proper name" },
	{ V A D SEL H B BH "x y=z", "a tag with no proper name" },
	{ V A D SEL H B BH "y=\1", "control characters in a tag" },
	{ V A D SEL H B BH V, "a tag stands twice" },
	{ V A D SEL H B BH "y=1;y=1", "a tag stands twice" },
	{ A D SEL H B BH, "no v=" },
	{ V D SEL H B BH, "no a=" },
	{ V A SEL H B BH, "no d=" },
	{ V A D H B BH, "no s=" },
	{ V A D SEL B BH, "no h=" },
	{ V A D SEL H BH, "no b=" },
	{ V A D SEL H B, "no bh=" },
	{ "v=0.5;" A D SEL H B BH, "v= is not 1" },
	{ "V=1;" A D SEL H B BH, "no v=" },
	{ V "a=rsa-sha512;" D SEL H B BH, "a= is no known algorithm" },
	{ V "a=;" D SEL H B BH, "a= is no known algorithm" },
	{ V A "d=;" SEL H B BH, "d= is no domain" },
	{ V A "d=a b;" SEL H B BH, "d= is no domain" },
	{ V A D "s=;" H B BH, "s= is no selector" },
	{ V A D SEL H B BH "c=nowsp", "c= is no known canonicalization" },
	{ V A D SEL H B BH "c=", "c= is no known canonicalization" },
	{ V A D SEL H B BH "c=simple/", "c= is no known canonicalization" },
	{ V A D SEL H B BH "c=simple/simple/simple",
	    "c= is no known canonicalization" },
	{ V A D SEL H B BH "l=", "l= is no number" },
	{ V A D SEL H B BH "l=-1", "l= is no number" },
	{ V A D SEL H B BH "l=1 2", "l= is no number" },
	{ V A D SEL H B "bh=", "bh= is no base64" },
	{ V A D SEL H B "bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY",
	    "bh= is no base64" },
	{ V A D SEL H B "bh=fr?CV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
	    "bh= is no base64" },
	{ V A D SEL H B "bh=YQ==YQ==", "bh= is no base64" },
	{ V A D SEL H B "bh=YQ==", "bh= has not the length of the hash" },
	{ V "a=rsa-sha1;" D SEL H B BH, "bh= has not the length of the hash" },
	{ V A D SEL H BH "b=", "b= is no base64" },
	{ V A D SEL H BH "b=%", "b= is no base64" },
	{ V A D SEL H BH "b=YWJjZ===", "b= is no base64" },
	{ V A D SEL H BH "b=YWJj====", "b= is no base64" },
	{ V A D SEL H BH "b=YWJj=ZGV", "b= is no base64" },
	{ V A D SEL H BH "b=YWJj", NULL },
	{ V A D SEL H BH "b=YWI=", NULL },
	{ V A D SEL B BH "h=To:X-From", "h= does not name From" },
	{ V A D SEL B BH "h=", "h= does not name From" },
	{ V A D SEL H B BH "i=joe@example.org",
	    "i= is not of the domain in d=" },
	{ V A D SEL H B BH "i=joe@badexample.com",
	    "i= is not of the domain in d=" },
	{ V A D SEL H B BH "i=x.example.com", "i= has no @" },
	{ V A D SEL H B BH "t=now", "t= is no time" },
	{ V A D SEL H B BH "x=", "x= is no time" },
	{ V A D SEL H B BH "t=5;x=5", "x= is not later than t=" },
};

static void
tag_lists_are_read_as_the_rfc_says(void **state)
{
	uint8_t bh[HASH_SIZE];
	struct dkim_tags t;

	(void)state;
	sha256(SPAN("\r\n"), bh);
	for (size_t i = 0; i < sizeof(tag_lists) / sizeof(tag_lists[0]);
	    i++) {
		const struct tags_case *c = &tag_lists[i];

		dkim_tags_read(&t, (struct span){ (const uint8_t *)c->value,
		    strlen(c->value) });
		if (t.why == NULL ? c->why != NULL : c->why == NULL ||
		    strcmp(t.why, c->why) != 0)
			fail_msg("%s: %s", c->value, t.why);
		if (t.why == NULL)
			assert_memory_equal(t.bh, bh, sizeof(bh));
	}
}

static void
values_of_tags_are_kept(void **state)
{
	struct dkim_tags t;

	(void)state;
	dkim_tags_read(&t, SPAN(V "a=ed25519-sha256;" D SEL H B BH
	    "c=relaxed;l=0123"));
	assert_null(t.why);
	assert_int_equal(t.is, DKIM_ED25519_SHA256);
	assert_string_equal(t.algorithm, "ed25519-sha256");
	assert_string_equal(t.canonicalization, "relaxed/simple");
	assert_int_equal(t.body, DKIM_SIMPLE);
	assert_true(t.has_length);
	assert_int_equal(t.length, 123);
	assert_int_equal(t.domain.n, 11);
	assert_memory_equal(t.domain.p, "example.com", 11);
	assert_int_equal(t.selector.n, 3);
	assert_memory_equal(t.selector.p, "sel", 3);
	dkim_tags_read(&t, SPAN(V A D SEL H B BH "c=simple/relaxed"));
	assert_string_equal(t.canonicalization, "simple/relaxed");
	assert_int_equal(t.body, DKIM_RELAXED);
	assert_false(t.has_length);
	assert_int_equal(t.length, UINT64_MAX);
	dkim_tags_read(&t, SPAN(V A D SEL H B BH));
	assert_string_equal(t.canonicalization, "simple/simple");
	/* What was read before the fault is there to be shown. */
	dkim_tags_read(&t, SPAN("v=7;" A D SEL));
	assert_string_equal(t.why, "v= is not 1");
	assert_int_equal(t.domain.n, 11);
	assert_string_equal(t.algorithm, "rsa-sha256");
}

static void
names_and_lists_that_are_too_long_are_not_read(void **state)
{
	char list[2048] = V A SEL H B BH "d=";
	const size_t n = strlen(list);
	struct dkim_tags t;

	(void)state;
	memset(list + n, 'x', DKIM_NAME_MAX + 1);
	dkim_tags_read(&t, (struct span){ (const uint8_t *)list,
	    n + DKIM_NAME_MAX });
	assert_null(t.why);
	assert_int_equal(t.domain.n, DKIM_NAME_MAX);
	dkim_tags_read(&t, (struct span){ (const uint8_t *)list,
	    n + DKIM_NAME_MAX + 1 });
	assert_string_equal(t.why, "d= is no domain");
	(void)snprintf(list, sizeof(list), "%s", V A D SEL H B BH);
	for (unsigned i = 0; i < 58; i++)
		(void)snprintf(list + strlen(list), 16, "x%u=1;", i);
	dkim_tags_read(&t, (struct span){ (const uint8_t *)list,
	    strlen(list) - 6 });
	assert_null(t.why);
	dkim_tags_read(&t, (struct span){ (const uint8_t *)list,
	    strlen(list) });
	assert_string_equal(t.why, "more than 64 tags");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_short_body_is_what_the_oracle_says_at_every_cut),
		cmocka_unit_test(so_is_every_longer_body_of_breaks),
		cmocka_unit_test(a_crcrlf_may_end_the_header_block),
		cmocka_unit_test(long_bodies_are_hashed_as_a_whole),
		cmocka_unit_test(equal_wants_share_a_hash),
		cmocka_unit_test(messages_are_judged_as_the_rfc_says),
		cmocka_unit_test(no_cut_matters_to_a_message),
		cmocka_unit_test(a_first_line_of_any_length_is_not_misjudged),
		cmocka_unit_test(
		    eight_signatures_are_compared_and_the_rest_counted),
		cmocka_unit_test(each_signature_has_its_own_spot),
		cmocka_unit_test(tag_lists_are_read_as_the_rfc_says),
		cmocka_unit_test(values_of_tags_are_kept),
		cmocka_unit_test(
		    names_and_lists_that_are_too_long_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

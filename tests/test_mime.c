/*
 * Parts: what a generator of its own put in is found, at the offsets where it
 * is, whatever the chunking; then a table of what is broken in the wild.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"
#include "mime.h"
#include "t.h"
#include "rig.h"

#define MAX_PARTS 200u
#define MAX_BYTES 60000u

/* --- a message through both looks */

struct looks {
	struct engine *first, *no_census, *again;
};

static int
open_looks(void **state)
{
	struct engine_options o = { .codes = code_set_default() };
	struct looks *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return -1;
	k->first = engine_new(&o);
	o.no_census = true;
	k->no_census = engine_new(&o);
	o.topics = TOPIC_MIME;
	k->again = engine_new(&o);
	*state = k;
	return k->first == NULL || k->no_census == NULL || k->again == NULL;
}

static int
close_looks(void **state)
{
	struct looks *k = *state;

	engine_free(k->first);
	engine_free(k->no_census);
	engine_free(k->again);
	free(k);
	return 0;
}

/* Memory of just the right size lets the sanitizer see a byte too far. */
static void
feed(struct engine *g, struct span m, size_t step)
{
	for (size_t at = 0; at < m.n; ) {
		const size_t n = m.n - at < step ? m.n - at : step;
		uint8_t *p = malloc(n);

		assert_non_null(p);
		memcpy(p, m.p + at, n);
		engine_feed(g, (struct span){ p, n });
		free(p);
		at += n;
	}
}

static struct verdict *
look_twice(struct looks *k, struct span m, size_t step)
{
	struct verdict *v;

	engine_begin(k->first, BRK_LF);
	feed(k->first, m, step);
	v = engine_end(k->first);
	engine_begin_again(k->again, BRK_LF, v);
	feed(k->again, m, step);
	engine_end_again(k->again, v);
	return v;
}

static const struct finding *
finding(const struct verdict *v, enum code c)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].code == c)
			return &v->list[i];
	return NULL;
}

/* --- the generator: a tree of parts, written down while it is known */

struct planted {
	char type[32], encoding[20];
	unsigned depth;
	size_t offset, body, end;
	bool closed;		/* a multipart that is */
	size_t last;		/* index of the last part within; 0: none */
};

struct tree {
	struct gen *random;
	struct span brk;
	size_t n;		/* bytes */
	uint8_t p[MAX_BYTES];
	size_t parts;
	struct planted part[MAX_PARTS];
	size_t unclosed, unclosed_at[MAX_PARTS];
	size_t boundaries;
	size_t closing;		/* where the root's last line is */
};

static size_t
below(struct tree *t, size_t n)
{
	return gen_below(t->random, n);
}

static void
put(struct tree *t, struct span s)
{
	assert_true(t->n + s.n <= MAX_BYTES);
	memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

static void
text(struct tree *t, const char *s)
{
	put(t, (struct span){ (const uint8_t *)s, strlen(s) });
}

static void
line(struct tree *t, const char *s)
{
	text(t, s);
	put(t, t->brk);
}

/* Lines that are no field, no continuation and no delimiter. */
static void
words(struct tree *t, size_t lines, bool odd)
{
	static const char *const some[] = { "hello", "--", "-- ", "-- x",
	    "---------", "--no boundary", "x--", "", "", "Alice", ">From",
	    "--b", "--b0 x", "--b-", "--b--", "--b0--x", " --b0", "--B0" };
	static const char *const odds[] = { "x\ry", "x\ny", "x\r\ny",
	    "x\r\r\ny", "x\r\rx", "x\n\nx" };

	for (size_t i = 0; i < lines; i++) {
		if (odd && below(t, 2) > 0)
			text(t, odds[below(t, 6)]);
		line(t, i == 0 ? "first" : some[below(t, 18)]);
	}
	text(t, "last");
}

static void
encoding(struct tree *t, struct planted *p, const char *name)
{
	char field[64];

	(void)snprintf(p->encoding, sizeof(p->encoding), "%s", name);
	if (strcmp(name, "7bit") == 0 && below(t, 2) > 0)
		return;
	(void)snprintf(field, sizeof(field),
	    "content-transfer-ENCODING:%s%s", below(t, 2) > 0 ? " " : "\t",
	    name);
	line(t, field);
}

static void
random_encoding(struct tree *t, struct planted *p)
{
	static const char *const names[] = { "7bit", "7bit", "7bit", "8bit",
	    "binary" };

	encoding(t, p, names[below(t, 5)]);
}

/* Content-Type, in one of several forms. */
static void
type_field(struct tree *t, const char *type, const char *boundary)
{
	line(t, below(t, 3) > 0 ? "X-Before: this" : "X-Before:");
	text(t, below(t, 2) > 0 ? "Content-Type: " : "CONTENT-type:");
	text(t, type);
	if (below(t, 3) == 0)
		text(t, " (a comment)");
	if (boundary[0] != '\0') {
		text(t, ";");
		if (below(t, 2) > 0)
			put(t, t->brk);
		text(t, below(t, 2) > 0 ? " boundary=" : "\tx=y; Boundary=");
		text(t, below(t, 2) > 0 ? "\"" : "");
		text(t, boundary);
		if (t->p[t->n - strlen(boundary) - 1] == '"')
			text(t, "\"");
	}
	put(t, t->brk);
}

/* Boundaries begin like one another, and end in dashes. */
static void
new_boundary(struct tree *t, char out[32])
{
	static const char *const tails[] = { "", "x", "-", "=", "--y" };

	(void)snprintf(out, 32, "b%zu%s", t->boundaries,
	    tails[below(t, 5)]);
	if (t->boundaries > 0 && below(t, 4) == 0)
		(void)snprintf(out, 32, "b0%zu=:-", t->boundaries);
	t->boundaries++;
}

static void entity(struct tree *t, unsigned depth, const char *normal);

static void
delimiter(struct tree *t, const char *boundary, const char *dashes)
{
	text(t, "--");
	text(t, boundary);
	text(t, dashes);
	if (below(t, 4) == 0)
		text(t, " \t ");
}

/* A part of the multipart, and the delimiter line behind it. */
static void
child(struct tree *t, unsigned depth, const char *boundary,
    const char *dashes, const char *normal)
{
	const size_t open = t->unclosed;

	entity(t, depth, normal);
	/* The break is the delimiter's, unless it ends the header. */
	if (t->part[t->parts - 1].body != t->n || below(t, 2) > 0)
		put(t, t->brk);
	for (size_t i = open; i < t->unclosed; i++)
		if (t->unclosed_at[i] == SIZE_MAX)
			t->unclosed_at[i] = t->n;
	delimiter(t, boundary, dashes);
}

static void
multipart(struct tree *t, struct planted *p, unsigned depth)
{
	const bool digest = below(t, 4) == 0;
	const size_t parts = below(t, 4);
	const bool closed = parts > 0 && below(t, 6) > 0;
	char boundary[32];

	p->closed = closed;
	new_boundary(t, boundary);
	(void)snprintf(p->type, sizeof(p->type), "%s", digest ?
	    "multipart/digest" : "multipart/mixed");
	type_field(t, p->type, boundary);
	random_encoding(t, p);
	put(t, t->brk);
	p->body = t->n;
	if (below(t, 2) > 0) {
		words(t, 1 + below(t, 3), false);
		put(t, t->brk);
	}
	delimiter(t, boundary, "");
	for (size_t i = 0; i < parts; i++) {
		put(t, t->brk);
		p->last = t->parts;
		if (depth == 0)
			t->closing = t->n;
		child(t, depth + 1, boundary, i + 1 < parts || !closed ? "" :
		    "--", digest ? "message/rfc822" : "text/plain");
	}
	if (closed) {
		if (below(t, 2) > 0) {
			put(t, t->brk);
			words(t, below(t, 3), false);
		}
		return;
	}
	/* What comes behind the last delimiter is one more part. */
	put(t, t->brk);
	p->last = t->parts;
	entity(t, depth + 1, digest ? "message/rfc822" : "text/plain");
	t->unclosed_at[t->unclosed++] = SIZE_MAX;
}

static void
message(struct tree *t, struct planted *p, unsigned depth,
    const char *normal)
{
	(void)snprintf(p->type, sizeof(p->type), "message/rfc822");
	if (strcmp(normal, p->type) != 0 || below(t, 2) > 0)
		type_field(t, p->type, "");
	random_encoding(t, p);
	put(t, t->brk);
	p->body = t->n;
	p->last = t->parts;
	entity(t, depth + 1, "text/plain");
}

static void
leaf(struct tree *t, struct planted *p, const char *normal)
{
	static const char *const types[] = { "text/html", "image/png",
	    "message/delivery-status", "message/partial", "text/plain" };

	(void)snprintf(p->type, sizeof(p->type), "%s", types[below(t, 5)]);
	if (strcmp(normal, p->type) != 0 || below(t, 2) > 0)
		type_field(t, p->type, "");
	if (below(t, 3) == 0)
		encoding(t, p, below(t, 2) > 0 ? "base64" :
		    "Quoted-Printable");
	else
		random_encoding(t, p);
	if (strcmp(p->encoding, "Quoted-Printable") == 0)
		memcpy(p->encoding, "quoted-printable", 17);
	put(t, t->brk);
	p->body = t->n;
	if (below(t, 4) > 0)
		words(t, below(t, 5), true);
}

/* A part without a header, and without the empty line behind it. */
static void
bare(struct tree *t, struct planted *p)
{
	memcpy(p->type, "text/plain", 11);
	memcpy(p->encoding, "7bit", 5);
	p->body = t->n;
	words(t, 1 + below(t, 3), true);
}

/* A header and a body; normal: the type without a field. */
static void
entity(struct tree *t, unsigned depth, const char *normal)
{
	struct planted *p = &t->part[t->parts++];
	const size_t kind = below(t, 5);

	assert_true(t->parts < MAX_PARTS);
	*p = (struct planted){ .closed = true };
	p->depth = depth;
	p->offset = t->n;
	if (depth == 0 || (depth < 6 && kind < 2 && t->parts < 100))
		multipart(t, p, depth);
	else if (depth < 6 && kind == 2 && t->parts < 100)
		message(t, p, depth, normal);
	else if (kind == 3 && strcmp(normal, "text/plain") == 0 &&
	    below(t, 3) == 0)
		bare(t, p);
	else
		leaf(t, p, normal);
	p->end = t->n;
}

/* The message ends: what is open until then ends there. */
static void
end_message(struct tree *t)
{
	const struct planted *p = &t->part[0];
	size_t i = 0;

	if (below(t, 3) > 0)
		put(t, t->brk);
	for (;;) {
		p = &t->part[i];
		t->part[i].end = t->n;
		if (p->last == 0 || (p->closed &&
		    strncmp(p->type, "multipart/", 10) == 0))
			break;
		i = p->last;
	}
	for (i = 0; i < t->unclosed; i++)
		if (t->unclosed_at[i] == SIZE_MAX)
			t->unclosed_at[i] = t->n;
}

static void
grow(struct tree *t)
{
	t->n = 0;
	t->parts = 0;
	t->unclosed = 0;
	t->boundaries = 0;
	line(t, "From: alice@example.com");
	line(t, "MIME-Version: 1.0");
	for (size_t i = below(t, 12); i > 0; i--)
		line(t, "X-Field: behind this the header is passed over");
	entity(t, 0, "text/plain");
	t->part[0].offset = 0;
	end_message(t);
}

/* --- what should be found, from the bytes alone */

/* Bytes of the break at i, and which it is; 0: none begins there. */
static size_t
break_at(struct span m, size_t i, enum mime_end *kind)
{
	const uint8_t next = i + 1 < m.n ? m.p[i + 1] : 0;

	*kind = MIME_LF;
	if (m.p[i] == '\n')
		return 1;
	if (m.p[i] != '\r')
		return 0;
	*kind = MIME_CRLF;
	if (next == '\n')
		return 2;
	*kind = MIME_CRCRLF;
	if (next == '\r' && i + 2 < m.n && m.p[i + 2] == '\n')
		return 3;
	*kind = MIME_CR;
	return 1;
}

static struct mime_ends
ends_of(struct span m)
{
	struct mime_ends ends = { { 0 } };
	enum mime_end kind;

	for (size_t i = 0, n; i < m.n; i += n > 0 ? n : 1) {
		if ((n = break_at(m, i, &kind)) == 0)
			continue;
		ends.n[kind]++;
		if (kind == MIME_CRCRLF)
			ends.n[MIME_CRLF]++;
	}
	return ends;
}

enum where { ANYWHERE, IN_BINARY, IN_MESSAGE };

static enum where
where_is(const struct tree *t, size_t at)
{
	enum where in = ANYWHERE;

	for (size_t i = 0; i < t->parts; i++) {
		const struct planted *p = &t->part[i];

		if (at < p->body || at >= p->end)
			continue;
		if (strcmp(p->encoding, "binary") == 0)
			return IN_BINARY;
		if (strcmp(p->type, "message/rfc822") == 0)
			in = IN_MESSAGE;
	}
	return in;
}

static void
add_place(struct spots *s, uint64_t off)
{
	if (s->count < SPOTS_KEPT)
		s->off[s->count] = off;
	s->count++;
}

/* A break of that kind is none of the message's own. */
static bool
differs(enum mime_end kind, enum convention c)
{
	return c == CONV_LF ? kind != MIME_LF : c == CONV_CR ?
	    kind == MIME_CRLF || kind == MIME_CRCRLF : kind != MIME_CRLF;
}

/* Places of odd breaks there; which: of that kind alone, or < 0. */
static struct spots
odd_breaks(const struct tree *t, enum convention c, enum where in, int which)
{
	const struct span m = { t->p, t->n };
	struct spots s = { .count = 0 };
	enum mime_end kind;

	for (size_t i = 0, n; i < m.n; i += n > 0 ? n : 1) {
		if ((n = break_at(m, i, &kind)) == 0 || where_is(t, i) != in)
			continue;
		if (which >= 0 ? (int)kind == which : differs(kind, c))
			add_place(&s, i);
		if (kind == MIME_CRCRLF && (which >= 0 ? which == MIME_CRLF :
		    differs(MIME_CRLF, c)))
			add_place(&s, i + 1);
	}
	return s;
}

static void
check_part(const struct tree *t, const struct mime_part *got, size_t i)
{
	const struct planted *p = &t->part[i];
	const struct mime_ends ends = ends_of((struct span){
	    t->p + p->body, p->end - p->body });

	if (strcmp(got->type, p->type) != 0 ||
	    strcmp(got->encoding, p->encoding) != 0 ||
	    got->depth != p->depth || got->offset != p->offset ||
	    got->body != p->body || got->end != p->end ||
	    memcmp(&got->ends, &ends, sizeof(ends)) != 0)
		fail_msg("part %zu: %s %s %u %llu %llu %llu, should be "
		    "%s %s %u %zu %zu %zu in\n%.*s", i, got->type,
		    got->encoding, got->depth, (unsigned long long)got->offset,
		    (unsigned long long)got->body,
		    (unsigned long long)got->end, p->type, p->encoding,
		    p->depth, p->offset, p->body, p->end, (int)t->n, t->p);
}

static void
check_spots(const struct tree *t, const struct verdict *v, enum code c,
    const struct spots *want)
{
	const struct finding *f = finding(v, c);
	const char *name = code_info(c)->name;

	if (want->count == 0 && f == NULL)
		return;
	if (f == NULL || f->where->count != want->count)
		fail_msg("%s: %llu times, should be %llu, in\n%.*s", name,
		    f == NULL ? 0 : (unsigned long long)f->where->count,
		    (unsigned long long)want->count, (int)t->n, t->p);
	for (size_t i = 0; i < spots_kept(want); i++)
		if (f->where->off[i] != want->off[i])
			fail_msg("%s: place %zu is %llu, not %llu, in\n%.*s",
			    name, i, (unsigned long long)f->where->off[i],
			    (unsigned long long)want->off[i], (int)t->n, t->p);
}

/* Nothing but data: info; else what it was. */
static void
check_severity(const struct tree *t, const struct verdict *v, enum code c,
    enum mime_end kind)
{
	const struct finding *f = finding(v, c);
	uint64_t in;

	if (f == NULL)
		return;
	in = odd_breaks(t, v->convention, IN_BINARY, (int)kind).count;
	assert_int_equal(f->severity, in == f->where->count ? SEV_INFO :
	    code_info(c)->severity);
}

static void
check_tree(const struct tree *t, const struct verdict *v)
{
	const struct mime_facts *m = v->mime;
	struct spots want = { .count = 0 };
	unsigned depth = 0;

	assert_non_null(m);
	for (size_t i = 0; i < t->parts; i++) {
		depth = t->part[i].depth > depth ? t->part[i].depth : depth;
		if (i < m->n)
			check_part(t, &m->list[i], i);
	}
	assert_int_equal(m->parts, t->parts);
	assert_int_equal(m->n, t->parts < 64 ? t->parts : 64);
	assert_int_equal(m->depth, depth);
	assert_int_equal(m->unclosed, t->unclosed > 0);
	for (size_t i = 0; i < t->unclosed; i++)
		add_place(&want, t->unclosed_at[i]);
	check_spots(t, v, CODE_MIME_UNCLOSED, &want);
	want = odd_breaks(t, v->convention, IN_BINARY, -1);
	check_spots(t, v, CODE_MIME_BINARY_EOL, &want);
	want = odd_breaks(t, v->convention, IN_MESSAGE, -1);
	check_spots(t, v, CODE_MIME_ATTACHED_EOL, &want);
	check_severity(t, v, CODE_EOL_BARE_LF, MIME_LF);
	check_severity(t, v, CODE_EOL_BARE_CR, MIME_CR);
	check_severity(t, v, CODE_EOL_CR_ONLY, MIME_CR);
	check_severity(t, v, CODE_EOL_CRLF, MIME_CRLF);
	check_severity(t, v, CODE_EOL_CRCRLF, MIME_CRCRLF);
}

/* The first look never misses a message that is not closed, and suspects none
 * that ends soon behind its last line. */
static void
check_first_look(struct looks *k, const struct tree *t,
    const struct verdict *v, size_t step)
{
	const bool maybe = v->unclosed_maybe;

	if (!t->part[0].closed)
		assert_true(maybe && engine_is_suspect(v));
	if (t->part[0].closed && t->n - t->part[0].end < 4 &&
	    t->n - t->closing < 150)
		assert_false(maybe);
	engine_begin(k->no_census, BRK_LF);
	feed(k->no_census, (struct span){ t->p, t->n }, step);
	assert_int_equal(engine_end(k->no_census)->unclosed_maybe, maybe);
}

static void
what_was_put_in_is_found(void **state)
{
	static const struct span breaks[] = { { (const uint8_t *)"\n", 1 },
	    { (const uint8_t *)"\r\n", 2 }, { (const uint8_t *)"\r", 1 },
	    { (const uint8_t *)"\r\r\n", 3 } };
	const unsigned trees = getenv("CHECK_LONG") != NULL ? 40000 : 4000;
	struct tree *t = calloc(1, sizeof(*t));
	struct gen *g = calloc(1, sizeof(*g));

	assert_non_null(t);
	assert_non_null(g);
	g->seed = 3;
	t->random = g;
	for (unsigned i = 0; i < trees; i++) {
		const size_t steps[] = { SIZE_MAX, 1, 2, 1 + below(t, 300) };

		t->brk = breaks[i % 8 < 3 ? 0 : i % 8 < 6 ? 1 : i % 8 - 4];
		grow(t);
		for (unsigned s = i % 2; s < 4; s += 2) {
			const struct verdict *v = look_twice(*state,
			    (struct span){ t->p, t->n }, steps[s]);

			check_tree(t, v);
			check_first_look(*state, t, v, steps[s]);
		}
	}
	free(g);
	free(t);
}

/* --- what is broken in the wild */

/*
 * \n stands for the break.  shape: of each part its type, and what is in its
 * body: in brackets the bytes of one that holds no others, in braces the
 * others.  found: of each mime.* finding its code, count, and what the line at
 * the first place begins with ("$": the end).
 */
struct broken {
	const char *name, *text, *shape, *found;
};

#define MIXED(b) "Content-Type: multipart/mixed; boundary=" b "\n"

static const struct broken cases[] = {
	{ "all is well", MIXED("b") "\n--b\n\none\n--b\nContent-Type: a/b\n\n"
	    "two\n--b--\n", "multipart/mixed{text/plain[one]a/b[two]}", "" },
	{ "not closed", MIXED("b") "\n--b\n\none\n",
	    "multipart/mixed{text/plain[one\n]}", "mime.unclosed 1 $" },
	{ "not closed, and the last line not ended", MIXED("b") "\n--b\n\none",
	    "multipart/mixed{text/plain[one]}", "mime.unclosed 1 $" },
	{ "cut in the last line", MIXED("b") "\n--b\n\none\n--b-",
	    "multipart/mixed{text/plain[one\n--b-]}", "mime.unclosed 1 $" },
	{ "cut in a header", MIXED("b") "\n--b\nContent-Ty",
	    "multipart/mixed{text/plain[Content-Ty]}", "mime.unclosed 1 $" },
	{ "cut behind a field", MIXED("b") "\n--b\nContent-Type: a/b",
	    "multipart/mixed{a/b[]}", "mime.unclosed 1 $" },
	{ "cut behind a delimiter", MIXED("b") "\n--b",
	    "multipart/mixed{text/plain[]}", "mime.unclosed 1 $" },
	{ "never begun", MIXED("b") "\ntext\n", "multipart/mixed[text\n]",
	    "mime.unclosed 1 $" },
	{ "a header alone", MIXED("b"), "multipart/mixed[]",
	    "mime.unclosed 1 $" },
	{ "no break at the end", MIXED("b") "\n--b\n\none\n--b--",
	    "multipart/mixed{text/plain[one]}", "" },
	{ "closed at once", MIXED("b") "\n--b--\n", "multipart/mixed[--b--\n]",
	    "" },
	{ "the inner not closed", MIXED("b") "\n--b\n" MIXED("c")
	    "\n--c\n\none\n--b--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}}",
	    "mime.unclosed 1 --b--" },
	{ "neither closed", MIXED("b") "\n--b\n" MIXED("c")
	    "\n--c\n\none\n",
	    "multipart/mixed{multipart/mixed{text/plain[one\n]}}",
	    "mime.unclosed 2 $" },
	{ "the inner not closed before another part", MIXED("b") "\n--b\n"
	    MIXED("c") "\n--c\n\none\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}"
	    "text/plain[two]}", "mime.unclosed 1 --b" },
	{ "the inner never begun", MIXED("b") "\n--b\n" MIXED("c")
	    "\nx\n--b--\n", "multipart/mixed{multipart/mixed[x]}",
	    "mime.unclosed 1 --b--" },
	{ "the inner a header alone", MIXED("b") "\n--b\n" MIXED("c")
	    "--b--\n", "multipart/mixed{multipart/mixed[]}",
	    "mime.unclosed 1 --b--" },
	{ "closed twice", MIXED("b") "\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed{text/plain[one]}", "" },
	{ "the outer begins like the inner", MIXED("b") "\n--b\n" MIXED("bb")
	    "\n--bb\n\none\n--bb--\n--b\n\ntwo\n--b--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}"
	    "text/plain[two]}", "" },
	{ "the inner begins like the outer", MIXED("bb") "\n--bb\n" MIXED("b")
	    "\n--b\n\none\n--b--\n--bb\n\ntwo\n--bb--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}"
	    "text/plain[two]}", "" },
	{ "the inner is the outer and dashes", MIXED("b") "\n--b\n"
	    MIXED("b--") "\n--b--\n\none\n--b----\n--b--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}}", "" },
	{ "both the same", MIXED("b") "\n--b\n" MIXED("b")
	    "\n--b\n\none\n--b--\n--b--\n",
	    "multipart/mixed{multipart/mixed{text/plain[one]}}", "" },
	{ "space behind delimiters", MIXED("b") "\n--b \t\n\none\n--b-- \n",
	    "multipart/mixed{text/plain[one]}", "" },
	{ "space at the boundary's end", MIXED("\"b \"")
	    "\n--b\n\none\n--b \n\ntwo\n--b--\n",
	    "multipart/mixed{text/plain[one]text/plain[two]}", "" },
	{ "space in the boundary", MIXED("\"a  b\"") "\n--a  b\n\none\n"
	    "--a b\n--a  b--\n", "multipart/mixed{text/plain[one\n--a b]}",
	    "" },
	{ "text behind delimiters", MIXED("b") "\n--b\n\none\n--b x\n--b--x\n"
	    "--b -- \n--b--\n",
	    "multipart/mixed{text/plain[one\n--b x\n--b--x\n--b -- ]}", "" },
	{ "something before a delimiter", MIXED("b") "\n--b\n\n --b\n>--b\n"
	    "--b--\n", "multipart/mixed{text/plain[ --b\n>--b]}", "" },
	{ "the case of a boundary", MIXED("b") "\n--b\n\n--B\n--b--\n",
	    "multipart/mixed{text/plain[--B]}", "" },
	{ "no boundary", "Content-Type: multipart/mixed\n\n--b\n\none\n",
	    "multipart/mixed[--b\n\none\n]", "mime.no-boundary 1 Content" },
	{ "an empty boundary", MIXED("\"\"") "\n--\n\none\n----\n",
	    "multipart/mixed[--\n\none\n----\n]",
	    "mime.no-boundary 1 Content" },
	{ "a boundary of spaces", MIXED("\" \"") "\n--\n",
	    "multipart/mixed[--\n]", "mime.no-boundary 1 Content" },
	{ "a part without a boundary", MIXED("b") "\n--b\nX: y\n"
	    "content-type : multipart/related;\n type=x\n\none\n--b--\n",
	    "multipart/mixed{multipart/related[one]}",
	    "mime.no-boundary 1 content-type : multipart" },
	{ "no subtype", "Content-Type: multipart; boundary=b\n\n--b\n\none\n"
	    "--b--\n", "multipart{text/plain[one]}", "" },
	{ "an encoded boundary", "Content-Type: multipart/mixed; x=\"\n y\";\n"
	    "\tboundary*0*=''a%20; boundary*1=b\n\n--a b\n\none\n--a b--\n",
	    "multipart/mixed{text/plain[one]}", "" },
	{ "two Content-Type fields", MIXED("b") "X: y\n" MIXED("c")
	    "\n--b\n\n--c\n--b--\n", "multipart/mixed{text/plain[--c]}",
	    "mime.duplicate-field 1 Content-Type: multipart" },
	{ "two of all", MIXED("b") "Content-Type: text/plain\n"
	    "Content-Transfer-Encoding: 7bit\nMIME-Version: 1.0\n"
	    "content-transfer-encoding: 8bit\nMime-Version: 1.0\n\n--b--\n",
	    "multipart/mixed[--b--\n]",
	    "mime.duplicate-field 3 Content-Type: text" },
	{ "two in a part", MIXED("b") "\n--b\nContent-Type: a/b\n"
	    "Content-Type: c/d;\n x=y\nMIME-Version: 1.0\nMIME-Version: 1.0\n"
	    "\none\n--b--\n", "multipart/mixed{a/b[one]}",
	    "mime.duplicate-field 1 Content-Type: c/d;" },
	{ "two, and no parts", "Content-Type: a/b\nContent-Type: c/d\n\n",
	    "", "mime.duplicate-field 1 Content-Type: c/d" },
	{ "a header that does not end", MIXED("b") "\n--b\nContent-Type: a/b\n"
	    "--b\n\ntwo\n--b--\n",
	    "multipart/mixed{a/b[]text/plain[two]}", "" },
	{ "text in place of a header", MIXED("b") "\n--b\none two\nX: y\n\n"
	    "--b--\n", "multipart/mixed{text/plain[one two\nX: y\n]}", "" },
	{ "text behind a header", MIXED("b") "\n--b\nContent-Type: a/b\none\n"
	    "two\n--b--\n", "multipart/mixed{a/b[one\ntwo]}", "" },
	{ "a part begins with a space", MIXED("b") "\n--b\n one\n--b--\n",
	    "multipart/mixed{text/plain[ one]}", "" },
	{ "empty parts", MIXED("b") "\n--b\n--b\n\n--b\n\n\n--b--\n",
	    "multipart/mixed{text/plain[]text/plain[]text/plain[]}", "" },
	{ "a type that makes no sense", MIXED("b") "\n--b\nContent-Type: ;\n\n"
	    "one\n--b--\n", "multipart/mixed{text/plain[one]}", "" },
	{ "a message", "Content-Type: message/rfc822\n\nFrom: a\n"
	    "Content-Type: text/html\n\none\n",
	    "message/rfc822{text/html[one\n]}", "" },
	{ "a message with its From_ line", MIXED("b") "\n--b\n"
	    "Content-Type: message/rfc822\n\nFrom a@b Mon\n"
	    "Content-Type: a/b\n\none\n--b--\n",
	    "multipart/mixed{message/rfc822{a/b[one]}}", "" },
	{ "a From_ line is no part's header", MIXED("b") "\n--b\nFrom a\n\n"
	    "--b--\n", "multipart/mixed{text/plain[From a\n]}", "" },
	{ "a multipart in a message, not closed", MIXED("b") "\n--b\n"
	    "Content-Type: message/rfc822\n\n" MIXED("c") "\n--c\n\none\n"
	    "--b--\n", "multipart/mixed{message/rfc822{multipart/mixed{"
	    "text/plain[one]}}}", "mime.unclosed 1 --b--" },
	{ "an empty message", MIXED("b") "\n--b\nContent-Type: message/rfc822"
	    "\n\n--b--\n", "multipart/mixed{message/rfc822{text/plain[]}}",
	    "" },
	{ "an encoded message", MIXED("b") "\n--b\nContent-Type: "
	    "message/rfc822\nContent-Transfer-Encoding: base64\n\nRnJv\n"
	    "--b--\n", "multipart/mixed{message/rfc822[RnJv]}", "" },
	{ "a multipart that says base64", MIXED("b")
	    "Content-Transfer-Encoding: base64\n\n--b\n\none\n--b--\n",
	    "multipart/mixed{text/plain[one]}", "" },
	{ "a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\n"
	    "From: a\nContent-Type: a/b\n\none\n--b\nContent-Type: text/plain"
	    "\n\ntwo\n--b--\n",
	    "multipart/digest{message/rfc822{a/b[one]}text/plain[two]}", "" },
	{ "text before and behind", MIXED("b") "\nx\n\n--b\n\none\n--b--\ny\n"
	    "--c\n", "multipart/mixed{text/plain[one]}", "" },
	{ "one part", "Content-Type: text/plain\n\none\n", "", "" },
	{ "no MIME at all", "From: a\n\n--b\n", "", "" },
	{ "one binary part", "Content-Transfer-Encoding: binary\n\none\n",
	    "text/plain[one\n]", "" },
};

/* text with each \n as that break; returns the bytes of it. */
static size_t
with_breaks(uint8_t *out, const char *from, struct span brk)
{
	size_t n = 0;

	for (; *from != '\0'; from++) {
		const struct span s = *from == '\n' ? brk :
		    (struct span){ (const uint8_t *)from, 1 };

		memcpy(out + n, s.p, s.n);
		n += s.n;
	}
	return n;
}

/* The list as a shape, its breaks as \n again. */
static void
shape_of(const struct mime_facts *m, struct span s, struct span brk,
    char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; m != NULL && i < m->n; i++) {
		const struct mime_part *p = &m->list[i];
		const unsigned next = i + 1 < m->n ? m->list[i + 1].depth : 0;

		n += (size_t)snprintf(out + n, max - n, "%s%s", p->type,
		    next > p->depth ? "{" : "[");
		if (next > p->depth)
			continue;
		for (size_t k = (size_t)p->body; k < p->end; k++) {
			const bool is = span_starts((struct span){ s.p + k,
			    s.n - k }, brk);

			out[n++] = is ? '\n' : (char)s.p[k];
			k += is ? brk.n - 1 : 0;
		}
		out[n++] = ']';
		for (unsigned d = p->depth; d > next; d--)
			out[n++] = '}';
	}
	out[n] = '\0';
}

/* The codes of mime.* in their order. */
static void
found_in(const struct verdict *v, struct span s, const char *wanted,
    char *out, size_t max)
{
	const char *begins = "";
	size_t n = 0;

	if (wanted[0] != '\0')
		begins = strchr(strchr(wanted, ' ') + 1, ' ') + 1;
	out[0] = '\0';
	for (size_t i = 0; i < v->n; i++) {
		const struct finding *f = &v->list[i];
		const char *name = code_info(f->code)->name;
		const uint64_t at = f->where->off[0];

		if (strncmp(name, "mime.", 5) != 0 ||
		    f->code == CODE_MIME_BINARY_EOL ||
		    f->code == CODE_MIME_ATTACHED_EOL)
			continue;
		n += (size_t)snprintf(out + n, max - n, "%s %llu %s", name,
		    (unsigned long long)f->where->count, at == s.n ? "$" :
		    span_starts((struct span){ s.p + at, s.n - at },
		    (struct span){ (const uint8_t *)begins,
		    strlen(begins) }) ? begins : "?");
	}
}

static void
check_broken(struct looks *k, const struct broken *c, struct span brk,
    size_t step)
{
	char shape[2000], found[200];
	uint8_t m[2000];
	const struct span s = { m, with_breaks(m, c->text, brk) };
	const struct verdict *v = look_twice(k, s, step);

	shape_of(v->mime, s, brk, shape, sizeof(shape));
	found_in(v, s, c->found, found, sizeof(found));
	if (strcmp(shape, c->shape) != 0 || strcmp(found, c->found) != 0)
		fail_msg("%s, break of %zu, step %zu: %s; %s", c->name, brk.n,
		    step, shape, found);
}

static void
what_is_broken_is_found_or_borne(void **state)
{
	const struct span breaks[] = { SPAN("\n"), SPAN("\r\n"),
	    SPAN("\r"), SPAN("\r\r\n") };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t b = 0; b < 4; b++)
			for (size_t step = 1; step < 90; step += 22)
				check_broken(*state, &cases[i], breaks[b],
				    step == 89 ? SIZE_MAX : step);
}

static struct span
bytes(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

/* A multipart with a boundary of n bytes. */
static void
check_long_boundary(struct looks *k, size_t n, size_t step)
{
	char boundary[1100], *m = calloc(1, 5000);
	const struct verdict *v;

	assert_non_null(m);
	memset(boundary, 'b', n);
	boundary[n] = '\0';
	(void)snprintf(m, 5000, "Content-Type: multipart/mixed;\r\n boundary="
	    "%s\r\n\r\n--%s\r\n\r\none\r\n--%s--\r\n", boundary, boundary,
	    boundary);
	v = look_twice(k, bytes(m), step);
	assert_non_null(v->mime);
	assert_int_equal(v->mime->parts, n <= 1020 ? 2 : 1);
	assert_int_equal(finding(v, CODE_MIME_NO_BOUNDARY) != NULL, n > 1020);
	assert_null(finding(v, CODE_MIME_UNCLOSED));
	free(m);
}

static void
a_boundary_may_be_too_long_but_not_by_much(void **state)
{
	static const size_t sizes[] = { 1, 69, 70, 71, 200, 251, 252, 253, 256,
	    257, 400, 900, 1000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_long_boundary(*state, sizes[i], 1 + i * 7);
	/* Of a line no more than 1024 bytes are seen. */
	for (size_t n = 1005; n <= 1011; n++)
		check_long_boundary(*state, n, SIZE_MAX);
}

/* n multiparts, each in the one before, and all closed but the inner. */
static size_t
nest(uint8_t *m, size_t max, unsigned n)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++)
		at += (size_t)snprintf((char *)m + at, max - at,
		    "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n",
		    i, i);
	at += (size_t)snprintf((char *)m + at, max - at, "\none\n");
	for (unsigned i = n; i-- > 0; )
		at += (size_t)snprintf((char *)m + at, max - at, "--b%u--\n",
		    i);
	return at;
}

static void
parts_are_looked_into_thirty_two_deep(void **state)
{
	static uint8_t m[8000];

	for (unsigned n = 1; n < 60; n++) {
		const struct span s = { m, nest(m, sizeof(m), n) };
		const struct verdict *v = look_twice(*state, s, 1 + n);
		const struct finding *f = finding(v, CODE_MIME_NESTING);

		assert_int_equal(v->mime->parts, n < 32 ? n + 1 : 32);
		assert_int_equal(v->mime->depth, n < 32 ? n : 31);
		assert_false(v->mime->unclosed);
		assert_int_equal(f != NULL, n >= 32);
		if (f == NULL)
			continue;
		assert_int_equal(f->where->count, 1);
		assert_memory_equal(m + f->where->off[0], "Content-Type: "
		    "multipart/mixed; boundary=b31\n", 44);
	}
}

static void
all_parts_are_counted_and_the_first_described(void **state)
{
	static uint8_t m[4000];
	const struct verdict *v;
	size_t n;

	n = (size_t)snprintf((char *)m, sizeof(m), MIXED("b") "\n");
	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf((char *)m + n, sizeof(m) - n,
		    "--b\n\n%03u\n", i);
	n += (size_t)snprintf((char *)m + n, sizeof(m) - n, "--b--\n");
	v = look_twice(*state, (struct span){ m, n }, 100);
	assert_int_equal(v->mime->parts, 201);
	assert_int_equal(v->mime->n, 64);
	for (unsigned i = 1; i < 64; i++) {
		const struct mime_part *p = &v->mime->list[i];

		assert_int_equal(p->end - p->body, 3);
		assert_int_equal(strtoul((char *)m + p->body, NULL, 10),
		    i - 1);
	}
}

/* --- line ends */

static void
look_alikes_in_binary_parts_stay_what_they_are(void **state)
{
	const struct verdict *v = look_twice(*state, SPAN("A: b\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\nx\n.\r\ny\n.\nz\r\n"),
	    SIZE_MAX);

	assert_int_equal(finding(v, CODE_EOL_BARE_LF)->severity, SEV_INFO);
	assert_int_equal(finding(v, CODE_MIME_BINARY_EOL)->where->count, 3);
	assert_int_equal(finding(v, CODE_EOD_LF_CRLF)->severity, SEV_HIGH);
	assert_int_equal(finding(v, CODE_EOD_LF_LF)->severity, SEV_HIGH);
}

static void
one_line_end_that_is_no_data_is_enough(void **state)
{
	const struct verdict *v = look_twice(*state, SPAN("A: b\nC: d\r\n"
	    "E: f\r\nContent-Transfer-Encoding: binary\r\n\r\nx\ny\r\n"),
	    SIZE_MAX);

	assert_int_equal(finding(v, CODE_EOL_BARE_LF)->severity, SEV_MEDIUM);
	assert_int_equal(finding(v, CODE_MIME_BINARY_EOL)->where->count, 1);
}

/* A delimiter line so long that what is before it is out of sight: the break
 * moves from the binary part to the message around it. */
static void
a_long_delimiter_line_takes_its_break_with_it(void **state)
{
	char *m = calloc(1, 4000);
	const struct verdict *v;
	size_t n;

	assert_non_null(m);
	n = (size_t)snprintf(m, 4000, "A: b\r\nContent-Type: message/rfc822"
	    "\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\nx\n--b--");
	memset(m + n, ' ', 1000);
	memcpy(m + n + 1000, "\r\n", 3);
	for (size_t step = 1; step < 1300; step += 100) {
		v = look_twice(*state, bytes(m), step);
		assert_null(finding(v, CODE_MIME_BINARY_EOL));
		assert_int_equal(finding(v, CODE_MIME_ATTACHED_EOL)
		    ->where->off[0], n - 6);
	}
	free(m);
}

static void
a_line_that_is_not_seen_whole_delimits_nothing(void **state)
{
	char *m = calloc(1, 4000);
	const struct verdict *v;
	size_t n;

	assert_non_null(m);
	n = (size_t)snprintf(m, 4000, MIXED("b") "\n--b\n\none\n--b");
	memset(m + n, ' ', 1030);
	memcpy(m + n + 1030, "x\n--b--\n", 9);
	v = look_twice(*state, bytes(m), SIZE_MAX);
	assert_int_equal(v->mime->parts, 2);
	free(m);
}

/* What the first look makes of the last bytes. */
static const struct {
	const char *text;
	bool maybe;
} last_lines[] = {
	{ MIXED("b") "\n--b\n\none\n--b--\n", false },
	{ MIXED("b") "\n--b\n\none\n--b--", false },
	{ MIXED("b") "\n--b\n\none\n--b-- \t\n\nepilogue\n", false },
	{ MIXED("\"b \"") "\n--b\n\none\n--b--", false },
	{ MIXED("b") "\n--b\n\none\nx--b--\n", true },
	{ MIXED("b") "\n--b\n\none\n--b--x\n", true },
	{ MIXED("b") "\n--b\n\none\n--b-- x\n", true },
	{ MIXED("b") "\n--b\n\none\n--b-\n", true },
	{ MIXED("b") "\n--b\n\none\n--b\n", true },
	{ MIXED("b") "\n", true },
	{ MIXED("b"), true },
	{ "Content-Type: multipart/mixed\n\none\n", true },
	{ "Content-Type:\n multipart/mixed;\n boundary=b\n\n--b\n", true },
	{ "Content-Type: (x) multipart/mixed;boundary=b\n\n--b\n", true },
	{ "CONTENT-TYPE : MULTIPART/MIXED;BOUNDARY=b\n\n--b\n", true },
	{ MIXED("b") MIXED("c") "\n--b\n--b--\n", false },
	{ MIXED("b") MIXED("c") "\n--b\n--c--\n", true },
	{ "Content-Type: text/plain; boundary=b\n\n--b\n", false },
	{ "Content-Type: message/rfc822\n\n" MIXED("b") "\n--b\n", false },
	{ "Content-Type: multiparts/mixed; boundary=b\n\n--b\n", false },
	{ "X: y\n " MIXED("b") "\n--b\n", false },
	{ "X: y\n\n" MIXED("b") "\n--b\n", false },
};

static void
the_first_look_knows_the_last_line(void **state)
{
	static const struct span breaks[] = { { (const uint8_t *)"\n", 1 },
	    { (const uint8_t *)"\r\n", 2 }, { (const uint8_t *)"\r", 1 } };
	struct looks *k = *state;
	uint8_t m[2000];

	for (size_t i = 0; i < 60 * sizeof(last_lines) /
	    sizeof(last_lines[0]); i++) {
		struct engine *g = i % 2 > 0 ? k->first : k->no_census;
		size_t n = 0;

		/* Behind eight lines the header is passed over. */
		for (size_t f = 0; f < i % 5 * 5; f++)
			n += with_breaks(m + n, "X-Field: of no interest to "
			    "the first look, as it is none of these\n",
			    breaks[i % 3]);
		n += with_breaks(m + n, last_lines[i / 60].text,
		    breaks[i % 3]);
		engine_begin(g, BRK_LF);
		feed(g, (struct span){ m, n }, i % 4 > 0 ? SIZE_MAX :
		    1 + i % 60);
		if (engine_end(g)->unclosed_maybe != last_lines[i / 60].maybe)
			fail_msg("%s", last_lines[i / 60].text);
	}
}

static void
codes_that_are_not_wanted_are_not_looked_for(void **state)
{
	struct engine_options o = { .codes = 1ull << CODE_EOL_BARE_LF };
	struct engine *g = engine_new(&o);

	(void)state;
	assert_non_null(g);
	engine_begin(g, BRK_LF);
	engine_feed(g, SPAN(MIXED("b") "\n--b\n"));
	assert_false(engine_is_suspect(engine_end(g)));
	engine_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_in_is_found),
		cmocka_unit_test(what_is_broken_is_found_or_borne),
		cmocka_unit_test(a_boundary_may_be_too_long_but_not_by_much),
		cmocka_unit_test(parts_are_looked_into_thirty_two_deep),
		cmocka_unit_test(all_parts_are_counted_and_the_first_described),
		cmocka_unit_test(
		    look_alikes_in_binary_parts_stay_what_they_are),
		cmocka_unit_test(one_line_end_that_is_no_data_is_enough),
		cmocka_unit_test(a_long_delimiter_line_takes_its_break_with_it),
		cmocka_unit_test(
		    a_line_that_is_not_seen_whole_delimits_nothing),
		cmocka_unit_test(the_first_look_knows_the_last_line),
		cmocka_unit_test(codes_that_are_not_wanted_are_not_looked_for),
	};

	return cmocka_run_group_tests(tests, open_looks, close_looks);
}

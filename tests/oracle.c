/*
 * See oracle.h.  Slow and plain on purpose.
 */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>

#include "header.h"

static uint8_t
byte_at(const struct oracle *o, uint64_t i)
{
	return o->m.p[i];
}

/* The bytes from `from` up to `to`, or to the message's end. */
static void
take_context(const struct oracle *o, struct context *c, uint64_t from,
    uint64_t place, uint64_t to)
{
	memset(c, 0, sizeof(*c));
	c->off = from;
	c->at = (uint8_t)(place - from);
	c->want = (uint8_t)(to - from);
	for (uint64_t i = from; i < to && i < o->m.n; i++)
		c->bytes[c->n++] = byte_at(o, i);
}

static void
add(struct spots *s, uint64_t off)
{
	if (s->count < SPOTS_KEPT)
		s->off[s->count] = off;
	s->count++;
}

static void
add_place(const struct oracle *o, struct spots *s, uint64_t off)
{
	if (s->count == 0)
		take_context(o, &s->context, off < 16 ? 0 : off - 16, off,
		    off + 24);
	add(s, off);
}

static void
add_line(const struct oracle *o, struct spots *s, uint64_t off, uint64_t len)
{
	if (s->count == 0) {
		take_context(o, &s->context, off, off, off + 24);
		if (s->context.n > len)
			s->context.n = (uint8_t)len;
	}
	add(s, off);
}

static bool
is_cr(const struct oracle *o, uint64_t i)
{
	return i < o->m.n && byte_at(o, i) == '\r';
}

static bool
is_lf(const struct oracle *o, uint64_t i)
{
	return i < o->m.n && byte_at(o, i) == '\n';
}

static enum brk
break_at(const struct oracle *o, uint64_t i)
{
	if (is_lf(o, i))
		return BRK_LF;
	if (!is_cr(o, i))
		return BRK_NONE;
	return is_lf(o, i + 1) ? BRK_CRLF : BRK_CR;
}

static void
push_line(struct oracle *o, struct oracle_line ln)
{
	if (o->n == o->cap) {
		o->cap = o->cap > 0 ? o->cap * 2 : 64;
		o->lines = realloc(o->lines, o->cap * sizeof(*o->lines));
		if (o->lines == NULL)
			abort();
	}
	o->lines[o->n++] = ln;
}

static void
split(struct oracle *o)
{
	struct oracle_line ln = { .before = BRK_NONE };
	uint64_t i = 0;

	while (i < o->m.n) {
		ln.after = break_at(o, i);
		if (ln.after == BRK_NONE) {
			i++;
			continue;
		}
		ln.len = i - ln.off;
		ln.crcrlf = ln.after == BRK_CR && is_cr(o, i + 1) &&
		    is_lf(o, i + 2);
		push_line(o, ln);
		i += ln.after == BRK_CRLF ? 2 : 1;
		ln.before = ln.after;
		ln.off = i;
	}
	if (ln.off < o->m.n) {
		ln.len = o->m.n - ln.off;
		ln.after = BRK_NONE;
		ln.crcrlf = false;
		push_line(o, ln);
	}
}

/* A name, perhaps white space, a colon, in what can be looked at. */
static bool
line_is_field(const struct oracle *o, const struct oracle_line *ln)
{
	uint64_t len = ln->len < LINE_HEAD ? ln->len : LINE_HEAD;
	uint64_t i = 0;

	while (i < len && byte_at(o, ln->off + i) > ' ' &&
	    byte_at(o, ln->off + i) < 127 && byte_at(o, ln->off + i) != ':')
		i++;
	if (i == 0)
		return false;
	while (i < len && (byte_at(o, ln->off + i) == ' ' ||
	    byte_at(o, ln->off + i) == '\t'))
		i++;
	return i < len && byte_at(o, ln->off + i) == ':';
}

static void
find_header(struct oracle *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		const struct oracle_line *ln = &o->lines[i];

		if (ln->len == 0 && ln->before == BRK_CR &&
		    ln->after == BRK_CRLF)
			continue;	/* CRCRLF is one break */
		if (ln->len == 0) {
			o->header_n = i;
			return;
		}
		if (i > 0 && (byte_at(o, ln->off) == ' ' ||
		    byte_at(o, ln->off) == '\t'))
			continue;
		if (line_is_field(o, ln))
			continue;
		o->header_n = i;
		add_line(o, &o->no_end, ln->off, ln->len);
		return;
	}
	o->header_n = o->n;
	add_line(o, &o->no_end, o->m.n, 0);
}

/* The line holds exactly these bytes. */
static bool
line_is(const struct oracle *o, const struct oracle_line *ln, const char *s)
{
	return ln->len == strlen(s) &&
	    memcmp(o->m.p + ln->off, s, strlen(s)) == 0;
}

/* RCPT in capitals or not, then a space or a tab. */
static bool
begins_rcpt_to(const struct oracle *o, const struct oracle_line *ln)
{
	static const char large[] = "RCPT ", small[] = "rcpt\t";

	if (ln->len < 5)
		return false;
	for (uint64_t i = 0; i < 5; i++)
		if (byte_at(o, ln->off + i) != large[i] &&
		    byte_at(o, ln->off + i) != small[i])
			return false;
	return true;
}

static void
count_line(struct oracle *o, const struct oracle_line *ln, bool wide)
{
	const uint64_t end = ln->off + ln->len;
	struct tally *t = &o->tally;

	if (ln->after == BRK_NONE)
		add_place(o, &t->no_final, end);
	else if (ln->crcrlf)
		add_place(o, &t->crcrlf, end);
	else
		add_place(o, &t->breaks[ln->after], end);
	if (line_is(o, ln, "."))
		add_place(o, ln->crcrlf ? &t->dot_crcrlf :
		    &t->lone[ln->before][ln->after], ln->off);
	if (begins_rcpt_to(o, ln))
		add_line(o, &t->rcpt, ln->off, ln->len);
	if (ln->len > 998)
		add_line(o, &t->long_lines, ln->off, ln->len);
	if (wide && ln->len > 78)
		add_line(o, &t->wide_lines, ln->off, ln->len);
}

static void
count_bytes(struct oracle *o)
{
	uint64_t i;

	for (i = 0; i < o->m.n; i++)
		if (byte_at(o, i) == 0)
			add_place(o, &o->tally.nul, i);
	for (size_t k = 0; k < o->header_n; k++)
		for (i = 0; i < o->lines[k].len; i++)
			if (byte_at(o, o->lines[k].off + i) >= 128)
				add_place(o, &o->tally.high,
				    o->lines[k].off + i);
}

void
oracle_read(struct oracle *o, struct span m, bool wide)
{
	o->m = m;
	o->n = 0;
	o->header_n = 0;
	memset(&o->tally, 0, sizeof(o->tally));
	memset(&o->no_end, 0, sizeof(o->no_end));
	o->tally.size = m.n;
	split(o);
	find_header(o);
	for (size_t i = 0; i < o->n; i++)
		count_line(o, &o->lines[i], wide);
	count_bytes(o);
}

static enum convention
convention(const struct tally *t, enum eol_mode mode, enum brk native)
{
	const uint64_t crlf = t->breaks[BRK_CRLF].count;
	const uint64_t lf = t->breaks[BRK_LF].count;
	const uint64_t cr = t->breaks[BRK_CR].count;

	if (mode == EOL_WIRE)
		return CONV_WIRE;
	if (mode == EOL_LF || mode == EOL_CRLF)
		return mode == EOL_LF ? CONV_LF : CONV_CRLF;
	if (2 * cr > cr + lf + crlf)
		return CONV_CR;
	if (lf == crlf)
		return native == BRK_CRLF ? CONV_CRLF : CONV_LF;
	return lf > crlf ? CONV_LF : CONV_CRLF;
}

static void
want(struct oracle *o, enum code c, enum severity severity,
    const struct spots *where)
{
	if (where->count == 0)
		return;
	o->want[c] = (struct oracle_finding){ true, severity, *where };
}

static void
judge_ends(struct oracle *o, enum brk native)
{
	const struct tally *t = &o->tally;
	const struct spots *lf = &t->breaks[BRK_LF];
	const struct spots *crlf = &t->breaks[BRK_CRLF];

	if (o->convention == CONV_CR)
		want(o, CODE_EOL_CR_ONLY, SEV_MEDIUM, &t->breaks[BRK_CR]);
	else
		want(o, CODE_EOL_BARE_CR, SEV_MEDIUM, &t->breaks[BRK_CR]);
	if (native == BRK_CRLF)
		want(o, CODE_EOL_BARE_LF, SEV_MEDIUM, lf);
	else
		want(o, CODE_EOL_CRLF, SEV_LOW, crlf);
	want(o, CODE_EOL_CRCRLF, SEV_MEDIUM, &t->crcrlf);
	if (lf->count > 0 && crlf->count > 0 &&
	    3 * lf->count >= crlf->count && 3 * crlf->count >= lf->count)
		want(o, CODE_EOL_MIXED, SEV_LOW,
		    lf->count <= crlf->count ? lf : crlf);
	want(o, CODE_EOL_NO_FINAL, o->convention == CONV_WIRE ? SEV_LOW :
	    SEV_INFO, &t->no_final);
}

static void
want_place(struct oracle *o, enum code c, enum severity severity,
    uint64_t off)
{
	o->want[c].there = true;
	o->want[c].severity = severity;
	add_place(o, &o->want[c].where, off);
}

static void
judge_pair(struct oracle *o, const struct oracle_line *ln, enum brk native)
{
	static const enum severity usual[BRK_KINDS][BRK_KINDS] = {
		[BRK_CRLF] = { 0, SEV_HIGH, SEV_HIGH, SEV_MEDIUM },
		[BRK_LF] = { 0, SEV_HIGH, SEV_HIGH, SEV_MEDIUM },
		[BRK_CR] = { 0, SEV_MEDIUM, SEV_MEDIUM, SEV_HIGH },
	};
	enum severity severity;
	enum brk b = ln->before;

	if (b == BRK_NONE && o->convention == CONV_WIRE)
		b = BRK_CRLF;
	if (ln->crcrlf || b == BRK_NONE || ln->after == BRK_NONE)
		return;
	severity = usual[b][ln->after];
	if (b == native && ln->after == native)
		severity = o->convention == CONV_WIRE ? SEV_HIGH :
		    o->convention == CONV_CR ? SEV_MEDIUM : SEV_INFO;
	want_place(o, CODE_EOD_CRLF_CRLF + (b - BRK_CRLF) * 3 +
	    (ln->after - BRK_CRLF), severity, ln->off);
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* One dot in no more than 16 bytes of spaces, tabs and NULs. */
static void
judge_company(struct oracle *o, const struct oracle_line *ln)
{
	const uint8_t *p = o->m.p + ln->off;
	size_t dots = 0, spaces = 0, dot = 0;

	if (ln->len < 2 || ln->len > 16)
		return;
	for (size_t i = 0; i < ln->len; i++) {
		if (p[i] == '.') {
			dots++;
			dot = i;
		} else if (p[i] != 0 && !is_space(p[i])) {
			return;
		}
	}
	for (size_t i = 0; i < dot; i++)
		spaces += is_space(p[i]);
	if (dots != 1 || spaces > 1)
		return;
	if (dot > 0 && p[dot - 1] == 0)
		want_place(o, CODE_EOD_NUL_DOT, SEV_MEDIUM, ln->off);
	if (dot > 0 && p[dot - 1] != 0)
		want_place(o, CODE_EOD_SPACE_DOT, SEV_INFO, ln->off);
	if (dot + 1 < ln->len && p[dot + 1] == 0)
		want_place(o, CODE_EOD_DOT_NUL, SEV_HIGH, ln->off);
	if (dot + 1 < ln->len && p[dot + 1] != 0)
		want_place(o, CODE_EOD_DOT_SPACE, SEV_INFO, ln->off);
}

/* Those between the message's own breaks matter if there are no others. */
static void
judge_stuffed(struct oracle *o, enum brk native, bool own)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct oracle_line *ln = &o->lines[i];

		if (!line_is(o, ln, "..") || ln->before == BRK_NONE ||
		    ln->after == BRK_NONE)
			continue;
		if ((ln->before == native && ln->after == native) == own)
			want_place(o, CODE_EOD_STUFFED_DOT,
			    own ? SEV_INFO : SEV_MEDIUM, ln->off);
	}
}

void
oracle_judge(struct oracle *o, enum eol_mode mode, enum brk store)
{
	const struct tally *t = &o->tally;
	enum brk native;

	memset(o->want, 0, sizeof(o->want));
	o->convention = convention(t, mode, store);
	native = o->convention == CONV_LF ? BRK_LF :
	    o->convention == CONV_CR ? BRK_CR : BRK_CRLF;
	judge_ends(o, native);
	for (size_t i = 0; i < o->n; i++) {
		if (line_is(o, &o->lines[i], "."))
			judge_pair(o, &o->lines[i], native);
		judge_company(o, &o->lines[i]);
	}
	want(o, CODE_EOD_DOT_CRCRLF, SEV_HIGH, &t->dot_crcrlf);
	judge_stuffed(o, native, false);
	if (!o->want[CODE_EOD_STUFFED_DOT].there && mode != EOL_WIRE)
		judge_stuffed(o, native, true);
	want(o, CODE_LIMIT_LINE_998, SEV_LOW, &t->long_lines);
	want(o, CODE_LIMIT_LINE_78, SEV_INFO, &t->wide_lines);
	want(o, CODE_LIMIT_NUL, SEV_MEDIUM, &t->nul);
	want(o, CODE_LIMIT_8BIT_HEADER, SEV_LOW, &t->high);
	want(o, CODE_LIMIT_NO_HEADER_END, SEV_LOW, &o->no_end);
}

/* NULL, or what differs. */
static const char *
spots_differ(const struct spots *a, const struct spots *b)
{
	const struct context *c = &a->context, *d = &b->context;

	if (a->count != b->count)
		return "count";
	if (a->count == 0)
		return NULL;
	for (size_t i = 0; i < spots_kept(a); i++)
		if (a->off[i] != b->off[i])
			return "offsets";
	if (c->off != d->off || c->at != d->at || c->want != d->want)
		return "context's place";
	if (c->n != d->n || memcmp(c->bytes, d->bytes, c->n) != 0)
		return "context's bytes";
	return NULL;
}

static bool
same(const struct spots *wanted, const struct spots *got, const char *name,
    char *why, size_t n)
{
	const char *what = spots_differ(wanted, got);

	if (what != NULL)
		(void)snprintf(why, n, "%s: %s (count %llu, should be %llu)",
		    name, what, (unsigned long long)got->count,
		    (unsigned long long)wanted->count);
	return what == NULL;
}

static bool
tally_agrees(const struct tally *a, const struct tally *b, char *why,
    size_t n)
{
	char name[32];

	for (unsigned i = 0; i < BRK_KINDS * BRK_KINDS; i++) {
		(void)snprintf(name, sizeof(name), "lone[%u][%u]", i / 4,
		    i % 4);
		if (!same(&a->lone[i / 4][i % 4], &b->lone[i / 4][i % 4],
		    name, why, n))
			return false;
	}
	return same(&a->breaks[BRK_NONE], &b->breaks[BRK_NONE], "breaks[0]",
	    why, n) &&
	    same(&a->breaks[BRK_CRLF], &b->breaks[BRK_CRLF], "crlf", why, n) &&
	    same(&a->breaks[BRK_LF], &b->breaks[BRK_LF], "lf", why, n) &&
	    same(&a->breaks[BRK_CR], &b->breaks[BRK_CR], "cr", why, n) &&
	    same(&a->dot_crcrlf, &b->dot_crcrlf, "dot_crcrlf", why, n) &&
	    same(&a->crcrlf, &b->crcrlf, "crcrlf", why, n) &&
	    same(&a->nul, &b->nul, "nul", why, n) &&
	    same(&a->high, &b->high, "high", why, n) &&
	    same(&a->long_lines, &b->long_lines, "long_lines", why, n) &&
	    same(&a->wide_lines, &b->wide_lines, "wide_lines", why, n) &&
	    same(&a->no_final, &b->no_final, "no_final", why, n) &&
	    same(&a->rcpt, &b->rcpt, "rcpt", why, n) &&
	    a->size == b->size;
}

bool
oracle_agrees(const struct oracle *o, const struct verdict *v,
    code_set codes, char *why, size_t n)
{
	size_t found = 0;

	(void)snprintf(why, n, "size, convention or number of findings");
	if (!tally_agrees(&o->tally, v->tally, why, n) ||
	    o->convention != v->convention)
		return false;
	for (unsigned i = 0; i < CODE_COUNT; i++)
		found += o->want[i].there && (codes >> i & 1) != 0;
	if (found != v->n)
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const enum code c = v->list[i].code;
		const struct oracle_finding *f = &o->want[c];

		if (!f->there || (codes >> c & 1) == 0 ||
		    f->severity != v->list[i].severity) {
			(void)snprintf(why, n, "%s: severity, or not there",
			    code_info(c)->name);
			return false;
		}
		if (!same(&f->where, v->list[i].where, code_info(c)->name,
		    why, n))
			return false;
	}
	return true;
}

void
oracle_free(struct oracle *o)
{
	free(o->lines);
	memset(o, 0, sizeof(*o));
}

/*
 * See encodelaws.h.
 */
#include "encodelaws.h"

#include <stdlib.h>

/* Grown at most by this: three bytes for one, soft breaks, a field. */
#define GROWTH(n) (4 * (n) + 256)

/* --- texts */

size_t
encodelaws_canonical(struct span s, bool lines, enum brk native,
    uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		const bool crlf = s.p[i] == '\r' && i + 1 < s.n &&
		    s.p[i + 1] == '\n';

		if (lines && (crlf || (s.p[i] == '\n' && native == BRK_LF))) {
			out[n++] = '\r';
			out[n++] = '\n';
			i += crlf;
		} else {
			out[n++] = s.p[i];
		}
	}
	return n;
}

/* Where the line that begins at i ends; *width: bytes of its break. */
static size_t
line_end(struct span s, size_t i, size_t *width)
{
	while (i < s.n && s.p[i] != '\n')
		i++;
	*width = i < s.n;
	if (i < s.n && i > 0 && s.p[i - 1] == '\r') {
		*width = 2;
		i--;
	}
	return i;
}

static int
hex_at(const uint8_t *p)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *a = p[0] == 0 ? NULL : strchr(hex, p[0]);
	const char *b = p[1] == 0 ? NULL : strchr(hex, p[1]);

	return a == NULL || b == NULL ? -1 :
	    (int)(16 * (a - hex) + (b - hex));
}

/* A line without its break; *soft: it goes on. */
static bool
decode_line(struct span s, uint8_t *out, size_t *n, bool *soft)
{
	*soft = s.n > 0 && s.p[s.n - 1] == '=';
	s.n -= *soft;
	if (!*soft && s.n > 0 && strchr(" \t", s.p[s.n - 1]) != NULL &&
	    s.p[s.n - 1] != 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int value = s.p[i];

		if (value == '=') {
			value = i + 2 < s.n ? hex_at(s.p + i + 1) : -1;
			if (value < 0)
				return false;
			i += 2;
		} else if (value != '\t' && (value < ' ' || value > '~')) {
			return false;
		}
		out[(*n)++] = (uint8_t)value;
	}
	return true;
}

static bool
decode_qp(struct span s, uint8_t *out, size_t *n)
{
	size_t i = 0, end, width = 0;
	bool soft = false;

	while (i < s.n) {
		end = line_end(s, i, &width);
		if (!decode_line((struct span){ s.p + i, end - i }, out, n,
		    &soft) || (soft && width == 0))
			return false;
		i = end + width;
		if (width > 0 && !soft) {
			out[(*n)++] = '\r';
			out[(*n)++] = '\n';
		}
	}
	return !soft;
}

/* Bit by bit. */
static bool
decode_base64(struct span s, uint8_t *out, size_t *n)
{
	static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bits = 0, count = 0, pads = 0;

	for (size_t i = 0, width; i < s.n; i++) {
		if (i == line_end(s, i, &width) && width > 0) {
			if (i == 0 || s.p[i - 1] == '\n')
				return false;
			i += width - 1;
			continue;
		}
		const char *at = s.p[i] == 0 ? NULL :
		    strchr(symbols, s.p[i]);

		count++;
		if (s.p[i] == '=')
			pads++;
		else if (at == NULL || pads > 0)
			return false;
		for (unsigned k = 0; at != NULL && k < 6; k++, bits++) {
			const size_t v = (size_t)(at - symbols);

			if (bits % 8 == 0)
				out[bits / 8] = 0;
			out[bits / 8] = (uint8_t)(out[bits / 8] |
			    (v >> (5 - k) & 1) << (7 - bits % 8));
		}
	}
	*n = bits / 8;
	return count % 4 == 0 && pads <= 2 &&
	    (bits % 8 == 0 || out[*n] == 0);
}

bool
encodelaws_decode(enum transfer_encoding encoding, struct span text,
    uint8_t *out, size_t *n)
{
	*n = 0;
	return encoding == TRANSFER_QP ? decode_qp(text, out, n) :
	    decode_base64(text, out, n);
}

static const char *
check_line(struct span s)
{
	if (s.n > 76)
		return "a line too long";
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && (s.p[i] < ' ' || s.p[i] > '~'))
			return "a byte that may not occur";
	if (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		return "white space at the end of a line";
	if (s.n > 0 && s.p[0] == '.')
		return "a dot begins a line";
	if (s.n > 1 && memcmp(s.p, "--", 2) == 0)
		return "a delimiter begins a line";
	if (s.n > 4 && memcmp(s.p, "From ", 5) == 0)
		return "a From_ line";
	return NULL;
}

static const char *
check_lines(struct span text, enum brk to)
{
	size_t i = 0, end, width;
	const char *bad;

	while (i < text.n) {
		end = line_end(text, i, &width);
		bad = check_line((struct span){ text.p + i, end - i });
		if (bad != NULL)
			return bad;
		if (width > 0 && width != (to == BRK_CRLF ? 2u : 1u))
			return "a wrong break";
		i = end + width;
	}
	return NULL;
}

const char *
encodelaws_text(struct span old, bool lines, enum brk native, enum brk to,
    enum transfer_encoding encoding, struct span text)
{
	uint8_t *want = malloc(2 * old.n + 1), *got = malloc(2 * text.n + 1);
	const char *bad = "no memory";
	size_t n, m;

	if (want == NULL || got == NULL)
		goto out;
	bad = check_lines(text, to);
	if (bad != NULL)
		goto out;
	n = encodelaws_canonical(old, lines, native, want);
	if (!encodelaws_decode(encoding, text, got, &m))
		bad = "it cannot be decoded";
	else if (m != n || memcmp(want, got, n) != 0)
		bad = "it is decoded to something else";
out:
	free(want);
	free(got);
	return bad;
}

/* --- messages */

bool
encodelaws_open(struct encodelaws *l, size_t max)
{
	struct engine_options o = { .codes = code_set_default() };

	memset(l, 0, sizeof(*l));
	l->first = engine_new(&o);
	o.topics = TOPIC_MIME;
	l->again = engine_new(&o);
	l->reencode = reencode_new();
	l->check = reencode_check_new();
	l->made = malloc(GROWTH(max));
	l->spliced = malloc(GROWTH(max));
	return reencode_splice_open(&l->splice[0], BRK_CRLF) &&
	    reencode_splice_open(&l->splice[1], BRK_LF) &&
	    l->first != NULL && l->again != NULL && l->reencode != NULL &&
	    l->check != NULL && l->made != NULL && l->spliced != NULL;
}

void
encodelaws_close(struct encodelaws *l)
{
	engine_free(l->first);
	engine_free(l->again);
	reencode_free(l->reencode);
	reencode_check_free(l->check);
	reencode_splice_close(&l->splice[0]);
	reencode_splice_close(&l->splice[1]);
	free(l->made);
	free(l->spliced);
}

static void
find_parts(struct encodelaws *l, struct span m, struct mime_facts *out)
{
	struct verdict *v;

	engine_begin(l->first, BRK_LF);
	engine_feed(l->first, m);
	v = engine_end(l->first);
	engine_begin_again(l->again, BRK_LF, v);
	engine_feed(l->again, m);
	engine_end_again(l->again, v);
	out->n = 0;
	if (v->mime != NULL)
		*out = *v->mime;
	if (out->n > 0)
		return;
	memset(out, 0, sizeof(*out));	/* there was nothing to look for */
	out->parts = out->n = 1;
	reencode_whole(l->reencode, m, m.n, &out->list[0]);
}

static void
add(struct encodelaws *l, const uint8_t *p, size_t n)
{
	if (n > 0)
		memcpy(l->made + l->n, p, n);
	l->n += n;
}

static void
apply(struct encodelaws *l, struct span m, const struct reencoded *r)
{
	const struct graft *const grafts[] = { &r->field, &r->body };
	size_t at = 0;

	l->n = 0;
	for (size_t i = 0; i < 2; i++) {
		add(l, m.p + at, (size_t)grafts[i]->off - at);
		add(l, grafts[i]->ins.p, grafts[i]->ins.n);
		at = (size_t)(grafts[i]->off + grafts[i]->del);
	}
	add(l, m.p + at, m.n - at);
}

static void
put_spliced(void *ctx, struct span s)
{
	struct encodelaws *l = ctx;

	memcpy(l->spliced + l->spliced_n, s.p, s.n);
	l->spliced_n += s.n;
}

/* The acting side makes the same of it, or does not see where the part's
 * header block begins: if one before it has no empty line, or a bare CR. */
static const char *
splices(struct encodelaws *l, struct span m, const struct reencode_how *how,
    const struct reencoded *r)
{
	const struct edit list[2] = {
		{ .off = r->field.off, .graft = &r->field },
		{ .off = r->body.off, .graft = &r->body },
	};
	const unsigned kinds = r->field.kind | EDIT_ENCODE;
	struct splice s;
	const char *bad;
	size_t used = 0;

	if (!edits_are_allowed(list, 2, kinds, m.n))
		return "its edits are not allowed";
	l->spliced_n = 0;
	splice_begin(&s, kinds, put_spliced, l);
	splice_text(&s, how->to, &l->splice[how->native == BRK_LF].hook);
	for (size_t i = 0, n; i < m.n; i += n) {
		n = m.n - i < 7 ? m.n - i : 7;
		used += splice_feed(&s, (struct span){ m.p + i, n },
		    list + used, 2 - used);
	}
	bad = splice_end(&s);
	/* Whoever makes the change may be stricter, and then it is left. */
	if (bad != NULL && strncmp(bad, "text ", 5) == 0) {
		l->refused++;
		return NULL;
	}
	if (bad != NULL)
		return bad;
	return l->spliced_n == l->n && memcmp(l->spliced, l->made, l->n) == 0 ?
	    NULL : "splice makes something else";
}

static struct span
body_of(struct span m, const struct mime_part *p)
{
	return (struct span){ m.p + p->body, (size_t)(p->end - p->body) };
}

static struct span
head_of(struct span m, const struct mime_part *p)
{
	return (struct span){ m.p + p->offset, (size_t)(p->body - p->offset) };
}

/* In two orders, and one byte at a time. */
static bool
checks(struct reencode_check *c, const struct reencoded *r, struct span old,
    enum brk native, struct span text)
{
	size_t i = 0;
	bool once;

	reencode_check_begin(c, r->encoding, r->lines, native);
	reencode_check_text(c, text);
	reencode_check_old(c, old);
	once = reencode_check_end(c);
	reencode_check_begin(c, r->encoding, r->lines, native);
	for (; i < old.n || i < text.n; i++) {
		if (i < old.n)
			reencode_check_old(c, (struct span){ old.p + i, 1 });
		if (i < text.n)
			reencode_check_text(c, (struct span){ text.p + i, 1 });
	}
	return reencode_check_end(c) && once;
}

static const char *
check_rest(struct span m, struct span made, const struct mime_facts *a,
    const struct mime_facts *b, size_t part)
{
	if (a->parts != b->parts || a->n != b->n || a->depth != b->depth ||
	    a->unclosed != b->unclosed)
		return "another number of parts";
	for (size_t i = 0; i < a->n; i++) {
		const struct mime_part *p = &a->list[i], *q = &b->list[i];
		const bool around = p->offset < a->list[part].offset &&
		    p->end >= a->list[part].end;

		if (strcmp(p->type, q->type) != 0 || p->depth != q->depth ||
		    p->cut != q->cut)
			return "a part is something else";
		if (i == part)
			continue;
		if (strcmp(p->encoding, q->encoding) != 0 ||
		    !span_eq(head_of(m, p), head_of(made, q)) ||
		    (!around && !span_eq(body_of(m, p), body_of(made, q))))
			return "another part changed";
	}
	return NULL;
}

static const char *
check_part(struct encodelaws *l, struct span m, size_t part,
    const struct reencode_how *how, const struct reencoded *r)
{
	static struct mime_facts facts;
	const struct mime_part *p = &l->facts.list[part], *q;
	const struct span made = { l->made, l->n };
	struct reencoded twice;
	const char *bad;

	find_parts(l, made, &facts);
	if ((bad = check_rest(m, made, &l->facts, &facts, part)) != NULL)
		return bad;
	q = &facts.list[part];
	if (strcmp(q->encoding, r->encoding == TRANSFER_QP ?
	    "quoted-printable" : "base64") != 0)
		return "it is not said that it is encoded";
	if ((bad = encodelaws_text(body_of(m, p), r->lines, how->native,
	    how->to, r->encoding, body_of(made, q))) != NULL)
		return bad;
	if (!checks(l->check, r, body_of(m, p), how->native,
	    body_of(made, q)))
		return "the check says no";
	if ((bad = splices(l, m, how, r)) != NULL)
		return bad;
	if (reencode_part(l->reencode, q, (struct span){ made.p + q->offset,
	    made.n - (size_t)q->offset }, how, &twice))
		return "it is encoded twice";
	return NULL;
}

static bool
encode(struct encodelaws *l, struct span m, size_t part,
    const struct reencode_how *how, struct reencoded *r)
{
	const struct mime_part *p = &l->facts.list[part];
	const size_t all = m.n - (size_t)p->offset;
	const size_t want = (size_t)(p->end - p->offset) + REENCODE_BEHIND;
	const size_t n = all < want ? all : want;
	uint8_t *own = malloc(n > 0 ? n : 1);	/* the sanitizer sees its end */
	bool ok;

	if (own == NULL)
		abort();
	if (n > 0)
		memcpy(own, m.p + p->offset, n);
	ok = reencode_part(l->reencode, p, (struct span){ own, n }, how, r);
	l->part = part;
	l->tried++;
	l->done += ok;
	l->why_not = r->why_not;
	if (ok)
		apply(l, m, r);
	free(own);
	return ok;
}

const char *
encodelaws_message(struct encodelaws *l, struct span m,
    const struct reencode_how *how)
{
	struct reencoded r;
	const char *bad;

	find_parts(l, m, &l->facts);
	for (size_t i = 0; i < l->facts.n; i++) {
		if (!encode(l, m, i, how, &r)) {
			if (r.why_not == NULL)
				return "no reason";
			continue;
		}
		if ((bad = check_part(l, m, i, how, &r)) != NULL)
			return bad;
	}
	return NULL;
}

bool
encodelaws_part(struct encodelaws *l, struct span m, size_t part,
    const struct reencode_how *how, struct span *out)
{
	struct reencoded r;

	find_parts(l, m, &l->facts);
	if (part >= l->facts.n || !encode(l, m, part, how, &r))
		return false;
	*out = (struct span){ l->made, l->n };
	return true;
}

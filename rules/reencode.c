/*
 * See reencode.h.
 */
#include "reencode.h"

#include <stdlib.h>

#include "conform_value.h"
#include "encode.h"
#include "fields.h"
#include "mended.h"

/* Base64 of nothing but breaks; quoted-printable is taken if it is shorter. */
#define CANONICAL_MAX (2u * REENCODE_MAX)
#define SYMBOLS_MAX ((CANONICAL_MAX + 2u) / 3u * 4u)
#define TEXT_MAX (SYMBOLS_MAX + 2u * (SYMBOLS_MAX / ENCODE_LINE + 1u))

struct reencode {
	const struct fix_options *fix;	/* or NULL */
	struct fields fields;
	struct mime_part part;
	struct mended mended;
	struct conform_type type;
	struct charset_check check;
	uint8_t text[TEXT_MAX];
};

/* A part and what is read of its header block. */
struct part {
	const struct mime_part *is;
	struct span head, body, behind;
	bool is_mended;		/* head is not what is there */
	size_t head_end;	/* where the empty line is, in head */
	const struct field *type, *encoding;	/* or NULL */
	struct span word;	/* the encoding's name, in its field */
};

struct reencode *
reencode_new(void)
{
	struct reencode *r = malloc(sizeof(*r));

	if (r != NULL)
		r->fix = NULL;
	return r;
}

void
reencode_fix(struct reencode *r, const struct fix_options *o)
{
	r->fix = o;
}

void
reencode_free(struct reencode *r)
{
	free(r);
}

/* --- the header block */

/* Where that byte of the header block is in the message. */
static uint64_t
place_of(struct reencode *r, const struct part *p, struct span rest,
    size_t i)
{
	if (p->is_mended)
		(void)mended_head(&r->mended, r->fix, rest,
		    (size_t)(p->is->body - p->is->offset),
		    p->is->offset == 0, i);
	return p->is->offset + (p->is_mended ? r->mended.was : i);
}

static bool
is_from_line(struct span s)
{
	return span_starts(s, SPAN("From ")) || span_starts(s, SPAN(">From "));
}

/* The only field of that name, or NULL; false: there are several. */
static bool
find_only(const struct fields *fs, const char *name,
    const struct field **out)
{
	size_t i = 0;

	*out = fields_find(fs, name, &i);
	i++;
	return *out == NULL || fields_find(fs, name, &i) == NULL;
}

static bool
is_break(struct span s)
{
	return span_eq(s, SPAN("\r\n")) || span_eq(s, SPAN("\n"));
}

static const char *
read_fields(struct reencode *r, struct part *p)
{
	struct fields *fs = &r->fields;

	if (mended_has_cr(p->head))
		return "a bare CR in its header";
	fs->cut = false;
	fields_read(fs, p->head);
	if (fs->cut)
		return "its header is too long";
	p->head_end = 0;
	for (size_t i = 0; i < fs->n; i++) {
		if (!span_begins_field(fs->list[i].raw) && (i > 0 ||
		    !is_from_line(fs->list[i].raw)))
			return "a line in its header is no field";
		p->head_end += fs->list[i].raw.n;
	}
	if (!is_break((struct span){ p->head.p + p->head_end,
	    p->head.n - p->head_end }))
		return "no empty line behind its header";
	if (!find_only(fs, "content-type", &p->type) ||
	    !find_only(fs, "content-transfer-encoding", &p->encoding))
		return "a field that is there twice";
	return NULL;
}

/* --- a message that is one part */

/* What the first field of that name says, or what its absence does. */
static void
read_word(const struct fields *fs, const char *name, const char *absent,
    char *out, size_t max)
{
	struct content_type t = { .type = "" };
	const struct field *f;
	size_t i = 0, n;

	if ((f = fields_find(fs, name, &i)) != NULL)
		content_type_read(&t, f->value);
	if (t.type[0] == '\0')
		memcpy(t.type, absent, strlen(absent) + 1);
	n = strnlen(t.type, max);
	memcpy(out, t.type, n);
	out[n] = '\0';
}

void
reencode_whole(struct reencode *r, struct span start, uint64_t size,
    struct mime_part *out)
{
	struct fields *fs = &r->fields;
	const size_t head = mended_size(start);
	struct span s = { start.p, head > 0 ? head : start.n };

	if (head > 0 && mended_is_needed(s, r->fix))
		s = mended_head(&r->mended, r->fix, start, head, true, 0);
	fs->cut = false;
	fields_read(fs, s);
	memset(out, 0, sizeof(*out));
	read_word(fs, "content-type", "text/plain", out->type,
	    MEDIA_TYPE_MAX);
	read_word(fs, "content-transfer-encoding", "7bit", out->encoding,
	    MIME_ENCODING_MAX);
	out->body = head > 0 ? head : size;
	out->end = size;
}

/* --- its encoding */

/* What a value says, if that is a word on the field's line and no more. */
static struct span
only_word(struct span s)
{
	while (s.n > 0 && ascii_wsp(s.p[0]))
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && ascii_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
is_named(struct span s, const char *name)
{
	const struct span n = { (const uint8_t *)name, strlen(name) };

	return s.n == n.n && span_starts_nocase(s, n);
}

static const char *
read_encoding(struct part *p)
{
	if (p->encoding == NULL)
		return NULL;
	p->word = only_word(p->encoding->value);
	if (!is_named(p->word, "7bit") && !is_named(p->word, "8bit") &&
	    !is_named(p->word, "binary"))
		return "its Content-Transfer-Encoding is not 7bit, 8bit or "
		    "binary";
	return is_named(p->word, p->is->encoding) ? NULL :
	    "its header says something else";
}

static bool
is_binary(const struct part *p)
{
	return p->encoding != NULL && is_named(p->word, "binary");
}

/* --- its type and charset */

static bool
is_text(const struct part *p)
{
	return content_type_is(p->is->type, "text");
}

/* As conform_head.h cuts a value out. */
static struct span
value_of(const struct field *f)
{
	struct span s = f->value;

	while (s.n > 0 && s.p[0] == ' ')
		s = (struct span){ s.p + 1, s.n - 1 };
	while (s.n > 0 && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}

/*
 * The decoded text would be valid in its charset: the old one in canonical
 * form is.
 */
static bool
is_valid(struct charset_check *check, const struct encode *e)
{
	for (size_t i = 0, from = 0, n; i < e->old.n; i += n > 0 ? n : 1) {
		const size_t upto = (n = encode_break_at(e, i)) > 0 ? i : i + 1;
		const struct span s = { e->old.p + from, upto - from };

		if (n == 0 && i + 1 < e->old.n)
			continue;
		if (charset_feed(check, s) < s.n || (n > 0 &&
		    charset_feed(check, SPAN("\r\n")) < 2))
			return false;
		from = i + n;
	}
	return charset_end(check);
}

static const char *
judge_text(struct reencode *r, const struct part *p, const struct encode *e,
    bool any_charset)
{
	const struct charset *charset;
	bool readable = true;

	conform_type_default(&r->type);
	if (p->type != NULL)
		readable = conform_content_type(value_of(p->type), &r->type);
	charset = r->type.charset;
	if (charset != NULL && !charset_is_valid(charset, SPAN("a")))
		return "its charset has no line breaks of one byte";
	if (any_charset)
		return NULL;
	if (!readable)
		return "its Content-Type cannot be read";
	if (charset == NULL)
		return "its charset is not known";
	charset_begin(&r->check, charset);
	return is_valid(&r->check, e) ? NULL :
	    "it is not valid in its charset";
}

/*
 * No text, yet said to be lines.  Where an LF is one and there are other
 * bytes that no lines have (RFC 2045 2.7, 2.8) it may be data as well, and
 * then a CRLF in its place would spoil it.
 */
static bool
may_be_data(const struct encode *e)
{
	for (size_t i = 0; i < e->old.n && e->native == BRK_LF; i++)
		if (e->old.p[i] == 0 || (e->old.p[i] == '\r' &&
		    encode_break_at(e, i) == 0))
			return true;
	return false;
}

static const char *
judge_type(struct reencode *r, const struct part *p,
    const struct reencode_how *how, struct encode *e)
{
	e->lines = is_text(p) || !is_binary(p);
	if (is_text(p))
		return judge_text(r, p, e, how->any_charset);
	return e->lines && may_be_data(e) ? "it may be binary data" : NULL;
}

/* The break behind it, if there is one, is an LF, CRLF or CRCRLF. */
static bool
is_ended(struct span s)
{
	size_t i = 0;

	while (i < s.n && i + 1 < REENCODE_BEHIND && s.p[i] == '\r')
		i++;
	return i == s.n || s.p[i] == '\n';
}

/* --- the grafts */

/*
 * It ends in a CR or LF that is data.  As quoted-printable it would have no
 * break at its end, and in an mbox the line behind it would become that.
 */
static bool
ends_in_data(const struct encode *e)
{
	const size_t n = e->old.n;
	const uint8_t last = n > 0 ? e->old.p[n - 1] : 0;

	return last == '\r' || (last == '\n' && encode_break_at(e, n - 1) ==
	    0 && (n == 1 || encode_break_at(e, n - 2) != 2));
}

static enum transfer_encoding
choose(const struct encode *e, enum transfer_encoding wanted)
{
	if (wanted != TRANSFER_NONE)
		return wanted;
	return e->lines && !ends_in_data(e) &&
	    encode_body(e, TRANSFER_QP, NULL) <=
	    encode_body(e, TRANSFER_BASE64, NULL) ? TRANSFER_QP :
	    TRANSFER_BASE64;
}

static struct graft
field_graft(const struct part *p, enum transfer_encoding encoding,
    const struct reencode_how *how, uint64_t off)
{
	const bool qp = encoding == TRANSFER_QP, crlf = how->to == BRK_CRLF;
	struct graft g = { .why = how->why };
	const char *field = crlf ?
	    qp ? "Content-Transfer-Encoding: quoted-printable\r\n" :
	    "Content-Transfer-Encoding: base64\r\n" :
	    qp ? "Content-Transfer-Encoding: quoted-printable\n" :
	    "Content-Transfer-Encoding: base64\n";

	if (p->encoding == NULL) {
		g.kind = EDIT_FIELD;
		g.off = off;
		g.ins = (struct span){ (const uint8_t *)field, strlen(field) };
		return g;
	}
	/* White space behind it goes too: not all who read it expect that. */
	g.kind = EDIT_ENCODING;
	g.off = off;
	g.del = (uint64_t)(p->encoding->value.p + p->encoding->value.n -
	    p->word.p);
	g.ins = qp ? SPAN("quoted-printable") : SPAN("base64");
	return g;
}

/* Of the encoding: its name, or a field behind the last one.  An LF ends that,
 * and no repair touches an LF; the empty line it may. */
static uint64_t
place_for(struct reencode *r, const struct part *p, struct span rest)
{
	return p->encoding != NULL ?
	    place_of(r, p, rest, (size_t)(p->word.p - p->head.p)) :
	    p->head_end == 0 ? p->is->offset :
	    place_of(r, p, rest, p->head_end - 1) + 1;
}

/* No repair touches what goes from that place. */
static bool
stays(const struct part *p, struct span rest, uint64_t place)
{
	return p->encoding == NULL || memcmp(rest.p + (place - p->is->offset),
	    p->word.p, (size_t)(p->encoding->value.p + p->encoding->value.n -
	    p->word.p)) == 0;
}

static const char *
make(struct reencode *r, const struct part *p, const struct reencode_how *how,
    struct span rest, const struct encode *e, struct reencoded *out)
{
	const uint64_t place = place_for(r, p, rest);
	size_t n;

	out->encoding = choose(e, how->encoding);
	out->lines = e->lines;
	n = encode_body(e, out->encoding, NULL);
	if (n > TEXT_MAX)
		return "too large to encode";
	if (!stays(p, rest, place))
		return "what is behind its Content-Transfer-Encoding is to "
		    "be repaired first";
	(void)encode_body(e, out->encoding, r->text);
	out->field = field_graft(p, out->encoding, how, place);
	out->body = (struct graft){ .off = p->is->body, .del = p->body.n,
	    .ins = { r->text, n }, .kind = EDIT_ENCODE, .why = how->why };
	return NULL;
}

/* What is known without a look at the bytes. */
static const char *
judge_facts(const struct mime_part *p)
{
	if (content_type_is(p->type, "multipart") ||
	    content_type_is(p->type, "message"))
		return "a multipart or message must not be encoded";
	if (strcmp(p->encoding, "quoted-printable") == 0 ||
	    strcmp(p->encoding, "base64") == 0)
		return "it is encoded";
	if (p->body == p->end)
		return "its body is empty";
	if (p->end - p->body > REENCODE_MAX ||
	    p->body - p->offset > REENCODE_HEADER_MAX)
		return "too large to encode";
	return p->cut ? "it is not closed" : NULL;
}

/* The header block as it will be may say something else. */
static void
mend_part(struct reencode *r, struct part *p, struct span rest)
{
	size_t i = 0;

	if (!mended_is_needed(p->head, r->fix))
		return;
	p->head = mended_head(&r->mended, r->fix, rest, p->head.n,
	    p->is->offset == 0, 0);
	p->is_mended = true;
	r->fields.cut = false;
	fields_read(&r->fields, p->head);
	if (fields_find(&r->fields, "content-type", &i) != NULL)
		read_word(&r->fields, "content-type", "text/plain",
		    r->part.type, MEDIA_TYPE_MAX);
	i = 0;
	if (fields_find(&r->fields, "content-transfer-encoding", &i) != NULL)
		read_word(&r->fields, "content-transfer-encoding", "7bit",
		    r->part.encoding, MIME_ENCODING_MAX);
}

static const char *
try_part(struct reencode *r, struct part *p, const struct reencode_how *how,
    struct span rest, struct reencoded *out)
{
	struct encode e = { .old = p->body, .native = how->native,
	    .to = how->to };
	const char *why_not;

	if (how->native != BRK_LF && how->native != BRK_CRLF)
		return "its lines do not end in LF or CRLF";
	if (!is_ended(p->behind))
		return "a bare CR ends it";
	mend_part(r, p, rest);
	if ((why_not = judge_facts(p->is)) != NULL ||
	    (why_not = read_fields(r, p)) != NULL ||
	    (why_not = read_encoding(p)) != NULL ||
	    (why_not = judge_type(r, p, how, &e)) != NULL)
		return why_not;
	return make(r, p, how, rest, &e, out);
}

/* To some readers the header block ends at a CR, but it will not. */
static const struct mime_part *
begin_part(struct reencode *r, const struct mime_part *is, struct span rest)
{
	const size_t size = mended_size((struct span){ rest.p,
	    (size_t)(is->end - is->offset) });

	r->part = *is;
	if (size > is->body - is->offset && mended_is_needed((struct span){
	    rest.p, size }, r->fix))
		r->part.body = is->offset + size;
	return &r->part;
}

bool
reencode_part(struct reencode *r, const struct mime_part *is,
    struct span rest, const struct reencode_how *how, struct reencoded *out)
{
	struct part p = { .is = is };

	memset(out, 0, sizeof(*out));
	out->why_not = judge_facts(is);
	if (out->why_not == NULL && rest.n < is->end - is->offset)
		out->why_not = "its bytes are not at hand";
	if (out->why_not != NULL)
		return false;
	p.is = begin_part(r, is, rest);
	p.head = (struct span){ rest.p, (size_t)(p.is->body - is->offset) };
	p.body = (struct span){ rest.p + p.head.n,
	    (size_t)(is->end - p.is->body) };
	p.behind = (struct span){ p.body.p + p.body.n,
	    rest.n - p.head.n - p.body.n };
	out->why_not = try_part(r, &p, how, rest, out);
	return out->why_not == NULL;
}

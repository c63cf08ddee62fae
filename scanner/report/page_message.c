/*
 * See page.h: one message with its findings and their bytes.
 */
#include "page.h"

#include <inttypes.h>

#include "page_put.h"

#define ROW 24u			/* bytes shown on a line */
#define BYTES_MAX 64u		/* of a context */

/* --- bytes */

struct bytes {
	uint64_t off;		/* of the first, in the message */
	size_t at;		/* which is the place */
	size_t n;
	uint8_t list[BYTES_MAX];
};

static int
digit(uint8_t c)
{
	return ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

/* As many as can be read. */
static bool
read_bytes(const struct json_object *context, struct bytes *out)
{
	struct span hex;
	uint64_t at;

	if (!json_member_text(context, "hex", &hex) ||
	    !json_member_u64(context, "at", &at) ||
	    !json_member_u64(context, "offset", &out->off))
		return false;
	out->at = at < BYTES_MAX ? (size_t)at : BYTES_MAX;
	for (out->n = 0; out->n < BYTES_MAX && hex.n >= 2; out->n++) {
		const int a = digit(hex.p[0]), b = digit(hex.p[1]);

		if (a < 0 || b < 0)
			return false;
		out->list[out->n] = (uint8_t)(a * 16 + b);
		hex = (struct span){ hex.p + 2, hex.n - 2 };
	}
	return out->n > 0;
}

/* Two columns wide. */
static void
put_glyph(struct buf *b, uint8_t c)
{
	switch (c) {
	case '\r':
		buf_str(b, "<i>CR</i>");
		return;
	case '\n':
		buf_str(b, "<i>LF</i>");
		return;
	case '\0':
		buf_str(b, "<i>NU</i>");
		return;
	case ' ':
		buf_str(b, "<u>&#183;</u> ");
		return;
	default:
		if (c < 0x20 || c > 0x7e)
			buf_str(b, "<u>&#9643;</u>");
		else
			escape_html(b, (struct span){ &c, 1 });
		if (c == '\\')	/* it is two already */
			return;
		buf_byte(b, ' ');
	}
}

static void
put_row(struct buf *b, const struct bytes *s, size_t from, bool hex)
{
	const size_t to = s->n - from < ROW ? s->n : from + ROW;

	if (hex)
		buf_printf(b, "<s>%8" PRIu64 "</s> ", s->off + from);
	else
		buf_str(b, "<s>        </s> ");
	for (size_t i = from; i < to; i++) {
		buf_str(b, i == s->at ? " <b>" : " ");
		if (hex)
			buf_hex(b, &s->list[i], 1);
		else
			put_glyph(b, s->list[i]);
		buf_str(b, i == s->at ? "</b>" : "");
	}
	buf_byte(b, '\n');
}

static void
put_bytes(struct buf *b, const struct json_object *context)
{
	struct bytes s;

	if (!read_bytes(context, &s))
		return;
	buf_str(b, "<pre>");
	for (size_t i = 0; i < s.n; i += ROW) {
		put_row(b, &s, i, true);
		put_row(b, &s, i, false);
	}
	buf_str(b, "</pre>");
}

/* --- findings */

/* A code or another word, which may be one of a later version. */
static void
put_code(struct buf *b, const struct json_object *o, const char *key)
{
	for (unsigned i = 0; i < CODE_COUNT; i++) {
		const char *name = code_info((enum code)i)->name;

		if (!json_member_is(o, key, name))
			continue;
		buf_printf(b, "<a href=\"#code-%s\"><code>%s</code></a> ", name,
		    name);
		put_text(b, code_info((enum code)i)->title);
		return;
	}
	buf_str(b, "<code>");
	(void)put_member(b, o, key);
	buf_str(b, "</code>");
}

static enum severity
severity_of(const struct json_object *o)
{
	unsigned i = SEVERITIES - 1;

	while (i > 0 && !json_member_is(o, "severity",
	    severity_name((enum severity)i)))
		i--;
	return (enum severity)i;
}

static void
put_places(struct buf *b, const struct json_object *message,
    const struct json_object *f)
{
	const size_t n = json_member_count(f, "offsets");
	uint64_t count = 0, off, begin;

	(void)json_member_u64(f, "count", &count);
	if (n == 0 || !json_member_u64_at(f, "offsets", 0, &off))
		return;
	buf_str(b, ", <span class=\"at\">at byte ");
	for (size_t i = 0; i < n && i < 8; i++)
		if (json_member_u64_at(f, "offsets", i, &off)) {
			buf_str(b, i > 0 ? ", " : "");
			buf_u64(b, off);
		}
	if (count > n) {
		buf_str(b, " and ");
		buf_grouped(b, count - n);
		buf_str(b, " more");
	}
	if (json_member_true(message, "raw") &&
	    json_member_u64(message, "offset", &begin) && begin > 0 &&
	    json_member_u64_at(f, "offsets", 0, &off)) {
		buf_str(b, count > 1 ? " (the first: byte " : " (byte ");
		buf_u64(b, begin + off);
		buf_str(b, " of the file)");
	}
	buf_str(b, "</span>");
}

/* A rule's name and message; what a server does, and why. */
static void
put_said(struct buf *b, const struct json_object *f)
{
	static const struct {
		const char *key, *before;
	} said[] = { { "rule", "" }, { "message", "" },
	    { "reply", "it replies " }, { "source", "source: " } };
	struct span s;

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (json_member_text(f, said[i].key, &s)) {
			buf_printf(b, " <span class=\"said\">%s",
			    said[i].before);
			escape_html(b, s);
			buf_str(b, "</span>");
		}
	if (json_member_text(f, "because", &s)) {
		buf_str(b, " <span class=\"said\">because of ");
		put_code(b, f, "because");
		buf_str(b, "</span>");
	}
}

static void
put_finding(struct buf *b, const struct json_object *message,
    const struct json_object *f)
{
	buf_str(b, "<li><p>");
	put_severity(b, severity_of(f));
	buf_byte(b, ' ');
	put_code(b, f, "code");
	put_said(b, f);
	put_places(b, message, f);
	buf_str(b, "</p>");
	put_bytes(b, json_member(f, "context"));
	buf_str(b, "</li>\n");
}

/* --- the message */

/* What the store is called is said above. */
static void
put_name(struct buf *b, const struct json_object *o, struct span place)
{
	struct buf path = { 0 };
	struct span s;
	uint64_t index;

	if (!json_member_bytes(o, "path", &path))
		return;
	s = buf_span(&path);
	if (place.n > 0 && s.n > place.n + 1 && span_starts(s, place) &&
	    (s.p[place.n] == '/' || s.p[place.n] == '!'))
		s = (struct span){ s.p + place.n + 1, s.n - place.n - 1 };
	if (span_eq(s, place) && json_member_u64(o, "index", &index)) {
		buf_str(b, "message ");
		buf_grouped(b, index);
	} else {
		buf_str(b, "<code>");
		escape_html(b, s);
		buf_str(b, "</code>");
	}
	buf_free(&path);
}

static void
put_fact(struct buf *b, const struct json_object *o, const char *key,
    const char *before, const char *behind)
{
	struct span s;
	uint64_t n;

	if (json_member_u64(o, key, &n)) {
		buf_str(b, before);
		buf_grouped(b, n);
		buf_str(b, behind);
	} else if (json_member_text(o, key, &s) && s.n > 0) {
		buf_str(b, before);
		(void)put_member(b, o, key);
		buf_str(b, behind);
	}
}

static void
put_envelope(struct buf *b, const struct json_object *v)
{
	const size_t n = json_member_count(v, "recipients");

	if (v == NULL)
		return;
	put_fact(b, v, "queue_id", " &#183; queue ID ", "");
	put_fact(b, v, "sender", " &#183; from ", "");
	for (size_t i = 0; i < n && i < 3; i++) {
		buf_str(b, i == 0 ? " &#183; to " : ", ");
		(void)put_member(b, json_member_at(v, "recipients", i),
		    "address");
	}
	if (n > 3)
		buf_str(b, ", ...");
}

static void
put_signatures(struct buf *b, const struct json_object *o)
{
	const size_t n = json_member_count(o, "dkim");

	for (size_t i = 0; i < n && i < 8; i++) {
		const struct json_object *s = json_member_at(o, "dkim", i);

		buf_str(b, " &#183; DKIM ");
		(void)put_member(b, s, "domain");
		buf_str(b, ": ");
		(void)put_member(b, s, "body");
	}
}

static void
put_facts(struct buf *b, const struct json_object *o)
{
	const struct json_object *cut = json_member(o, "header_cut");
	uint64_t off;

	buf_str(b, "<p>");
	put_fact(b, o, "date", "", " &#183; ");
	put_fact(b, o, "length", "", " bytes");
	if (json_member_u64(o, "offset", &off) && off > 0)
		put_fact(b, o, "offset", " from byte ", "");
	put_fact(b, o, "format", " &#183; ", "");
	put_fact(b, o, "convention", " &#183; lines end in ", "");
	put_fact(b, o, "message_id", " &#183; ", "");
	put_envelope(b, json_member(o, "envelope"));
	put_signatures(b, o);
	put_fact(b, cut, "length", " &#183; header block of ", " bytes, ");
	put_fact(b, cut, "seen", "", " looked at");
	put_fact(b, json_member(o, "repair"), "action", " &#183; repair: ",
	    "");
	put_fact(b, json_member(o, "repair"), "why", " (", ")");
	put_fact(b, o, "would_reject", " &#183; KumoMTA: ", "");
	buf_str(b, "</p>\n");
}

void
page_put_message(struct page *p, const struct json_object *o,
    struct span place)
{
	const enum severity worst = severity_of(o);
	const size_t n = json_member_count(o, "findings");
	const struct json_object *f;
	struct buf *b = &p->b;

	buf_printf(b, "<article class=\"m m%u\"><h4>", (unsigned)worst);
	put_severity(b, worst);
	buf_byte(b, ' ');
	put_name(b, o, place);
	buf_str(b, "</h4>\n");
	put_facts(b, o);
	buf_str(b, "<ul>\n");
	for (unsigned s = SEVERITIES; s-- > 0; )
		for (size_t i = 0; i < n; i++) {
			f = json_member_at(o, "findings", i);
			if (severity_of(f) == (enum severity)s)
				put_finding(b, o, f);
		}
	buf_str(b, "</ul></article>\n");
}

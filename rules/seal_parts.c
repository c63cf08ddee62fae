/*
 * See seal_parts.h.  As in parts.c, but while the message passes, and to those
 * hashes that are open.
 */
#include "seal_parts.h"

#define NO_SLOT SEALS_MAX
#define PROTOCOL_MAX 40u

bool
seal_parts_open(struct seal_parts *w)
{
	for (size_t i = 0; i < SEALS_MAX; i++)
		if (!seal_slot_open(&w->slots[i]))
			return false;
	return true;
}

void
seal_parts_close(struct seal_parts *w)
{
	for (size_t i = 0; i < SEALS_MAX; i++)
		seal_slot_close(&w->slots[i]);
}

/* --- slots */

/* Append ".12" to a part's number. */
static size_t
put_number(char *out, size_t n, unsigned number)
{
	char digits[12];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	if (len + 2 > SEAL_PART_MAX - n)
		return n;
	if (n > 0)
		out[n++] = '.';
	while (len > 0)
		out[n++] = digits[--len];
	return n;
}

static void
name_part(const struct seal_parts *w, size_t layers, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < layers; i++)
		if (w->layers[i].number > 0)
			n = put_number(out, n, w->layers[i].number);
	out[n] = '\0';
}

/*
 * Hash from the next line on, until the last layer ends.  The seal is that of
 * the part that so many layers lead to.  Returns which slot does it.
 */
static size_t
open_slot(struct seal_parts *w, enum seal_kind kind, enum seal_form form,
    size_t layers)
{
	const bool again = w->out->n == SEALS_MAX;
	const size_t i = again ? SEALS_MAX - 1 : w->out->n;
	struct seal *seal = &w->out->list[i];

	if (w->open[i].open)
		return NO_SLOT;		/* the last: it has these lines too */
	seal_slot_begin(&w->slots[i], form, again);
	w->open[i] = (struct seal_open){ .open = true, .fresh = true,
	    .layer = w->n - 1 };
	w->open_n++;
	if (again && seal->kind != kind)
		seal->kind = SEAL_OTHER;
	if (again)
		return i;
	w->out->n++;
	seal->kind = kind;
	name_part(w, layers, seal->part);
	return i;
}

static void
end_slot(struct seal_parts *w, size_t i)
{
	if (!seal_slot_end(&w->slots[i], w->out->list[i].sum))
		w->out->failed = true;
}

static void
close_slot(struct seal_parts *w, size_t i)
{
	seal_slot_pause(&w->slots[i]);
	w->open[i].open = false;
	w->open_n--;
	if (i == w->clear)
		w->clear = NO_SLOT;
	if (i < SEALS_MAX - 1)
		end_slot(w, i);
}

void
seal_parts_more(struct seal_parts *w, struct span s)
{
	for (size_t i = 0; w->open_n > 0 && i < w->out->n; i++)
		if (w->open[i].open)
			seal_slot_text(&w->slots[i], s);
}

static void
give_line(struct seal_parts *w)
{
	for (size_t i = 0; w->open_n > 0 && i < w->out->n; i++) {
		if (w->open[i].open && !w->open[i].fresh)
			seal_slot_break(&w->slots[i], w->bare);
		w->open[i].fresh = false;
	}
	seal_parts_more(w, w->line);
}

/* --- entities */

static struct seal_layer *
top(struct seal_parts *w)
{
	return &w->layers[w->n - 1];
}

static void
push(struct seal_parts *w, unsigned number)
{
	struct seal_layer *l = &w->layers[w->n++];

	l->is = ENTITY_HEADER;
	l->digest = l->is_signed = l->seals = false;
	l->kind = SEAL_OTHER;
	l->number = number;
	l->children = 0;
	l->boundary_n = 0;
	mime_header_begin(&w->header, number == 0);
	w->ignored.count = 0;
}

/* Only the first `left` layers stay. */
static void
pop(struct seal_parts *w, size_t left)
{
	for (size_t i = 0; w->open_n > 0 && i < w->out->n; i++)
		if (w->open[i].open && w->open[i].layer >= left)
			close_slot(w, i);
	w->n = left;
}

/* The next part of the last layer begins. */
static void
begin_part(struct seal_parts *w)
{
	struct seal_layer *around = top(w);

	if (around->children < 1000000)
		around->children++;
	push(w, around->children);
	if (!around->is_signed)
		return;
	if (around->children == 1) {
		(void)open_slot(w, around->kind, SEAL_TEXT, w->n - 1);
		return;
	}
	top(w)->seals = true;
	top(w)->kind = around->kind;
}

static bool
is_word(struct span s, const char *word)
{
	const struct span w = { (const uint8_t *)word, strlen(word) };

	return s.n == w.n && span_starts_nocase(s, w);
}

static enum seal_kind
kind_of(const struct content_type *t)
{
	uint8_t p[PROTOCOL_MAX];
	const size_t n = content_type_param(t, "protocol", p, sizeof(p));
	const struct span s = { p, n <= sizeof(p) ? n : 0 };

	if (is_word(s, "application/pkcs7-signature") ||
	    is_word(s, "application/x-pkcs7-signature"))
		return SEAL_SMIME;
	return is_word(s, "application/pgp-signature") ? SEAL_PGP :
	    SEAL_OTHER;
}

static void
read_boundary(struct seal_layer *l, const struct content_type *t)
{
	size_t n = content_type_param(t, "boundary", l->boundary,
	    BOUNDARY_MAX);

	if (n > BOUNDARY_MAX)
		n = 0;
	while (n > 0 && ascii_wsp(l->boundary[n - 1]))
		n--;
	l->boundary_n = n;
}

static enum seal_form
form_of(const char *encoding, bool armored)
{
	return strcmp(encoding, "base64") == 0 ? SEAL_BASE64 :
	    armored || strcmp(encoding, "quoted-printable") == 0 ?
	    SEAL_TRIM : SEAL_RAW;
}

static bool
is_cms(const char *type)
{
	return strcmp(type, "application/pkcs7-mime") == 0 ||
	    strcmp(type, "application/x-pkcs7-mime") == 0;
}

/* A body without parts. */
static void
begin_opaque(struct seal_parts *w, const char *type, const char *encoding)
{
	struct seal_layer *l = top(w);
	const bool armored = strcmp(type, "application/pgp-signature") == 0 ||
	    l->kind == SEAL_PGP;

	l->is = ENTITY_OPAQUE;
	if (l->seals)
		(void)open_slot(w, l->kind, form_of(encoding, armored),
		    w->n - 1);
	else if (is_cms(type))
		(void)open_slot(w, SEAL_CMS, form_of(encoding, false), w->n);
}

/* A multipart without a boundary, or too deep: no part will be seen. */
static void
begin_unseen(struct seal_parts *w)
{
	struct seal_layer *l = top(w);

	l->is = ENTITY_OPAQUE;
	if (l->is_signed)
		(void)open_slot(w, l->kind, SEAL_TEXT, w->n);
	else if (w->n == MIME_DEPTH_MAX)
		(void)open_slot(w, SEAL_DEEP, SEAL_TEXT, w->n);
}

/* The header of the last layer is over: what its body is. */
static void
begin_body(struct seal_parts *w)
{
	struct seal_layer *l = top(w);
	struct content_type t, encoding;
	const char *type = t.type;

	mime_header_content(&w->header, MIME_TYPE, &t);
	mime_header_content(&w->header, MIME_ENCODING, &encoding);
	if (type[0] == '\0' && w->n > 1 && w->layers[w->n - 2].digest)
		type = "message/rfc822";
	if (content_type_is(type, "multipart")) {
		l->digest = strcmp(type, "multipart/digest") == 0;
		l->is_signed = strcmp(type, "multipart/signed") == 0;
		if (l->is_signed)
			l->kind = kind_of(&t);
		read_boundary(l, &t);
		l->is = ENTITY_PARTS;
		if (l->boundary_n == 0 || w->n == MIME_DEPTH_MAX)
			begin_unseen(w);
	} else if (content_type_holds_message(type, encoding.type)) {
		l->is = ENTITY_MESSAGE;
		if (w->n == MIME_DEPTH_MAX)
			begin_unseen(w);
		else
			push(w, 0);
	} else {
		begin_opaque(w, type, encoding.type);
	}
}

/* --- lines */

/* The line is a delimiter of that layer. */
static bool
delimits(const struct seal_layer *l, struct span s, bool *closes)
{
	const struct span boundary = { l->boundary, l->boundary_n };

	if (l->is != ENTITY_PARTS)
		return false;
	s = (struct span){ s.p + 2, s.n - 2 };
	if (!span_starts(s, boundary))
		return false;
	s = (struct span){ s.p + boundary.n, s.n - boundary.n };
	*closes = span_eq(s, SPAN("--"));
	return s.n == 0 || *closes;
}

/* How many layers are left by the line; 0: it is no delimiter. */
static size_t
find_delimited(const struct seal_parts *w, struct span s, bool *closes)
{
	if (!span_starts(s, SPAN("--")))
		return 0;
	for (size_t i = w->n; i > 0; i--)
		if (delimits(&w->layers[i - 1], s, closes))
			return i;
	return 0;
}

static void
see_delimiter(struct seal_parts *w, size_t left, bool closes)
{
	pop(w, left);
	give_line(w);
	if (closes)
		top(w)->is = ENTITY_CLOSED;
	else
		begin_part(w);
}

/* s: without white space behind it. */
static void
see_text(struct seal_parts *w, struct span s)
{
	if (w->clear == NO_SLOT &&
	    span_eq(s, SPAN("-----BEGIN PGP SIGNED MESSAGE-----")))
		w->clear = open_slot(w, SEAL_CLEAR, SEAL_TRIM, w->n);
	give_line(w);
	if (w->clear != NO_SLOT &&
	    span_eq(s, SPAN("-----END PGP SIGNATURE-----")))
		close_slot(w, w->clear);
}

static struct span
without_space(struct span s)
{
	while (s.n > 0 && (ascii_wsp(s.p[s.n - 1]) || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static struct span
without_crs(struct span s)
{
	while (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* A line that is no delimiter. */
static void
see_line(struct seal_parts *w, struct span bare)
{
	const struct span s = without_crs(w->line);
	const struct line ln = { .head = s, .len = s.n };

	while (top(w)->is == ENTITY_HEADER) {
		const enum header_is is = mime_header_line(&w->header, &ln,
		    &w->ignored);

		if (is != HEADER_NOT_ONE)
			give_line(w);
		if (is == HEADER_OVER)
			begin_body(w);
		if (is != HEADER_NOT_ONE)
			return;
		begin_body(w);		/* with this line */
	}
	see_text(w, bare);
}

void
seal_parts_line(struct seal_parts *w, struct span line, bool whole, bool bare)
{
	const struct span s = without_space(line);
	const struct span none = { NULL, 0 };
	bool closes = false;
	const size_t left = whole ? find_delimited(w, s, &closes) : 0;

	w->line = line;
	w->bare = bare;
	if (left > 0)
		see_delimiter(w, left, closes);
	else
		see_line(w, whole ? s : none);
}

/* --- the message */

bool
seal_parts_idle(const struct seal_parts *w)
{
	return w->open_n == 0 && w->layers[w->n - 1].is != ENTITY_HEADER;
}

void
seal_parts_begin(struct seal_parts *w, struct seal_list *out)
{
	w->out = out;
	out->n = 0;
	out->failed = false;
	w->n = 0;
	w->open_n = 0;
	for (size_t i = 0; i < SEALS_MAX; i++)
		w->open[i].open = false;
	w->clear = NO_SLOT;
	push(w, 0);
}

void
seal_parts_end(struct seal_parts *w)
{
	pop(w, 0);
	if (w->out->n == SEALS_MAX)
		end_slot(w, SEALS_MAX - 1);
}

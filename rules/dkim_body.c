/*
 * See dkim_body.h.  Each form cuts the bytes into text and breaks; each
 * canonicalization turns these into octets; each hash takes as many of them
 * as its l= says.
 *
 * Breaks, and in relaxed the white space, are held back until text follows:
 * at the end of the body (of the line) they do not count.
 *
 * The forms are the same up to the first bare LF or CR.  Until then one leads
 * and its octets are hashed for all.
 */
#include "dkim_body.h"

#include <stdlib.h>

#define LEADER DKIM_WITH_CRLF
#define STAGE 4096u		/* octets collected before they are hashed */

/* The octets of one form in one canonicalization. */
struct stream {
	bool on;
	bool any;		/* there was text */
	bool space;		/* relaxed: white space was held back */
	uint64_t breaks;	/* were held back */
	uint64_t hashed;	/* octets */
	size_t n;		/* octets in stage */
	uint8_t stage[STAGE];
};

struct form {
	bool own;		/* it has parted from LEADER */
	unsigned crs;		/* CRs at the end of what was fed: what they
				 * are shows the next byte.  1, WITH_ALL: 2 */
	struct stream streams[DKIM_CANONS];
};

/* What was asked for, and the same for all forms. */
struct want {
	enum dkim_canon canon;
	uint64_t length;
};

/* Behind a CR that ended the header block: a CRLF completes a CRCRLF. */
enum start { START_TEXT, START_BEHIND_CR, START_BEHIND_CRCR };

struct dkim_body {
	struct form forms[DKIM_FORMS];
	size_t n;
	struct want wants[DKIM_SIGNATURES];
	enum start start;
	struct hash *hashes[DKIM_FORMS][DKIM_SIGNATURES];
	uint8_t sums[DKIM_FORMS][DKIM_SIGNATURES][HASH_SIZE];
};

struct dkim_body *
dkim_body_new(void)
{
	struct dkim_body *b = calloc(1, sizeof(*b));
	bool ok = b != NULL;

	for (size_t f = 0; ok && f < DKIM_FORMS; f++)
		for (size_t w = 0; ok && w < DKIM_SIGNATURES; w++)
			ok = (b->hashes[f][w] = hash_new()) != NULL;
	if (ok)
		return b;
	dkim_body_free(b);
	return NULL;
}

void
dkim_body_free(struct dkim_body *b)
{
	if (b == NULL)
		return;
	for (size_t f = 0; f < DKIM_FORMS; f++)
		for (size_t w = 0; w < DKIM_SIGNATURES; w++)
			hash_free(b->hashes[f][w]);
	free(b);
}

void
dkim_body_begin(struct dkim_body *b, bool behind_cr)
{
	b->n = 0;
	b->start = behind_cr ? START_BEHIND_CR : START_TEXT;
	for (size_t f = 0; f < DKIM_FORMS; f++) {
		struct form *form = &b->forms[f];

		form->own = f == LEADER;
		form->crs = 0;
		for (size_t c = 0; c < DKIM_CANONS; c++) {
			struct stream *s = &form->streams[c];

			s->on = s->any = s->space = false;
			s->breaks = s->hashed = s->n = 0;
		}
	}
}

size_t
dkim_body_want(struct dkim_body *b, enum dkim_canon canon, uint64_t length)
{
	size_t w = 0;

	while (w < b->n && (b->wants[w].canon != canon ||
	    b->wants[w].length != length))
		w++;
	if (w < b->n || w == DKIM_SIGNATURES)
		return w;
	b->wants[b->n++] = (struct want){ canon, length };
	for (size_t f = 0; f < DKIM_FORMS; f++) {
		b->forms[f].streams[canon].on = true;
		hash_begin(b->hashes[f][w]);
	}
	return w;
}

/* --- octets to hashes */

/* The hash w takes what l= leaves it of the octets in stage. */
static void
feed_hash(struct hash *h, const struct want *w, const struct stream *s)
{
	struct span part = { s->stage, s->n };

	if (w->length <= s->hashed)
		return;
	if (w->length - s->hashed < part.n)
		part.n = (size_t)(w->length - s->hashed);
	hash_feed(h, part);
}

static void
flush(struct dkim_body *b, size_t f, size_t canon)
{
	struct stream *s = &b->forms[f].streams[canon];

	for (size_t w = 0; w < b->n; w++) {
		if (b->wants[w].canon != canon)
			continue;
		feed_hash(b->hashes[f][w], &b->wants[w], s);
		for (size_t g = 0; f == LEADER && g < DKIM_FORMS; g++)
			if (!b->forms[g].own)
				feed_hash(b->hashes[g][w], &b->wants[w], s);
	}
	s->hashed += s->n;
	s->n = 0;
}

static void
put(struct dkim_body *b, size_t f, size_t canon, const uint8_t *p, size_t n)
{
	struct stream *s = &b->forms[f].streams[canon];

	while (n > 0) {
		const size_t room = STAGE - s->n;
		const size_t part = n < room ? n : room;

		memcpy(s->stage + s->n, p, part);
		s->n += part;
		p += part;
		n -= part;
		if (s->n == STAGE)
			flush(b, f, canon);
	}
}

/* Text follows: what was held back counts. */
static void
put_held(struct dkim_body *b, size_t f, size_t canon)
{
	struct stream *s = &b->forms[f].streams[canon];

	s->any = true;
	for (; s->breaks > 0; s->breaks--)
		put(b, f, canon, (const uint8_t *)"\r\n", 2);
	if (s->space)
		put(b, f, canon, (const uint8_t *)" ", 1);
	s->space = false;
}

/* --- text and breaks to octets */

/*
 * The n bytes at p, for which there is room, behind text of the same line:
 * one space for each white space.  Without branches: words are short.
 */
static void
put_relaxed(struct stream *to, const uint8_t *p, size_t n)
{
	uint8_t *out = to->stage + to->n;
	bool wsp = false;

	for (size_t i = 0; i < n; i++) {
		const bool again = wsp;

		wsp = (p[i] == ' ') | (p[i] == '\t');
		*out = wsp ? ' ' : p[i];
		out += !(wsp & again);
	}
	to->n = (size_t)(out - to->stage) - wsp;
	to->space = wsp;
}

static void
relaxed_text(struct dkim_body *b, size_t f, struct span s)
{
	struct stream *to = &b->forms[f].streams[DKIM_RELAXED];

	while (s.n > 0) {
		const bool held = to->space || to->breaks > 0 || !to->any;
		size_t n;

		if (held && ascii_wsp(s.p[0])) {
			to->space = true;
			s = (struct span){ s.p + 1, s.n - 1 };
			continue;
		}
		if (held)
			put_held(b, f, DKIM_RELAXED);
		if (to->n == STAGE)
			flush(b, f, DKIM_RELAXED);
		n = STAGE - to->n < s.n ? STAGE - to->n : s.n;
		put_relaxed(to, s.p, n);
		s = (struct span){ s.p + n, s.n - n };
	}
}

static void
text(struct dkim_body *b, size_t f, struct span s)
{
	if (s.n == 0)
		return;
	if (b->forms[f].streams[DKIM_SIMPLE].on) {
		put_held(b, f, DKIM_SIMPLE);
		put(b, f, DKIM_SIMPLE, s.p, s.n);
	}
	if (b->forms[f].streams[DKIM_RELAXED].on)
		relaxed_text(b, f, s);
}

static void
breaks(struct form *form, uint64_t n)
{
	for (size_t c = 0; c < DKIM_CANONS; c++) {
		form->streams[c].breaks += n;
		if (n > 0)
			form->streams[c].space = false;
	}
}

/* --- bytes to text and breaks */

static void feed_form(struct dkim_body *, size_t f, struct span);

/* The first bytes that are not the same to this form as to LEADER. */
static void
part(struct dkim_body *b, size_t f, struct span rest)
{
	const struct form *leader = &b->forms[LEADER];
	struct form *form = &b->forms[f];

	if (form->own)
		return;
	for (size_t c = 0; c < DKIM_CANONS; c++) {
		struct stream *to = &form->streams[c];

		flush(b, LEADER, c);
		to->any = leader->streams[c].any;
		to->space = leader->streams[c].space;
		to->breaks = leader->streams[c].breaks;
		to->hashed = leader->streams[c].hashed;
	}
	form->crs = leader->crs;
	form->own = true;
	feed_form(b, f, rest);
}

/* What the CRs before rest are: true if its first byte belongs to them. */
static bool
close_crs(struct dkim_body *b, size_t f, struct span rest)
{
	struct form *form = &b->forms[f];
	const unsigned crs = form->crs;

	if (f == LEADER && rest.p[0] != '\n')
		part(b, DKIM_WITH_ALL, rest);
	form->crs = 0;
	if (rest.p[0] == '\n') {
		breaks(form, 1);
		return true;
	}
	if (f != DKIM_WITH_ALL) {
		text(b, f, SPAN("\r"));
		return false;
	}
	if (rest.p[0] != '\r') {
		breaks(form, crs);
		return false;
	}
	breaks(form, crs - 1);
	form->crs = 2;
	return true;
}

/* Bytes before the next CR, or LF where that is a break. */
static size_t
text_length(size_t f, struct span s)
{
	size_t n = 0;

	if (f == DKIM_AS_STORED) {
		const uint8_t *cr = memchr(s.p, '\r', s.n);

		return cr != NULL ? (size_t)(cr - s.p) : s.n;
	}
	while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
		n++;
	return n;
}

static void
feed_form(struct dkim_body *b, size_t f, struct span s)
{
	struct form *form = &b->forms[f];
	size_t n;

	while (s.n > 0) {
		if (form->crs > 0 && close_crs(b, f, s)) {
			s = (struct span){ s.p + 1, s.n - 1 };
			continue;
		}
		n = text_length(f, s);
		text(b, f, (struct span){ s.p, n });
		s = (struct span){ s.p + n, s.n - n };
		if (s.n == 0)
			return;
		if (f == LEADER && s.p[0] == '\n')
			part(b, DKIM_AS_STORED, s);
		if (s.p[0] == '\r')
			form->crs = 1;
		else
			breaks(form, 1);
		s = (struct span){ s.p + 1, s.n - 1 };
	}
}

static void
feed_forms(struct dkim_body *b, struct span s)
{
	bool own[DKIM_FORMS];

	for (size_t f = 0; f < DKIM_FORMS; f++)
		own[f] = b->forms[f].own;
	for (size_t f = 0; f < DKIM_FORMS; f++)
		if (own[f])
			feed_form(b, f, s);
}

/* The second half of a CRCRLF is dropped.  Else the CR was not part of one. */
static struct span
feed_start(struct dkim_body *b, struct span s)
{
	while (s.n > 0 && b->start != START_TEXT) {
		if (b->start == START_BEHIND_CR && s.p[0] == '\r') {
			b->start = START_BEHIND_CRCR;
		} else if (b->start == START_BEHIND_CRCR && s.p[0] == '\n') {
			b->start = START_TEXT;
		} else {
			if (b->start == START_BEHIND_CRCR)
				feed_forms(b, SPAN("\r"));
			b->start = START_TEXT;
			return s;
		}
		s = (struct span){ s.p + 1, s.n - 1 };
	}
	return s;
}

void
dkim_body_feed(struct dkim_body *b, struct span s)
{
	feed_forms(b, feed_start(b, s));
}

/* RFC 6376 3.4.3: an empty body is a CRLF.  3.4.4: it is nothing. */
static void
end_form(struct dkim_body *b, size_t f)
{
	struct form *form = &b->forms[f];

	if (form->crs > 0 && f == DKIM_WITH_ALL)
		breaks(form, form->crs);
	else if (form->crs > 0)
		text(b, f, SPAN("\r"));
	for (size_t c = 0; c < DKIM_CANONS; c++) {
		if (!form->streams[c].on)
			continue;
		if (form->streams[c].any || c == DKIM_SIMPLE)
			put(b, f, c, (const uint8_t *)"\r\n", 2);
		flush(b, f, c);
	}
}

bool
dkim_body_end(struct dkim_body *b)
{
	bool ok = true;

	if (b->start == START_BEHIND_CRCR)
		feed_forms(b, SPAN("\r"));
	if (b->forms[LEADER].crs > 0)
		part(b, DKIM_WITH_ALL, (struct span){ NULL, 0 });
	for (size_t f = 0; f < DKIM_FORMS; f++) {
		if (!b->forms[f].own)
			continue;
		end_form(b, f);
		for (size_t w = 0; w < b->n; w++)
			ok = hash_end(b->hashes[f][w], b->sums[f][w]) && ok;
	}
	return ok;
}

/* --- answers */

/* The form that this one's answers come from. */
static enum dkim_form
answered_by(const struct dkim_body *b, enum dkim_form f)
{
	return b->forms[f].own ? f : LEADER;
}

bool
dkim_body_matches(const struct dkim_body *b, size_t want, enum dkim_form form,
    const uint8_t bh[HASH_SIZE])
{
	const enum dkim_form f = answered_by(b, form);
	const struct want *w = &b->wants[want];

	return (w->length == UINT64_MAX ||
	    w->length <= b->forms[f].streams[w->canon].hashed) &&
	    memcmp(b->sums[f][want], bh, HASH_SIZE) == 0;
}

uint64_t
dkim_body_uncovered(const struct dkim_body *b, size_t want,
    enum dkim_form form)
{
	const struct want *w = &b->wants[want];
	const uint64_t size = b->forms[answered_by(b, form)]
	    .streams[w->canon].hashed;

	return size > w->length ? size - w->length : 0;
}

/*
 * See dkim_body.h.  Each form cuts the bytes into text and breaks; each
 * canonicalization turns these into octets; each hash takes as many of them
 * as its l= says.
 *
 * Breaks, and in relaxed the white space, are held back until text follows:
 * at the end of the body (of the line) they do not count.
 */
#include "dkim_body.h"

#include <stdlib.h>

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
	bool on;
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
dkim_body_begin(struct dkim_body *b, unsigned forms, bool behind_cr)
{
	forms |= DKIM_FORM(DKIM_WITH_CRLF);
	b->n = 0;
	b->start = behind_cr ? START_BEHIND_CR : START_TEXT;
	for (size_t f = 0; f < DKIM_FORMS; f++) {
		struct form *form = &b->forms[f];

		form->on = (forms >> f & 1) != 0;
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
		b->forms[f].streams[canon].on = b->forms[f].on;
		if (b->forms[f].on)
			hash_begin(b->hashes[f][w]);
	}
	return w;
}

/* --- octets to hashes */

static void
flush(struct dkim_body *b, size_t f, size_t canon)
{
	struct stream *s = &b->forms[f].streams[canon];

	for (size_t w = 0; w < b->n; w++) {
		struct span part = { s->stage, s->n };
		uint64_t left;

		if (b->wants[w].canon != canon ||
		    b->wants[w].length <= s->hashed)
			continue;
		left = b->wants[w].length - s->hashed;
		if (left < part.n)
			part.n = (size_t)left;
		hash_feed(b->hashes[f][w], part);
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

static void
relaxed_text(struct dkim_body *b, size_t f, struct span s)
{
	struct stream *to = &b->forms[f].streams[DKIM_RELAXED];
	size_t i = 0, from;

	while (i < s.n) {
		for (; i < s.n && ascii_wsp(s.p[i]); i++)
			to->space = true;
		from = i;
		while (i < s.n && !ascii_wsp(s.p[i]))
			i++;
		if (i == from)
			return;
		if (to->space || to->breaks > 0 || !to->any)
			put_held(b, f, DKIM_RELAXED);
		put(b, f, DKIM_RELAXED, s.p + from, i - from);
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

/* The CRs that stand before the byte c: true if that is part of a break. */
static bool
close_crs(struct dkim_body *b, size_t f, uint8_t c)
{
	struct form *form = &b->forms[f];
	const unsigned crs = form->crs;

	form->crs = 0;
	if (c == '\n') {
		breaks(form, 1);
		return true;
	}
	if (f != DKIM_WITH_ALL) {
		text(b, f, SPAN("\r"));
		return false;
	}
	if (c != '\r') {
		breaks(form, crs);
		return false;
	}
	breaks(form, crs - 1);
	form->crs = 2;
	return true;
}

static void
feed_form(struct dkim_body *b, size_t f, struct span s)
{
	struct form *form = &b->forms[f];
	const bool lf = f != DKIM_AS_STORED;
	size_t i = 0, from;

	while (i < s.n) {
		if (form->crs > 0 && close_crs(b, f, s.p[i])) {
			i++;
			continue;
		}
		from = i;
		while (i < s.n && s.p[i] != '\r' && (s.p[i] != '\n' || !lf))
			i++;
		text(b, f, (struct span){ s.p + from, i - from });
		if (i == s.n)
			return;
		if (s.p[i] == '\r')
			form->crs = 1;
		else
			breaks(form, 1);
		i++;
	}
}

static void
feed_forms(struct dkim_body *b, struct span s)
{
	for (size_t f = 0; f < DKIM_FORMS; f++)
		if (b->forms[f].on)
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
	for (size_t f = 0; f < DKIM_FORMS; f++) {
		if (!b->forms[f].on)
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
	return b->forms[f].on ? f : DKIM_WITH_CRLF;
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

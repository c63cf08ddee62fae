/*
 * See seal_dkim.h.
 */
#include "seal_dkim.h"

#include <stdlib.h>

#include "dkim_body.h"

#define SIDES 2

struct signature {
	size_t field;		/* in the head */
	bool arc;
	size_t want;		/* of the body; DKIM_SIGNATURES: no room */
	bool matches;
	struct dkim_tags tags;
};

struct side {
	enum convention convention;
	struct seal_head head;
	bool more;		/* signatures, that were not looked at */
	bool failed;		/* libcrypto did */
	size_t n;
	struct signature list[SEAL_SIGNATURES];
};

struct seal_dkim {
	struct dkim_body *body;
	bool hashing;
	struct side *now;
	struct side sides[SIDES];
};

struct seal_dkim *
seal_dkim_new(void)
{
	struct seal_dkim *d = calloc(1, sizeof(*d));

	if (d != NULL && (d->body = dkim_body_new()) != NULL)
		return d;
	seal_dkim_free(d);
	return NULL;
}

void
seal_dkim_free(struct seal_dkim *d)
{
	if (d == NULL)
		return;
	dkim_body_free(d->body);
	free(d);
}

void
seal_dkim_begin(struct seal_dkim *d, enum seal_side side, enum convention c)
{
	d->now = &d->sides[side];
	d->hashing = false;
	d->now->convention = c;
	d->now->more = d->now->failed = false;
	d->now->n = 0;
	seal_head_begin(&d->now->head, c == CONV_CR);
}

/* --- a pass */

static void
add_signature(struct seal_dkim *d, size_t field, bool arc, struct span value)
{
	struct signature *sig = &d->now->list[d->now->n];

	if (d->now->n == SEAL_SIGNATURES) {
		d->now->more = true;
		return;
	}
	d->now->n++;
	sig->field = field;
	sig->arc = arc;
	sig->matches = false;
	sig->want = DKIM_SIGNATURES;
	if (arc)
		dkim_tags_read_arc(&sig->tags, value);
	else
		dkim_tags_read(&sig->tags, value);
	if (sig->tags.why == NULL && sig->tags.is == DKIM_RSA_SHA1)
		sig->tags.why = "rsa-sha1 is obsolete (RFC 8301)";
	if (sig->tags.why != NULL)
		return;
	sig->want = dkim_body_want(d->body, sig->tags.body,
	    sig->tags.length);
	d->hashing = true;
}

/* The header block is over. */
static void
find_signatures(struct seal_dkim *d)
{
	const struct seal_head *h = &d->now->head;
	struct span value;

	dkim_body_begin(d->body, false);
	for (size_t i = 0; i < h->n; i++)
		if (seal_head_is(h, i, SPAN("dkim-signature"), &value))
			add_signature(d, i, false, value);
		else if (seal_head_is(h, i, SPAN("arc-message-signature"),
		    &value))
			add_signature(d, i, true, value);
	if (d->hashing && h->early.n > 0)
		dkim_body_feed(d->body, h->early);
}

void
seal_dkim_feed(struct seal_dkim *d, struct span s)
{
	struct seal_head *h = &d->now->head;

	if (!h->over) {
		const size_t n = seal_head_feed(h, s);

		s = (struct span){ s.p + n, s.n - n };
		if (h->over)
			find_signatures(d);
	}
	if (d->hashing && s.n > 0)
		dkim_body_feed(d->body, s);
}

void
seal_dkim_end(struct seal_dkim *d)
{
	static const enum dkim_form forms[CONVENTIONS] = {
		[CONV_LF] = DKIM_WITH_CRLF, [CONV_CRLF] = DKIM_AS_STORED,
		[CONV_CR] = DKIM_WITH_ALL, [CONV_WIRE] = DKIM_AS_STORED,
	};
	struct side *side = d->now;

	if (!side->head.over) {
		seal_head_end(&side->head);
		find_signatures(d);
	}
	if (!d->hashing)
		return;
	side->failed = !dkim_body_end(d->body);
	for (size_t i = 0; i < side->n && !side->failed; i++) {
		struct signature *sig = &side->list[i];

		sig->matches = sig->want < DKIM_SIGNATURES &&
		    dkim_body_matches(d->body, sig->want,
		    forms[side->convention], sig->tags.bh);
	}
}

/* --- both */

size_t
seal_dkim_count(const struct seal_dkim *d)
{
	return d->sides[SEAL_OLD].n + d->sides[SEAL_OLD].more;
}

/* Where the old body does not match, the header may have been damaged in the
 * same way. */
static bool
same_head(const struct seal_dkim *d, size_t i, struct span *differs)
{
	const struct signature *sig = &d->sides[SEAL_OLD].list[i];
	const char *c = sig->tags.canonicalization;
	struct seal_heads heads = { .loose = !sig->matches };

	if (c != NULL && c[0] == 'r')		/* "relaxed/..." */
		heads.canon = DKIM_RELAXED;
	for (size_t k = 0; k < SIDES; k++) {
		heads.head[k] = &d->sides[k].head;
		heads.at[k] = d->sides[k].list[i].field;
	}
	return seal_heads_agree(&heads, differs);
}

/* Why it cannot be said what becomes of the i-th; NULL: it can. */
static const char *
unknown(const struct seal_dkim *d, size_t i, bool alone)
{
	const struct side *old = &d->sides[SEAL_OLD];
	const struct side *new = &d->sides[alone ? SEAL_OLD : SEAL_NEW];

	if (old->failed || new->failed)
		return "SHA-256 could not be computed";
	if (i == SEAL_SIGNATURES)
		return "more than 16 signatures";
	if (old->list[i].want == DKIM_SIGNATURES)
		return "more than 8 different body hashes";
	if (old->n != new->n || old->more != new->more ||
	    old->list[i].arc != new->list[i].arc)
		return "the signatures are not the same ones";
	return NULL;
}

static enum seal_dkim_is
what_is(const struct seal_dkim *d, size_t i, bool alone, struct span *name)
{
	const bool before = d->sides[SEAL_OLD].list[i].matches;
	const bool after = d->sides[alone ? SEAL_OLD : SEAL_NEW]
	    .list[i].matches;
	bool same;

	if (!after)
		return before ? SEAL_DKIM_BODY : SEAL_DKIM_MISMATCH;
	same = alone || same_head(d, i, name);
	if (!before)
		return same ? SEAL_DKIM_RESTORED : SEAL_DKIM_MISMATCH;
	return same ? SEAL_DKIM_KEPT : SEAL_DKIM_FIELD;
}

void
seal_dkim_compare(const struct seal_dkim *d, size_t i, bool alone,
    struct seal_dkim_effect *out)
{
	*out = (struct seal_dkim_effect){ .is = SEAL_DKIM_UNKNOWN };
	if (i < SEAL_SIGNATURES) {
		const struct signature *sig = &d->sides[SEAL_OLD].list[i];

		out->arc = sig->arc;
		out->domain = (struct span){ sig->tags.domain.p,
		    sig->tags.domain.n };
		if ((out->why = sig->tags.why) != NULL) {
			out->is = SEAL_DKIM_UNUSABLE;
			return;
		}
	}
	if ((out->why = unknown(d, i, alone)) == NULL)
		out->is = what_is(d, i, alone, &out->name);
}

/*
 * See seals.h.
 *
 * The parts are looked for twice: by who ends lines at an LF, and by who does
 * so at a CR too.  A CR by itself may hide a delimiter from one of them, and
 * nobody knows which is going to verify.
 */
#include "seals.h"

#include <stdlib.h>

#include "seal_walk.h"

#define SIDES 2
#define VIEWS 2

struct seals {
	struct seal_dkim *dkim;
	struct seal_walk *walks[VIEWS];
	struct seal_list lists[SIDES][VIEWS];
	bool alone;		/* SEAL_NEW was not fed */
};

struct seals *
seals_new(const struct kernel *k)
{
	struct seals *s = calloc(1, sizeof(*s));
	bool ok = s != NULL && (s->dkim = seal_dkim_new()) != NULL;

	for (size_t v = 0; ok && v < VIEWS; v++)
		ok = (s->walks[v] = seal_walk_new(k)) != NULL;
	if (ok)
		return s;
	seals_free(s);
	return NULL;
}

void
seals_free(struct seals *s)
{
	if (s == NULL)
		return;
	seal_dkim_free(s->dkim);
	for (size_t v = 0; v < VIEWS; v++)
		seal_walk_free(s->walks[v]);
	free(s);
}

void
seals_begin(struct seals *s, enum seal_side side, enum convention c)
{
	s->alone = side == SEAL_OLD;
	seal_dkim_begin(s->dkim, side, c);
	seal_walk_begin(s->walks[0], c == CONV_CR ? SEAL_LINES_ALL :
	    SEAL_LINES_LF, &s->lists[side][0]);
	seal_walk_begin(s->walks[1], SEAL_LINES_ALL, &s->lists[side][1]);
}

void
seals_feed(struct seals *s, struct span bytes)
{
	seal_dkim_feed(s->dkim, bytes);
	for (size_t v = 0; v < VIEWS; v++)
		seal_walk_feed(s->walks[v], bytes);
}

void
seals_end(struct seals *s)
{
	seal_dkim_end(s->dkim);
	for (size_t v = 0; v < VIEWS; v++)
		seal_walk_end(s->walks[v]);
}

bool
seals_any(const struct seals *s)
{
	struct seals_effect all;

	if (s->lists[SEAL_OLD][0].n > 0 || s->lists[SEAL_OLD][1].n > 0)
		return true;
	for (size_t i = 0; i < seal_dkim_count(s->dkim); i++) {
		struct seal_dkim_effect e;

		seal_dkim_compare(s->dkim, i, true, &e);
		if (e.is != SEAL_DKIM_UNUSABLE)
			return true;
	}
	seals_effect(s, &all);
	return all.is == SEALS_BROKEN;		/* libcrypto failed */
}

/* --- what is said */

/* What is signed, and what becomes of it. */
struct said {
	enum seals_is is;
	size_t n;
	char text[SEALS_TEXT];
};

static void
say_span(struct said *t, struct span s)
{
	for (size_t i = 0; i < s.n && t->n + 1 < SEALS_TEXT; i++)
		t->text[t->n++] = s.p[i] > ' ' && s.p[i] < 127 ?
		    (char)s.p[i] : s.p[i] == ' ' ? ' ' : '?';
	t->text[t->n] = '\0';
}

static void
say(struct said *t, const char *word)
{
	say_span(t, (struct span){ (const uint8_t *)word, strlen(word) });
}

static bool
is_said(const struct said *all, const struct said *one)
{
	for (size_t i = 0; i + one->n <= all->n; i++)
		if (memcmp(all->text + i, one->text, one->n) == 0)
			return true;
	return false;
}

/* The worst there is; and all that are as bad, if there is room. */
static void
add(struct said *all, const struct said *one)
{
	static const char more[] = ", ...";

	if (one->is < all->is)
		return;
	if (one->is > all->is) {
		*all = *one;
		return;
	}
	if (is_said(all, one))
		return;
	if (all->n > 0 && all->n + one->n + 2 * sizeof(more) > SEALS_TEXT) {
		if (all->text[all->n - 1] != '.')
			say(all, more);
		return;
	}
	if (all->n > 0)
		say(all, ", ");
	say(all, one->text);
}

static enum seals_is
dkim_is(const struct seal_dkim_effect *e, bool alone)
{
	switch (e->is) {
	case SEAL_DKIM_UNUSABLE:
	case SEAL_DKIM_MISMATCH:
		return SEALS_NONE;
	case SEAL_DKIM_KEPT:
		return SEALS_KEPT;
	case SEAL_DKIM_RESTORED:
		return SEALS_RESTORED;
	case SEAL_DKIM_UNKNOWN:
		return alone ? SEALS_KEPT : SEALS_BROKEN;
	default:
		return SEALS_BROKEN;
	}
}

static void
say_dkim(struct said *t, const struct seal_dkim_effect *e)
{
	say(t, e->arc ? "the ARC signature" : "the DKIM signature");
	if (e->domain.n > 0)
		say(t, " of ");
	say_span(t, e->domain);
	if (e->is == SEAL_DKIM_MISMATCH)
		say(t, " does not match");
	else if (e->is == SEAL_DKIM_FIELD && e->name.n > 0)
		say(t, " covers ");
	else if (e->is == SEAL_DKIM_FIELD)
		say(t, " covers too much to be followed");
	if (e->is == SEAL_DKIM_FIELD)
		say_span(t, e->name);
	if (e->why != NULL)
		say(t, e->is == SEAL_DKIM_UNUSABLE ? " cannot be used: " :
		    " cannot be followed: ");
	if (e->why != NULL)
		say(t, e->why);
}

static void
say_seal(struct said *t, const struct seal *seal)
{
	static const char *const names[] = {
		[SEAL_SMIME] = "the S/MIME signature of ",
		[SEAL_PGP] = "the PGP/MIME signature of ",
		[SEAL_OTHER] = "the signature of ",
		[SEAL_CLEAR] = "the PGP signature in ",
		[SEAL_CMS] = "the S/MIME data of ",
		[SEAL_DEEP] = "what is nested too deeply in ",
	};

	say(t, names[seal->kind]);
	say(t, seal->part[0] != '\0' ? "part " : "the message");
	say(t, seal->part);
}

/* The first at or behind list[*i] that is the same, which is passed over.
 * What is new is no harm: a CR by itself may have hidden it before. */
static bool
has_seal(const struct seal_list *l, size_t *i, const struct seal *seal)
{
	for (size_t k = *i; k < l->n; k++)
		if (l->list[k].kind == seal->kind &&
		    memcmp(l->list[k].sum, seal->sum, HASH_SIZE) == 0) {
			*i = k + 1;
			return true;
		}
	return false;
}

static void
add_list(struct said *all, const struct seal_list *old,
    const struct seal_list *new)
{
	size_t next = 0;

	if (old->failed || new->failed) {
		struct said one = { .is = SEALS_BROKEN };

		say(&one, "SHA-256 could not be computed");
		add(all, &one);
		return;
	}
	for (size_t i = 0; i < old->n; i++) {
		struct said one = { .is = has_seal(new, &next,
		    &old->list[i]) ? SEALS_KEPT : SEALS_BROKEN };

		say_seal(&one, &old->list[i]);
		add(all, &one);
	}
}

void
seals_effect(const struct seals *s, struct seals_effect *out)
{
	const enum seal_side new = s->alone ? SEAL_OLD : SEAL_NEW;
	struct said all = { .is = SEALS_NONE };

	for (size_t i = 0; i < seal_dkim_count(s->dkim); i++) {
		struct seal_dkim_effect e;
		struct said one = { 0 };

		seal_dkim_compare(s->dkim, i, s->alone, &e);
		one.is = dkim_is(&e, s->alone);
		say_dkim(&one, &e);
		add(&all, &one);
	}
	for (size_t v = 0; v < VIEWS; v++)
		add_list(&all, &s->lists[SEAL_OLD][v], &s->lists[new][v]);
	out->is = all.is;
	memcpy(out->text, all.text, sizeof(out->text));
}

/*
 * DKIM body hashes: which signatures the body still matches, and what a
 * repair of line ends would do to them (RFC 6376).
 */
#include "dkim.h"

#include "rule.h"

static const char obsolete[] = "rsa-sha1 is obsolete (RFC 8301)";

enum spot { MISMATCH, RESTORES, BREAKS, SHORT, SHA1, UNUSABLE, SPOT_COUNT };

struct dkim {
	struct dkim_body *body;
	struct dkim_facts facts;
	bool shown;			/* the body is */
	uint64_t from, seen;		/* where it starts; bytes of it */
	struct {
		size_t want;		/* of the body */
		size_t head_n;
		uint8_t head[CONTEXT_AFTER];	/* of the field */
	} own[DKIM_SIGNATURES];
	struct spots where[SPOT_COUNT];
};

const char *
dkim_body_name(enum dkim_body_is is)
{
	static const char *const names[] = {
		[DKIM_MATCHES_AS_STORED] = "as-stored",
		[DKIM_MATCHES_WITH_CRLF] = "with-crlf",
		[DKIM_MATCHES_WITH_ALL] = "with-all",
		[DKIM_MATCHES_NOT] = "mismatch",
		[DKIM_UNUSABLE] = "unusable",
	};

	return names[is];
}

static bool
dkim_open(void *state, const struct engine_options *o)
{
	struct dkim *s = state;

	(void)o;
	return (s->body = dkim_body_new()) != NULL;
}

static void
dkim_close(void *state)
{
	struct dkim *s = state;

	dkim_body_free(s->body);
}

static void
dkim_begin(void *state, enum brk native, const struct verdict *first)
{
	struct dkim *s = state;

	(void)native;
	(void)first;
	s->facts.n = 0;
	s->facts.more = 0;
	s->shown = false;
	s->seen = 0;
	for (size_t i = 0; i < SPOT_COUNT; i++)
		s->where[i].count = 0;
}

/* The first line of a field, as much as is shown of it. */
static size_t
copy_head(uint8_t *to, struct span raw)
{
	size_t n = 0;

	while (n < CONTEXT_AFTER && n < raw.n && raw.p[n] != '\r' &&
	    raw.p[n] != '\n') {
		to[n] = raw.p[n];
		n++;
	}
	return n;
}

static void
see_signature(struct dkim *s, const struct field *f)
{
	const size_t i = s->facts.n++;
	struct dkim_signature *sig = &s->facts.list[i];

	sig->off = f->off;
	sig->body = DKIM_UNUSABLE;
	sig->uncovered = 0;
	memset(sig->matches, 0, sizeof(sig->matches));
	s->own[i].head_n = copy_head(s->own[i].head, f->raw);
	dkim_tags_read(&sig->tags, f->value);
	if (sig->tags.why == NULL && sig->tags.is == DKIM_RSA_SHA1)
		sig->tags.why = obsolete;
	if (sig->tags.why != NULL)
		return;
	s->own[i].want = dkim_body_want(s->body, sig->tags.body,
	    sig->tags.length);
	s->shown = true;
}

static unsigned
dkim_header(void *state, const struct fields *fs)
{
	struct dkim *s = state;
	const struct span b = fs->block;
	const struct field *f;

	s->from = fs->body;
	dkim_body_begin(s->body, b.n > 0 && b.n == fs->body &&
	    b.p[b.n - 1] == '\r');
	for (size_t i = 0; (f = fields_find(fs, "dkim-signature", &i)) != NULL;
	    i++)
		if (s->facts.n < DKIM_SIGNATURES)
			see_signature(s, f);
		else
			s->facts.more++;
	return s->shown ? SHOW_BYTES : 0;
}

static void
dkim_bytes(void *state, struct span bytes)
{
	struct dkim *s = state;

	s->seen += bytes.n;
	dkim_body_feed(s->body, bytes);
}

/* --- the end */

static void
note(struct dkim *s, enum spot what, size_t i)
{
	look_note_line(&s->where[what], s->facts.list[i].off,
	    (struct span){ s->own[i].head, s->own[i].head_n });
}

/*
 * The body was hashed; NULL, or why not.  Where there is no empty line behind
 * the header block it starts with a line that looked like one so far, and of
 * that only so much is kept (FIELDS_BYTES).
 */
static const char *
hash_all(struct dkim *s, uint64_t size)
{
	if (!s->shown)
		return NULL;
	if (!dkim_body_end(s->body))
		return "SHA-256 could not be computed";
	return s->seen == size - s->from ? NULL :
	    "where the body starts could not be seen";
}

/* What the body is to this signature. */
static void
compare(struct dkim *s, size_t i)
{
	struct dkim_signature *sig = &s->facts.list[i];
	enum dkim_form shown = DKIM_WITH_CRLF;

	sig->body = DKIM_MATCHES_NOT;
	for (unsigned f = DKIM_FORMS; f-- > 0; ) {
		sig->matches[f] = dkim_body_matches(s->body, s->own[i].want,
		    (enum dkim_form)f, sig->tags.bh);
		if (sig->matches[f]) {
			shown = (enum dkim_form)f;
			sig->body = (enum dkim_body_is)f;
		}
	}
	sig->uncovered = dkim_body_uncovered(s->body, s->own[i].want, shown);
}

/*
 * Is: what it comes to when the message is sent as it is now.  A server that
 * keeps LF sends CRLF, so that is no change.
 */
static void
judge(struct dkim *s, size_t i, enum convention c)
{
	const struct dkim_signature *sig = &s->facts.list[i];
	const bool *m = sig->matches;
	const bool is = m[DKIM_AS_STORED] ||
	    (c == CONV_LF && m[DKIM_WITH_CRLF]);

	if (sig->body == DKIM_MATCHES_NOT)
		note(s, MISMATCH, i);
	else if (!is)
		note(s, RESTORES, i);
	else if (!m[DKIM_WITH_ALL])
		note(s, BREAKS, i);
	if (sig->uncovered > 0)
		note(s, SHORT, i);
}

static void
dkim_end(void *state, const struct facts *f, struct emit *out)
{
	static const enum code codes[SPOT_COUNT] = {
		[MISMATCH] = CODE_DKIM_MISMATCH,
		[RESTORES] = CODE_DKIM_FIX_RESTORES,
		[BREAKS] = CODE_DKIM_FIX_BREAKS,
		[SHORT] = CODE_DKIM_LENGTH,
		[SHA1] = CODE_DKIM_SHA1,
		[UNUSABLE] = CODE_DKIM_UNUSABLE,
	};
	struct dkim *s = state;
	const char *why = hash_all(s, f->tally->size);

	for (size_t i = 0; i < s->facts.n; i++) {
		struct dkim_tags *t = &s->facts.list[i].tags;

		if (t->why == NULL)
			t->why = why;
		if (t->why == NULL) {
			compare(s, i);
			judge(s, i, f->convention);
		} else {
			note(s, t->why == obsolete ? SHA1 : UNUSABLE, i);
		}
	}
	for (size_t i = 0; i < SPOT_COUNT; i++)
		if (s->where[i].count > 0)
			emit(out, codes[i], code_info(codes[i])->severity,
			    &s->where[i]);
	f->first->dkim = &s->facts;
}

const struct rule rule_dkim = {
	.name = "dkim", .topic = TOPIC_DKIM, .state_size = sizeof(struct dkim),
	.open = dkim_open, .close = dkim_close, .begin = dkim_begin,
	.header = dkim_header, .bytes = dkim_bytes, .end = dkim_end,
};

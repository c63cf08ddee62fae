/*
 * See repair.h.
 *
 * A message is read to learn what is signed and what its header block says,
 * then repaired without keeping anything of it, to count and to see what its
 * signatures say of the result.  Only then is it decided.  A few edits are
 * kept for who wants them; more are made anew.
 */
#include "repair.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "convention.h"
#include "repair_more.h"
#include "repair_options.h"

#define KEPT_MAX 256u		/* edits */

struct repair {
	struct repair_options options;
	unsigned kinds;
	struct seals *seals;
	struct repair_more *more;

	/* Of the message at hand: */
	struct fix_options fix_options;
	enum convention before, after;
	size_t ranges_n;
	struct fix_range ranges[2 * MIME_PARTS_MAX];
	bool is_signed;
	bool shows;		/* the new message to who wants to know of it */
	bool counts;		/* lengths are not known yet */
	bool keeps;		/* `kept` has all edits so far */
	size_t kept_n;
	struct edit kept[KEPT_MAX];
	edit_fn *fn;		/* who is told the edits; or NULL */
	void *ctx;
	struct rewrite rewrite;
	struct engine *result;	/* judges the new message */
};

static void
on_edit(void *ctx, const struct edit *e)
{
	struct repair *r = ctx;

	if (r->counts)
		repair_more_watch(r->more, e);
	if (r->fn != NULL)
		r->fn(r->ctx, e);
	if (!r->shows)
		return;
	/* The text of a graft is lent for the moment. */
	r->keeps = r->keeps && e->graft == NULL && r->kept_n < KEPT_MAX;
	if (r->keeps)
		r->kept[r->kept_n++] = *e;
}

static void
on_bytes(void *ctx, struct span s)
{
	struct repair *r = ctx;

	if (!r->shows)
		return;
	if (r->is_signed)
		seals_feed(r->seals, s);
	engine_feed(r->result, s);
}

struct repair *
repair_new(const struct repair_options *o)
{
	struct repair *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->options = *o;
	r->kinds = repair_kinds(o);
	r->seals = seals_new(o->kernel);
	r->more = repair_more_new(o);
	r->result = engine_new(&(struct engine_options){
	    .kernel = o->kernel, .eol = o->eol });
	if (r->seals != NULL && r->more != NULL && r->result != NULL)
		return r;
	repair_free(r);
	return NULL;
}

void
repair_free(struct repair *r)
{
	if (r == NULL)
		return;
	seals_free(r->seals);
	repair_more_free(r->more);
	engine_free(r->result);
	free(r);
}

static int __attribute__((format(printf, 3, 4)))
decide(struct repair_facts *f, enum repair_is is, const char *fmt, ...)
{
	va_list ap;

	f->is = is;
	va_start(ap, fmt);
	(void)vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	return ST_OK;
}

/*
 * How its lines end now, and how they will.  What the user wants to see judged
 * does not matter here.
 */
static void
set_breaks(struct repair *r, const struct msg *m, const struct verdict *v,
    struct repair_facts *f)
{
	const struct repair_options *o = &r->options;
	const enum brk store = m->native == BRK_CRLF ? BRK_CRLF : BRK_LF;

	r->before = v->convention == CONV_WIRE ? CONV_WIRE :
	    convention_of(v->tally, EOL_AUTO, m->native);
	f->native = r->before == CONV_CR ? store :
	    convention_break(r->before);
	if (o->to == REPAIR_NATIVE)
		f->to = v->convention == CONV_CR ? store :
		    convention_break(v->convention);
	else
		f->to = o->to == REPAIR_CRLF ? BRK_CRLF : BRK_LF;
	r->after = r->before == CONV_WIRE ? CONV_WIRE :
	    f->to == BRK_CRLF ? CONV_CRLF : CONV_LF;
	r->fix_options = repair_fix_options(o, f->codes, f->to,
	    r->before == CONV_CR);
}

/* --- passes over the message */

/* What is signed, and what the header block says. */
static int
look(struct repair *r, struct store *st, struct err *e)
{
	struct span s;
	int rc;

	store_again(st);
	seals_begin(r->seals, SEAL_OLD, r->before);
	while ((rc = store_read(st, &s, e)) == ST_OK) {
		seals_feed(r->seals, s);
		repair_more_feed(r->more, s);
	}
	if (rc != ST_END)
		return rc;
	seals_end(r->seals);
	r->is_signed = seals_any(r->seals);
	repair_more_fed(r->more);
	return ST_OK;
}

/*
 * All edits, and the bytes that come of them.  ST_BAD: splice takes them for
 * wrong, and so would whoever makes them; or it is for quarantine (*bad is
 * NULL).
 */
static int
pass(struct repair *r, struct store *st, const struct repair_facts *f,
    const char **bad, struct err *e)
{
	struct span s;
	int rc;

	store_again(st);
	rewrite_init(&r->rewrite, r->options.kernel, on_bytes, r);
	rewrite_merge(&r->rewrite, repair_more_list(r->more), on_edit, r);
	rewrite_begin(&r->rewrite, r->kinds, &r->fix_options, r->ranges,
	    r->ranges_n);
	rewrite_text(&r->rewrite, f->to, repair_more_check(r->more));
	while ((rc = store_read(st, &s, e)) == ST_OK)
		rewrite_feed(&r->rewrite, s);
	if (rc != ST_END)
		return rc;
	*bad = rewrite_end(&r->rewrite);
	return *bad == NULL ? ST_OK : ST_BAD;
}

/* The same, with the new message shown to who wants to know of it. */
static int
pass_shown(struct repair *r, struct store *st, const struct msg *m,
    struct repair_facts *f, const char **bad, struct err *e)
{
	const struct verdict *made;
	int rc;

	r->kept_n = 0;
	r->keeps = true;
	if (r->is_signed)
		seals_begin(r->seals, SEAL_NEW, r->after);
	engine_begin(r->result, m->native);
	r->shows = true;
	rc = pass(r, st, f, bad, e);
	r->shows = false;
	made = engine_end(r->result);
	repair_count(made, f->after);
	f->new_wire = repair_wire_size(made);
	if (r->is_signed)
		seals_end(r->seals);
	seals_effect(r->seals, &f->seals);
	return rc;
}

/* --- the decision */

static uint64_t
sum(const uint64_t *n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < REPAIR_CLASSES; i++)
		all += n[i];
	return all;
}

/* There would be edits if nothing were binary.  ST_OK: *would says. */
static int
try_binary(struct repair *r, struct store *st, const struct repair_facts *f,
    bool *would, struct err *e)
{
	const char *bad;
	int rc;

	r->ranges_n = 0;
	rc = pass(r, st, f, &bad, e);
	*would = r->rewrite.fix.counts.edits > 0;
	return rc == ST_DEAD ? rc : ST_OK;
}

/* No edit is needed, or none can be made. */
static int
decide_nothing(struct repair *r, struct store *st, struct repair_facts *f,
    struct err *e)
{
	const char *note = repair_more_facts(r->more)->note;
	const size_t ranges = r->ranges_n;
	bool binary = false;

	if (f->counts.unsafe > 0)
		return decide(f, REPAIR_REFUSED, "no edit is safe: it would "
		    "make a lone dot, a field or a From_ line");
	if (note[0] != '\0')
		return decide(f, REPAIR_REFUSED, "%s", note);
	if (ranges > 0 && sum(f->before) > 0 &&
	    try_binary(r, st, f, &binary, e) != ST_OK)
		return ST_DEAD;
	if (binary)
		return decide(f, REPAIR_NOTHING, "it is in a binary part, "
		    "which is data and stays as it is");
	if (sum(f->before) > 0)
		return decide(f, REPAIR_NOTHING, "it is kept, as the options "
		    "say");
	return decide(f, REPAIR_NOTHING, ranges > 0 ? "what is outside "
	    "its binary parts is in order" : "none of its findings is one "
	    "that an edit repairs");
}

/* A look-alike, and it is not to be edited. */
static bool
is_elsewhere(const struct repair *r)
{
	return r->options.eod == REPAIR_EOD_QUARANTINE &&
	    r->rewrite.fix.elsewhere;
}

static int
decide_seals(const struct repair *r, struct repair_facts *f)
{
	const char *note = repair_more_facts(r->more)->note;

	if (f->seals.is == SEALS_BROKEN && !r->options.allow_signed)
		return decide(f, REPAIR_REFUSED, "signatures would break "
		    "(--allow-signed): %s", f->seals.text);
	return decide(f, REPAIR_EDITS, "%s", f->counts.unsafe > 0 ?
	    "some bytes stay: no edit of them is safe" : note);
}

/* Count; and once more when lengths in the header block change too. */
static int
count(struct repair *r, struct store *st, const struct msg *m,
    struct repair_facts *f, const char **bad, struct err *e)
{
	bool again;
	int rc;

	r->fn = NULL;
	r->counts = true;
	rc = pass_shown(r, st, m, f, bad, e);
	r->counts = false;
	if (rc != ST_OK)
		return rc;
	if ((rc = repair_more_lengths(r->more, &again, bad)) != ST_OK)
		return rc;
	if (again && (rc = pass_shown(r, st, m, f, bad, e)) != ST_OK)
		return rc;
	f->counts = r->rewrite.fix.counts;
	f->fields = repair_more_facts(r->more)->fields;
	f->encoded = repair_more_facts(r->more)->encoded;
	f->new_len = r->rewrite.splice.made;
	return ST_OK;
}

static int
decide_edits(struct repair *r, struct store *st, const struct msg *m,
    struct repair_facts *f, struct err *e)
{
	const char *bad = NULL;
	int rc;

	if ((rc = look(r, st, e)) != ST_OK)
		return rc;
	rc = count(r, st, m, f, &bad, e);
	if (rc == ST_DEAD)
		return rc;
	if (is_elsewhere(r))
		return decide(f, REPAIR_TAKE_OUT, "%s", "");
	if (rc != ST_OK)
		return decide(f, REPAIR_REFUSED, "%s", bad);
	if (f->counts.edits + f->fields + f->encoded == 0)
		return decide_nothing(r, st, f, e);
	return decide_seals(r, f);
}

/* Its From_ line ends in a CR alone. */
static bool
has_cr_separator(struct store *st, const struct msg *m)
{
	uint8_t last = '\n';

	return strcmp(m->format, "mbox") == 0 && m->off > 0 &&
	    store_look(st, m->off - 1, &last, 1, NULL) == ST_OK &&
	    last == '\r';
}

static int
decide_message(struct repair *r, struct store *st, const struct msg *m,
    const struct verdict *v, time_t when, struct repair_facts *out,
    struct err *e)
{
	const struct repair_options *o = &r->options;
	const char *why;
	int rc;

	*out = (struct repair_facts){ .new_len = m->len };
	if (m->raw_off == MSG_NOT_RAW || !store_can_again(st))
		return decide(out, REPAIR_REFUSED, "%s", m->raw_off ==
		    MSG_NOT_RAW && m->why_not != NULL ? m->why_not :
		    "it cannot be written to");
	if (o->take_out)
		return decide(out, REPAIR_TAKE_OUT, "%s", "");
	/* The separators would stay as they are. */
	if (has_cr_separator(st, m))
		return decide(out, REPAIR_REFUSED, "its mbox ends lines in CR "
		    "alone, separators too: convert the file as a whole "
		    "(mac2unix)");
	if (m->len > o->limit)
		return decide(out, REPAIR_REFUSED, "it is larger than "
		    "%llu bytes (--limit)", (unsigned long long)o->limit);
	out->codes = repair_codes_in(o, v);
	repair_count(v, out->before);
	out->wire = repair_wire_size(v);
	set_breaks(r, m, v, out);
	repair_more_fix(r->more, &r->fix_options);
	rc = repair_more_begin(r->more, st, m, v, when, out, r->ranges,
	    &r->ranges_n, &why, e);
	if (rc == ST_BAD)
		return decide(out, REPAIR_REFUSED, "%s", why);
	return rc == ST_OK ? decide_edits(r, st, m, out, e) : rc;
}

int
repair_message(struct repair *r, struct store *st, const struct msg *m,
    const struct verdict *v, time_t when, struct repair_facts *out,
    struct err *e)
{
	const int rc = decide_message(r, st, m, v, when, out, e);

	return rc == ST_OK && m->kept != NULL && (out->is == REPAIR_EDITS ||
	    out->is == REPAIR_TAKE_OUT) ? decide(out, REPAIR_REFUSED, "%s",
	    m->kept) : rc;
}

void
repair_unflagged(const struct repair_options *o, struct repair_facts *out)
{
	*out = (struct repair_facts){ .new_len = 0 };
	(void)decide(out, o->take_out ? REPAIR_REFUSED : REPAIR_NOTHING,
	    "the report has findings, but none that is looked for now "
	    "(are --code, --check, --target, --rules, --eol as they were?)");
}

int
repair_edits(struct repair *r, struct store *st, edit_fn *fn, void *ctx,
    struct err *e)
{
	const struct repair_facts f = { .to = r->fix_options.to };
	const char *bad;
	int rc;

	if (r->keeps) {
		for (size_t i = 0; i < r->kept_n; i++)
			fn(ctx, &r->kept[i]);
		return ST_OK;
	}
	r->fn = fn;
	r->ctx = ctx;
	rc = pass(r, st, &f, &bad, e);
	r->fn = NULL;
	return rc == ST_BAD ? err_set(e, ST_BAD, 0, "it is not what it was") :
	    rc;
}

bool
repair_has_edits(const struct repair *r)
{
	return r->keeps;
}

const char *
repair_is_name(enum repair_is is)
{
	static const char *const names[REPAIR_KINDS] = {
		[REPAIR_NOTHING] = "none", [REPAIR_EDITS] = "edit",
		[REPAIR_TAKE_OUT] = "quarantine",
		[REPAIR_REFUSED] = "refused",
	};

	return names[is];
}

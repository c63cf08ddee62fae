/*
 * See repair.h.
 *
 * A message is read up to three times: once to count, once more to see what
 * its signatures would say, and once for each time the edits are wanted.
 */
#include "repair.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mime.h"
#include "rewrite.h"

struct repair {
	struct repair_options options;

	/* Of the message at hand: */
	struct fix_options fix_options;
	size_t ranges_n;
	struct fix_range ranges[MIME_PARTS_MAX];
	edit_fn *fn;		/* who is told the edits */
	void *ctx;
	struct fix fix;
};

static void
tell(void *ctx, const struct edit *e)
{
	struct repair *r = ctx;

	if (r->fn != NULL)
		r->fn(r->ctx, e);
}

struct repair *
repair_new(const struct repair_options *o)
{
	struct repair *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->options = *o;
	fix_init(&r->fix, o->kernel, tell, r);
	return r;
}

void
repair_free(struct repair *r)
{
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

static enum fix_eod
fix_eod_of(enum repair_eod eod)
{
	static const enum fix_eod of[] = {
		[REPAIR_EOD_NATIVE] = FIX_EOD_NATIVE,
		[REPAIR_EOD_STUFF] = FIX_EOD_STUFF,
		[REPAIR_EOD_CRLF] = FIX_EOD_CRLF,
		[REPAIR_EOD_ENCODE] = FIX_EOD_ELSEWHERE,
		[REPAIR_EOD_REMOVE] = FIX_EOD_REMOVE,
		[REPAIR_EOD_QUARANTINE] = FIX_EOD_ELSEWHERE,
		[REPAIR_EOD_KEEP] = FIX_EOD_KEEP,
	};

	return of[eod];
}

static struct fix_options
options_for(const struct repair_options *o, enum brk to, bool cr_is_break)
{
	return (struct fix_options){
		.to = to, .classes = fix_classes(o->codes), .cr = o->cr,
		.nul = o->nul, .eod = fix_eod_of(o->eod),
		.cr_is_break = cr_is_break,
	};
}

/* Line ends become what the user says, else what the message mostly has. */
static enum brk
target_break(const struct repair_options *o, const struct msg *m,
    const struct verdict *v)
{
	if (o->to != REPAIR_NATIVE)
		return o->to == REPAIR_CRLF ? BRK_CRLF : BRK_LF;
	if (v->convention != CONV_CR)
		return convention_break(v->convention);
	return m->native == BRK_CRLF ? BRK_CRLF : BRK_LF;
}

unsigned
repair_kinds(const struct repair_options *o)
{
	unsigned kinds = 0;

	if (o->take_out)
		return 0;
	for (unsigned cr = 0; cr < 2; cr++) {
		const struct fix_options lf = options_for(o, BRK_LF, cr);
		const struct fix_options crlf = options_for(o, BRK_CRLF, cr);

		if (o->to != REPAIR_CRLF)
			kinds |= fix_kinds(&lf);
		if (o->to != REPAIR_LF)
			kinds |= fix_kinds(&crlf);
	}
	return kinds;
}

/*
 * Data is not text: its line ends are left alone (RFC 2045 6.2).  False:
 * there may be parts that are not described.
 */
static bool
protect_binary(struct repair *r, const struct mime_facts *m)
{
	r->ranges_n = 0;
	if (m == NULL)
		return true;
	for (size_t i = 0; i < m->n; i++) {
		const struct mime_part *p = &m->list[i];

		if (strcmp(p->encoding, "binary") == 0 && p->end > p->body &&
		    strncmp(p->type, "multipart/", 10) != 0 &&
		    strncmp(p->type, "message/", 8) != 0)
			r->ranges[r->ranges_n++] = (struct fix_range){
			    p->body, p->end };
	}
	return m->parts == m->n;
}

static int
run_fix(struct repair *r, struct store *st, enum fix_end *end,
    struct err *e)
{
	struct span s;
	int rc;

	store_again(st);
	fix_begin(&r->fix, &r->fix_options, r->ranges, r->ranges_n);
	while ((rc = store_read(st, &s, e)) == ST_OK)
		fix_feed(&r->fix, s);
	if (rc != ST_END)
		return rc;
	*end = fix_end(&r->fix);
	return ST_OK;
}

static uint64_t
sum(const uint64_t *n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < FIX_CLASSES; i++)
		all += n[i];
	return all;
}

/* No edit is needed, or none can be made. */
static int
decide_nothing(const struct repair *r, struct repair_facts *f)
{
	if (f->counts.unsafe > 0)
		return decide(f, REPAIR_REFUSED, "no edit is safe: it would "
		    "make a lone dot, a field or a From_ line");
	if (sum(f->counts.before) > 0)
		return decide(f, REPAIR_NOTHING, "it is kept as the options "
		    "say");
	return decide(f, REPAIR_NOTHING, r->ranges_n > 0 ? "what is outside "
	    "its binary parts is in order" : "none of this is repaired by an "
	    "edit");
}

static int
decide_edits(struct repair *r, struct store *st, const struct msg *m,
    struct repair_facts *f, struct err *e)
{
	enum fix_end end;
	int rc;

	r->fn = NULL;
	if ((rc = run_fix(r, st, &end, e)) != ST_OK)
		return rc;
	f->counts = r->fix.counts;
	f->new_len = m->len + f->counts.added - f->counts.cut;
	if (end == FIX_ELSEWHERE)
		return decide(f, REPAIR_TAKE_OUT, "%s", "");
	if (end == FIX_CLEAN)
		return decide_nothing(r, f);
	return decide(f, REPAIR_EDITS, "%s", f->counts.unsafe > 0 ?
	    "some bytes stay: no edit of them is safe" : "");
}

int
repair_message(struct repair *r, struct store *st, const struct msg *m,
    const struct verdict *v, time_t when, struct repair_facts *out,
    struct err *e)
{
	const struct repair_options *o = &r->options;

	(void)when;
	*out = (struct repair_facts){ .new_len = m->len,
	    .to = target_break(o, m, v) };
	if (m->raw_off == MSG_NOT_RAW || !store_can_again(st))
		return decide(out, REPAIR_REFUSED, "%s", m->raw_off ==
		    MSG_NOT_RAW && m->why_not != NULL ? m->why_not :
		    "it cannot be written to");
	if (o->take_out)
		return decide(out, REPAIR_TAKE_OUT, "%s", "");
	if (m->len > o->limit)
		return decide(out, REPAIR_REFUSED, "it is larger than "
		    "%llu bytes (--limit)", (unsigned long long)o->limit);
	r->fix_options = options_for(o, out->to, v->convention == CONV_CR);
	if (!protect_binary(r, v->mime))
		return decide(out, REPAIR_REFUSED, "it has more than %u "
		    "parts, of which some may be binary", MIME_PARTS_MAX);
	return decide_edits(r, st, m, out, e);
}

int
repair_edits(struct repair *r, struct store *st, edit_fn *fn, void *ctx,
    struct err *e)
{
	enum fix_end end;
	int rc;

	r->fn = fn;
	r->ctx = ctx;
	if ((rc = run_fix(r, st, &end, e)) != ST_OK)
		return rc;
	return end == FIX_EDITED ? ST_OK :
	    err_set(e, ST_BAD, 0, "it is not what it was");
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

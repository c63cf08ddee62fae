/*
 * See rewrite.h.  fix decides late, so the old bytes that it has not decided
 * on are held here once more: splice is given the caller's bytes, not those
 * that fix says were there.
 */
#include "rewrite.h"

/* Let splice have the old bytes up to upto, and the n edits in them. */
static void
give(struct rewrite *r, uint64_t upto, const struct edit *e, size_t n)
{
	while (r->done < upto) {
		const bool held = r->done < r->off;
		const uint64_t end = held && upto > r->off ? r->off : upto;
		const uint8_t *p = held ? r->hold + r->held -
		    (r->off - r->done) : r->now.p + (r->done - r->off);
		const size_t used = splice_feed(&r->splice, (struct span){ p,
		    (size_t)(end - r->done) }, e, n);

		if (used > 0)
			e += used;
		n -= used;
		r->done = end;
	}
}

/* Splice wants all edits at one place together. */
static void
make_same(struct rewrite *r)
{
	const size_t n = r->same_n;

	r->same_n = 0;
	if (n > 0)
		give(r, r->same[0].off + 1, r->same, n);
}

static void
make(struct rewrite *r, const struct edit *e)
{
	if (r->watch != NULL)
		r->watch(r->watch_ctx, e);
	if (r->same_n == REWRITE_SAME ||
	    (r->same_n > 0 && r->same[0].off != e->off))
		make_same(r);
	r->same[r->same_n++] = *e;
}

/* Those that are due before upto; one at upto itself, if fix has one there. */
static void
make_more(struct rewrite *r, uint64_t upto)
{
	const struct edit *e;
	uint64_t off;

	while (r->more != NULL && r->lost == NULL &&
	    r->more->next(r->more->ctx, &off) && off < upto) {
		/* What was taken before may go when the next is. */
		if (r->same_n > 0 && r->same[0].off != off)
			make_same(r);
		if (r->same_n == 0)
			give(r, off, NULL, 0);
		if ((e = r->more->take(r->more->ctx)) != NULL)
			make(r, e);
		else
			r->lost = "an edit cannot be had again";
	}
}

static void
on_edit(void *ctx, const struct edit *e)
{
	make_more(ctx, e->off + 1);
	make(ctx, e);
}

void
rewrite_init(struct rewrite *r, const struct kernel *k, splice_fn *fn,
    void *ctx)
{
	memset(r, 0, sizeof(*r));
	r->fn = fn;
	r->ctx = ctx;
	fix_init(&r->fix, k, on_edit, r);
}

void
rewrite_merge(struct rewrite *r, const struct rewrite_more *more,
    edit_fn *watch, void *ctx)
{
	r->more = more;
	r->watch = watch;
	r->watch_ctx = ctx;
}

void
rewrite_begin(struct rewrite *r, unsigned kinds, const struct fix_options *o,
    const struct fix_range *ranges, size_t n)
{
	fix_begin(&r->fix, o, ranges, n);
	splice_begin(&r->splice, kinds, r->fn, r->ctx);
	r->now = (struct span){ NULL, 0 };
	r->off = 0;
	r->done = 0;
	r->held = 0;
	r->same_n = 0;
	r->lost = NULL;
}

void
rewrite_text(struct rewrite *r, enum brk to, const struct splice_check *c)
{
	splice_text(&r->splice, to, c);
}

/* Hold what splice has not had. */
static void
hold(struct rewrite *r)
{
	const uint64_t end = r->off + r->now.n;
	size_t old = r->done < r->off ? (size_t)(r->off - r->done) : 0;
	size_t new = (size_t)(end - r->done) - old;

	memmove(r->hold, r->hold + r->held - old, old);
	if (new > 0)
		memcpy(r->hold + old, r->now.p + r->now.n - new, new);
	r->held = old + new;
	r->off = end;
	r->now = (struct span){ NULL, 0 };
}

void
rewrite_feed(struct rewrite *r, struct span s)
{
	r->now = s;
	fix_feed(&r->fix, s);
	make_more(r, fix_settled(&r->fix));
	make_same(r);
	give(r, fix_settled(&r->fix), NULL, 0);
	hold(r);
}

const char *
rewrite_end(struct rewrite *r)
{
	const enum fix_end end = fix_end(&r->fix);
	const char *bad;

	make_more(r, r->off);
	make_same(r);
	give(r, r->off, NULL, 0);
	bad = splice_end(&r->splice);
	if (bad == NULL)
		bad = r->lost;
	return bad != NULL ? bad : end == FIX_ELSEWHERE ?
	    "it is decided elsewhere what becomes of it" : NULL;
}

/*
 * See mendlaws.h.
 */
#include "mendlaws.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GRAFTS (EDIT_FIELD | EDIT_LENGTH | EDIT_ENCODE | EDIT_ENCODING)

/* --- one edit */

struct piece {
	uint64_t off, del;
	bool graft;
	uint8_t old[EDIT_MAX], put[EDIT_MAX];
	struct span ins;	/* of a graft; else those of put */
	unsigned kind;
};

static bool
only(const uint8_t *p, size_t n, const char *of)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0 || strchr(of, p[i]) == NULL)
			return false;
	return n > 0;
}

static unsigned
put_kind(const struct piece *p)
{
	return span_eq(p->ins, SPAN("\r")) ? EDIT_ADD_CR :
	    span_eq(p->ins, SPAN(".")) ? EDIT_STUFF :
	    span_eq(p->ins, SPAN("\n")) ? EDIT_FOLD :
	    span_eq(p->ins, SPAN("\r\n")) ? EDIT_FOLD : 0;
}

static unsigned
cut_kind(const struct piece *p)
{
	const size_t n = (size_t)p->del;

	if (only(p->old, n, "\r"))
		return EDIT_CUT_CR;
	if (only(p->old, n, " \t"))
		return EDIT_CUT_SPACE;
	if (n == 1 && p->old[0] == 0)
		return EDIT_DROP_NUL;
	return n >= 2 && p->old[0] == '.' && p->old[n - 1] == '\n' &&
	    (n == 2 || only(p->old + 1, n - 2, "\r")) ? EDIT_CUT_DOT : 0;
}

/* Both come and go. */
static unsigned
change_kind(const struct piece *p)
{
	static const struct {
		uint8_t old;
		struct span put;
		unsigned kind;
	} all[] = {
		{ '\r', { (const uint8_t *)" ", 1 }, EDIT_SPACE_CR },
		{ '\r', { (const uint8_t *)"\n", 1 }, EDIT_CR_TO_LF },
		{ '\r', { (const uint8_t *)"\r\n", 2 }, EDIT_CR_TO_CRLF },
		{ 0, { (const uint8_t *)" ", 1 }, EDIT_SPACE_NUL },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (p->del == 1 && p->old[0] == all[i].old &&
		    span_eq(p->ins, all[i].put))
			return all[i].kind;
	return 0;
}

/* --- where it may be */

struct naive {
	struct mendlaws *l;
	struct mendlaws_result *r;
	size_t pos;		/* of the old file: all before it is made */
	bool in;
	size_t off, len;	/* of the message */
	enum brk to;
	size_t n;
	struct piece list[MENDLAWS_LIST];
};

static bool
is_in(uint8_t c, struct span of)
{
	return memchr(of.p, c, of.n) != NULL;
}

/* The text of a graft, as far as it stands for itself. */
static bool
graft_fits(const struct naive *v, const struct piece *p)
{
	const struct span m = { v->l->old.p + v->off, v->len };
	const char *digits = "0123456789";
	const size_t n = v->to == BRK_LF ? 1 : 2;

	switch (p->kind) {
	case EDIT_FIELD:
		return p->del == 0 && p->ins.n > n &&
		    memcmp(p->ins.p + p->ins.n - n, &"\r\n"[2 - n], n) == 0 &&
		    memchr(p->ins.p, '\r', p->ins.n - n) == NULL &&
		    memchr(p->ins.p, '\n', p->ins.n - n) == NULL &&
		    memchr(p->ins.p, 0, p->ins.n) == NULL &&
		    memchr(p->ins.p, ':', p->ins.n) != NULL;
	case EDIT_LENGTH:
		return p->del <= 20 && only(p->ins.p, p->ins.n, digits) &&
		    only(m.p + p->off, (size_t)p->del, digits);
	case EDIT_ENCODING:
		return (span_eq(p->ins, SPAN("base64")) ||
		    span_eq(p->ins, SPAN("quoted-printable"))) &&
		    memchr(m.p + p->off, '\n', (size_t)p->del) == NULL;
	default:
		return p->del > 0 && memchr(p->ins.p, 0, p->ins.n) == NULL &&
		    !span_starts(p->ins, SPAN(".")) &&
		    !span_starts(p->ins, SPAN("From "));
	}
}

/* By the rules of edit.h; its place is in the message. */
static bool
may_be_made(const struct naive *v, const struct piece *p, unsigned kinds)
{
	const struct span m = { v->l->old.p + v->off, v->len };
	const size_t next = (size_t)(p->off + p->del);
	const uint8_t before = p->off > 0 ? m.p[p->off - 1] : '\n';
	const uint8_t behind = next < m.n ? m.p[next] : 'x';

	if (p->graft)
		return (kinds & p->kind) != 0 && graft_fits(v, p);
	if (memcmp(m.p + p->off, p->old, (size_t)p->del) != 0)
		return false;
	if (p->kind == EDIT_CUT_CR && (kinds & EDIT_DROP_CR) != 0)
		return true;
	if (p->kind == 0 || (kinds & p->kind) == 0)
		return false;
	switch (p->kind) {
	case EDIT_ADD_CR:
		return before != '\r' && behind == '\n';
	case EDIT_CUT_CR:
		return is_in(behind, SPAN("\r\n"));
	case EDIT_STUFF:
		return behind == '.' && is_in(before, SPAN("\r\n\0\t "));
	case EDIT_CUT_DOT:
		return before == '\n';
	default:
		return true;
	}
}

static void
put(struct naive *v, const uint8_t *p, size_t n)
{
	if (n > MENDLAWS_MAX - v->r->n)
		abort();
	if (n > 0)
		memcpy(v->r->p + v->r->n, p, n);
	v->r->n += n;
}

static void
copy(struct naive *v, size_t upto)
{
	put(v, v->l->old.p + v->pos, upto - v->pos);
	v->pos = upto;
}

/* The message with its edits. */
static bool
apply(struct naive *v)
{
	uint64_t free_from = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct piece *p = &v->list[i];

		if (p->off < free_from || p->off >= v->len ||
		    p->del > v->len - p->off ||
		    !may_be_made(v, p, v->l->may.kinds))
			return false;
		free_from = p->off + (p->del > 0 || p->kind == EDIT_FIELD ?
		    p->del : 1);
		copy(v, v->off + (size_t)p->off);
		put(v, p->graft ? p->ins.p : p->put, p->ins.n);
		v->pos += (size_t)p->del;
	}
	copy(v, v->off + v->len);
	v->r->messages++;
	v->r->edits += v->n;
	return true;
}

/* --- frames */

static bool
on_message(struct naive *v, struct span s)
{
	const size_t size = v->l->old.n;
	struct mend_message w;

	if (v->in || s.n != sizeof(w))
		return false;
	memcpy(&w, s.p, sizeof(w));
	if (w.off < v->pos || w.off > size || w.len > size - w.off)
		return false;
	v->in = true;
	v->off = (size_t)w.off;
	v->len = (size_t)w.len;
	v->to = w.to;
	v->n = 0;
	copy(v, v->off);
	return true;
}

static struct piece *
new_piece(struct naive *v)
{
	if (v->n == MENDLAWS_LIST)
		abort();
	return &v->list[v->n++];
}

static bool
on_edits(struct naive *v, struct span s)
{
	struct edit e;

	if (s.n % sizeof(e) != 0 || s.n / sizeof(e) > MEND_EDITS_MAX ||
	    (s.n > 0 && !v->in))
		return false;
	for (; s.n > 0; s.p += sizeof(e), s.n -= sizeof(e)) {
		struct piece *p = new_piece(v);

		memcpy(&e, s.p, sizeof(e));
		if (e.del > EDIT_MAX || e.ins > EDIT_MAX)
			return false;
		*p = (struct piece){ .off = e.off, .del = e.del };
		memcpy(p->old, e.old, EDIT_MAX);
		memcpy(p->put, e.put, EDIT_MAX);
		p->ins = (struct span){ e.put, e.ins };
		p->kind = e.del == 0 ? put_kind(p) : e.ins == 0 ?
		    cut_kind(p) : change_kind(p);
		p->ins.p = NULL;	/* put moves with the list */
		v->l->sure = v->l->sure && (p->kind & EDIT_TEXT) == 0;
	}
	return true;
}

static bool
on_graft(struct naive *v, struct span s)
{
	struct mend_graft w;

	v->l->sure = false;
	if (s.n <= sizeof(w) || !v->in)
		return false;
	memcpy(&w, s.p, sizeof(w));
	*new_piece(v) = (struct piece){ .off = w.off, .del = w.del,
	    .graft = true, .kind = w.kind,
	    .ins = { s.p + sizeof(w), s.n - sizeof(w) } };
	return w.kind == EDIT_FIELD || w.kind == EDIT_LENGTH ||
	    w.kind == EDIT_ENCODE || w.kind == EDIT_ENCODING;
}

static bool
on_end(struct naive *v)
{
	const bool in = v->in;

	v->in = false;
	return in && apply(v);
}

/* One line, and no other: a CR in it is none where an LF ends it. */
static bool
is_from_line(struct span f, size_t from, size_t to)
{
	size_t lf = 0, cr = 0;

	if (to - from < 5 || memcmp(f.p + from, "From ", 5) != 0 ||
	    to - from > 2048)
		return false;
	for (size_t i = from; i + 1 < to; i++) {
		lf += f.p[i] == '\n';
		cr += f.p[i] == '\r';
	}
	return lf == 0 && (cr == 0 || f.p[to - 1] == '\n');
}

/* What goes is a message of an mbox, or the whole file. */
static bool
is_message(struct span f, const struct mend_cut *w)
{
	const size_t from = (size_t)w->from, off = (size_t)w->off;
	const size_t to = (size_t)w->to;
	size_t end = off + (size_t)w->len;

	if (from == to || to - end > 2)
		return false;
	if ((from > 0 && !is_in(f.p[from - 1], SPAN("\r\n"))) ||
	    ((from > 0 || off > 0) && !is_from_line(f, from, off)))
		return false;
	for (; end < to; end++)
		if (!is_in(f.p[end], SPAN("\r\n")))
			return false;
	return to == f.n || (f.n - to >= 5 &&
	    memcmp(f.p + to, "From ", 5) == 0 &&
	    (to == 0 || is_in(f.p[to - 1], SPAN("\r\n"))));
}

static bool
on_cut(struct naive *v, struct span s)
{
	const size_t size = v->l->old.n;
	struct mend_cut w;

	if (v->in || !v->l->may.take || s.n < sizeof(w))
		return false;
	memcpy(&w, s.p, sizeof(w));
	if (w.from < v->pos || w.from > w.off || w.off > size ||
	    w.len > size - w.off || w.to < w.off + w.len || w.to > size ||
	    !is_message(v->l->old, &w))
		return false;
	copy(v, (size_t)w.from);
	v->pos = (size_t)w.to;
	v->r->taken++;
	return true;
}

static bool
take_frame(struct naive *v, const struct mendlaws_frame *f)
{
	switch (f->type) {
	case MEND_TICK:
		return true;
	case MEND_MESSAGE:
		return on_message(v, f->s);
	case MEND_EDITS:
		return on_edits(v, f->s);
	case MEND_GRAFT:
		return on_graft(v, f->s);
	case MEND_END:
		return on_end(v);
	case MEND_CUT:
		return on_cut(v, f->s);
	case MEND_LEFT:
		v->r->left++;
		return true;
	default:
		return false;
	}
}

static void
expect(struct mendlaws *l, const struct mendlaws_frame *f, size_t n)
{
	static struct naive v;

	v.l = l;
	v.r = &l->want;
	v.pos = v.n = 0;
	v.in = false;
	l->sure = true;
	l->want.messages = l->want.edits = l->want.taken = l->want.left = 0;
	l->want.n = 0;
	l->want.ok = false;
	for (; n > 0 && f->type != MEND_DONE; f++, n--)
		if (!take_frame(&v, f))
			return;
	if (n == 0 || v.in)
		return;
	copy(&v, l->old.n);
	l->want.ok = true;
}

/* --- what is made */

static int
take(void *ctx, int old, const struct mend_taken *t, struct err *e)
{
	struct mendlaws *l = ctx;
	struct mend_cut w;

	(void)e;
	if (l->taken_n == MENDLAWS_LIST)
		abort();
	memcpy(&w, l->now->s.p, sizeof(w));
	l->wrong_take = l->wrong_take || (l->fills ? old != l->part ||
	    l->filling.have < t->to : old != l->from) ||
	    memcmp(t->sha, w.sha, HASH_SIZE) != 0 ||
	    !span_eq(t->note, (struct span){ l->now->s.p + sizeof(w),
	    l->now->s.n - sizeof(w) });
	l->taken[l->taken_n++] = *t;
	return ST_OK;
}

/* A piece more of the old file. */
static int
more(void *ctx, uint64_t *have, struct err *e)
{
	struct mendlaws *l = ctx;
	const size_t left = l->old.n - (size_t)*have;
	const size_t n = l->old.n / 7 < left ? l->old.n / 7 + 1 : left;

	if (pwrite(l->part, l->old.p + *have, n, (off_t)*have) != (ssize_t)n)
		return err_set(e, ST_DEAD, errno, "part");
	*have += n;
	return ST_OK;
}

static void
begin(struct mendlaws *l)
{
	if (ftruncate(l->to, 0) != 0 || ftruncate(l->part, 0) != 0)
		abort();
	l->taken_n = 0;
	l->wrong_take = false;
	l->job = (struct mend_job){ .path = "x", .take = take,
	    .ctx = l };
	l->e.text[0] = '\0';
	mend_apply_begin(l->apply, &l->job, l->fills ? l->part : l->from,
	    l->to, l->old.n, &l->e);
	l->filling = (struct filling){ .fd = l->part, .more = more,
	    .ctx = l, .size = l->old.n };
	if (l->fills)
		mend_apply_fills(l->apply, &l->filling);
}

static void
make(struct mendlaws *l, const struct mendlaws_frame *f, size_t n)
{
	int rc = ST_OK;

	begin(l);
	for (size_t i = 0; i < n && rc == ST_OK; i++) {
		/* In memory of its own, which is gone at once. */
		uint8_t *p = malloc(f[i].s.n > 0 ? f[i].s.n : 1);

		if (p == NULL)
			abort();
		if (f[i].s.n > 0)
			memcpy(p, f[i].s.p, f[i].s.n);
		l->now = &f[i];
		rc = mend_apply_frame(l->apply, f[i].type,
		    (struct span){ p, f[i].s.n });
		free(p);
	}
	l->rc = rc == ST_END ? mend_apply_end(l->apply) : rc == ST_OK ?
	    ST_BAD : rc;
}

/* --- laws */

/* The next byte of s that no edit touches, from *i on. */
static int
next_solid(struct span s, size_t *i)
{
	while (*i < s.n && is_in(s.p[*i], SPAN("\r\n\0 .")))
		++*i;
	return *i < s.n ? s.p[(*i)++] : -1;
}

/* Without breaks, NULs, spaces and dots, and without the messages that went,
 * both files are the same: this believes no frame. */
static bool
same_skeleton(const struct mendlaws *l, struct span new)
{
	size_t at = 0, i, k = 0;
	int c;

	for (size_t t = 0; t <= l->taken_n; t++) {
		const size_t end = t < l->taken_n ?
		    (size_t)l->taken[t].from : l->old.n;
		const struct span part = { l->old.p + at, end - at };

		for (i = 0; (c = next_solid(part, &i)) >= 0; )
			if (next_solid(new, &k) != c)
				return false;
		if (t < l->taken_n)
			at = (size_t)l->taken[t].to;
	}
	return next_solid(new, &k) < 0;
}

static bool
same_hash(const struct mendlaws *l, struct span new)
{
	uint8_t sha[HASH_SIZE];

	hash_begin(l->hash);
	hash_feed(l->hash, new);
	return hash_end(l->hash, sha) &&
	    memcmp(sha, l->job.sum, sizeof(sha)) == 0;
}

static const char *
compare(const struct mendlaws *l, struct span new)
{
	const struct mendlaws_result *w = &l->want;

	if (!w->ok)
		return "it was to be refused";
	if (!span_eq(new, (struct span){ w->p, w->n }))
		return "other bytes were made";
	if (l->job.messages != w->messages || l->job.edits != w->edits ||
	    l->job.taken != w->taken || l->job.left != w->left ||
	    l->taken_n != w->taken || l->wrong_take)
		return "the wrong counts, or another message was taken";
	if ((l->may.kinds & EDIT_TEXT) == 0 && !same_skeleton(l, new))
		return "not the same skeleton";
	return same_hash(l, new) ? NULL : "the wrong SHA-256";
}

static const char *
check(struct mendlaws *l, const struct mendlaws_frame *f, size_t n)
{
	static uint8_t made[MENDLAWS_MAX];
	struct stat st;
	ssize_t got;

	make(l, f, n);
	if (l->rc != ST_OK) {
		if (l->rc != ST_BAD)
			return "refused, but not for what was said";
		return l->sure && l->want.ok ? "refused for nothing" : NULL;
	}
	if (fstat(l->to, &st) != 0 || st.st_size > MENDLAWS_MAX)
		return "too many bytes were made";
	got = pread(l->to, made, sizeof(made), 0);
	if (got != st.st_size)
		abort();
	return compare(l, (struct span){ made, (size_t)got });
}

const char *
mendlaws_check(struct mendlaws *l, const struct mendlaws_frame *f, size_t n)
{
	const char *bad;
	int rc;

	expect(l, f, n);
	l->fills = true;
	if ((bad = check(l, f, n)) != NULL)
		return bad;
	rc = l->rc;
	l->fills = false;
	if ((bad = check(l, f, n)) != NULL)
		return bad;
	return rc == l->rc ? NULL : "it matters how much there is of it";
}

void
mendlaws_file(struct mendlaws *l, struct span old)
{
	l->old = old;
	if (ftruncate(l->from, 0) != 0 ||
	    pwrite(l->from, old.p, old.n, 0) != (ssize_t)old.n)
		abort();
}

void
mendlaws_open(struct mendlaws *l, const struct mend_may *may)
{
	memset(l, 0, sizeof(*l));
	l->may = *may;
	l->apply = mend_apply_new(may);
	l->hash = hash_new();
	l->from = memfd_create("old", MFD_CLOEXEC);
	l->to = memfd_create("new", MFD_CLOEXEC);
	l->part = memfd_create("part", MFD_CLOEXEC);
	if (l->apply == NULL || l->hash == NULL || l->from < 0 || l->to < 0 ||
	    l->part < 0)
		abort();
}

void
mendlaws_close(struct mendlaws *l)
{
	mend_apply_free(l->apply);
	hash_free(l->hash);
	(void)close(l->from);
	(void)close(l->to);
	(void)close(l->part);
}

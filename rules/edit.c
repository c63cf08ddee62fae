/*
 * See edit.h.  This is what stands between a wrong plan and a mailbox: it
 * shares no code with what makes plans.
 */
#include "edit.h"

static bool
are_all(const uint8_t *p, size_t n, uint8_t c)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != c)
			return false;
	return n > 0;
}

static bool
inserts(const struct edit *e, const char *s, size_t n)
{
	return e->ins == n && memcmp(e->put, s, n) == 0;
}

/* A dot, any CRs, an LF. */
static bool
is_dot_line(const struct edit *e)
{
	return e->del >= 2 && e->old[0] == '.' &&
	    e->old[e->del - 1] == '\n' &&
	    (e->del == 2 || are_all(e->old + 1, e->del - 2u, '\r'));
}

static unsigned
insertion_kind(const struct edit *e)
{
	return inserts(e, "\r", 1) ? EDIT_ADD_CR :
	    inserts(e, ".", 1) ? EDIT_STUFF : 0;
}

static unsigned
replacement_kind(const struct edit *e)
{
	if (e->del != 1 || (e->old[0] != '\r' && e->old[0] != 0))
		return 0;
	if (inserts(e, " ", 1))
		return e->old[0] == 0 ? EDIT_SPACE_NUL : EDIT_SPACE_CR;
	if (e->old[0] == 0)
		return 0;
	return inserts(e, "\n", 1) ? EDIT_CR_TO_LF : inserts(e, "\r\n", 2) ?
	    EDIT_CR_TO_CRLF : 0;
}

unsigned
edit_kind(const struct edit *e)
{
	if (e->del > EDIT_MAX || e->ins > EDIT_MAX)
		return 0;
	if (e->del == 0)
		return insertion_kind(e);
	if (e->ins > 0)
		return replacement_kind(e);
	if (are_all(e->old, e->del, '\r'))
		return EDIT_CUT_CR;
	if (e->del == 1 && e->old[0] == 0)
		return EDIT_DROP_NUL;
	return is_dot_line(e) ? EDIT_CUT_DOT : 0;
}

/* Which of the kinds asked for make this edit right; 0: none does. */
static unsigned
allowed_by(const struct edit *e, unsigned kinds)
{
	const unsigned kind = edit_kind(e);

	/* A CR that goes: before a break, or anywhere. */
	return (kind == EDIT_CUT_CR ? EDIT_CUT_CR | EDIT_DROP_CR : kind) &
	    kinds;
}

bool
edits_are_allowed(const struct edit *e, size_t n, unsigned kinds,
    uint64_t size)
{
	uint64_t free_from = 0;		/* all before it is behind us */

	for (size_t i = 0; i < n; i++) {
		if (allowed_by(&e[i], kinds) == 0 || e[i].off < free_from ||
		    e[i].off >= size || e[i].del > size - e[i].off)
			return false;
		free_from = e[i].off + (e[i].del > 0 ? e[i].del : 1u);
	}
	return true;
}

void
edits_invert(const struct edit *list, size_t n, struct edit *back)
{
	uint64_t shift = 0;	/* of new offsets; modulo 2^64 */

	for (size_t i = 0; i < n; i++) {
		const struct edit e = list[i];

		back[i] = e;
		back[i].off = e.off + shift;
		back[i].del = e.ins;
		back[i].ins = e.del;
		memcpy(back[i].old, e.put, EDIT_MAX);
		memcpy(back[i].put, e.old, EDIT_MAX);
		shift += e.ins;
		shift -= e.del;
	}
}

/* What the old byte behind an edit must be, where the edit says so. */
enum { NEXT_LF = 1, NEXT_CR = 2, NEXT_DOT = 4 };

void
splice_begin(struct splice *s, unsigned kinds, splice_fn *fn, void *ctx)
{
	s->fn = fn;
	s->ctx = ctx;
	s->kinds = kinds;
	s->off = 0;
	s->free_from = 0;
	s->open = false;
	s->made = 0;
	s->bad = NULL;
	s->next = 0;
	s->last = '\n';
	s->n = 0;
}

static void
flush(struct splice *s)
{
	if (s->n > 0 && s->bad == NULL)
		s->fn(s->ctx, (struct span){ s->buf, s->n });
	s->n = 0;
}

static void
put(struct splice *s, const uint8_t *p, size_t n)
{
	if (n > SPLICE_BUFFER - s->n)
		flush(s);
	s->made += n;
	if (n > SPLICE_BUFFER / 2) {
		flush(s);
		s->fn(s->ctx, (struct span){ p, n });
		return;
	}
	memcpy(s->buf + s->n, p, n);
	s->n += n;
}

/* The next old byte, kept or not, is c. */
static void
check_next(struct splice *s, uint8_t c)
{
	const unsigned is = c == '\n' ? NEXT_LF : c == '\r' ? NEXT_CR :
	    c == '.' ? NEXT_DOT : 0;

	if (s->next != 0 && (s->next & is) == 0)
		s->bad = "an edit before the wrong byte";
	s->next = 0;
}

static void
keep(struct splice *s, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	check_next(s, p[0]);
	if (s->bad != NULL)
		return;
	put(s, p, n);
	s->last = p[n - 1];
	s->off += n;
}

/* What must stand before and behind an edit of this kind. */
static void
check_place(struct splice *s, const struct edit *e, unsigned by)
{
	const unsigned want = by == EDIT_ADD_CR ? NEXT_LF :
	    by == EDIT_STUFF ? NEXT_DOT :
	    by == EDIT_CUT_CR ? NEXT_LF | NEXT_CR : 0;

	if (by == EDIT_ADD_CR && s->last == '\r')
		s->bad = "a CR where one is";
	if (by == EDIT_CUT_DOT && s->last != '\n')
		s->bad = "a dot that does not begin a line";
	if (by == EDIT_STUFF && s->last != '\n' && s->last != '\r' &&
	    s->last != 0 && !ascii_wsp(s->last))
		s->bad = "a dot that is not alone";
	if (e->del > 0)
		check_next(s, e->old[0]);
	if (s->next != 0 && (s->next & want) == 0)
		s->bad = "edits that exclude each other";
	s->next = want;
}

static void
begin(struct splice *s, const struct edit *e)
{
	const unsigned by = allowed_by(e, s->kinds);

	if (by == 0)
		s->bad = "an edit that is not allowed";
	else if (e->off < s->free_from)
		s->bad = "edits out of order";
	if (s->bad != NULL)
		return;
	check_place(s, e, by);
	s->free_from = e->off + (e->del > 0 ? e->del : 1u);
	s->now = *e;
	s->got = 0;
	s->open = true;
}

/* Take what the open edit still wants of the n bytes at p; how many. */
static size_t
take(struct splice *s, const uint8_t *p, size_t n)
{
	size_t i = 0;

	if (!s->open)
		return 0;
	for (; i < n && s->got < s->now.del; i++)
		if (p[i] != s->now.old[s->got++])
			s->bad = "an edit of other bytes";
	s->off += i;
	if (i > 0)
		s->last = p[i - 1];
	if (s->got < s->now.del || s->bad != NULL)
		return i;
	put(s, s->now.put, s->now.ins);
	s->open = false;
	return i;
}

size_t
splice_feed(struct splice *s, struct span old, const struct edit *edits,
    size_t n)
{
	size_t used = 0, i = take(s, old.p, old.n), upto;

	while (s->bad == NULL && i < old.n) {
		const bool edit = used < n && edits[used].off < s->off +
		    (old.n - i);

		if (edit && edits[used].off < s->off) {
			s->bad = "edits out of order";
			break;
		}
		upto = edit ? (size_t)(edits[used].off - s->off) : old.n - i;
		keep(s, old.p + i, upto);
		i += upto;
		if (edit && s->bad == NULL) {
			begin(s, &edits[used++]);
			i += take(s, old.p + i, old.n - i);
		}
	}
	return used;
}

const char *
splice_end(struct splice *s)
{
	if (s->bad == NULL && (s->next != 0 || s->open))
		s->bad = "an edit before the wrong byte";
	flush(s);
	return s->bad;
}

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
	    inserts(e, ".", 1) ? EDIT_STUFF :
	    inserts(e, "\n", 1) || inserts(e, "\r\n", 2) ? EDIT_FOLD : 0;
}

static bool
is_white(const struct edit *e)
{
	for (size_t i = 0; i < e->del; i++)
		if (!ascii_wsp(e->old[i]))
			return false;
	return true;
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
	if (e->graft != NULL)
		return e->graft->off == e->off ? graft_kind(e->graft) : 0;
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
	if (is_white(e))
		return EDIT_CUT_SPACE;
	return is_dot_line(e) ? EDIT_CUT_DOT : 0;
}

static uint64_t
goes(const struct edit *e)
{
	return e->graft != NULL ? e->graft->del : e->del;
}

static uint64_t
comes(const struct edit *e)
{
	return e->graft != NULL ? e->graft->ins.n : e->ins;
}

/* Text, each of its breaks as two bytes. */
static int64_t
wire_size(struct span s)
{
	int64_t n = (int64_t)s.n;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r');
	return n;
}

/* What goes with a graft is not at hand: no byte counts for less than one. */
static void
graft_grows(struct edit_growth *g, const struct graft *t)
{
	const int64_t more = wire_size(t->ins) - (int64_t)t->del;

	if (t->kind == EDIT_LENGTH) {
		g->digits += more;
		return;
	}
	g->bytes += more;
	g->lines = g->lines || t->kind == EDIT_ENCODE;
}

void
edit_grows(struct edit_growth *g, const struct edit *e)
{
	const unsigned kind = edit_kind(e);

	if (kind == 0 || kind == EDIT_ADD_CR)
		return;
	if (e->graft != NULL) {
		graft_grows(g, e->graft);
		return;
	}
	if (kind == EDIT_CUT_CR)	/* one may be that of a CRLF */
		g->bytes -= e->del - 1;
	else
		g->bytes += wire_size((struct span){ e->put, e->ins }) -
		    wire_size((struct span){ e->old, e->del });
	g->lines = g->lines || kind == EDIT_CR_TO_LF ||
	    kind == EDIT_CR_TO_CRLF;
}

/* Where the next edit may be; this one ends in the message. */
static uint64_t
behind(const struct edit *e, unsigned kind)
{
	return kind == EDIT_FIELD ? e->off : e->off + (goes(e) > 0 ? goes(e) :
	    1u);
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
		const unsigned by = allowed_by(&e[i], kinds);

		if (by == 0 || e[i].off < free_from || e[i].off >= size ||
		    goes(&e[i]) > size - e[i].off)
			return false;
		free_from = behind(&e[i], by);
	}
	return true;
}

static void
invert_small(const struct edit *e, struct edit *back)
{
	back->del = e->ins;
	back->ins = e->del;
	memcpy(back->old, e->put, EDIT_MAX);
	memcpy(back->put, e->old, EDIT_MAX);
}

static void
invert_graft(const struct graft *g, struct span old, uint64_t off,
    struct graft *back)
{
	back->off = off;
	back->del = g->ins.n;
	back->ins = (struct span){ old.p + g->off, (size_t)g->del };
	back->kind = 0;
	back->why = g->why;
}

void
edits_invert_all(const struct edit *list, size_t n, struct span old,
    struct edit *back, struct graft *room)
{
	uint64_t shift = 0;	/* of new offsets; modulo 2^64 */

	for (size_t i = 0; i < n; i++) {
		const struct edit e = list[i];

		back[i] = e;
		back[i].off = e.off + shift;
		if (e.graft == NULL) {
			invert_small(&e, &back[i]);
		} else {
			invert_graft(e.graft, old, back[i].off, &room[i]);
			back[i].graft = &room[i];
		}
		shift += comes(&e);
		shift -= goes(&e);
	}
}

void
edits_invert(const struct edit *list, size_t n, struct edit *back)
{
	edits_invert_all(list, n, (struct span){ NULL, 0 }, back, NULL);
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
	s->to = BRK_NONE;
	s->check = NULL;
	edit_place_begin(&s->place, (kinds & EDIT_ENCODE) != 0);
	s->n = 0;
}

void
splice_text(struct splice *s, enum brk to, const struct splice_check *check)
{
	s->to = to;
	s->check = check;
}

static void
flush(struct splice *s)
{
	if (s->n > 0 && s->bad == NULL)
		s->fn(s->ctx, (struct span){ s->buf, s->n });
	s->n = 0;
}

static void
put_out(struct splice *s, const uint8_t *p, size_t n)
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

static void
put(struct splice *s, const uint8_t *p, size_t n)
{
	if ((s->kinds & EDIT_TEXT) != 0 && n > 0 &&
	    !edit_place_feed(&s->place, (struct span){ p, n }))
		s->bad = "text before what it must not stand before";
	if (s->bad == NULL)
		put_out(s, p, n);
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
	if ((by & EDIT_TEXT) != 0 && !edit_place_check(&s->place, e, by))
		s->bad = "text where none may be put";
	if (e->graft == NULL && e->del > 0)
		check_next(s, e->old[0]);
	if (s->next != 0 && (s->next & want) == 0)
		s->bad = "edits that exclude each other";
	s->next = want;
}

/* It was said that text may be put, which has these breaks. */
static void
check_text(struct splice *s, const struct edit *e, unsigned by)
{
	const struct graft *g = e->graft;
	enum brk is;

	if ((by & (EDIT_FOLD | EDIT_FIELD | EDIT_ENCODE)) == 0)
		return;
	is = g != NULL ? graft_break(g) : e->ins == 1 ? BRK_LF : BRK_CRLF;
	if (is != s->to && is != BRK_NONE)
		s->bad = "text with the wrong line ends";
	if (by == EDIT_ENCODE && s->check == NULL)
		s->bad = "an encoded body that nobody checks";
}

static void
begin(struct splice *s, const struct edit *e)
{
	const unsigned by = allowed_by(e, s->kinds);

	if (by == 0)
		s->bad = "an edit that is not allowed";
	else if (e->off < s->free_from)
		s->bad = "edits out of order";
	if (s->bad == NULL)
		check_text(s, e, by);
	if (s->bad == NULL)
		check_place(s, e, by);
	if (s->bad != NULL)
		return;
	if ((by & EDIT_TEXT) != 0)
		edit_place_make(&s->place, e, by);
	if (by == EDIT_ENCODE && !s->check->begin(s->check->ctx,
	    e->graft->ins, s->place.base64))
		s->bad = "an encoded body that is not right";
	s->free_from = behind(e, by);
	s->now = *e;
	s->by = by;
	s->del = goes(e);
	s->got = 0;
	s->open = true;
}

/* The bytes of s are what this edit says that goes; of a graft: may be. */
static bool
is_old(struct splice *s, struct span old)
{
	const struct edit *e = &s->now;

	if (e->graft == NULL)
		return memcmp(e->old + s->got, old.p, old.n) == 0;
	if (e->graft->kind == EDIT_ENCODE)
		return s->check->old(s->check->ctx, old);
	for (size_t i = 0; i < old.n; i++) {
		const uint8_t c = old.p[i];

		if (e->graft->kind == EDIT_LENGTH ? !ascii_digit(c) :
		    c == '\r' || c == '\n' || c == 0)
			return false;
	}
	return true;
}

/* All its old bytes are there. */
static void
finish(struct splice *s)
{
	const struct edit *e = &s->now;
	const struct graft *g = e->graft;

	s->open = false;
	if (g == NULL)
		put(s, e->put, e->ins);
	else if (s->by != EDIT_ENCODE)
		put(s, g->ins.p, g->ins.n);
	else if (s->check->end(s->check->ctx))
		put_out(s, g->ins.p, g->ins.n);
	else
		s->bad = "an encoded body that is not the old one";
	if ((s->by & EDIT_TEXT) != 0)
		edit_place_made(&s->place, s->by);
}

/* Take what the open edit still wants of the n bytes at p; how many. */
static size_t
take(struct splice *s, const uint8_t *p, size_t n)
{
	if (!s->open)
		return 0;
	if (n > s->del - s->got)
		n = (size_t)(s->del - s->got);
	if (n > 0 && s->bad == NULL) {
		if (!is_old(s, (struct span){ p, n }))
			s->bad = "an edit of other bytes";
		s->last = p[n - 1];
	}
	s->got += n;
	s->off += n;
	if (s->got == s->del && s->bad == NULL)
		finish(s);
	return n;
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
	if (s->bad == NULL && (s->next != 0 || s->open ||
	    !edit_place_end(&s->place)))
		s->bad = "an edit before the wrong byte";
	flush(s);
	return s->bad;
}

/*
 * See keeping.h.
 */
#include "keeping.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "piece.h"
#include "tell.h"

#define TEXT_MAX (8u << 20)	/* bytes of report that are kept of a file; an
				 * mbox in ranges has no such limit */
#define BORDER_MIN (256u << 10)	/* bytes behind a border: what is before it
				 * was judged without a look at the end */

struct keeping {
	struct keeping_options options;
	struct kept_facts counts;
	struct buf path, found;
	struct buf text, pieces;	/* of the file or range at hand */
	bool over;			/* there was more */
	struct buf line;		/* scratch */
	bool failed;			/* to write, or no memory */
};

struct keeping *
keeping_new(const struct keeping_options *o)
{
	struct keeping *k = calloc(1, sizeof(*k));

	if (k != NULL) {
		k->options = *o;
		k->counts.new_only = o->new_only;
	}
	return k;
}

void
keeping_free(struct keeping *k)
{
	if (k == NULL)
		return;
	buf_free(&k->path);
	buf_free(&k->found);
	buf_free(&k->text);
	buf_free(&k->pieces);
	buf_free(&k->line);
	free(k);
}

const struct kept_facts *
keeping_facts(const struct keeping *k)
{
	return &k->counts;
}

/* --- what is told */

/* Some of its findings are not known; all that are not are noted. */
static bool
is_new(struct keeping *k, const struct piece *p)
{
	bool fresh = p->flagged && p->more.n == 0;

	for (size_t i = 0; i + FINDING_ID <= p->more.n; i += FINDING_ID) {
		if (state_is_known(k->options.state, p->more.p + i))
			continue;
		state_put_new(k->options.state, p->more.p + i);
		fresh = true;
	}
	k->counts.messages += fresh;
	k->counts.by_severity[p->worst] += fresh;
	return fresh;
}

/* read: when it was read, if that was before; else 0. */
static void
tell_piece(struct keeping *k, const struct piece *p, struct span text,
    int64_t read)
{
	bool wanted = !k->options.new_only || p->kind == PIECE_OTHER;

	if (p->kind == PIECE_MESSAGE)
		wanted |= is_new(k, p);
	if (text.n == 0)
		return;
	k->counts.dropped += !wanted;
	if (wanted && read != 0 && p->kind == PIECE_MESSAGE) {
		char time[32];

		report_time_of(time, read);
		buf_clear(&k->line);
		tell_again(k->options.reporter, &k->line, text, time);
		k->failed |= !buf_ok(&k->line);
		text = buf_span(&k->line);
	}
	if (wanted && !k->failed)
		k->failed |= !k->options.write(k->options.ctx, text);
}

struct telling {
	struct keeping *k;
	bool bad;
};

static void
tell_row(void *ctx, const struct state_text *row)
{
	struct span pieces = row->pieces, text = row->text;
	struct telling *t = ctx;
	struct piece p;

	while (piece_take(&pieces, &p) && p.text <= text.n) {
		tell_piece(t->k, &p, (struct span){ text.p, p.text },
		    row->read);
		text.p += p.text;
		text.n -= p.text;
	}
	t->bad |= pieces.n > 0 || text.n > 0;
}

bool
keeping_tell(struct keeping *k, const struct kept_file *f, int *rc)
{
	struct telling t = { .k = k };

	*rc = state_texts(k->options.state, f->id, f->texts, tell_row, &t);
	if (t.bad)
		*rc = ST_BAD;
	if (*rc != ST_OK)
		state_drop(k->options.state, f->id);
	return !k->failed;
}

/* --- what is known */

static void
set_path(struct keeping *k, const char *dir, const char *name)
{
	buf_clear(&k->path);
	buf_str(&k->path, dir);
	if (dir[0] != '\0' && k->path.p[k->path.n - 1] != '/')
		buf_byte(&k->path, '/');
	buf_str(&k->path, name);
	k->failed |= !buf_ok(&k->path);
}

static bool
stamp_now(struct keeping *k, bool named, struct stamp *out)
{
	struct stat st;

	if (fstatat(AT_FDCWD, buf_text(&k->path), &st, named ? 0 :
	    AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return false;
	*out = stamp_of(&st);
	return true;
}

static enum kept_is
kept_same(struct keeping *k, const struct state_row *r, struct kept_file *out)
{
	if (!found_take(r->found, &out->found))
		return KEPT_NOT;
	out->texts = r->texts;
	if (r->chain)		/* its facts are of its own record */
		memset(&out->found.folder, 0, sizeof(out->found.folder));
	state_touch(k->options.state, r->id);
	k->counts.files++;
	return KEPT_SAME;
}

static enum kept_is
kept_grown(const struct state_row *r, struct kept_file *out)
{
	if (!r->chain || r->at == 0 || !found_take(r->at_found, &out->found))
		return KEPT_NOT;
	out->at = r->at;
	out->texts = r->at_texts;
	return KEPT_GROWN;
}

enum kept_is
keeping_look(struct keeping *k, const struct walk_dir *dir, const char *name,
    enum store_place place, struct kept_file *out)
{
	struct state_row r;
	struct stamp now;

	if (k->options.distrust)
		return KEPT_NOT;
	set_path(k, dir != NULL ? dir->path : "", name);
	if (!buf_ok(&k->path) ||
	    state_find(k->options.state, buf_span(&k->path), &r) != ST_OK ||
	    r.rules != k->options.rules || r.place != place ||
	    !stamp_now(k, dir == NULL, &now))
		return KEPT_NOT;
	*out = (struct kept_file){ .id = r.id, .size = r.stamp.size };
	memcpy(out->ends, r.ends, sizeof(out->ends));
	if (stamp_same(&now, &r.stamp))
		return kept_same(k, &r, out);
	if (now.size > r.stamp.size && now.dev == r.stamp.dev &&
	    now.ino == r.stamp.ino)
		return kept_grown(&r, out);
	return KEPT_NOT;
}

/* --- what is kept */

/* It may be told again, with the piece that it is. */
static void
keep_text(struct keeping *k, struct piece p, struct span text, size_t max)
{
	p.text = (uint32_t)text.n;
	if (k->over || text.n > max || k->text.n > max - text.n) {
		k->over = true;
		return;
	}
	piece_put(&k->pieces, &p);
	buf_add(&k->text, text.p, text.n);
}

static void
forget_text(struct keeping *k)
{
	buf_clear(&k->text);
	buf_clear(&k->pieces);
	k->over = false;
}

/* What is here, as text number n. */
static bool
put_text(struct keeping *k, int64_t id, uint64_t n)
{
	return state_put_text(k->options.state, id, &(struct state_text){
	    .n = n, .read = k->options.start,
	    .pieces = buf_span(&k->pieces), .text = buf_span(&k->text) });
}

/* The name that a piece is of; NULL: there is none. */
static const char *
name_of(struct keeping_names *n, uint64_t i)
{
	size_t size;

	for (; n->i < i && n->left.n > 0; n->i++) {
		size = strnlen((const char *)n->left.p, n->left.n - 1) + 1;
		n->left.p += size;
		n->left.n -= size;
	}
	return n->i == i && n->left.n > 0 ? (const char *)n->left.p : NULL;
}

static void
keep_file(struct keeping *k, const struct piece *p, struct keeping_names *n)
{
	const char *name = name_of(n, p->name);
	struct state_row r = { .rules = k->options.rules, .place = n->place,
	    .stamp = p->stamp, .texts = k->text.n > 0, .found = p->more };

	if (!p->whole || name == NULL || k->over || !buf_ok(&k->text) ||
	    !buf_ok(&k->pieces) ||
	    !stamp_is_settled(&p->stamp, k->options.start))
		return;
	set_path(k, n->dir, name);
	if (!buf_ok(&k->path) ||
	    !state_put(k->options.state, buf_span(&k->path), &r))
		return;
	if (r.texts > 0)
		(void)put_text(k, r.id, 0);
	state_pause(k->options.state);
}

/* Take the piece's bytes off the text. */
static struct span
cut_text(struct span *text, size_t n)
{
	const struct span s = { text->p, n < text->n ? n : text->n };

	text->p += s.n;
	text->n -= s.n;
	return s;
}

bool
keeping_results(struct keeping *k, struct span text, struct span pieces,
    struct keeping_names *n)
{
	struct piece p;

	if (!n->begun)	/* what is here is of one that was cut short */
		forget_text(k);
	n->begun = true;
	while (piece_take(&pieces, &p)) {
		const struct span s = cut_text(&text, p.text);

		if (p.kind == PIECE_END) {
			keep_file(k, &p, n);
			forget_text(k);
			continue;
		}
		tell_piece(k, &p, s, 0);
		keep_text(k, p, s, TEXT_MAX);
	}
	if (text.n > 0)
		tell_piece(k, &(struct piece){ .kind = PIECE_OTHER }, text, 0);
	return !k->failed;
}

/* --- an mbox in ranges */

void
kept_chain_free(struct kept_chain *c)
{
	buf_free(&c->path);
	buf_free(&c->at_found);
}

/* The row is there, but is not whole: what is in it must not be told. */
static bool
begin_chain(struct keeping *k, struct kept_chain *c)
{
	struct state_row r = { .texts = c->texts };

	if (c->id != 0 || c->bad)
		return !c->bad;
	c->bad = !buf_ok(&c->path) ||
	    !state_put(k->options.state, buf_span(&c->path), &r);
	c->id = r.id;
	return !c->bad;
}

static void
put_row_text(struct keeping *k, struct kept_chain *c)
{
	if (k->text.n > 0 && begin_chain(k, c)) {
		c->bad |= !buf_ok(&k->text) || !buf_ok(&k->pieces) ||
		    !put_text(k, c->id, c->texts);
		c->texts++;
	}
	forget_text(k);
}

bool
keeping_range(struct keeping *k, struct kept_chain *c, struct span text,
    struct span pieces, uint64_t before)
{
	struct buf whole = { 0 };
	struct piece p;

	forget_text(k);
	while (piece_take(&pieces, &p)) {
		buf_clear(&whole);
		report_resolve(&whole, cut_text(&text, p.text), before);
		k->failed |= !buf_ok(&whole);
		tell_piece(k, &p, buf_span(&whole), 0);
		keep_text(k, p, buf_span(&whole), SIZE_MAX);
	}
	buf_free(&whole);
	put_row_text(k, c);
	return !k->failed;
}

/* What there is of it, and of all before it. */
static void
put_found(struct keeping *k, struct buf *out, const struct kept_chain *c,
    const struct store_facts *f)
{
	struct delta d = { .totals = c->totals, .folder = *f };

	buf_clear(out);
	found_put(out, &d);
	k->failed |= !buf_ok(out);
}

void
keeping_border(struct keeping *k, struct kept_chain *c,
    const struct store_facts *f, uint64_t at)
{
	if (c->bad || !c->stamped || f->dialects.at_end ||
	    at + BORDER_MIN > c->stamp.size)
		return;
	c->at = at;
	c->at_texts = c->texts;
	put_found(k, &c->at_found, c, f);
}

bool
keeping_chain_end(struct keeping *k, struct kept_chain *c,
    const struct store_facts *f, struct span text)
{
	const struct piece store = { .kind = PIECE_STORE };
	struct state_row r;
	bool resumes, settled;

	tell_piece(k, &store, text, 0);
	if (c == NULL)
		return !k->failed;
	resumes = c->has_ends && c->at > 0;
	r = (struct state_row){ .rules = k->options.rules, .place = c->place,
	    .chain = true, .stamp = c->stamp };
	forget_text(k);
	keep_text(k, store, text, SIZE_MAX);
	put_row_text(k, c);
	settled = stamp_is_settled(&c->stamp, k->options.start);
	if (!c->stamped || c->bad || (!settled && !resumes) ||
	    !begin_chain(k, c))
		return !k->failed;
	if (!settled)	/* it is not to be the same, ever; but may have grown */
		r.stamp.mtime = r.stamp.ctime = INT64_MIN;
	put_found(k, &k->found, c, f);
	r.found = buf_span(&k->found);
	r.texts = c->texts;
	if (resumes) {
		r.at = c->at;
		r.at_texts = c->at_texts;
		r.at_found = buf_span(&c->at_found);
		memcpy(r.ends, c->ends, sizeof(r.ends));
	}
	(void)state_put(k->options.state, buf_span(&c->path), &r);
	state_pause(k->options.state);
	return !k->failed;
}

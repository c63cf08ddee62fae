/*
 * See planning.h: where shards are cut.
 *
 * The k-th of n ends where k/n of all the weight is.  What cannot be cut goes
 * to the side on which more of it is; an mbox is cut there to the byte.
 */
#include "planning.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel_calls.h"

#define FLUSH_AT (256u << 10)	/* bytes */
#define PART_LEAST (64u << 10)	/* bytes of an mbox that are worth a range */

struct cutting {
	struct planning *p;
	int to;			/* the file */
	uint64_t size;		/* bytes of it so far */
	struct hash *hash;
	struct buf out;		/* not written yet */
	struct buf folder;	/* the line of the folder at hand */
	bool folder_told;	/* in this shard */
	struct buf held;	/* a mailbox that must not be cut: it ends with
				 * this folder; n 0: none */
	struct buf at;		/* path of the folder at hand */
	struct plan_line line;	/* scratch */
	struct buf text;	/* likewise */
	size_t shard;		/* from 0 */
	uint64_t weight;	/* so far */
	struct err *e;
};

/* --- the file */

static int
flush(struct cutting *c)
{
	if (!buf_ok(&c->out) || !buf_ok(&c->folder) || !buf_ok(&c->text) ||
	    !buf_ok(&c->held) || !buf_ok(&c->at))
		return err_set(c->e, ST_DEAD, ENOMEM, "cannot make the plan");
	hash_feed(c->hash, buf_span(&c->out));
	c->p->header.segments[c->shard].n += c->out.n;
	if (call_write(c->to, c->out.p, c->out.n, c->size) != 0)
		return err_set(c->e, ST_DEAD, errno, "cannot write the plan");
	c->size += c->out.n;
	buf_clear(&c->out);
	return ST_OK;
}

static int
put_text(struct cutting *c, struct span s)
{
	buf_add(&c->out, s.p, s.n);
	return c->out.n < FLUSH_AT ? ST_OK : flush(c);
}

/* In front of a file: where it is, if this shard does not know yet. */
static int
put_file(struct cutting *c, struct span s)
{
	if (!c->folder_told && c->folder.n > 0 &&
	    put_text(c, buf_span(&c->folder)) != ST_OK)
		return ST_DEAD;
	c->folder_told = true;
	return put_text(c, s);
}

static void
begin_shard(struct cutting *c)
{
	hash_begin(c->hash);
	c->folder_told = false;
}

static int
end_shard(struct cutting *c)
{
	struct plan_segment *s = &c->p->header.segments[c->shard];

	if (flush(c) != ST_OK)
		return ST_DEAD;
	if (!hash_end(c->hash, s->sha))
		return err_set(c->e, ST_DEAD, 0, "no SHA-256");
	return ST_OK;
}

static int
next_shard(struct cutting *c)
{
	struct plan_segment *s = c->p->header.segments;

	if (end_shard(c) != ST_OK)
		return ST_DEAD;
	c->shard++;
	s[c->shard].at = s[c->shard - 1].at + s[c->shard - 1].n;
	begin_shard(c);
	return ST_OK;
}

/* --- where to cut */

static bool
is_last(const struct cutting *c)
{
	return c->shard + 1 == c->p->header.shards;
}

/* Where the shard at hand should end: weight from the start. */
static uint64_t
border(const struct cutting *c)
{
	return (uint64_t)((__uint128_t)c->p->weight * (c->shard + 1) /
	    c->p->header.shards);
}

static void
count(struct cutting *c, uint64_t weight)
{
	c->weight += weight;
	c->p->header.segments[c->shard].weight += weight;
}

static int
put_range(struct cutting *c, uint64_t from, uint64_t to)
{
	struct plan_line *l = &c->line;

	l->from = from;
	l->to = to;
	buf_clear(&c->text);
	plan_line_put(&c->text, l);
	count(c, to - from);
	return put_file(c, buf_span(&c->text));
}

/* Ranges of an mbox; those too small are not made. */
static int
cut_mbox(struct cutting *c, struct span text)
{
	struct plan_line *l = &c->line;
	const uint64_t least = c->p->split < PART_LEAST ? c->p->split :
	    PART_LEAST;
	uint64_t from = 0, left, room;

	if (!plan_line_read(l, (struct span){ text.p, text.n - 1 }))
		return err_set(c->e, ST_DEAD, 0, "the spool is damaged");
	l->kind = PLAN_MBOX;
	count(c, PLAN_FILE_COST);
	while (!is_last(c)) {
		left = l->size - from;
		room = border(c) > c->weight ? border(c) - c->weight : 0;
		if (room > left || left - room < least)
			break;
		if (room >= least) {
			if (put_range(c, from, from + room) != ST_OK)
				return ST_DEAD;
			from += room;
		}
		if (next_shard(c) != ST_OK)
			return ST_DEAD;
	}
	return put_range(c, from, l->size);
}

/* --- mailboxes that are held together */

static bool
lies_in(const char *path, const char *folder)
{
	const size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	    (path[n] == '\0' || path[n] == '/' || folder[n - 1] == '/');
}

/*
 * From the first message of a folder on it is not cut, up to its end.  Of a
 * Maildir that is the end of its last part, in the order of names.
 */
static void
hold(struct cutting *c, bool maildir)
{
	const char *path = buf_text(&c->at);
	const char *slash = strrchr(path, '/');
	const char *last = c->p->tmp ? "tmp" : "new";

	if (c->held.n > 0)
		return;
	if (maildir && slash != NULL && strcmp(slash + 1, "tmp") != 0) {
		buf_add(&c->held, path, (size_t)(slash + 1 - path));
		buf_str(&c->held, last);
	} else {
		buf_str(&c->held, path);
	}
	(void)buf_text(&c->held);
}

static void
release(struct cutting *c, const char *left)
{
	if (c->held.n > 0 && lies_in(buf_text(&c->held), left))
		buf_clear(&c->held);
}

/* --- the spool */

static int
take_file(struct cutting *c, const struct spooled *s, struct span text)
{
	while (!is_last(c) && c->held.n == 0 &&
	    c->weight + s->weight / 2 >= border(c) &&
	    c->weight > 0 && !s->splits)
		if (next_shard(c) != ST_OK)
			return ST_DEAD;
	if (s->splits)
		return cut_mbox(c, text);
	if (c->p->whole && s->single)
		hold(c, s->maildir);
	count(c, s->weight);
	return put_file(c, text);
}

static int
take(struct cutting *c, const struct spooled *s, struct span text)
{
	switch (s->kind) {
	case PLAN_FILE:
		return take_file(c, s, text);
	case PLAN_FOLDER:
	case PLAN_LEAVE:
		if (!plan_line_read(&c->line, (struct span){ text.p,
		    text.n - 1 }))
			return err_set(c->e, ST_DEAD, 0,
			    "the spool is damaged");
		break;
	default:
		return put_text(c, text);
	}
	if (s->kind == PLAN_LEAVE) {
		release(c, buf_text(&c->line.path));
		return s->single ? put_text(c, text) : ST_OK;
	}
	buf_clear(&c->folder);
	buf_add(&c->folder, text.p, text.n);
	buf_clear(&c->at);
	buf_add(&c->at, c->line.path.p, c->line.path.n);
	c->folder_told = false;
	return ST_OK;
}

/* What was read of the spool, and is used up to `from`. */
struct reading {
	FILE *file;
	struct buf in;
	size_t from;
};

/* See to it that n bytes are there.  ST_END: none are. */
static int
want(struct reading *r, size_t n, struct err *e)
{
	struct buf *b = &r->in;
	const size_t left = b->n - r->from;

	if (left >= n)
		return ST_OK;
	if (b->cap < n + SPOOL_BLOCK) {
		uint8_t *more = realloc(b->p, n + SPOOL_BLOCK);

		if (more == NULL)
			return err_set(e, ST_DEAD, ENOMEM, "cannot make the "
			    "plan");
		b->p = more;
		b->cap = n + SPOOL_BLOCK;
	}
	memmove(b->p, b->p + r->from, left);
	r->from = 0;
	b->n = left + fread(b->p + left, 1, SPOOL_BLOCK, r->file);
	if (ferror(r->file) || (b->n < n && b->n > 0))
		return err_set(e, ST_DEAD, errno != 0 ? errno : EIO,
		    "cannot read the spool");
	return b->n > 0 ? ST_OK : ST_END;
}

static int
take_next(struct cutting *c, struct reading *r)
{
	struct spooled s;
	struct span text;
	int rc;

	if ((rc = want(r, sizeof(s), c->e)) != ST_OK)
		return rc;
	memcpy(&s, r->in.p + r->from, sizeof(s));
	if ((rc = want(r, sizeof(s) + s.text, c->e)) != ST_OK)
		return rc;
	text = (struct span){ r->in.p + r->from + sizeof(s), s.text };
	r->from += sizeof(s) + s.text;
	return take(c, &s, text);
}

static int
take_all(struct cutting *c)
{
	struct reading r = { .file = c->p->spool };
	int rc;

	rewind(r.file);
	while ((rc = take_next(c, &r)) == ST_OK)
		;
	if (rc == ST_END)
		rc = *c->p->stop == 0 ? ST_OK : err_set(c->e, ST_DEAD, EINTR,
		    "cannot make the plan");
	buf_free(&r.in);
	return rc;
}

int
planning_cut(struct planning *p, int to, size_t room, struct err *e)
{
	/* The first line comes last. */
	struct cutting c = { .p = p, .to = to, .size = room, .e = e };
	int rc = ST_DEAD;

	p->header.shards = p->shards;
	p->header.segments = calloc(p->shards, sizeof(*p->header.segments));
	c.hash = hash_new();
	if (c.hash == NULL || p->header.segments == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot make the plan");
	} else {
		begin_shard(&c);
		rc = take_all(&c);
		while (rc == ST_OK && !is_last(&c))
			rc = next_shard(&c);
		if (rc == ST_OK)
			rc = end_shard(&c);
	}
	hash_free(c.hash);
	buf_free(&c.out);
	buf_free(&c.folder);
	buf_free(&c.held);
	buf_free(&c.at);
	buf_free(&c.text);
	plan_line_free(&c.line);
	return rc;
}

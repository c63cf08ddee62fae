/*
 * See sharding.h: the lines of a plan, to the queue, as the walk would have
 * told them.
 */
#include "sharding.h"

#include <errno.h>

#include "complain.h"
#include "folders.h"

/* Bytes of an mbox between two looks at the clock; with --checkpoint=0, when
 * sections are as short as can be. */
#define STEP (32 * SCAN_RANGE)
#define STEP_LEAST 4096u

/* The path of the file at hand, as in a report. */
static void
put_path(struct buf *b, struct shard_run *sh)
{
	buf_clear(b);
	folder_join(b, sh->line.named ? "" : buf_text(&sh->place.folder),
	    buf_text(&sh->line.path));
}

static struct walk_dir
this_dir(struct shard_run *sh)
{
	return (struct walk_dir){ .path = buf_text(&sh->place.folder),
	    .root = (size_t)sh->place.root };
}

static void
problem(struct scan_run *r, enum problem kind, const char *why)
{
	struct shard_run *sh = r->shard;

	put_path(&sh->text, sh);
	queue_problem(r->queue, kind, buf_span(&sh->text), why);
}

static struct planned
as_planned(const struct plan_line *l)
{
	return (struct planned){ .ino = l->inode, .size = l->size,
	    .mtime = l->mtime };
}

enum seen { SEEN_SAME, SEEN_CHANGED, SEEN_OTHER, SEEN_NOT };

/*
 * How the file is, beside how the plan has it; *size: now.  Other: it is not
 * the same file, or shorter, so that no place in it means anything.
 */
static enum seen
look(struct shard_run *sh, const struct walk_dir *d, uint64_t *size)
{
	const struct plan_line *l = &sh->line;
	const struct planned was = as_planned(l);
	const char *name = buf_text(&sh->line.path);
	struct stamp now;
	struct stat st;

	if ((l->named && sh->elsewhere && name[0] != '/') ||
	    !plan_look_at(&sh->look, d, name, &st))
		return SEEN_NOT;
	now = stamp_of(&st);
	*size = now.size;
	if (now.ino != l->inode || now.size < l->size)
		return SEEN_OTHER;
	return stamp_is_planned(&now, &was) ? SEEN_SAME : SEEN_CHANGED;
}

static const char was_there[] = "it was there when the plan was made, and is "
    "not";

/* It is scanned as it is now. */
static void
feed_file(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	const struct plan_line *l = &sh->line;
	const struct planned was = as_planned(l);
	const struct walk_dir dir = this_dir(sh);
	const char *name = buf_text(&sh->line.path);
	enum seen seen;
	uint64_t size;

	if (!l->named) {		/* who opens it, sees how it is */
		queue_file(r->queue, &dir, name, l->place, &was);
		return;
	}
	if ((seen = look(sh, NULL, &size)) == SEEN_NOT) {
		problem(r, PROBLEM_UNREADABLE, was_there);
		return;
	}
	if (seen != SEEN_SAME)
		problem(r, PROBLEM_STALE, "changed since the plan was made");
	queue_file(r->queue, NULL, name, l->place, NULL);
}

/* Where the range begins: known from before, or to be found. */
static struct mbox_border
border(const struct shard_run *sh)
{
	const struct plan_line *l = &sh->line;

	if (sh->place.at > 0)
		return sh->place.next;
	if (l->from > 0 && sh->before.known && sh->leading.n > 0)
		return sh->before.at;
	return (struct mbox_border){ l->from, l->from > 0 };
}

/* A part of an mbox.  False: stop. */
static bool
feed_ranges(struct scan_run *r, const struct walk_dir *d, uint64_t size)
{
	struct shard_run *sh = r->shard;
	const struct plan_line *l = &sh->line;
	const uint64_t end = l->to == l->size ? size : l->to;
	const uint64_t step = r->command.checkpoint > 0 ? STEP : STEP_LEAST;
	uint64_t at = sh->place.at > 0 ? sh->place.at : l->from, n;

	queue_mbox(r->queue, &(struct queued_mbox){ .dir = d,
	    .name = buf_text(&sh->line.path), .place = l->place,
	    .size = size, .from = at, .begin = border(sh),
	    .stale = sh->place.stale });
	for (; at < end; at += n) {
		n = end - at < step ? end - at : step;
		queue_range(r->queue, at, at + n);
		if (queue_stopped(r->queue))
			return false;
		sh->place.at = at + n;
		if (at + n < end && !shard_seal(r, false))
			return false;
	}
	sh->place.at = 0;
	queue_mbox_end(r->queue, l->to == l->size);
	return true;
}

static bool
feed_mbox(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	const struct plan_line *l = &sh->line;
	const struct walk_dir dir = this_dir(sh), *d = l->named ? NULL : &dir;
	uint64_t size = l->size;
	const enum seen seen = look(sh, d, &size);

	sh->place.stale &= sh->place.at > 0;
	if (seen == SEEN_SAME)
		return feed_ranges(r, d, size);
	if (seen == SEEN_NOT && l->named && l->from == 0 && l->to == l->size &&
	    sh->place.at == 0) {
		problem(r, PROBLEM_UNREADABLE, was_there);
		return true;
	}
	if (!sh->place.stale)
		problem(r, PROBLEM_STALE, seen == SEEN_NOT ? "gone since the "
		    "plan was made" : "changed since the plan was made");
	sh->place.stale = true;
	if (seen == SEEN_CHANGED)
		return feed_ranges(r, d, size);
	if (l->from == 0 && l->to == l->size && sh->place.at == 0) {
		queue_file(r->queue, d, buf_text(&sh->line.path), l->place,
		    NULL);
		return true;
	}
	problem(r, PROBLEM_UNREADABLE, "it was written anew, or is gone, since "
	    "the plan was made: this part of it was not scanned");
	queue_mbox_unread(r->queue, d, buf_text(&sh->line.path), l->to,
	    l->to == l->size);
	sh->place.at = 0;
	return true;
}

static bool
feed_line(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	const struct plan_line *l = &sh->line;
	struct walk_dir d;

	switch (l->kind) {
	case PLAN_FOLDER:
		buf_clear(&sh->place.folder);
		buf_add(&sh->place.folder, l->path.p, l->path.n);
		sh->place.root = l->root;
		return true;
	case PLAN_FILE:
		feed_file(r);
		return true;
	case PLAN_MBOX:
		return feed_mbox(r);
	case PLAN_LEAVE:
		d = (struct walk_dir){ .path = buf_text(&sh->line.path) };
		sh->sums.summary.unsettled += !l->settled;
		queue_leave(r->queue, &d, l->settled);
		return true;
	case PLAN_SKIPPED:
		sh->sums.summary.skipped[l->why]++;
		if (r->command.verbose || l->named)
			queue_problem(r->queue, PROBLEM_SKIPPED,
			    buf_span(&l->path), walk_skip_text(l->why));
		return true;
	default:
		queue_problem(r->queue, PROBLEM_UNREADABLE,
		    buf_span(&l->path), buf_text(&sh->line.error));
		return true;
	}
}

/* ST_END: that was all of them. */
static int
next_line(struct shard_run *sh, struct err *e)
{
	const uint64_t at = sh->at + sh->place.line;
	struct span text;
	int rc;

	if (at >= sh->end)
		return ST_END;
	if ((rc = report_lines_at(&sh->lines, at, &text, e)) != ST_OK)
		return rc == ST_END ? err_set(e, ST_DEAD, 0,
		    "the plan was cut off") : rc;
	return plan_line_read(&sh->line, text) ? ST_OK :
	    err_set(e, ST_DEAD, 0, "what stands at byte %llu of the plan makes "
	    "no sense", (unsigned long long)at);
}

bool
shard_feed(struct scan_run *r)
{
	struct shard_run *sh = r->shard;
	struct err e = { 0 };
	int rc;

	while ((rc = next_line(sh, &e)) == ST_OK) {
		queue_at(r->queue, sh->place.line);
		if (queue_stopped(r->queue) || !feed_line(r))
			return false;
		sh->place.line = sh->lines.next - sh->at;
		if (!shard_seal(r, false))
			return false;
	}
	if (rc != ST_END)
		complain("%s", e.text);
	return rc == ST_END && buf_ok(&sh->place.folder);
}

bool
shard_unfeed(struct shard_run *sh, const struct queue_place *to)
{
	struct shard_place *p = &sh->place;
	struct summary_facts *s = &sh->sums.summary;
	const uint64_t upto = p->line;
	struct err e;

	for (p->line = to->line; p->line < upto;
	    p->line = sh->lines.next - sh->at) {
		if (next_line(sh, &e) != ST_OK)
			return false;
		if (sh->line.kind == PLAN_SKIPPED)
			s->skipped[sh->line.why]--;
		if (sh->line.kind == PLAN_LEAVE)
			s->unsettled -= !sh->line.settled;
	}
	p->line = to->line;
	p->at = to->at;
	p->stale = to->stale;
	p->root = to->root;
	buf_clear(&p->folder);
	buf_add(&p->folder, to->folder.p, to->folder.n);
	return buf_ok(&p->folder);
}

bool
shard_find_leading(struct shard_run *sh, struct err *e)
{
	const struct plan_line *l = &sh->line;
	int rc;

	while ((rc = next_line(sh, e)) == ST_OK && l->kind == PLAN_FOLDER) {
		buf_clear(&sh->place.folder);
		buf_add(&sh->place.folder, l->path.p, l->path.n);
		sh->place.line = sh->lines.next - sh->at;
	}
	if (rc == ST_OK && l->kind == PLAN_MBOX && l->from > 0) {
		put_path(&sh->leading, sh);
		sh->borders.begins = true;
		sh->borders.to = l->to;
	}
	buf_clear(&sh->place.folder);
	sh->place.line = 0;
	return rc == ST_OK || rc == ST_END;
}

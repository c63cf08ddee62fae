/*
 * See queue.h: an mbox in ranges that somebody else cut, and sections.
 */
#include "queueing.h"

#include <stdlib.h>

static void
begin_section(struct chain *c)
{
	c->begin = (struct mbox_border){ c->expect, c->lost };
	c->found = false;
	c->messages = 0;
	c->facts = (struct store_facts){ .format = "mbox",
	    .has_dialects = true };
}

void
queue_mbox(struct queue *q, const struct queued_mbox *m)
{
	const struct walk_dir *d = m->dir;
	struct chain *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		q->failed = true;
		return;
	}
	c->parts = true;
	c->stale = m->stale;
	c->given = m->from;
	c->expect = m->begin.at;
	c->lost = m->begin.lost;
	begin_section(c);
	folder_join(&c->kept.path, d != NULL ? d->path : "", m->name);
	q->mbox = c;
	q->mbox_spec = (struct job_spec){ .kind = JOB_RANGE,
	    .place = m->place, .root = d != NULL ? d->root : 0,
	    .size = m->size };
	buf_clear(&q->mbox_dir);
	buf_str(&q->mbox_dir, d != NULL ? d->path : "");
	buf_clear(&q->mbox_name);
	buf_add(&q->mbox_name, m->name, strlen(m->name) + 1);
	q->failed = q->failed || !buf_ok(&c->kept.path) ||
	    !buf_ok(&q->mbox_dir) || !buf_ok(&q->mbox_name);
}

static void
append_range(struct queue *q, uint64_t from, uint64_t to)
{
	struct chain *c = q->mbox;
	struct job *j = job_new(&q->jobs, WHAT_SCAN);

	if (j == NULL)
		return;
	j->spec = q->mbox_spec;
	j->spec.from = from;
	j->spec.to = to;
	j->spec.exact = from > 0 && !c->begin.lost && from == c->begin.at;
	j->chain = c;
	buf_add(&j->path, q->mbox_dir.p, q->mbox_dir.n);
	buf_add(&j->names, q->mbox_name.p, q->mbox_name.n);
	j->names_n = 1;
	joblist_append(&q->jobs, j);
	queue_close_batch(q);
}

void
queue_range(struct queue *q, uint64_t from, uint64_t to)
{
	struct chain *c = q->mbox;
	uint64_t n;

	queue_close_batch(q);
	if (c == NULL)
		return;
	if (!c->begin.lost && c->begin.at < to && !c->found) {
		c->found = true;
		c->first = c->begin.at;
	}
	for (; from < to && !queue_stopped(q); from += n) {
		n = to - from < SCAN_RANGE ? to - from : SCAN_RANGE;
		append_range(q, from, from + n);
		c->given = from + n;
	}
}

void
queue_mbox_end(struct queue *q, bool last)
{
	struct job *j;

	if (q->mbox == NULL || (j = job_new(&q->jobs, WHAT_CHAIN_END)) == NULL)
		return;
	j->chain = q->mbox;
	j->last = last;
	q->mbox = NULL;
	joblist_append(&q->jobs, j);
}

void
queue_mbox_unread(struct queue *q, const struct walk_dir *d, const char *name,
    uint64_t to, bool last)
{
	queue_mbox(q, &(struct queued_mbox){ .dir = d, .name = name,
	    .place = PLACE_OTHER, .size = to, .from = to,
	    .begin = { to, true } });
	if (q->mbox != NULL)
		q->mbox->unread = true;
	queue_mbox_end(q, last);
}

void
queue_part_folders(struct queue *q)
{
	for (struct folder *f = q->folder; f != NULL; f = f->up) {
		if (f->facts->messages > 0)
			queue_part_folder(q, span_text(f->path), f->facts,
			    false);
		memset(f->facts, 0, sizeof(*f->facts));
	}
}

bool
queue_cut(struct queue *q, struct totals *out)
{
	if (!queue_finish(q))
		return false;
	queue_part_folders(q);
	if (q->mbox != NULL) {
		queue_part_mbox(q, q->mbox, false);
		begin_section(q->mbox);
	}
	*out = q->totals;
	memset(&q->totals, 0, sizeof(q->totals));
	q->mark.set = q->mark.torn = false;
	return !queue_broken(q);
}

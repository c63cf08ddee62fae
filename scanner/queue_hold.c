/*
 * See queue.h: a queue that is stopped in the midst of its jobs, and what is
 * done up to there kept.
 *
 * A unit is what cannot be gone on with in its midst: all that comes of one
 * line of the plan, but for an mbox in ranges, of which each message may be the
 * last.  Before the first results of a unit are handed over all counts are
 * noted (the mark), and when its end is not to be had they are taken back to
 * that.
 */
#include "queueing.h"

#include <string.h>
#include <time.h>

#define WAIT 50			/* milliseconds at once */

/* How far a batch was handed over. */
static struct resume
upto(const struct job *j)
{
	return j->told_any ? j->told : j->spec.begin;
}

static bool
in_ranges(const struct job *j)
{
	return j->chain != NULL && j->chain->parts;
}

static uint64_t
line_of(const struct job *j)
{
	return j->what == WHAT_SCAN && j->spec.kind == JOB_BATCH ?
	    job_line(j, upto(j).at) : j->line;
}

void
queue_mark(struct queue *q, const struct job *j)
{
	struct queue_mark *m = &q->mark;
	const bool new = !m->torn && !(m->set && m->line == line_of(j));

	if (!j->fresh)
		return;
	if (new) {
		m->set = true;
		m->line = line_of(j);
		m->totals = q->totals;
		m->folder = NULL;
		q->options.mark(q->options.ctx);
	}
	if (m->folder == NULL && j->folder != NULL) {
		m->folder = j->folder;
		m->facts = *j->folder;
	}
}

void
queue_marked(struct queue *q, struct job *j)
{
	if (!j->fresh)
		return;
	j->fresh = false;
	if (j->what == WHAT_SCAN) {
		j->told = j->resume;
		j->told_any = true;
	}
	q->mark.torn = j->chain != NULL ? !in_ranges(j) :
	    j->what == WHAT_SCAN && j->told.events > 0;
}

/* Nothing of the unit that the job belongs to was ever there. */
static void
take_back(struct queue *q)
{
	struct queue_mark *m = &q->mark;

	q->totals = m->totals;
	if (m->folder != NULL)
		*m->folder = m->facts;
	q->failed |= !q->options.back(q->options.ctx);
	m->torn = m->set = false;
}

/* Give the jobs that run, the first of all, that much time. */
static void
wait_for_first(struct queue *q, unsigned ms)
{
	struct timespec now;
	int64_t end, left;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms;
	for (;;) {
		queue_flush(q);
		if (queue_broken(q) || q->jobs.first == NULL ||
		    q->jobs.first->state == JOB_WAITING)
			return;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		left = end - (int64_t)now.tv_sec * 1000 -
		    now.tv_nsec / 1000000;
		if (left <= 0)
			return;
		q->failed |= !pool_wait(q->pool, left < WAIT ? (int)left :
		    WAIT);
	}
}

/* How far the mbox is of which the first job is a range. */
static uint64_t
settle_range(const struct job *j)
{
	struct chain *c = j->chain;

	if (!j->told_any)
		return j->spec.from;
	if (!c->found && j->begun && j->first < j->spec.to) {
		c->found = true;
		c->first = j->first;
	}
	c->lost = j->lost;
	c->expect = j->told.at;
	return j->told.at;
}

/* Where the first job that is not done begins. */
static void
find_place(struct queue *q, const struct job *j, struct queue_place *to)
{
	const struct chain *c = j->chain;
	const struct queue_mark *m = &q->mark;

	to->line = line_of(j);
	to->folder = buf_span(&j->path);
	to->root = j->spec.root;
	if (in_ranges(j)) {
		to->at = settle_range(j);
		to->stale = c->stale;
	}
	if (to->at > 0)
		return;
	if (m->torn || (m->set && m->line == to->line)) {
		to->line = m->line;
		take_back(q);
	}
}

/* Likewise, of the mbox whose next range was not given. */
static const struct chain *
place_in_mbox(struct queue *q, struct queue_place *to)
{
	const struct chain *c = q->mbox;

	*to = (struct queue_place){ .line = q->jobs.line, .at = c->given,
	    .stale = c->stale, .folder = buf_span(&q->mbox_dir),
	    .root = q->mbox_spec.root };
	if (to->at == 0 && q->mark.set && q->mark.line == to->line)
		take_back(q);
	return to->at > 0 ? c : NULL;
}

/* Folders that the walk has left, but whose end was not told. */
static void
tell_left(struct queue *q)
{
	for (const struct job *j = q->jobs.first; j != NULL; j = j->next)
		if (j->what == WHAT_FOLDER_END && j->folder->messages > 0)
			queue_part_folder(q, buf_span(&j->path), j->folder,
			    false);
}

bool
queue_hold(struct queue *q, unsigned ms, struct queue_place *to,
    struct totals *out)
{
	const struct chain *c = NULL;
	const struct job *j;

	*to = (struct queue_place){ .line = QUEUE_ALL };
	wait_for_first(q, ms);
	if (queue_broken(q))
		return false;
	if ((j = q->jobs.first) != NULL) {
		find_place(q, j, to);
		c = to->at > 0 ? j->chain : NULL;
	} else if (q->mbox != NULL) {
		c = place_in_mbox(q, to);
	}
	tell_left(q);
	queue_part_folders(q);
	if (c != NULL)
		queue_part_mbox(q, c, false);
	*out = q->totals;
	memset(&q->totals, 0, sizeof(q->totals));
	return !queue_broken(q);
}

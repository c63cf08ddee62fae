/*
 * See queue.h.
 *
 * Ranges of an mbox are scanned at once, each from the first separator that
 * it finds by itself.  Whether that is right is known when the range before
 * has ended: if its last message ends somewhere else (a Content-Length that
 * reaches over the border), the range is scanned again from the right place.
 * So the result is that of one scan from the start.
 */
#include "queue.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "queueing.h"

#define BATCH_FILES 64u
#define BATCH_MORE 256u		/* files, when workers have plenty to do: */
#define PLENTY 4u		/* jobs that wait, for each of them */
#define WINDOW 32u		/* jobs that may run ahead of the first */
#define HELD_MAX (1u << 20)	/* bytes of results held for a job */
#define QUEUED_MAX 256u		/* jobs before the walk has to wait */

/* --- what workers tell */

static void
job_event_first(void *tag, uint64_t off)
{
	struct job *j = tag;

	j->begun = true;
	j->first = off;
}

static void
job_event_commit(void *tag, const struct commit_text *t,
    const struct delta *d, struct resume resume)
{
	struct job *j = tag;

	if (j->drop)
		return;
	j->fresh = true;
	j->resume = resume;
	j->lost = d->lost;
	j->stamped = d->stamped;
	j->stamp = d->stamp;
	memcpy(j->ends, d->ends, sizeof(j->ends));
	buf_add(&j->out, t->out.p, t->out.n);
	buf_add(&j->plan, t->plan.p, t->plan.n);
	buf_add(&j->pieces, t->pieces.p, t->pieces.n);
	totals_add(&j->delta.totals, &d->totals);
	store_facts_add(&j->delta.folder, &d->folder);
	if (j == j->list->first) {
		job_check_range(j);
		queue_flush_first(j->list->queue, j);
	}
}

static void
job_event_large(void *tag, uint64_t size)
{
	((struct job *)tag)->large = size;
}

static void
job_event_grown(void *tag, uint64_t size)
{
	((struct job *)tag)->large = size;
	((struct job *)tag)->grown = true;
}

static void
job_event_tick(void *tag, uint64_t bytes)
{
	const struct queue *q = ((struct job *)tag)->list->queue;

	if (q->options.progress != NULL)
		q->options.progress(q->options.ctx, bytes,
		    q->totals.messages);
}

static void
job_event_done(void *tag)
{
	struct job *j = tag;

	j->state = JOB_DONE;
	if (j->large > 0)
		job_cut_large(j);
}

static void
job_event_died(void *tag, const char *why)
{
	struct job *j = tag;

	/* Its rest is for whoever goes on. */
	j->state = j->list->queue->pause ? JOB_WAITING : JOB_DONE;
	if (j->state == JOB_DONE)
		job_cut_short(j, why);
}

static void
job_event_cramped(void *tag)
{
	job_event_died(tag, NULL);
}

static bool
job_event_wanted(const void *tag)
{
	const struct job *j = tag;

	return j == j->list->first || j->drop || j->out.n < HELD_MAX;
}

/* --- the loop */

bool
queue_broken(const struct queue *q)
{
	return q->failed || q->jobs.failed || q->stop;
}

void
queue_flush(struct queue *q)
{
	struct job *j;

	while ((j = q->jobs.first) != NULL && !queue_broken(q)) {
		job_check_range(j);
		queue_flush_first(q, j);
		if (j->state != JOB_DONE)
			break;
		if (j->drop)
			job_redo_range(j);
		if (j->state != JOB_DONE)
			break;
		queue_finish_first(q, j);
	}
}

/* Give idle workers something to do, near the front of the queue. */
static void
dispatch(struct queue *q)
{
	const size_t window = q->options.workers > 0 ? WINDOW : 1;
	size_t ahead = 0;

	for (struct job *j = q->jobs.first; j != NULL && ahead < window &&
	    pool_has_idle(q->pool) && !q->stop && !q->pause;
	    j = j->next, ahead++) {
		if (j->state != JOB_WAITING || j == q->batch ||
		    (j->spec.roomy && j != q->jobs.first))
			continue;
		j->state = JOB_RUNNING;
		if (!job_ready(j))
			break;
		pool_run(q->pool, &j->spec, j);
	}
}

static void
tell_progress(const struct queue *q, uint64_t bytes)
{
	if (q->options.progress != NULL)
		q->options.progress(q->options.ctx, bytes,
		    q->totals.messages);
}

/* Some progress; wait for it if there is nothing else to do. */
static void
step(struct queue *q)
{
	dispatch(q);
	queue_flush(q);
	dispatch(q);
	if (q->jobs.first != NULL && !queue_broken(q))
		q->failed |= !pool_wait(q->pool, 250);
	queue_flush(q);
	tell_progress(q, 0);
}

/* The walk must not run too far ahead. */
static void
make_room(struct queue *q)
{
	/* What waits has to be done before a section ends. */
	const size_t most = q->options.part != NULL ? WINDOW : QUEUED_MAX;

	dispatch(q);
	while (q->jobs.n > most && !queue_stopped(q))
		step(q);
}

/* --- what the walk tells */

void
queue_close_batch(struct queue *q)
{
	q->batch = NULL;
	make_room(q);
}

/* The facts of the folder that a file comes from; NULL: it has none. */
static struct store_facts *
folder_facts(struct queue *q, const struct walk_dir *d)
{
	if (d == NULL)
		return NULL;
	if ((q->folder == NULL || strcmp(q->folder->path, d->path) != 0) &&
	    !folder_push(&q->folder, d->path)) {
		q->failed = true;
		return NULL;
	}
	return q->folder->facts;
}

static struct job *
new_batch(struct queue *q, const struct walk_dir *d, enum store_place place,
    struct store_facts *facts)
{
	struct job *j;

	queue_close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_SCAN)) == NULL)
		return NULL;
	j->spec.kind = JOB_BATCH;
	j->spec.place = place;
	j->spec.root = d != NULL ? d->root : 0;
	j->folder = facts;
	buf_str(&j->path, d != NULL ? d->path : "");
	joblist_append(&q->jobs, j);
	q->batch = j;
	return j;
}

/* Small ones spread over the workers, large ones cost less. */
static bool
batch_is_full(const struct queue *q, const struct job *j)
{
	const size_t plenty = PLENTY * q->options.workers + 1;	/* and j */

	return j->names_n >= BATCH_MORE || (j->names_n % BATCH_FILES == 0 &&
	    joblist_waiting(&q->jobs, plenty) < plenty);
}

static void
add_name(struct queue *q, struct job *j, const char *name,
    const struct planned *planned)
{
	buf_add(&j->names, name, strlen(name) + 1);
	if (planned != NULL)
		buf_add(&j->planned, planned, sizeof(*planned));
	if (q->options.part != NULL)
		buf_add(&j->lines, &q->jobs.line, sizeof(q->jobs.line));
	q->failed |= !buf_ok(&j->names) || !buf_ok(&j->planned) ||
	    !buf_ok(&j->lines);
	j->names_n++;
}

/* It is told in its turn, or is counted: then it has nothing to tell. */
static void
known_same(struct queue *q, const struct walk_dir *d, const char *name,
    struct store_facts *facts, const struct kept_file *kept)
{
	struct job *j;

	tell_progress(q, kept->found.totals.bytes);
	if (kept->texts == 0) {
		totals_add(&q->totals, &kept->found.totals);
		if (facts != NULL)
			store_facts_add(facts, &kept->found.folder);
		return;
	}
	queue_close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_KEPT)) == NULL)
		return;
	folder_join(&j->path, d != NULL ? d->path : "", name);
	q->failed |= !job_keep(j, kept);
	j->delta = kept->found;
	j->folder = facts;
	joblist_append(&q->jobs, j);
}

/* True: of that file something is known, and it is dealt with. */
static bool
known_file(struct queue *q, const struct walk_dir *d, const char *name,
    enum store_place place, struct store_facts *facts)
{
	struct kept_file kept;
	struct job *j;

	switch (keeping_look(q->options.keeping, d, name, place, &kept)) {
	case KEPT_SAME:
		known_same(q, d, name, facts, &kept);
		return true;
	case KEPT_GROWN:
		if ((j = new_batch(q, d, place, facts)) == NULL)
			return true;
		add_name(q, j, name, NULL);
		q->failed |= !job_keep(j, &kept);
		j->spec.grown = kept.size;
		memcpy(j->spec.ends, kept.ends, sizeof(kept.ends));
		queue_close_batch(q);
		return true;
	default:
		return false;
	}
}

void
queue_file(struct queue *q, const struct walk_dir *d, const char *name,
    enum store_place place, const struct planned *planned)
{
	struct store_facts *facts = folder_facts(q, d);
	struct job *j;

	if (queue_broken(q) || (q->options.keeping != NULL &&
	    known_file(q, d, name, place, facts)))
		return;
	j = q->batch;
	if (j == NULL || j->folder != facts || j->spec.place != place ||
	    (j->planned.n > 0) != (planned != NULL) || batch_is_full(q, j))
		j = new_batch(q, d, place, facts);
	if (j != NULL)
		add_name(q, j, name, planned);
}

void
queue_stdin(struct queue *q)
{
	struct job *j;

	queue_close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_SCAN)) == NULL)
		return;
	j->spec.kind = JOB_STDIN;
	j->spec.roomy = true;	/* it cannot be done again */
	j->spec.place = PLACE_NAMED;
	buf_add(&j->names, "-", 2);
	j->names_n = 1;
	joblist_append(&q->jobs, j);
}

void
queue_leave(struct queue *q, const struct walk_dir *d, bool settled)
{
	struct folder *f;
	struct job *j;

	/* In a section that has none of its files its end is told as well. */
	if (q->options.part != NULL)
		(void)folder_facts(q, d);
	f = q->folder;
	if (f == NULL || strcmp(f->path, d->path) != 0)
		return;
	queue_close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_FOLDER_END)) == NULL)
		return;
	buf_str(&j->path, d->path);
	q->failed |= !buf_ok(&j->path);
	j->folder = f->facts;
	j->settled = settled;
	joblist_append(&q->jobs, j);
	folder_pop(&q->folder);
}

void
queue_problem(struct queue *q, enum problem kind, struct span path,
    const char *why)
{
	struct job *j;

	queue_close_batch(q);
	j = job_text(&q->jobs, kind, path, MSG_NOT_RAW, why);
	if (j != NULL)
		joblist_append(&q->jobs, j);
}

bool
queue_finish(struct queue *q)
{
	q->batch = NULL;
	while (q->jobs.first != NULL && !queue_stopped(q))
		step(q);
	return q->jobs.first == NULL && !queue_broken(q);
}

void
queue_stop(struct queue *q)
{
	q->stop = 1;
}

void
queue_pause(struct queue *q)
{
	if (q->options.part != NULL)
		q->pause = 1;
	else
		q->stop = 1;
}

bool
queue_stopped(const struct queue *q)
{
	return queue_broken(q) || q->pause;
}

void
queue_at(struct queue *q, uint64_t line)
{
	q->jobs.line = line;
}

const struct totals *
queue_totals(const struct queue *q)
{
	return &q->totals;
}

struct queue *
queue_new(const struct queue_options *o, struct err *e)
{
	const struct pool_events events = {
		.job = { .first = job_event_first,
		    .commit = job_event_commit, .large = job_event_large,
		    .grown = job_event_grown, .tick = job_event_tick },
		.done = job_event_done, .died = job_event_died,
		.cramped = job_event_cramped,
		.wanted = job_event_wanted,
	};
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		(void)err_set(e, ST_DEAD, ENOMEM, "cannot start");
		return NULL;
	}
	q->options = *o;
	q->jobs.scan = &q->options.scan;
	q->jobs.queue = q;
	q->pool = pool_new(o->workers, &o->scan, &events, o->timeout, e);
	if (q->pool != NULL)
		return q;
	free(q);
	return NULL;
}

void
queue_free(struct queue *q)
{
	struct job *j;

	if (q == NULL)
		return;
	pool_free(q->pool);
	while ((j = q->jobs.first) != NULL) {
		if (j->what == WHAT_FOLDER_END)
			free(j->folder);
		if (j->what == WHAT_CHAIN_END)
			chain_free(j->chain);
		joblist_drop_first(&q->jobs);
	}
	while (q->folder != NULL) {
		free(q->folder->facts);
		folder_pop(&q->folder);
	}
	if (q->mbox != NULL)
		chain_free(q->mbox);
	buf_free(&q->mbox_dir);
	buf_free(&q->mbox_name);
	buf_free(&q->jobs.text);
	buf_free(&q->line);
	free(q);
}

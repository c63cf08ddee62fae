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

#include "joblist.h"
#include "tell.h"

#define BATCH_FILES 64u
#define BATCH_MORE 256u		/* files, when workers have plenty to do: */
#define PLENTY 4u		/* jobs that wait, for each of them */
#define WINDOW 32u		/* jobs that may run ahead of the first */
#define HELD_MAX (1u << 20)	/* bytes of results held for a job */
#define QUEUED_MAX 256u		/* jobs before the walk has to wait */

/* A folder that the walk has been in and will come back to. */
struct folder {
	struct folder *up;
	struct store_facts *facts;	/* freed by its WHAT_FOLDER_END */
	char *path;
};

struct queue {
	struct queue_options options;
	struct pool *pool;
	struct joblist jobs;
	struct job *batch;	/* the last job, while files are added to it */
	struct folder *folder;	/* the innermost that gave files */
	struct totals totals;
	struct buf line;	/* scratch */
	bool failed;		/* the report cannot be written whole */
	volatile sig_atomic_t stop;
};

/* --- results, in order */

static void
write_out(struct queue *q, const struct buf *b)
{
	q->failed = q->failed || !buf_ok(b) || (b->n > 0 &&
	    !q->options.write(q->options.ctx, buf_span(b)));
}

/* Hand over what the first job has committed so far. */
static void
flush_first(struct queue *q, struct job *j)
{
	const bool range = j->what == WHAT_SCAN && j->chain != NULL;

	if (j->drop || j->nothing || (range && !j->checked))
		return;
	totals_add(&q->totals, &j->delta.totals);
	if (range) {
		buf_clear(&q->line);
		report_resolve(&q->line, buf_span(&j->out),
		    j->chain->messages);
		q->line.failed |= !buf_ok(&j->out);
		write_out(q, &q->line);
		store_facts_add(&j->chain->facts, &j->delta.folder);
	} else {
		write_out(q, &j->out);
		if (j->folder != NULL)
			store_facts_add(j->folder, &j->delta.folder);
	}
	q->failed = q->failed || !buf_ok(&j->plan);
	if (j->plan.n > 0 && q->options.plan != NULL && !q->failed)
		q->options.plan(q->options.ctx, buf_span(&j->plan));
	buf_clear(&j->out);
	buf_clear(&j->plan);
	memset(&j->delta, 0, sizeof(j->delta));
}

static void
write_store(struct queue *q, struct span path, const struct store_facts *f)
{
	buf_clear(&q->line);
	tell_store(q->options.scan.reporter, &q->line, path, f,
	    &q->options.scan.report);
	q->totals.records++;
	q->totals.stores++;
	write_out(q, &q->line);
}

/* The first job is done and handed over: what follows from that. */
static void
finish_first(struct queue *q, struct job *j)
{
	if (j->what == WHAT_FOLDER_END) {
		j->folder->unsettled = !j->settled;
		if (j->folder->messages > 0)
			write_store(q, buf_span(&j->path), j->folder);
		free(j->folder);
	} else if (j->what == WHAT_CHAIN_END) {
		write_store(q, buf_span(&j->path), &j->chain->facts);
		q->totals.files++;
		free(j->chain);
	} else if (j->what == WHAT_TEXT && j->chain != NULL) {
		j->chain->lost = true;
	} else if (j->chain != NULL && !j->nothing) {
		j->chain->lost = j->lost ||
		    (j->chain->lost && j->first >= j->spec.to);
		j->chain->expect = j->resume.at;
		j->chain->messages = j->chain->facts.messages;
	}
	joblist_drop_first(&q->jobs);
}

/* --- what workers tell */

static void
job_event_first(void *tag, uint64_t off)
{
	struct job *j = tag;

	j->begun = true;
	j->first = off;
}

static void
job_event_commit(void *tag, struct span out, struct span plan,
    const struct delta *d, struct resume resume)
{
	struct job *j = tag;

	if (j->drop)
		return;
	j->resume = resume;
	j->lost = d->lost;
	buf_add(&j->out, out.p, out.n);
	buf_add(&j->plan, plan.p, plan.n);
	totals_add(&j->delta.totals, &d->totals);
	store_facts_add(&j->delta.folder, &d->folder);
	if (j == j->list->first) {
		job_check_range(j);
		flush_first(j->list->queue, j);
	}
}

static void
job_event_large(void *tag, uint64_t size)
{
	((struct job *)tag)->large = size;
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

	j->state = JOB_DONE;
	job_cut_short(j, why);
}

static bool
job_event_wanted(const void *tag)
{
	const struct job *j = tag;

	return j == j->list->first || j->drop || j->out.n < HELD_MAX;
}

/* --- the loop */

static bool
going(const struct queue *q)
{
	return !q->failed && !q->jobs.failed && !q->stop;
}

/* Hand over all that can be. */
static void
flush(struct queue *q)
{
	struct job *j;

	while ((j = q->jobs.first) != NULL && going(q)) {
		job_check_range(j);
		flush_first(q, j);
		if (j->state != JOB_DONE)
			break;
		if (j->drop)
			job_redo_range(j);
		if (j->state != JOB_DONE)
			break;
		finish_first(q, j);
	}
}

/* Give idle workers something to do, near the front of the queue. */
static void
dispatch(struct queue *q)
{
	const size_t window = q->options.workers > 0 ? WINDOW : 1;
	size_t ahead = 0;

	for (struct job *j = q->jobs.first; j != NULL && ahead < window &&
	    pool_has_idle(q->pool) && !q->stop; j = j->next, ahead++) {
		if (j->state != JOB_WAITING || j == q->batch)
			continue;
		j->state = JOB_RUNNING;
		if (!job_ready(j))
			break;
		pool_run(q->pool, &j->spec, j);
	}
}

/* Some progress; wait for it if there is nothing else to do. */
static void
step(struct queue *q)
{
	dispatch(q);
	flush(q);
	dispatch(q);
	if (q->jobs.first != NULL && going(q))
		q->failed |= !pool_wait(q->pool, 250);
	flush(q);
}

/* The walk must not run too far ahead. */
static void
make_room(struct queue *q)
{
	dispatch(q);
	while (q->jobs.n > QUEUED_MAX && going(q))
		step(q);
}

/* --- what the walk tells */

static void
close_batch(struct queue *q)
{
	q->batch = NULL;
	make_room(q);
}

static struct folder *
folder_push(struct queue *q, const char *path)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (f != NULL) {
		f->path = strdup(path);
		f->facts = calloc(1, sizeof(*f->facts));
	}
	if (f == NULL || f->path == NULL || f->facts == NULL) {
		q->failed = true;
		if (f != NULL)
			free(f->path);
		free(f);
		return NULL;
	}
	f->up = q->folder;
	q->folder = f;
	return f;
}

static void
folder_pop(struct queue *q)
{
	struct folder *f = q->folder;

	q->folder = f->up;
	free(f->path);
	free(f);
}

/* The facts of the folder that a file comes from; NULL: it has none. */
static struct store_facts *
folder_facts(struct queue *q, const struct walk_dir *d)
{
	struct folder *f = q->folder;

	if (d == NULL)
		return NULL;
	if (f == NULL || strcmp(f->path, d->path) != 0)
		f = folder_push(q, d->path);
	return f == NULL ? NULL : f->facts;
}

static struct job *
new_batch(struct queue *q, const struct walk_dir *d, enum store_place place,
    struct store_facts *facts)
{
	struct job *j;

	close_batch(q);
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

void
queue_file(struct queue *q, const struct walk_dir *d, const char *name,
    enum store_place place)
{
	struct store_facts *facts = folder_facts(q, d);
	struct job *j = q->batch;

	if (!going(q))
		return;
	if (j == NULL || j->folder != facts || j->spec.place != place ||
	    batch_is_full(q, j))
		j = new_batch(q, d, place, facts);
	if (j == NULL)
		return;
	buf_add(&j->names, name, strlen(name) + 1);
	q->failed |= !buf_ok(&j->names);
	j->names_n++;
}

void
queue_stdin(struct queue *q)
{
	struct job *j;

	close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_SCAN)) == NULL)
		return;
	j->spec.kind = JOB_STDIN;
	j->spec.place = PLACE_NAMED;
	buf_add(&j->names, "-", 2);
	j->names_n = 1;
	joblist_append(&q->jobs, j);
}

void
queue_leave(struct queue *q, const struct walk_dir *d, bool settled)
{
	struct folder *f = q->folder;
	struct job *j;

	if (f == NULL || strcmp(f->path, d->path) != 0)
		return;
	close_batch(q);
	if ((j = job_new(&q->jobs, WHAT_FOLDER_END)) == NULL)
		return;
	buf_str(&j->path, d->path);
	q->failed |= !buf_ok(&j->path);
	j->folder = f->facts;
	j->settled = settled;
	joblist_append(&q->jobs, j);
	folder_pop(q);
}

void
queue_problem(struct queue *q, enum problem kind, struct span path,
    const char *why)
{
	struct job *j;

	close_batch(q);
	j = job_text(&q->jobs, kind, path, MSG_NOT_RAW, why);
	if (j != NULL)
		joblist_append(&q->jobs, j);
}

bool
queue_finish(struct queue *q)
{
	q->batch = NULL;
	while (q->jobs.first != NULL && going(q))
		step(q);
	return going(q);
}

void
queue_stop(struct queue *q)
{
	q->stop = 1;
}

bool
queue_stopped(const struct queue *q)
{
	return !going(q);
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
		    .tick = job_event_tick },
		.done = job_event_done, .died = job_event_died,
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
			free(j->chain);
		joblist_drop_first(&q->jobs);
	}
	while (q->folder != NULL) {
		free(q->folder->facts);
		folder_pop(q);
	}
	buf_free(&q->jobs.line);
	buf_free(&q->line);
	free(q);
}

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

#define BATCH_FILES 64u
#define WINDOW 32u		/* jobs that may run ahead of the first */
#define HELD_MAX (1u << 20)	/* bytes of results held for a job */
#define QUEUED_MAX 256u		/* jobs before the walk has to wait */

/* The mbox that some ranges belong to. */
struct chain {
	uint64_t expect;	/* where the next range must begin */
	bool lost;		/* or anywhere: a worker died just before, or
				 * there was a read error */
	uint64_t messages;	/* so far: the base of the next index */
	struct store_facts facts;
};

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE };

enum what { WHAT_SCAN, WHAT_TEXT, WHAT_FOLDER_END, WHAT_CHAIN_END };

struct job {
	struct job *next;
	struct queue *queue;
	enum what what;
	enum job_state state;
	struct job_spec spec;
	struct buf path, names;	/* behind spec's pointers */
	uint64_t names_n;
	struct chain *chain;	/* JOB_RANGE, WHAT_CHAIN_END */
	struct store_facts *folder;	/* of single-message files; or NULL */
	bool settled;

	/* What the worker committed: */
	bool begun;		/* JOB_RANGE: begins at `first` */
	uint64_t first;
	struct resume resume;
	struct buf out;
	struct delta delta;
	uint64_t large;		/* the next name is an mbox of that size */
	bool lost;		/* JOB_RANGE: ended with a read error */
	bool checked;		/* JOB_RANGE: begun where it had to */
	bool drop;		/* ... and did not: no result counts */
	bool nothing;		/* its worker died before it came to anything */
};

/* A folder that the walk has been in and will come back to. */
struct folder {
	struct folder *up;
	struct store_facts *facts;	/* freed by its WHAT_FOLDER_END */
	char *path;
};

struct queue {
	struct queue_options options;
	struct pool *pool;
	struct job *first, *last;
	size_t n;
	struct job *batch;	/* the last job, while files are added to it */
	struct folder *folder;	/* the innermost that gave files */
	struct totals totals;
	struct buf line;	/* scratch */
	bool failed;		/* cannot write, or no memory */
	volatile sig_atomic_t stop;
};

static struct job *
job_new(struct queue *q, enum what what)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		q->failed = true;
		return NULL;
	}
	j->queue = q;
	j->what = what;
	j->state = what == WHAT_SCAN ? JOB_WAITING : JOB_DONE;
	j->settled = true;
	return j;
}

static void
job_free(struct job *j)
{
	buf_free(&j->path);
	buf_free(&j->names);
	buf_free(&j->out);
	free(j);
}

static void
insert_after(struct queue *q, struct job *at, struct job *j)
{
	if (at == NULL) {
		j->next = q->first;
		q->first = j;
	} else {
		j->next = at->next;
		at->next = j;
	}
	if (j->next == NULL)
		q->last = j;
	q->n++;
}

static void
append(struct queue *q, struct job *j)
{
	insert_after(q, q->last, j);
}

static void check_range(struct job *);
static void flush_first(struct queue *, struct job *);

/* --- what workers tell */

static void
job_event_first(void *tag, uint64_t off)
{
	struct job *j = tag;

	j->begun = true;
	j->first = off;
}

static void
job_event_commit(void *tag, struct span out, const struct delta *d,
    struct resume resume)
{
	struct job *j = tag;

	if (j->drop)
		return;
	j->resume = resume;
	j->lost = d->lost;
	buf_add(&j->out, out.p, out.n);
	totals_add(&j->delta.totals, &d->totals);
	store_facts_add(&j->delta.folder, &d->folder);
	if (j == j->queue->first) {
		check_range(j);
		flush_first(j->queue, j);
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
	const struct queue *q = ((struct job *)tag)->queue;

	if (q->options.progress != NULL)
		q->options.progress(q->options.ctx, bytes,
		    q->totals.messages);
}

/* A copy of the job's identity, to go on where it stopped. */
static struct job *
job_again(struct job *j)
{
	struct job *k = job_new(j->queue, WHAT_SCAN);

	if (k == NULL)
		return NULL;
	k->spec = j->spec;
	k->names_n = j->names_n;
	k->chain = j->chain;
	k->folder = j->folder;
	buf_add(&k->path, j->path.p, j->path.n);
	buf_add(&k->names, j->names.p, j->names.n);
	if (buf_ok(&k->path) && buf_ok(&k->names))
		return k;
	j->queue->failed = true;
	job_free(k);
	return NULL;
}

static const char *
nth_name(const struct job *j, uint64_t n)
{
	const char *name = (const char *)j->names.p;

	while (n-- > 0)
		name += strlen(name) + 1;
	return name;
}

static void
name_path(struct job *j, uint64_t n, struct buf *out)
{
	const char *dir = buf_text(&j->path);

	buf_clear(out);
	buf_str(out, dir);
	if (dir[0] != '\0' && out->p[out->n - 1] != '/')
		buf_byte(out, '/');
	buf_str(out, nth_name(j, n));
}

/* A range of the mbox that the job stopped at. */
static struct job *
range_job(struct job *j, struct chain *c, uint64_t from)
{
	const char *name = nth_name(j, j->resume.at);
	struct job *k = job_new(j->queue, WHAT_SCAN);

	if (k == NULL)
		return NULL;
	buf_add(&k->path, j->path.p, j->path.n);
	buf_add(&k->names, name, strlen(name) + 1);
	k->names_n = 1;
	k->spec = j->spec;
	k->spec.kind = JOB_RANGE;
	k->spec.from = from;
	k->spec.to = j->large - from > SCAN_RANGE ? from + SCAN_RANGE :
	    j->large;
	k->spec.begin = (struct resume){ 0, 0 };
	k->chain = c;
	return k;
}

/* The mbox that the job stopped at, as ranges, and then the other names. */
static void
cut_large(struct job *j)
{
	struct queue *q = j->queue;
	struct chain *c = calloc(1, sizeof(*c));
	struct job *at = j, *k;

	if (c == NULL) {
		q->failed = true;
		return;
	}
	c->facts.format = "mbox";
	c->facts.has_dialects = true;
	for (uint64_t from = 0; from < j->large && !q->failed;
	    from += SCAN_RANGE) {
		if ((k = range_job(j, c, from)) == NULL)
			return;
		insert_after(q, at, k);
		at = k;
	}
	if ((k = job_new(q, WHAT_CHAIN_END)) == NULL)
		return;
	name_path(j, j->resume.at, &k->path);
	q->failed |= !buf_ok(&k->path);
	k->chain = c;
	insert_after(q, at, k);
	at = k;
	if (j->resume.at + 1 < j->names_n && (k = job_again(j)) != NULL) {
		k->spec.begin = (struct resume){ j->resume.at + 1, 0 };
		insert_after(q, at, k);
	}
}

static void
job_event_done(void *tag)
{
	struct job *j = tag;

	j->state = JOB_DONE;
	if (j->large > 0)
		cut_large(j);
}

static struct job *
text_job(struct queue *q, enum problem kind, struct span path, uint64_t off,
    const char *why)
{
	struct job *j = job_new(q, WHAT_TEXT);

	if (j == NULL)
		return NULL;
	q->options.scan.reporter->problem(&j->out, kind, path, off, why,
	    &q->options.scan.report);
	j->delta.totals.records = 1;
	j->delta.totals.unreadable = kind == PROBLEM_UNREADABLE;
	return j;
}

/*
 * The worker died of the first thing that `rest` would do: say so, and let it
 * go on behind that.
 */
static void
give_up_item(struct job *j, struct job *rest, const char *why)
{
	struct queue *q = j->queue;
	const bool range = rest->spec.kind == JOB_RANGE;
	struct job *lost;

	name_path(rest, range ? 0 : rest->spec.begin.at, &q->line);
	q->failed |= !buf_ok(&q->line);
	lost = text_job(q, PROBLEM_UNREADABLE, buf_span(&q->line), range ?
	    rest->spec.from : MSG_NOT_RAW, why);
	if (lost == NULL) {
		job_free(rest);
		return;
	}
	lost->chain = rest->chain;
	insert_after(q, j, lost);
	rest->spec.careful = false;
	rest->spec.exact = false;
	rest->spec.from++;
	rest->spec.begin = (struct resume){ rest->spec.begin.at + 1, 0 };
	if (range ? rest->spec.from < rest->spec.to :
	    rest->spec.begin.at < rest->names_n)
		insert_after(q, lost, rest);
	else
		job_free(rest);
}

/* Where a job that was cut short has to go on.  False: it had ended. */
static bool
set_rest(const struct job *j, struct job *rest)
{
	if (rest->spec.kind != JOB_RANGE) {
		if (!j->nothing)
			rest->spec.begin = j->resume;
		return rest->spec.begin.at < rest->names_n;
	}
	if (!j->nothing || j->begun) {
		rest->spec.from = j->nothing ? j->first : j->resume.at;
		rest->spec.exact = true;
	}
	return rest->spec.from < rest->spec.to;
}

/*
 * What was committed stays.  The rest is tried once more, carefully: if the
 * worker dies again, then of the first message that it did not commit.
 */
static void
job_event_died(void *tag, const char *why)
{
	struct job *j = tag, *rest;

	j->state = JOB_DONE;
	if (j->drop || (rest = job_again(j)) == NULL)
		return;
	j->nothing = j->resume.at == 0 && j->resume.messages == 0;
	if (!set_rest(j, rest)) {
		job_free(rest);
	} else if (j->spec.kind == JOB_STDIN || j->spec.careful) {
		give_up_item(j, rest, why);
	} else {
		rest->spec.careful = true;
		insert_after(j->queue, j, rest);
	}
}

/* --- results, in order */

static bool
job_event_wanted(const void *tag)
{
	const struct job *j = tag;

	return j == j->queue->first || j->drop || j->out.n < HELD_MAX;
}

/*
 * Is the first job, a range, where the one before it ended?  If not it is
 * scanned again, or not at all when that one reached beyond it.
 */
static void
check_range(struct job *j)
{
	struct chain *c = j->chain;

	if (j->what != WHAT_SCAN || j->spec.kind != JOB_RANGE ||
	    j->checked || j->drop || j->nothing || !j->begun)
		return;
	if (c->lost || j->first == c->expect)
		j->checked = true;
	else
		j->drop = true;
}

/* Results that did not count are gone; is there anything left to scan? */
static void
redo_range(struct job *j)
{
	j->drop = false;
	j->begun = false;
	j->lost = false;
	j->resume = (struct resume){ 0, 0 };
	buf_clear(&j->out);
	memset(&j->delta, 0, sizeof(j->delta));
	if (j->chain->expect >= j->spec.to) {
		j->checked = true;	/* nothing starts here */
		j->resume.at = j->chain->expect;
		return;
	}
	j->spec.from = j->chain->expect;
	j->spec.exact = true;
	j->state = JOB_WAITING;
}

static void
write_out(struct queue *q, const struct buf *b)
{
	if (q->failed)
		return;
	if (!buf_ok(b))
		q->failed = true;
	else if (b->n > 0 && !q->options.write(q->options.ctx, buf_span(b)))
		q->failed = true;
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
	buf_clear(&j->out);
	memset(&j->delta, 0, sizeof(j->delta));
}

static void
write_store(struct queue *q, struct span path, const struct store_facts *f)
{
	buf_clear(&q->line);
	q->options.scan.reporter->store(&q->line, path, f,
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
	q->first = j->next;
	if (q->first == NULL)
		q->last = NULL;
	q->n--;
	job_free(j);
}

/* Hand over all that can be. */
static void
flush(struct queue *q)
{
	struct job *j;

	while ((j = q->first) != NULL && !q->failed && !q->stop) {
		check_range(j);
		flush_first(q, j);
		if (j->state != JOB_DONE)
			break;
		if (j->drop)
			redo_range(j);
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

	for (struct job *j = q->first; j != NULL && ahead < window &&
	    pool_has_idle(q->pool) && !q->stop; j = j->next, ahead++) {
		if (j->state != JOB_WAITING || j == q->batch)
			continue;
		j->state = JOB_RUNNING;
		j->spec.path = buf_text(&j->path);
		j->spec.names = buf_text(&j->names);
		j->spec.names_size = j->names.n;
		if (!buf_ok(&j->path) || !buf_ok(&j->names)) {
			q->failed = true;
			break;
		}
		pool_run(q->pool, &j->spec, j);
	}
}

static bool
going(const struct queue *q)
{
	return !q->failed && !q->stop;
}

/* Some progress; wait for it if there is nothing else to do. */
static void
step(struct queue *q)
{
	dispatch(q);
	flush(q);
	dispatch(q);
	if (q->first != NULL && going(q))
		q->failed |= !pool_wait(q->pool, 250);
	flush(q);
}

/* The walk must not run too far ahead. */
static void
make_room(struct queue *q)
{
	dispatch(q);
	while (q->n > QUEUED_MAX && going(q))
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
new_batch(struct queue *q, const struct walk_dir *d, enum place place,
    struct store_facts *facts)
{
	struct job *j;

	close_batch(q);
	if ((j = job_new(q, WHAT_SCAN)) == NULL)
		return NULL;
	j->spec.kind = JOB_BATCH;
	j->spec.place = place;
	j->spec.root = d != NULL ? d->root : 0;
	j->folder = facts;
	buf_str(&j->path, d != NULL ? d->path : "");
	append(q, j);
	q->batch = j;
	return j;
}

void
queue_file(struct queue *q, const struct walk_dir *d, const char *name,
    enum place place)
{
	struct store_facts *facts = folder_facts(q, d);
	struct job *j = q->batch;

	if (!going(q))
		return;
	if (j == NULL || j->folder != facts || j->spec.place != place ||
	    j->names_n == BATCH_FILES)
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
	if ((j = job_new(q, WHAT_SCAN)) == NULL)
		return;
	j->spec.kind = JOB_STDIN;
	j->spec.place = PLACE_NAMED;
	buf_add(&j->names, "-", 2);
	j->names_n = 1;
	append(q, j);
}

void
queue_leave(struct queue *q, const struct walk_dir *d, bool settled)
{
	struct folder *f = q->folder;
	struct job *j;

	if (f == NULL || strcmp(f->path, d->path) != 0)
		return;
	close_batch(q);
	if ((j = job_new(q, WHAT_FOLDER_END)) == NULL)
		return;
	buf_str(&j->path, d->path);
	q->failed |= !buf_ok(&j->path);
	j->folder = f->facts;
	j->settled = settled;
	append(q, j);
	folder_pop(q);
}

void
queue_problem(struct queue *q, enum problem kind, struct span path,
    const char *why)
{
	struct job *j;

	close_batch(q);
	j = text_job(q, kind, path, MSG_NOT_RAW, why);
	if (j != NULL)
		append(q, j);
}

bool
queue_finish(struct queue *q)
{
	q->batch = NULL;
	while (q->first != NULL && going(q))
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
	q->pool = pool_new(o->workers, &o->scan, &events, o->timeout, e);
	if (q->pool != NULL)
		return q;
	free(q);
	return NULL;
}

void
queue_free(struct queue *q)
{
	struct job *j, *next;

	if (q == NULL)
		return;
	pool_free(q->pool);
	for (j = q->first; j != NULL; j = next) {
		next = j->next;
		if (j->what == WHAT_FOLDER_END)
			free(j->folder);
		if (j->what == WHAT_CHAIN_END)
			free(j->chain);
		job_free(j);
	}
	while (q->folder != NULL) {
		free(q->folder->facts);
		folder_pop(q);
	}
	buf_free(&q->line);
	free(q);
}

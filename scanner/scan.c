/*
 * See scan.h.
 */
#include "scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "folders.h"
#include "kept.h"
#include "scanning.h"

#define FLUSH_AT (64u << 10)	/* bytes of report */
#define TICK_AT (16ull << 20)	/* bytes read */

void
scan_tick(void *ctx, uint64_t bytes, uint64_t again)
{
	struct scanner *s = ctx;

	s->unticked += bytes;
	s->again += again;
	if (s->unticked + s->again < TICK_AT)
		return;
	s->sink->tick(s->sink->ctx, s->unticked);
	s->unticked = s->again = 0;
}

int
scan_late(void *ctx, struct err *e)
{
	struct scanner *s = ctx;
	const unsigned most = s->options.file_timeout;
	const uint64_t at = s->budget.file != NULL ?
	    input_offset(s->budget.file) : 0;
	const uint64_t mib = (s->size > at ? s->size : at) >> 20;
	struct timespec now;

	if (most == 0)
		return ST_OK;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!s->late && (uint64_t)(now.tv_sec - s->begun.tv_sec) <=
	    most + mib)
		return ST_OK;
	s->late = true;
	if (s->budget.hit == LIMIT_NONE)
		s->budget.hit = LIMIT_SECONDS;
	return err_set(e, ST_DEAD, 0, "it took more than %" PRIu64
	    " seconds: the rest was not looked at", most + mib);
}

struct scanner *
scanner_new(const struct scan_options *o)
{
	struct scanner *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->options = *o;
	s->judge = judge_new(&(struct judge_options){
	    .engine = o->engine, .report = o->report,
	    .plan = o->plan, .tick = scan_tick, .late = scan_late, .ctx = s });
	s->store = s->levels[0] = store_new(o->engine.kernel);
	s->opener = opener_new(o->forensic);
	if (o->repair != NULL) {
		s->repair = repair_new(o->repair);
		s->say = scan_say_new(s);
	}
	if (o->keep)
		s->ids = hash_new();
	if (s->judge != NULL && s->store != NULL && s->opener != NULL &&
	    ((s->repair != NULL && s->say != NULL) || o->repair == NULL) &&
	    (s->ids != NULL || !o->keep))
		return s;
	scanner_free(s);
	return NULL;
}

void
scanner_free(struct scanner *s)
{
	if (s == NULL)
		return;
	judge_free(s->judge);
	for (size_t i = NESTING_MAX + 1; i-- > 0; )
		store_free(s->levels[i]);
	opener_free(s->opener);
	repair_free(s->repair);
	free(s->say);
	buf_free(&s->frames);
	buf_free(&s->way_path);
	buf_free(&s->path);
	buf_free(&s->asked);
	buf_free(&s->out);
	buf_free(&s->plan);
	buf_free(&s->pieces);
	buf_free(&s->id_list);
	hash_free(s->ids);
	free(s);
}

/* Nothing is there to be committed. */
static void
clear(struct scanner *s)
{
	buf_clear(&s->out);
	buf_clear(&s->plan);
	buf_clear(&s->pieces);
	s->pieced = 0;
	memset(&s->delta, 0, sizeof(s->delta));
	memset(&s->sum, 0, sizeof(s->sum));
}

static void
commit(struct scanner *s, struct resume resume)
{
	const bool folds = s->options.keep && s->job->kind == JOB_BATCH;
	struct commit_text t;

	if (!buf_ok(&s->out) || !buf_ok(&s->plan) || !buf_ok(&s->pieces))
		abort();	/* no memory: the parent will see it die */
	if (s->job->kind == JOB_RANGE)
		s->delta.folder.has_dialects = store_take_dialects(s->store,
		    &s->delta.folder.dialects);
	if (folds)
		scan_keep_fold(s);
	t = (struct commit_text){ buf_span(&s->out), buf_span(&s->plan),
	    buf_span(&s->pieces) };
	s->sink->commit(s->sink->ctx, &t, folds ? &s->sum : &s->delta,
	    resume);
	clear(s);
}

void
scan_maybe_commit(struct scanner *s, struct resume resume)
{
	if (s->job->careful ||
	    s->out.n + s->plan.n + s->pieces.n >= FLUSH_AT)
		commit(s, resume);
}

/* The i-th name is at hand, from here on. */
static void
begin_name(struct scanner *s, uint64_t i, const char *name)
{
	s->name = name;
	s->keeper = NULL;
	s->is_barred = false;
	s->budget = (struct budget){ 0 };
	s->size = 0;
	s->late = s->beside = s->moved = false;
	(void)clock_gettime(CLOCK_MONOTONIC, &s->begun);
	s->events = 0;
	s->known = s->job->kind != JOB_RANGE && i == s->job->begin.at ?
	    s->job->begin.events : 0;
	buf_clear(&s->path);
	folder_join(&s->path, s->job->path, name);
	buf_clear(&s->asked);
	buf_add(&s->asked, s->path.p, s->path.n);
}

static enum opened
open_name(struct scanner *s, uint64_t i, const char *name,
    struct opened_file *f, struct err *e)
{
	enum opened rc;

	begin_name(s, i, name);
	rc = opener_folder(s->opener, s->job->path, s->job->root, e);
	if (rc == OPENED)
		rc = opener_file(s->opener, name, f, e);
	scan_compare(s, i, rc == OPENED ? f : NULL);
	if (rc == OPEN_GONE && s->job->place == PLACE_MAILDIR) {
		struct buf moved = { 0 };

		rc = opener_moved(s->opener, name, f, &moved, e);
		s->moved = true;
		if (rc == OPENED) {
			buf_clear(&s->path);
			buf_add(&s->path, moved.p, moved.n);
			s->path.failed |= !buf_ok(&moved);
		}
		buf_free(&moved);
	}
	if (!buf_ok(&s->path) || !buf_ok(&s->asked))
		abort();	/* no memory: the parent will see it die */
	if (rc == OPENED && s->repair != NULL) {
		s->keeper = kept_by(s->job->path, name, f->fd);
		scan_reach(s, f);
		s->stamp = f->stamp;
		s->settled = stamp_is_settled(&f->stamp,
		    (int64_t)time(NULL));
	}
	return rc;
}

/* True: the name is a large mbox. */
static bool
scan_name(struct scanner *s, uint64_t i, const char *name, uint64_t *size)
{
	struct opened_file f = { .fd = -1 };
	struct err e = { 0 };

	switch (open_name(s, i, name, &f, &e)) {
	case OPENED:
		*size = s->size = f.size;
		s->mtime = f.mtime;
		if (!(s->grown = scan_keep_grown(s, &f)))
			return scan_file(s, i, f);
		(void)close(f.fd);
		return true;
	case OPEN_GONE:
		if (s->options.only != NULL)
			break;	/* of each message it is told */
		(void)err_set(&e, ST_BAD, 0, "gone");
		scan_skipped(s, &s->delta.totals.gone, &e);
		break;
	case OPEN_SPECIAL:
		(void)err_set(&e, ST_BAD, 0, "not a regular file any more");
		scan_skipped(s, &s->delta.totals.not_mail, &e);
		break;
	default:
		scan_unreadable(s, MSG_NOT_RAW, &e);
	}
	scan_keep_end(s, i, &f, -1, false);
	return false;
}

static void
run_batch(struct scanner *s)
{
	const char *name = s->job->names;
	const char *end = name + s->job->names_size;
	uint64_t i = 0, size;

	for (; name < end; name += strlen(name) + 1, i++) {
		if (i < s->job->begin.at)
			continue;
		if (scan_name(s, i, name, &size)) {
			commit(s, (struct resume){ i, s->events });
			if (s->grown)
				s->sink->grown(s->sink->ctx, size);
			else
				s->sink->large(s->sink->ctx, size);
			return;
		}
		scan_maybe_commit(s, (struct resume){ i + 1, 0 });
	}
	commit(s, (struct resume){ i, 0 });
}

/* Where a file that became shorter ends now, reading it has to fail. */
static int
open_range(struct scanner *s, const struct opened_file *f, struct err *e)
{
	const struct job_spec *job = s->job;
	const bool shorter = f->size < job->size && f->size > job->from;
	const struct store_how how = {
		.format = "mbox", .place = job->place,
		.from = job->from, .to = job->to, .exact = job->exact,
	};

	return store_open(s->store, f->fd, shorter ? job->size : f->size,
	    &how, e);
}

static void
run_range(struct scanner *s)
{
	struct opened_file f = { .fd = -1 };
	struct err e = { 0 };
	int rc = ST_DEAD, again = -1;

	switch (open_name(s, 0, s->job->names, &f, &e)) {
	case OPENED:
		s->mtime = f.mtime;
		s->size = s->job->to - s->job->from;
		again = scan_keep_hold(s, f.fd);
		rc = open_range(s, &f, &e);
		break;
	case OPEN_GONE:
	case OPEN_SPECIAL:
		(void)err_set(&e, ST_DEAD, 0, "gone while it was scanned");
		break;
	default:
		break;
	}
	s->sink->first(s->sink->ctx, rc == ST_OK ? store_first(s->store) :
	    s->job->from);
	if (rc != ST_OK) {
		scan_unreadable(s, s->job->from, &e);
		store_close(s->store);
		commit(s, (struct resume){ s->job->to, 0 });
		goto out;
	}
	scan_store(s, 0, &s->delta.folder);
	scan_keep_range(s, &f, again);
	commit(s, (struct resume){ store_first(s->store) >= s->job->to ?
	    s->job->to : store_position(s->store), 0 });
	store_close(s->store);
out:
	if (again >= 0)
		(void)close(again);
}

static void
run_stdin(struct scanner *s)
{
	begin_name(s, 0, "-");
	(void)scan_file(s, 0, (struct opened_file){ .fd = dup(0) });
	commit(s, (struct resume){ 1, 0 });
}

uint64_t
scanner_run(struct scanner *s, const struct job_spec *job,
    const struct job_sink *sink)
{
	uint64_t unticked;

	s->job = job;
	s->sink = sink;
	clear(s);
	memset(&s->of_name, 0, sizeof(s->of_name));
	switch (job->kind) {
	case JOB_BATCH:
		run_batch(s);
		break;
	case JOB_RANGE:
		run_range(s);
		break;
	case JOB_STDIN:
		run_stdin(s);
		break;
	}
	unticked = s->unticked;
	s->unticked = 0;
	return unticked;
}

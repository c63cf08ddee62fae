/*
 * See scan.h.
 */
#include "scan.h"

#include <stdlib.h>
#include <unistd.h>

#include "escape.h"
#include "judge.h"
#include "kept.h"
#include "message_note.h"
#include "open.h"

#define FLUSH_AT (64u << 10)	/* bytes of report */
#define TICK_AT (16ull << 20)	/* bytes read */

struct scanner {
	struct scan_options options;
	struct judge *judge;
	struct store *store;
	struct opener *opener;
	struct repair *repair;	/* or NULL */
	struct buf path;	/* of the file at hand */
	const char *name;	/* likewise, in its folder */
	int64_t mtime;		/* likewise */
	const struct keeper *keeper;	/* of it; NULL: nobody */

	/* Of the job at hand: */
	const struct job_spec *job;
	const struct job_sink *sink;
	struct buf out, plan;	/* not committed yet */
	struct delta delta;	/* likewise */
	uint64_t unticked;	/* bytes read since the last sign of life */
	uint64_t again;		/* likewise, for the second time */
};

static void
tick(void *ctx, uint64_t bytes, uint64_t again)
{
	struct scanner *s = ctx;

	s->unticked += bytes;
	s->again += again;
	if (s->unticked + s->again < TICK_AT)
		return;
	s->sink->tick(s->sink->ctx, s->unticked);
	s->unticked = s->again = 0;
}

struct scanner *
scanner_new(const struct scan_options *o)
{
	struct scanner *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->options = *o;
	s->judge = judge_new(&(struct judge_options){
	    .engine = o->engine,
	    .hash = o->hash ? HASH_ALL : HASH_FLAGGED, .report = o->report,
	    .tick = tick, .ctx = s });
	s->store = store_new(o->engine.kernel);
	s->opener = opener_new();
	if (o->repair != NULL)
		s->repair = repair_new(o->repair);
	if (s->judge != NULL && s->store != NULL && s->opener != NULL &&
	    (s->repair != NULL || o->repair == NULL))
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
	store_free(s->store);
	opener_free(s->opener);
	repair_free(s->repair);
	buf_free(&s->path);
	buf_free(&s->out);
	buf_free(&s->plan);
	free(s);
}

static void
commit(struct scanner *s, struct resume resume)
{
	if (!buf_ok(&s->out) || !buf_ok(&s->plan))
		abort();	/* no memory: the parent will see it die */
	if (s->job->kind == JOB_RANGE)
		s->delta.folder.has_dialects = store_take_dialects(s->store,
		    &s->delta.folder.dialects);
	s->sink->commit(s->sink->ctx, buf_span(&s->out), buf_span(&s->plan),
	    &s->delta, resume);
	buf_clear(&s->out);
	buf_clear(&s->plan);
	memset(&s->delta, 0, sizeof(s->delta));
}

/* Between two messages or files: commit when it is time. */
static void
maybe_commit(struct scanner *s, struct resume resume)
{
	if (s->job->careful || s->out.n + s->plan.n >= FLUSH_AT)
		commit(s, resume);
}

static void
report_problem(struct scanner *s, enum problem kind, uint64_t off,
    const char *why)
{
	s->options.reporter->problem(&s->out, kind, buf_span(&s->path), off,
	    why, &s->options.report);
	s->delta.totals.records++;
}

static void
unreadable(struct scanner *s, uint64_t off, const struct err *e)
{
	report_problem(s, PROBLEM_UNREADABLE, off, e->text);
	s->delta.totals.unreadable++;
	s->delta.lost = s->job->kind == JOB_RANGE;
}

/* Not mail, a FIFO, gone: counted, and listed with -v or if it was named. */
static void
skipped(struct scanner *s, uint64_t *counter, const char *why)
{
	(*counter)++;
	if (s->options.report.verbose || s->job->place == PLACE_NAMED)
		report_problem(s, PROBLEM_SKIPPED, MSG_NOT_RAW, why);
}

/* Whoever acts will want to look at this message. */
static void
plan_message(struct scanner *s, const struct msg *m,
    const struct judged *got, bool take)
{
	struct plan_item i = { .folder = span_text(s->job->path),
	    .root = s->job->root, .name = span_text(s->name),
	    .container = store_is_container(s->store), .size = m->len,
	    .place = (uint8_t)s->job->place, .take = take };
	struct buf note = { 0 };
	struct report_message r = { .path = buf_span(&s->path), .msg = m,
	    .verdict = got->verdict, .hashed = got->hashed };

	if (got->hashed)
		memcpy(i.sha, got->sha256, sizeof(i.sha));
	memcpy(r.sha256, i.sha, sizeof(r.sha256));
	if (take && !i.container)
		message_note(&note, s->store, &r, s->options.cwd,
		    &s->options.report);
	i.note = buf_span(&note);
	plan_put(&s->plan, &i);
	s->plan.failed = s->plan.failed || !buf_ok(&note);
	buf_free(&note);
}

/*
 * What would be done to it, or NULL: nothing that anybody asked for.  ST_DEAD:
 * it cannot be read once more.
 */
static int
look_at_repair(struct scanner *s, const struct msg *m,
    const struct judged *got, struct repair_facts *out, struct err *e)
{
	int rc;

	if ((rc = repair_message(s->repair, s->store, m, got->verdict,
	    (time_t)s->mtime, out, e)) != ST_OK)
		return rc;
	if (s->keeper != NULL && (out->is == REPAIR_EDITS ||
	    out->is == REPAIR_TAKE_OUT)) {
		out->is = REPAIR_REFUSED;
		kept_why(s->keeper, true, out->why, sizeof(out->why));
	}
	s->delta.totals.repairs[out->is]++;
	if (out->is == REPAIR_EDITS || out->is == REPAIR_TAKE_OUT)
		plan_message(s, m, got, out->is == REPAIR_TAKE_OUT);
	return ST_OK;
}

/* The record of a message. */
static void
report_message(struct scanner *s, const struct msg *m,
    const struct judged *got, const struct repair_facts *repair)
{
	struct report_message r = {
		.path = buf_span(&s->path), .msg = m,
		.verdict = got->verdict,
		.index_is_relative = s->job->kind == JOB_RANGE,
		.hashed = got->hashed, .repair = repair,
	};

	if (got->hashed)
		memcpy(r.sha256, got->sha256, sizeof(r.sha256));
	s->options.reporter->message(&s->out, &r, &s->options.report);
	s->delta.totals.records++;
}

/* It is one of those that are asked for. */
static bool
is_wanted(const struct scanner *s, const struct msg *m,
    const struct judged *got)
{
	return s->options.only == NULL || (got->hashed &&
	    selection_has(s->options.only, m->off, m->len, got->sha256));
}

/*
 * One message.  known: it was reported before a worker died, and is only
 * counted for its store.  ST_END: done.  ST_DEAD: it cannot be read whole.
 */
static int
scan_message(struct scanner *s, const struct msg *m, bool known,
    struct store_facts *facts, struct err *e)
{
	struct repair_facts facts_of_repair, *repair = NULL;
	struct judged got;
	int rc = judge_message(s->judge, s->store, m, known, &got, e);

	if (rc != ST_END)
		return rc;
	if (!known && s->repair != NULL && got.flagged && is_wanted(s, m,
	    &got)) {
		repair = &facts_of_repair;
		if ((rc = look_at_repair(s, m, &got, repair, e)) != ST_OK)
			return rc;
	}
	if (!known && (s->repair != NULL ? repair != NULL : s->options.all ||
	    s->options.hash || got.flagged))
		report_message(s, m, &got, repair);
	store_facts_count(facts, m, got.verdict);
	if (!known)
		totals_count(&s->delta.totals, m, got.verdict,
		    &s->options.report);
	return ST_END;
}

/* Where a job would go on after this message. */
static struct resume
after_message(const struct scanner *s, uint64_t name, uint64_t index)
{
	if (s->job->kind == JOB_RANGE)
		return (struct resume){ store_position(s->store), index };
	return (struct resume){ name, index };
}

/* The messages of the store that is open, which is the job's name-th. */
static void
scan_store(struct scanner *s, uint64_t name, struct store_facts *facts)
{
	const uint64_t known = name == s->job->begin.at ?
	    s->job->begin.messages : 0;
	uint64_t seen = 0;
	struct msg m;
	struct err e = { 0 };
	int rc;

	while ((rc = store_next(s->store, &m, &e)) == ST_OK) {
		rc = scan_message(s, &m, m.index <= known, facts, &e);
		if (rc != ST_END)
			break;
		seen = m.index;
		if (seen > known)
			maybe_commit(s, after_message(s, name, seen));
	}
	if (rc == ST_END && seen < known && s->job->kind != JOB_RANGE)
		rc = err_set(&e, ST_DEAD, 0,
		    "the file became shorter while it was scanned");
	if (rc != ST_END)
		unreadable(s, store_position(s->store), &e);
}

/*
 * An mbox is a store of its own, and so is a file that the user named; a
 * single message is its folder's.
 */
static void
scan_opened(struct scanner *s, uint64_t name)
{
	struct store_facts own = { 0 };

	if (name != s->job->begin.at || s->job->begin.messages == 0)
		s->delta.totals.files++;	/* else it is counted */
	if (!store_is_container(s->store) && s->job->place != PLACE_NAMED) {
		scan_store(s, name, &s->delta.folder);
		return;
	}
	scan_store(s, name, &own);
	own.has_dialects = store_take_dialects(s->store, &own.dialects);
	if (own.format == NULL)
		own.format = store_format(s->store);
	s->options.reporter->store(&s->out, buf_span(&s->path), &own,
	    &s->options.report);
	s->delta.totals.stores++;
	s->delta.totals.records++;
}

/* True: it is an mbox to be cut into ranges, and was left alone. */
static bool
scan_file(struct scanner *s, uint64_t name, struct opened_file f)
{
	const struct store_how how = {
		.format = s->options.format, .place = s->job->place,
	};
	struct err e = { 0 };
	bool large = false;
	int rc;

	s->keeper = s->repair != NULL ? kept_by(s->job->path, s->name,
	    f.fd) : NULL;
	rc = store_open(s->store, f.fd, f.size, &how, &e);
	if (rc == ST_BAD && s->keeper != NULL) {
		kept_why(s->keeper, false, e.text, sizeof(e.text));
		s->delta.totals.not_mail++;
		report_problem(s, PROBLEM_SKIPPED, MSG_NOT_RAW, e.text);
	} else if (rc == ST_BAD)
		skipped(s, &s->delta.totals.not_mail, e.text);
	else if (rc != ST_OK)
		unreadable(s, MSG_NOT_RAW, &e);
	else if (f.size >= SCAN_LARGE && store_splits(s->store))
		large = true;
	else
		scan_opened(s, name);
	store_close(s->store);
	return large;
}

/* The name's path, for the report. */
static void
set_path(struct scanner *s, const char *name)
{
	buf_clear(&s->path);
	buf_str(&s->path, s->job->path);
	if (s->job->path[0] != '\0' && s->path.p[s->path.n - 1] != '/')
		buf_byte(&s->path, '/');
	buf_str(&s->path, name);
}

static enum opened
open_name(struct scanner *s, const char *name, struct opened_file *f,
    struct err *e)
{
	enum opened rc;

	set_path(s, name);
	s->name = name;
	rc = opener_folder(s->opener, s->job->path, s->job->root, e);
	if (rc == OPENED)
		rc = opener_file(s->opener, name, f, e);
	if (rc == OPEN_GONE && s->job->place == PLACE_MAILDIR) {
		struct buf moved = { 0 };

		rc = opener_moved(s->opener, name, f, &moved, e);
		if (rc == OPENED) {
			buf_clear(&s->path);
			buf_add(&s->path, moved.p, moved.n);
			s->path.failed |= !buf_ok(&moved);
		}
		buf_free(&moved);
	}
	if (!buf_ok(&s->path))
		abort();	/* no memory: the parent will see it die */
	return rc;
}

/* True: the name is a large mbox. */
static bool
scan_name(struct scanner *s, uint64_t i, const char *name, uint64_t *size)
{
	struct opened_file f = { .fd = -1 };
	struct err e = { 0 };

	switch (open_name(s, name, &f, &e)) {
	case OPENED:
		*size = f.size;
		s->mtime = f.mtime;
		return scan_file(s, i, f);
	case OPEN_GONE:
		skipped(s, &s->delta.totals.gone, "gone");
		break;
	case OPEN_SPECIAL:
		skipped(s, &s->delta.totals.not_mail,
		    "not a regular file any more");
		break;
	default:
		unreadable(s, MSG_NOT_RAW, &e);
	}
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
			commit(s, (struct resume){ i, 0 });
			s->sink->large(s->sink->ctx, size);
			return;
		}
		maybe_commit(s, (struct resume){ i + 1, 0 });
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
	int rc = ST_DEAD;

	switch (open_name(s, s->job->names, &f, &e)) {
	case OPENED:
		s->mtime = f.mtime;
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
		unreadable(s, s->job->from, &e);
		store_close(s->store);
		commit(s, (struct resume){ s->job->to, 0 });
		return;
	}
	scan_store(s, 0, &s->delta.folder);
	commit(s, (struct resume){ store_first(s->store) >= s->job->to ?
	    s->job->to : store_position(s->store), 0 });
	store_close(s->store);
}

static void
run_stdin(struct scanner *s)
{
	buf_clear(&s->path);
	buf_str(&s->path, "-");
	s->name = "-";
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
	buf_clear(&s->out);
	buf_clear(&s->plan);
	memset(&s->delta, 0, sizeof(s->delta));
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
